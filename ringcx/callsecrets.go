package ringcx

import (
	"context"
	"io"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/ringcx-go/ringcx-go/ringcx/internal/redact"
)

// callSecrets are the secrets that the requests of one call of a [Client] carried,
// including those before a redirect. Any server on the way may return them in an error.
type callSecrets struct {
	basePath string // of Config.BaseURL, before the path of an operation

	mu      sync.Mutex
	secrets []string
}

type callSecretsKey struct{}

// withCallSecrets returns a context with an empty callSecrets, to which the transport
// adds.
func withCallSecrets(ctx context.Context) (context.Context, *callSecrets) {
	s := &callSecrets{}
	return context.WithValue(ctx, callSecretsKey{}, s), s
}

// addCallSecrets adds secrets to the callSecrets of ctx and returns all of these. If
// ctx has none, it returns secrets.
func addCallSecrets(ctx context.Context, secrets []string) []string {
	s, ok := ctx.Value(callSecretsKey{}).(*callSecrets)
	if !ok {
		return secrets
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.secrets = append(s.secrets, secrets...)
	return slices.Clip(s.secrets)
}

// all returns the secrets.
func (s *callSecrets) all() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clip(s.secrets)
}

// guard removes the secrets from errors of reading the body of resp. It also lets
// secretsOf find them.
func (s *callSecrets) guard(resp *http.Response) {
	if _, upgraded := resp.Body.(io.Writer); !upgraded && resp.Body != http.NoBody {
		resp.Body = &guardedBody{resp.Body, s}
	}
}

// guardedBody is the body of a response to a call of a [Client]. Its errors contain no
// secrets.
type guardedBody struct {
	body    io.ReadCloser
	secrets *callSecrets
}

func (b *guardedBody) Read(p []byte) (int, error) {
	n, err := b.body.Read(p)
	if err != nil && err != io.EOF {
		err = &bodyError{redact.Error(err, b.secrets.all()...)}
	}
	return n, err
}

// bodyError is an error of reading the body of a response. It lets Get distinguish it from
// errors of the request.
type bodyError struct{ err error }

func (e *bodyError) Error() string { return e.err.Error() }
func (e *bodyError) Unwrap() error { return e.err }

func (b *guardedBody) Close() error {
	err := b.body.Close()
	if err != nil {
		err = redact.Error(err, b.secrets.all()...)
	}
	return err
}

// secretsOf returns the secrets of the call that resp belongs to. It returns nil if
// resp is nil or not of a [Client].
func secretsOf(resp *http.Response) []string {
	if resp == nil {
		return nil
	}
	b, ok := resp.Body.(*guardedBody)
	if !ok {
		return nil
	}
	return b.secrets.all()
}

// basePathOf returns the path of Config.BaseURL, if resp is of a [Client].
func basePathOf(resp *http.Response) string {
	if b, ok := resp.Body.(*guardedBody); ok {
		return b.secrets.basePath
	}
	return ""
}

// responseOf returns the HTTPResponse field of a result of a generated client, or nil.
func responseOf(result any) *http.Response {
	v := reflect.Indirect(reflect.ValueOf(result))
	if v.Kind() != reflect.Struct {
		return nil
	}
	field := v.FieldByName("HTTPResponse")
	if !field.IsValid() || !field.CanInterface() {
		return nil
	}
	resp, _ := field.Interface().(*http.Response)
	return resp
}

// requestSecrets returns the secrets in the Authorization header and in the form of a
// token request.
func requestSecrets(req *http.Request) []string {
	if req == nil {
		return nil
	}
	_, credentials, _ := strings.Cut(req.Header.Get("Authorization"), " ")
	_, password, _ := req.BasicAuth()
	return append(formSecrets(req), credentials, password)
}

// formSecrets returns the values in the form of req that may be secret. It reads a copy
// of the body.
func formSecrets(req *http.Request) []string {
	if req.GetBody == nil {
		return nil
	}
	body, err := req.GetBody()
	if err != nil {
		return nil
	}
	defer body.Close()
	form, _ := io.ReadAll(io.LimitReader(body, maxErrorBody))
	values, _ := url.ParseQuery(string(form))
	for _, name := range []string{"grant_type", "scope", "client_id", "redirect_uri", "rcTokenType", "token_type_hint"} {
		values.Del(name)
	}
	return slices.Concat(slices.Collect(maps.Values(values))...)
}
