package ringcx

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strings"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx/internal/redact"
)

// Client is a client of the RingCX API. It embeds the generated client, which has a
// method for each operation of openapi.yaml. Use [Get] or [Stream] to read the results
// of these methods. A Client is safe for concurrent use.
type Client struct {
	*gen.ClientWithResponses

	// Tokens adds the bearer token to the requests of the Client. Use it for other
	// HTTP clients, and to end the session.
	Tokens *TokenSource

	doer *http.Client
}

// New returns a Client for cfg. It sends nothing: the first call signs in. It returns an
// error if a field of cfg is missing or invalid.
func New(cfg Config) (*Client, error) {
	tokens, err := NewTokenSource(cfg)
	if err != nil {
		return nil, err
	}
	e := tokens.cache
	doer := *e.cfg.HTTPClient
	t := newTransport(e, e.cfg.transport())
	t.toErrors = true
	doer.Transport = t
	c := &Client{Tokens: tokens, doer: &doer}
	c.ClientWithResponses, err = gen.NewClientWithResponses(e.base.String(), gen.WithHTTPClient(c))
	return c, err
}

// Do sends req with the bearer token and returns the response. It is for endpoints that
// openapi.yaml does not have, and for other generated clients, which can use c as their
// HTTP client.
//
// If the URL of req has neither a scheme nor a host, its path is appended to
// Config.BaseURL: with the base URL https://proxy.example/ringcx, the URL
// "/voice/api/v1/admin/users?flatten=true" means
// https://proxy.example/ringcx/voice/api/v1/admin/users?flatten=true. The path may begin
// with a slash or without one. Do does not change req.
//
// Do waits for tokens and retries requests as [TokenSource.Transport] does, and follows
// redirects as Config.HTTPClient does. If the status is 400 or higher, Do reads and
// closes the body and returns an [*Error] with StageCall. Otherwise the caller must
// close the body.
//
// Requests to RingCX's own token endpoints are sent without the bearer token. If such a
// request is redirected, Do returns an [*Error], because following the redirect would
// send the secrets in the request to another address.
func (c *Client) Do(req *http.Request) (*http.Response, error) {
	ctx, secrets := withCallSecrets(req.Context())
	resp, err := c.doer.Do(c.Tokens.cache.resolveURL(req.WithContext(ctx)))
	if err != nil {
		return nil, callError(redact.Error(err, secrets.all()...))
	}
	secrets.guard(resp)
	return resp, nil
}

// BaseURL returns the base URL of RingCX, as [TokenSource.BaseURL] does. Other generated
// clients need it, besides c as their HTTP client.
func (c *Client) BaseURL() string { return c.Tokens.BaseURL() }

// resolveURL appends the URL of req to the base URL if it is relative. It changes req, but
// not the URL that req points to.
func (s *settings) resolveURL(req *http.Request) *http.Request {
	u := req.URL
	if u == nil || u.Scheme+u.Host+u.Opaque != "" {
		return req
	}
	resolved := *u
	resolved.Scheme, resolved.Host = s.base.Scheme, s.base.Host
	resolved.Path = s.base.Path + "/" + strings.TrimPrefix(u.Path, "/")
	if u.RawPath != "" {
		resolved.RawPath = s.base.EscapedPath() + "/" + strings.TrimPrefix(u.RawPath, "/")
	}
	req.URL = &resolved
	return req
}

// Get returns the decoded JSON of a response. Its arguments are the results of a method
// of the generated client whose name ends in WithResponse:
//
//	accounts, err := ringcx.Get(client.ListAccountsWithResponse(ctx))
//
// If err is not nil, Get returns it. For a response without content (status 204) it
// returns the zero T. If the response is not JSON, it returns an [*Error] with Code
// "bad_answer". If the JSON does not match T, the error names the field.
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
	resp, ok := r.(interface {
		StatusCode() int
		GetBody() []byte
	})
	if !ok || resp.StatusCode() == http.StatusNoContent {
		return zero, nil
	}
	body := redact.New(secretsOf(responseOf(r))...).Text(string(resp.GetBody()))
	return zero, &Error{
		Stage: StageCall, StatusCode: resp.StatusCode(), Code: codeBadAnswer,
		Message: "the response is not JSON: " + oneLine(body),
	}
}

