package decode

import (
	"io"
	"net/http"

	"github.com/ringcx-go/ringcx-go/internal/redact"
)

// Call is the call of a ringcx.Client that a response belongs to.
type Call interface {
	// Secrets returns the secrets that the requests of the call carried.
	Secrets() []string
	// BasePath returns the path of the base URL, before the path of an operation.
	BasePath() string
}

// Guard removes the secrets of call from errors of reading the body of resp, and from errors
// of this package about resp.
func Guard(resp *http.Response, call Call) {
	if _, upgraded := resp.Body.(io.Writer); !upgraded && resp.Body != http.NoBody {
		resp.Body = &guardedBody{resp.Body, call}
	}
}

// guardedBody is the body of a response to a call of a ringcx.Client. Its errors contain no
// secrets.
type guardedBody struct {
	body io.ReadCloser
	call Call
}

func (b *guardedBody) Read(p []byte) (int, error) {
	n, err := b.body.Read(p)
	if err != nil && err != io.EOF {
		err = &bodyError{redact.Error(err, b.call.Secrets()...)}
	}
	return n, err
}

// bodyError is an error of reading the body of a response. It lets Result distinguish it from
// errors of the request.
type bodyError struct{ err error }

func (e *bodyError) Error() string { return e.err.Error() }
func (e *bodyError) Unwrap() error { return e.err }

func (b *guardedBody) Close() error {
	err := b.body.Close()
	if err != nil {
		err = redact.Error(err, b.call.Secrets()...)
	}
	return err
}

// secretsOf returns the secrets of the call that resp belongs to. It returns nil if
// resp is nil or not of a ringcx.Client.
func secretsOf(resp *http.Response) []string {
	if resp == nil {
		return nil
	}
	b, ok := resp.Body.(*guardedBody)
	if !ok {
		return nil
	}
	return b.call.Secrets()
}

// BasePath returns the path of the base URL of resp, if resp is of a ringcx.Client.
func BasePath(resp *http.Response) string {
	if b, ok := resp.Body.(*guardedBody); ok {
		return b.call.BasePath()
	}
	return ""
}
