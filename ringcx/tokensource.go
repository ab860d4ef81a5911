package ringcx

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"golang.org/x/oauth2"

	"github.com/ringcx-go/ringcx-go/gen"
)

var _ oauth2.TokenSource = (*TokenSource)(nil)

// TokenSource provides valid RingCX access tokens.
//
// It signs in when a token is first needed, and renews the token before it expires. A
// renewal uses the refresh token, or else the RingCentral token. It signs in again only if
// the RingCentral token has expired or RingCX no longer accepts it. One renewal runs at a
// time, for all callers. While a TokenSource is not used, it does nothing.
//
// A TokenSource is safe for concurrent use. Copies share one session.
type TokenSource struct{ cache *tokenCache }

// NewTokenSource returns a TokenSource for cfg. It sends nothing: the first token signs
// in. It returns an error if a field of cfg is missing or invalid.
func NewTokenSource(cfg Config) (*TokenSource, error) {
	cache, err := newTokenCache(cfg)
	if err != nil {
		return nil, err
	}
	return &TokenSource{cache: cache}, nil
}

// Token calls [TokenSource.TokenContext] with context.Background.
func (s *TokenSource) Token() (*oauth2.Token, error) {
	return s.TokenContext(context.Background())
}

// TokenContext returns a valid access token. Its Expiry is the time at which to stop using
// it. Each call returns a new oauth2.Token, which the caller may modify.
//
// While there is a valid token, TokenContext does not wait: if the token is due for
// renewal, it starts the renewal in the background. Otherwise it waits for the renewal,
// or until ctx is done. Then the renewal continues for other callers.
//
// The error is
//
//   - an [*Error] if RingCX or RingCentral rejected a request, or if a limit of this
//     package held a request back;
//   - an error that wraps ctx.Err() if ctx is done first;
//   - [ErrClosed] after Close;
//   - the error of the Store if it failed;
//   - otherwise the error of the network or of Config.RingCentral. It wraps
//     [ErrSignInRequired] if the session of a [CodeLogin] has ended.
//
// After a renewal has failed, TokenContext without a valid token returns its error at once
// until the next attempt is due:
//
//   - after 1 s, and after further failures 2, 4 … 15 s, but at most 2 s if nothing was
//     sent, for example because the server did not accept the connection;
//   - after a status 429, the time in Retry-After, or a minute without one;
//   - after a rejected sign-in, a minute;
//   - after a rejected exchange, five minutes, because another attempt may end a session
//     of the user.
//
// When the token expires, one attempt is due at once, unless a service or a limit requires
// the wait. A new TokenSource does not know of earlier failures. With a Store, the wait
// also ends when another process obtains a token. The other processes wait for a shorter
// time at first: after a status 429 a minute at most (but the full time if it was the
// response to a sign-in), and after a rejected exchange 15 s.
//
// If RingCX rejects a token by name ("Jwt is expired") in a call through
// [TokenSource.Transport] or [Client], TokenContext does not return it again. After any
// other status 401, it returns the token again if a limit of this package, the Store or
// another process prevents the renewal: another endpoint may still accept the token.
func (s *TokenSource) TokenContext(ctx context.Context) (*oauth2.Token, error) {
	st, err := s.cache.get(ctx)
	if err != nil {
		return nil, err
	}
	return st.copyToken(), nil
}

// BaseURL returns the base URL of RingCX, without a slash at the end: Config.BaseURL or its
// default. The token is sent to this origin only.
func (s *TokenSource) BaseURL() string { return s.cache.base.String() }

// Session returns what RingCX reported about the user with the current token: the main
// account, the agents of the user in each sub-account, and the user as an administrator.
// Its secrets are removed. AgentDetails is empty for a user who is only an administrator.
// Session waits and fails as TokenContext does.
func (s *TokenSource) Session(ctx context.Context) (gen.Session, error) {
	st, err := s.cache.get(ctx)
	if err != nil {
		return gen.Session{}, err
	}
	var session gen.Session
	if err := json.Unmarshal(st.response, &session); err != nil {
		return gen.Session{}, fmt.Errorf("ringcx: the session that RingCX reported does not match openapi.yaml: %w", err)
	}
	return session, nil
}

// Invalidate reports that RingCX rejected t. If t is the current token, the next call of
// TokenContext renews it, and returns it again only if a limit of this package, the Store
// or another process prevents the renewal. [TokenSource.Transport] and [Client] call Invalidate
// themselves.
func (s *TokenSource) Invalidate(t *oauth2.Token) {
	if t != nil {
		s.cache.current.invalidate(t.AccessToken, false)
	}
}