// decodeError adds to an error of encoding/json what could not be decoded.
func decodeError(err error) error {
	err = redact.Error(err)
	_, isType := errors.AsType[*json.UnmarshalTypeError](err)
	_, isSyntax := errors.AsType[*json.SyntaxError](err)
	if isType || isSyntax {
		return fmt.Errorf("ringcx: call: the response does not match openapi.yaml: %w", err)
	}
	return err
}

// Stream returns an iterator over the elements of a JSON array. It decodes each element
// when it arrives, so that only one element is in memory at a time. Its arguments are
// the results of a method of the generated client whose name does not end in
// WithResponse; T is the type of an element:
//
//	flat := &gen.ListUsersParams{Flatten: new(true)} // without it, users are nested
//	for user, err := range ringcx.Stream[gen.User](client.ListUsers(ctx, flat)) {
//		if err != nil {
//			return err
//		}
//		…
//	}
//
// Range over it exactly once; otherwise the response body leaks. The end of the loop
// closes the body.
//
// The iterator yields at most one error, and then ends. It is err, or an error for a
// body that is incomplete or not an array, for an element that does not match T (the
// error names the field), or for the end of the request's context. Elements before the
// error have already been yielded: an incomplete list is not requested again. A JSON
// null is an empty array.
func Stream[T any](r *http.Response, err error) iter.Seq2[T, error] {
	used := false
	return func(yield func(T, error) bool) {
		var zero T
		switch {
		case err != nil:
			yield(zero, err)
			return
		case used:
			yield(zero, errors.New("ringcx: a Stream can be ranged over only once: repeat the call"))
			return
		}
		used = true
		defer r.Body.Close()
		if err := elements(json.NewDecoder(r.Body), yield); err != nil {
			yield(zero, listError(r, err))
		}
	}
}

// listError adds the request and the response to an error of reading a list.
func listError(r *http.Response, err error) error {
	what := "a list"
	if r.Request != nil {
		what = r.Request.Method + " " + printable(r.Request.URL.Path)
	}
	scrubber := redact.New(secretsOf(r)...)
	return fmt.Errorf("ringcx: call: %s: reading the list (status %d, Content-Type %q): %w",
		scrubber.Text(what), r.StatusCode, scrubber.Text(r.Header.Get("Content-Type")), scrubber.Error(err))
}

// elements yields the elements of an array. It returns nil at the end of the array, and
// if yield returns false.
func elements[T any](d *json.Decoder, yield func(T, error) bool) error {
	start, err := d.Token()
	switch {
	case err != nil:
		return unexpectedEOF(err)
	case start == nil:
		return nil
	case start != json.Delim('['):
		return errors.New("it is not a JSON array")
	}
	for d.More() {
		var v T
		if err := d.Decode(&v); err != nil {
			return unexpectedEOF(err)
		}
		if !yield(v, nil) {
			return nil
		}
	}
	_, err = d.Token() // the closing bracket; without it the list is incomplete
	return unexpectedEOF(err)
}

// unexpectedEOF returns io.ErrUnexpectedEOF for io.EOF, and any other err unchanged.
func unexpectedEOF(err error) error {
	if err == io.EOF { //nolint:errorlint // encoding/json returns io.EOF itself
		return io.ErrUnexpectedEOF
	}
	return err
}

func (c Client) summary() string {
	if c.Tokens == nil {
		return "ringcx.Client{}"
	}
	return "ringcx.Client{Tokens: " + c.Tokens.summary() + "}"
}

// Format implements fmt.Formatter. For every verb it writes a description of c without
// its tokens.
func (c Client) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.summary()) }

// MarshalText implements encoding.TextMarshaler. It returns the text that Format writes,
// which cannot be unmarshaled.
func (c Client) MarshalText() ([]byte, error) { return []byte(c.summary()), nil }
