package ringcx

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"golang.org/x/oauth2"

	"github.com/ringcx-go/ringcx-go/gen"
)

var _ oauth2.TokenSource = (*TokenSource)(nil)

// TokenSource gives out RingCX access tokens that are good now. It signs in at
// the first use, refreshes before a token ends, one renewal at a time for all
// callers, and goes back to the exchange, and from there to a sign-in, where a
// refresh fails. Nothing runs while nobody asks. Safe for concurrent use; a copy
// is the same source.
type TokenSource struct{ engine *engine }

// NewTokenSource makes the TokenSource of cfg, without I/O. It reports a field of
// cfg that is missing or wrong.
func NewTokenSource(cfg Config) (*TokenSource, error) {
	e, err := newEngine(cfg)
	if err != nil {
		return nil, err
	}
	return &TokenSource{engine: e}, nil
}

// Token is [TokenSource.TokenContext] without a context.
func (s *TokenSource) Token() (*oauth2.Token, error) {
	return s.TokenContext(context.Background())
}

// TokenContext returns an access token and when to stop using it (Expiry). The
// token is the caller's own to change. It never waits while a good token is
// known: one that is due for a renewal is returned at once, and renewed in the
// background. Otherwise it waits for the renewal or for the end of ctx, whichever
// comes first; the renewal goes on for the others.
//
// It returns an [*Error] if RingCX or RingCentral rejected a request or a limit of
// this package held it back, ctx's error if ctx ended first, [ErrClosed] after Close,
// the error of the Store if that failed, and otherwise the error of the network. A
// failure is remembered and returned at once until the next attempt is due: for 1 s,
// then 2, 4 … 15 s, but 2 s at most if nothing was sent, as after a refused
// connection; after a 429 for as long as the server asked, or a minute; after a
// rejected sign-in for a minute, and after a rejected exchange for five, because
// another attempt may end a session of the user. With a Store, a token that another
// process obtains in that time ends it: at first a 429 binds the other processes for a
// minute at most (of a sign-in in full), and a rejected exchange for 15 s. When a token
// ends, one attempt is due at once, unless a service or a limit asked to wait. A new
// TokenSource starts without a failure.
//
// A token that RingCX has rejected by name ("Jwt is expired") in a call through
// [TokenSource.Transport] or [Client] is not returned again. After any other 401 it
// is, if a limit of this package or the Store prevents its renewal: another endpoint
// may still accept it.
func (s *TokenSource) TokenContext(ctx context.Context) (*oauth2.Token, error) {
	st, err := s.engine.current(ctx)
	if err != nil {
		return nil, err
	}
	return st.copyToken(), nil
}

// Session returns what RingCX said of the user when it gave the current token:
// the main account, the user as an agent in each sub-account, the user as an
// administrator. Its secrets are taken out. AgentDetails is empty for a user who
// is only an administrator. It waits and fails as TokenContext does.
func (s *TokenSource) Session(ctx context.Context) (gen.Session, error) {
	st, err := s.engine.current(ctx)
	if err != nil {
		return gen.Session{}, err
	}
	var session gen.Session
	if err := json.Unmarshal(st.answer, &session); err != nil {
		return gen.Session{}, fmt.Errorf("ringcx: the sign-in answer is not as openapi.yaml says: %w", err)
	}
	return session, nil
}

// Invalidate says that RingCX rejected t. If t is still the current token, the
// next call renews it; it returns t again only if a limit of this package or the
// Store prevents that. [TokenSource.Transport] and [Client] do this by themselves.
func (s *TokenSource) Invalidate(t *oauth2.Token) {
	if t != nil {
		s.engine.invalidate(t.AccessToken, false)
	}
}

// Transport returns a RoundTripper that signs requests to the origin of
// Config.BaseURL, and to nowhere else: other hosts, and RingCX's own token
// endpoints, never see the token, also after a redirect. base carries the
// requests; nil stands for the transport of the Config.
//
// A request that meets a 401 is sent once more with a newer token, if its body can be
// sent again. If the newer token meets a 401 too, the token is not the reason: then a
// 401 causes no renewal for 1 s, the next times for 2, 4 … 60 s.
//
// A request that meets a 429, or a 503 with a Retry-After, is sent again after
// that time (without one after 1, 2 and 4 s, ± 20 %), at most Config.MaxReplays
// times, but not if that is more than a minute or more than the context has left.
// GET and HEAD are also sent again after a status of 500 or more and after a network
// error, unless that is permanent, as an untrusted certificate is. A status is not
// made an error: the response to the last attempt is returned.
//
// Without a valid token a request waits for a renewal. If that gets no response, or
// 429 or 500 or more, or if a limit of this package or the Store holds it back, the
// request waits for the next one, whatever its method, with the same bounds: nothing
// of it has been sent. RoundTrip returns the error of a renewal that it does not wait
// for, and also of one that was held back after a 401 that names the token ("Jwt is
// expired"): then the error is not the status 401 but, for a limit, an [*Error] with
// Code "local_limit", whose Cause is the 401.
//
// An http.Client that follows a redirect itself forwards only what the caller
// set, so it forwards no token.
func (s *TokenSource) Transport(base http.RoundTripper) http.RoundTripper {
	if base == nil {
		base = s.engine.cfg.transport()
	}
	return &transport{engine: s.engine, base: base}
}

// Logout ends the RingCX session, and the RingCentral one where it came from a
// [JWTLogin]. It waits for a renewal under way. What could not be ended is
// reported and kept, so that Logout can be called again; a Token in between goes
// on with it. After a Logout without an error a Token signs in anew. With a Store
// it ends the session of all processes that share it; those that go on sign in
// anew, too. The record then holds only what counts towards the limits.
//
// Source: the official API reference has the logout in its older edition only.
func (s *TokenSource) Logout(ctx context.Context) error { return s.engine.logout(ctx) }

// Close waits for a renewal under way, and with a Store until the pair that it
// brought is written and this process is removed from the record: for about a minute
// and a half at most, if every response is late. After it every method that needs a
// token reports [ErrClosed], and nothing is sent any more. It does not wait for a
// Store that ignores its context, nor for a call of Config.RingCentral that takes
// longer than 10 s. The session lives on: see [TokenSource.Logout]. Close always
// returns nil and may be called again.
func (s *TokenSource) Close() error {
	s.engine.close()
	return nil
}
