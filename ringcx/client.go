package ringcx

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/internal/decode"
	"github.com/ringcx-go/ringcx-go/internal/redact"
	"github.com/ringcx-go/ringcx-go/wire"
)

// Client is a client of the RingCX API. It embeds [gen.Services], which has a field for each
// part of the API:
//
//	accounts, err := client.Accounts.List(ctx) // []gen.Account
//
// It also embeds the generated client, which has a method for each operation of openapi.yaml.
// Use [Get] or [Stream] to read the results of these methods, which contain the status and
// the headers. A Client is safe for concurrent use.
//
// A Client sends calls again after some statuses and errors: see [TokenSource.Transport]. If
// RingCX may have processed a call, it is sent again only if a repetition has no further effect:
// [gen.Operation] says so, or the program with a header Idempotency-Key.
type Client struct {
	gen.Services
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
	cache := tokens.cache
	doer := *cache.cfg.HTTPClient
	t := newTransport(cache, cache.cfg.transport())
	t.toErrors = true
	doer.Transport = t
	c := &Client{Tokens: tokens, doer: &doer}
	c.ClientWithResponses, err = gen.NewClientWithResponses(cache.base.String(), gen.WithHTTPClient(doFunc(c.Do)))
	if err != nil {
		return nil, err
	}
	c.Services = gen.NewServices(c.ClientInterface)
	return c, nil
}

// doFunc is [Client.Do] for the generated client. A *Client that is in an interface would make
// the linker keep all methods of the generated client in programs that use html/template.
type doFunc func(*http.Request) (*http.Response, error)

// Do implements gen.HttpRequestDoer.
func (f doFunc) Do(req *http.Request) (*http.Response, error) { return f(req) }

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
// Escape what the program puts into a path, such as an id, with [url.PathEscape]. Do returns
// an error and sends nothing if a segment of the path is "." or "..", also in its escaped
// form: an id like "../../users" would make the request one for another endpoint.
//
// The body of the response is not read into memory: copy a recording or another file from
// it. To upload one, use a [wire.Body] as the body of req. The response can also be passed
// to [Stream]:
//
//	for campaign, err := range ringcx.Stream[Campaign](client.Do(req)) {
//		…
//	}
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
	if err := checkPath(req.URL); err != nil {
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, err
	}
	ctx, secrets := withCallSecrets(req.Context())
	resp, err := c.doer.Do(c.Tokens.cache.resolveURL(req.WithContext(ctx)))
	if err != nil {
		if body, ok := req.Body.(*wire.Body); ok {
			body.Release()
		}
		return nil, callError(redact.Error(err, secrets.Secrets()...))
	}
	secrets.basePath = c.Tokens.cache.base.EscapedPath()
	decode.Guard(resp, secrets)
	return resp, nil
}

// checkPath returns an error if the path of u has a dot segment. The generated client uses
// wire.PathID for the same purpose.
func checkPath(u *url.URL) error {
	if u == nil {
		return nil
	}
	for segment := range strings.SplitSeq(u.EscapedPath(), "/") {
		if text, err := url.PathUnescape(segment); err == nil && (text == "." || text == "..") {
			return fmt.Errorf("ringcx: call: the path of the URL has a segment %q, which would change the endpoint: check the ids in the path", text)
		}
	}
	return nil
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
