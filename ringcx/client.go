package ringcx

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx/internal/redact"
)

// Client calls RingCX. The methods of the embedded generated client have one
// method for each operation of openapi.yaml; read their results with [Get] or
// [Stream]. Safe for concurrent use.
type Client struct {
	*gen.ClientWithResponses

	// Tokens signs the calls. Use it for other clients and for the session.
	Tokens *TokenSource

	doer *http.Client
}

// New makes the Client of cfg, without I/O: the first call signs in. It reports
// a field of cfg that is missing or wrong.
func New(cfg Config) (*Client, error) {
	tokens, err := NewTokenSource(cfg)
	if err != nil {
		return nil, err
	}
	e := tokens.engine
	doer := *e.cfg.HTTPClient
	doer.Transport = &transport{engine: e, base: e.cfg.transport(), toErrors: true}
	c := &Client{Tokens: tokens, doer: &doer}
	c.ClientWithResponses, err = gen.NewClientWithResponses(e.base.String(), gen.WithHTTPClient(c))
	return c, err
}

// Do adds the token to req, sends it as [TokenSource.Transport] does, waiting for a
// renewal of the token likewise, and follows redirects as Config.HTTPClient does. A
// response of status 400 or more is an [*Error] of StageCall, its body read and
// closed; the body of one below is the caller's to close. Use Do as the doer of
// another generated client, or for an endpoint that openapi.yaml does not have.
//
// A request to RingCX's own token endpoints is sent without the token, and its
// redirects are errors: they would carry its secrets away.
func (c *Client) Do(req *http.Request) (*http.Response, error) {
	ctx, secrets := withCallSecrets(req.Context())
	resp, err := c.doer.Do(req.WithContext(ctx))
	if err != nil {
		return nil, callError(redact.Error(err, secrets.all()...))
	}
	secrets.guard(resp)
	return resp, nil
}

// Get returns the JSON of a generated …WithResponse method, or its error:
//
//	accounts, err := ringcx.Get(client.ListAccountsWithResponse(ctx))
//
// An answer without content (204) gives the zero T. An answer of status 200 that
// is not JSON is an [*Error] with Code "bad_answer"; JSON that does not fit T is
// an error that names the member.
func Get[T any](r interface{ GetJSON200() *T }, err error) (T, error) {
	var zero T
	if err != nil {
		return zero, decodeError(err)
	}
	if body := r.GetJSON200(); body != nil {
		return *body, nil
	}
	if created, ok := r.(interface{ GetJSON201() *T }); ok {
		if body := created.GetJSON201(); body != nil {
			return *body, nil
		}
	}
	answer, ok := r.(interface {
		StatusCode() int
		GetBody() []byte
	})
	if !ok || answer.StatusCode() == http.StatusNoContent {
		return zero, nil
	}
	return zero, &Error{
		Stage: StageCall, StatusCode: answer.StatusCode(), Code: codeBadAnswer,
		Message: "the answer is not JSON: " + oneLine(redact.New(secretsOf(responseOf(r))...).Text(string(answer.GetBody()))),
	}
}

// decodeError says of an error of encoding/json what failed.
func decodeError(err error) error {
	err = redact.Error(err)
	_, isType := errors.AsType[*json.UnmarshalTypeError](err)
	_, isSyntax := errors.AsType[*json.SyntaxError](err)
	if isType || isSyntax {
		return fmt.Errorf("ringcx: call: the answer is not as openapi.yaml says: %w", err)
	}
	return err
}

// Stream returns the elements of a JSON array one by one, as they arrive. One
// element is in memory at a time, however long the answer is. T is named by the
// caller, and the method is the generated one without "WithResponse":
//
//	flat := &gen.ListUsersParams{Flatten: new(true)} // else users are nested
//	for user, err := range ringcx.Stream[gen.User](client.ListUsers(ctx, flat)) {
//		if err != nil {
//			return err
//		}
//	}
//
// An error ends it: the error that was passed in, an answer that breaks off or is
// no array, an element that does not fit T (the error names its member), or the
// end of the request's context. The elements before it were given already: a list
// that breaks off is not asked for again. null is an empty array. It can be ranged
// over once, and must be, or the answer stays open: the end of the loop closes it.
func Stream[T any](r *http.Response, err error) iter.Seq2[T, error] {
	used := false
	return func(yield func(T, error) bool) {
		var zero T
		switch {
		case err != nil:
			yield(zero, err)
			return
		case used:
			yield(zero, errors.New("ringcx: a Stream can be ranged over once: make the call again"))
			return
		}
		used = true
		defer r.Body.Close()
		if err := elements(json.NewDecoder(r.Body), yield); err != nil {
			yield(zero, listError(r, err))
		}
	}
}

// listError says which list could not be read.
func listError(r *http.Response, err error) error {
	what := "a list"
	if r.Request != nil {
		what = r.Request.Method + " " + visible(r.Request.URL.Path)
	}
	clean := redact.New(secretsOf(r)...)
	return fmt.Errorf("ringcx: call: %s: reading the list, status %d, %q: %w",
		clean.Text(what), r.StatusCode, clean.Text(r.Header.Get("Content-Type")), clean.Error(err))
}

// elements yields the elements of an array. It returns nil also where the loop
// was left early.
func elements[T any](d *json.Decoder, yield func(T, error) bool) error {
	start, err := d.Token()
	switch {
	case err != nil:
		return brokenOff(err)
	case start == nil:
		return nil
	case start != json.Delim('['):
		return errors.New("it is not an array")
	}
	for d.More() {
		var v T
		if err := d.Decode(&v); err != nil {
			return brokenOff(err)
		}
		if !yield(v, nil) {
			return nil
		}
	}
	_, err = d.Token() // the closing bracket, without which the list broke off
	return brokenOff(err)
}

// brokenOff tells an end in the middle from an end.
func brokenOff(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