// Transport returns a RoundTripper that adds the bearer token to requests for the origin
// of Config.BaseURL. It sends requests with base, or with the transport of the Config if
// base is nil.
//
// Requests for other origins, and for RingCX's own token endpoints, are sent without the
// token, also after a redirect. (An http.Client that follows a redirect forwards only the
// headers that the caller set, and so no token.)
//
// # Retries
//
// A request without a body, or with GetBody, is sent again
//
//   - after a status 401, once, with a newer token. If the newer token gets a 401, too,
//     the token is not the reason: then a 401 causes no renewal for 1 s, and for
//     2, 4 … 60 s if that happens again;
//   - after a status 429: after the time in Retry-After, or without it after
//     1, 2, 4 … 15 s, ±20 %;
//   - if it is idempotent, also after a status 503 with Retry-After;
//   - if it is a GET or HEAD, after the same times also for any other status of 500 or
//     more, except 501, and for a network error, unless the error is permanent, such as
//     an untrusted certificate.
//
// RingCX may have processed a request before it sent a 503. Idempotent are the operations
// whose [gen.Operation] says so: those that read, search or delete, and a PUT that replaces one
// thing, but not one that acts on leads or creates a part of a list. Of other paths, a GET,
// HEAD, DELETE, OPTIONS or TRACE is idempotent. So is a request with a header Idempotency-Key
// or X-Idempotency-Key. As in net/http, a key without a value ([]string{}) is not sent: RingCX
// does not document these headers.
//
// A request is sent again at most Config.MaxReplays times (0 means 3), not counting the
// 401, and after a 401 only if its context is from [WithoutRetry]. It is not sent again if
// the wait is longer than a minute or than the time left until the deadline of its
// context, which the Timeout of an http.Client sets, too. RoundTrip then returns the last
// response, whatever its status.
//
// # Renewals
//
// Without a valid token a request waits for the renewal. If the renewal fails without a
// response or with a status of 429 or 500 or more, or if a limit of this package or the
// Store holds it back, the request waits for the next renewal, whatever its method:
// nothing of it has been sent. MaxReplays and the longest wait apply as above. If the
// request does not wait, RoundTrip returns the error of the renewal.
//
// RoundTrip also returns this error if the renewal was held back after a 401 that names
// the token ("Jwt is expired"). If a limit held it back, the error is an [*Error] with
// Code "local_limit", whose Cause is the 401.
func (s *TokenSource) Transport(base http.RoundTripper) http.RoundTripper {
	if base == nil {
		base = s.cache.cfg.transport()
	}
	return newTransport(s.cache, base)
}

// Logout ends the RingCX session, and the RingCentral session if Config.RingCentral is a
// [JWTLogin] or a [CodeLogin]. It waits for a renewal in progress. If it succeeds, the next
// call of TokenContext signs in again. With a CodeLogin it returns [ErrSignInRequired].
//
// If a session could not be ended, Logout returns an error and keeps that session, so that
// Logout can be called again. A call of TokenContext in between continues the session.
//
// With a Store, Logout ends the session of all processes that share it. Those that
// continue sign in again. The record then contains only what counts towards the limits.
//
// Source: RingCX API reference, an older edition; the current edition has no logout.
func (s *TokenSource) Logout(ctx context.Context) error { return s.cache.logout(ctx) }

// Close waits for a renewal in progress and closes s. With a Store, it also waits until
// new tokens are written and this process is removed from the record. This takes about a
// minute and a half at most, if every response is late. Close does not wait for a Store
// that ignores its context, nor for a call of Config.RingCentral that takes longer than
// 10 s.
//
// After Close, every method that needs a token returns [ErrClosed], and nothing is sent.
// The session does not end: see [TokenSource.Logout]. Close always returns nil. It may be
// called more than once.
func (s *TokenSource) Close() error {
	s.cache.close()
	return nil
}

func (s TokenSource) summary() string {
	if s.cache == nil {
		return "ringcx.TokenSource{}"
	}
	return fmt.Sprintf("ringcx.TokenSource{BaseURL: %q}", s.cache.base)
}

// Format implements fmt.Formatter. For every verb it writes a description of s without
// its tokens.
func (s TokenSource) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.summary()) }

// MarshalText implements encoding.TextMarshaler. It returns the text that Format writes,
// which cannot be unmarshaled.
func (s TokenSource) MarshalText() ([]byte, error) { return []byte(s.summary()), nil }
