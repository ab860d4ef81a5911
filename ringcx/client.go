package ringcx

import (
	"net/http"

	"github.com/ringcx-go/ringcx-go/gen"
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
	ctx, secrets := withCarried(req.Context())
	resp, err := c.doer.Do(req.WithContext(ctx))
	if err != nil {
		return nil, callError(cleanError(err, secrets.all()...))
	}
	secrets.guard(resp)
	return resp, nil
}
