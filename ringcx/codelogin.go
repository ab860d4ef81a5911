package ringcx

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"runtime"
	"slices"
	"sync"
	"time"
	"weak"

	"golang.org/x/oauth2"

	"github.com/ringcx-go/ringcx-go/internal/redact"
)

const (
	// rcTokenReserve is how long an access token that a CodeLogin keeps must still be
	// valid.
	rcTokenReserve = 2 * rcTokenMargin

	// saveTimeout is how long a CodeLogin waits for Save.
	saveTimeout = 4 * time.Second

	// keepAliveAfter is how long after the end of its access token a session is refreshed
	// although no RingCentral token is needed. With the lifetime of an access token, an
	// hour, this is one refresh a day.
	//
	// Source: RingCentral API reference, refresh_token_ttl: at most 604800 seconds.
	keepAliveAfter = 23 * time.Hour

	maxSpent = 8 // refresh tokens that a session remembers
)

// ErrSignInRequired reports that a [CodeLogin] cannot obtain a token before the user signs
// in to RingCentral again, because the refresh token has expired or was revoked. errors.Is
// reports whether an error is such an error.
//
// If the CodeLogin has a Load, store the token of the new sign-in where Load finds it: it is
// used within about a minute, also by the other processes. Otherwise a new CodeLogin with
// the new token, and a new [Client], are needed.
var ErrSignInRequired error = hintError("ringcx: the refresh token is no longer valid: the user must sign in to RingCentral again")

// errRefreshRejected is the Cause of the other rejections of a refresh token.
const errRefreshRejected = hintError("ringcx: check that the app uses the authorization code flow and issues refresh tokens, and that the refresh token belongs to this app")

var errNoLoad = errors.New("ringcx: CodeLogin.Load is nil: it is required with a Config.Store, because another process may have refreshed the token")

var (
	_ builtinLogin  = (*CodeLogin)(nil)
	_ invalidator   = (*CodeLogin)(nil)
	_ sessionKeeper = (*CodeLogin)(nil)
)

// CodeLogin continues the RingCentral session of a user who signed in with a browser
// (authorization code flow, with or without PKCE). It refreshes the access token with the
// refresh token. RingCentral issues a new refresh token each time, and a CodeLogin passes
// it to Save.
//
// A refresh token can be used once, so the program must not use it elsewhere. If the
// response to a refresh is lost, the next call sends the same refresh token again, because
// RingCentral then repeats its response.
//
// A refresh token ends a week after it was issued. RingCX tokens are renewed without
// RingCentral, so a [TokenSource] in use refreshes the session about once a day, in the
// background. If nothing uses the session for a week, it ends.
//
// A CodeLogin is safe for concurrent use if its fields do not change. All CodeLogins with
// the same InitialToken (the same pointer) share one session, so that copies of a CodeLogin
// do not use a refresh token twice. fmt, log/slog and encoding/json print it without its secrets, with one exception:
// fmt prints them if the CodeLogin is in an unexported field of another type, because it
// calls no methods there.
//
// With a Store, Load and Config.Key are required. The token does not always name its user,
// so there is no default Key.
//
// Source: RingCentral developer guide, refresh tokens: the response is repeated until 10 s
// after the new access token was first used, and for about an hour if it is not used.
// RingCentral API reference, refresh_token_ttl: 604800 seconds at most.
type CodeLogin struct {
	ClientID string // of the app that the user signed in to; required

	// ClientSecret is the client secret of the app. Leave it empty for a public app: it
	// sends its client id in the form and no Authorization header.
	ClientSecret string

	// InitialToken is the token with which the CodeLogin starts: that of the sign-in, or
	// the one that Save stored last. It must have a RefreshToken. Its AccessToken is used
	// until Expiry, or until RingCX rejects it if there is no Expiry. InitialToken is not
	// modified. Required.
	InitialToken *oauth2.Token

	// Save stores the new token after each refresh. It is called before the access
	// token is used, with a copy of the token, one call at a time. Required, because
	// the stored refresh token becomes useless; a program that does not need the session
	// after it ends can return nil.
	//
	// If Save returns an error, or takes longer than 4 s, the new token is used all the
	// same and kept in memory. Save is called again with the next call of TokenContext
	// and, in a Config, after each renewal of the RingCX token and on Close. Until it
	// succeeds, each failed attempt after a renewal is reported to Config.OnEvent, with
	// StageStore. A call that takes longer is not repeated before it has returned. If the
	// program ends before that, the user must sign in again.
	Save func(*oauth2.Token) error

	// Load returns the token that Save stored last. It is called before each refresh,
	// unless the current token could not be saved. It is required if several processes
	// use one session, because another process may have refreshed the token: with a
	// Config.Store, [New] returns an error without it. Only with a Store the processes do
	// not refresh at the same time, unless it fails. If Load returns nil without an error,
	// the session has ended. If it returns an error, there is no refresh. Default: nil, one process uses the session.
	Load func() (*oauth2.Token, error)

	// BaseURL is the base URL of RingCentral. It must use https, or http with a loopback
	// host. Default: https://platform.ringcentral.com.
	BaseURL string

	// HTTPClient sends the refresh. It does not follow redirects. Its Transport is used
	// in the same way as that of Config.HTTPClient. Default: the HTTPClient of the
	// Config, or http.DefaultClient if the CodeLogin is used without a Config.
	HTTPClient *http.Client

	agent string // the User-Agent header, from the Config
}

// TokenContext returns the access token, with its refresh token. If the access token expires
// within 20 s, or [CodeLogin.Invalidate] was called for it, TokenContext refreshes it first,
// and saves the new token. A refresh takes at most 10 s, in addition to the time that Load
// and Save take. One call refreshes at a time: the others wait, or until ctx is done.
//
// If RingCentral rejects the refresh token, the error is an [*Error] with StageLogin and the
// code of RingCentral, for example OAU-213. It wraps [ErrSignInRequired] if only a new
// sign-in helps. In this case the refresh token is not sent again.
func (l *CodeLogin) TokenContext(ctx context.Context) (*oauth2.Token, error) {
	if err := l.check(); err != nil {
		return nil, err
	}
	s := codeSessions.get(l.InitialToken)
	if err := s.lock(ctx, StageLogin); err != nil {
		return nil, err
	}
	defer s.slot.unlock()
	_ = s.save(l) // ignore the error: the token is kept, and saved later
	if s.usable() {
		return copyOf(s.token), nil
	}
	return s.renewAndSave(ctx, l)
}

// keepAlive implements sessionKeeper.
func (l *CodeLogin) keepAlive(ctx context.Context) (*oauth2.Token, error) {
	s := codeSessions.get(l.InitialToken)
	if err := s.lock(ctx, StageLogin); err != nil {
		return nil, err
	}
	defer s.slot.unlock()
	_ = s.save(l) // ignore the error, as above
	if err := s.load(l); err != nil {
		return nil, err
	}
	if s.recent() {
		return copyOf(s.token), nil
	}
	s.invalidate(s.token.AccessToken) // it may have no Expiry
	return s.renewAndSave(ctx, l)
}

// Token calls [CodeLogin.TokenContext] with context.Background.
func (l *CodeLogin) Token() (*oauth2.Token, error) {
	return l.TokenContext(context.Background())
}

// Invalidate reports that RingCX or RingCentral rejected the access token of t. The next
// call of TokenContext does not return it. A [TokenSource] calls Invalidate itself.
func (l *CodeLogin) Invalidate(t *oauth2.Token) {
	if t == nil || l.InitialToken == nil {
		return
	}
	codeSessions.get(l.InitialToken).invalidate(t.AccessToken)
}

// Revoke ends the RingCentral session of l. It sends the refresh token, and the access token
// of token if that is another one, because another process may have refreshed the session.
// token may be nil. RingCentral then revokes all tokens of the session. Each request takes at
// most 10 s. If RingCentral rejects the last one, the error is an [*Error] with StageLogout. If
// Load failed, its error is returned too: a newer session may go on. After Revoke has succeeded, TokenContext returns
// [ErrSignInRequired], unless Load returns another token. Save is not called: remove the
// stored token.
//
// Source: RingCentral API reference, revokeToken: an access or a refresh token.
func (l *CodeLogin) Revoke(ctx context.Context, token *oauth2.Token) error {
	if err := l.check(); err != nil {
		return err
	}
	s := codeSessions.get(l.InitialToken)
	if err := s.lock(ctx, StageLogout); err != nil {
		return err
	}
	defer s.slot.unlock()
	loadErr := s.load(l)
	if s.token.RefreshToken == s.ended {
		return loadErr
	}
	err := l.revoke(ctx, s.token.RefreshToken)
	if other := s.otherAccess(token); other != "" { // another process has refreshed the session
		err = l.revoke(ctx, other)
	}
	if err == nil || isRejection(statusOf(err)) {
		s.end(ErrSignInRequired)
	}
	return errors.Join(err, loadErr)
}

// otherAccess returns the access token of t, unless it is the current one.
func (s *codeSession) otherAccess(t *oauth2.Token) string {
	if t == nil || t.AccessToken == s.token.AccessToken {
		return ""
	}
	return t.AccessToken
}

// revoke sends a token to be revoked.
func (l *CodeLogin) revoke(ctx context.Context, token string) error {
	_, err := l.post(ctx, StageLogout, revokePath, url.Values{"token": {token}})
	return err
}

// codeSession is the session that CodeLogins with the same InitialToken share.
type codeSession struct {
	slot slot // is held while the fields below are in use

	token   *oauth2.Token // the current one
	spent   []string      // the refresh tokens that this process sent last, at most maxSpent
	ended   string        // a refresh token that RingCentral rejected, or whose session was revoked
	endedBy error         // the error for it
	unsaved bool          // Save has not returned nil for token yet
	saving  *saveCall     // the call of Save that has not returned yet, or nil

	mu      sync.Mutex // guards invalid
	invalid string     // an access token that must not be returned
}

// lock waits until no other call uses s, or until ctx is done.
func (s *codeSession) lock(ctx context.Context, stage Stage) error {
	select {
	case s.slot <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("ringcx: %s: waiting for another refresh: %w", stage, ctx.Err())
	}
}

// usable reports whether the access token may be returned.
func (s *codeSession) usable() bool {
	t := s.token
	if t.AccessToken == "" || s.isInvalid(t.AccessToken) || t.RefreshToken == s.ended {
		return false
	}
	return t.Expiry.IsZero() || time.Until(t.Expiry) > rcTokenReserve
}

// recent reports whether the session was refreshed in about the last day, by any process.
func (s *codeSession) recent() bool {
	t := s.token
	known := t.AccessToken != "" && !t.Expiry.IsZero()
	return known && t.RefreshToken != s.ended && time.Since(t.Expiry)+rcTokenMargin < keepAliveAfter
}

func (s *codeSession) invalidate(access string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.invalid = access
}

// isInvalid reports whether Invalidate was called last for this access token.
func (s *codeSession) isInvalid(access string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.invalid == access
}

// renewAndSave renews the token and returns it.
func (s *codeSession) renewAndSave(ctx context.Context, l *CodeLogin) (*oauth2.Token, error) {
	if err := s.renew(ctx, l); err != nil {
		return nil, err
	}
	_ = s.save(l) // ignore the error: the token is kept, and saved later
	return copyOf(s.token), nil
}

// end records that the session of the current token has ended. That token is not saved any
// more: a user who has signed in again may have stored another one.
func (s *codeSession) end(by error) { s.ended, s.endedBy, s.unsaved = s.token.RefreshToken, by, false }

// renew makes a usable token the current one: the one that Load returns, or that of a
// refresh. If RingCentral rejects the refresh token and another process has saved a newer
// one meanwhile, that one is used.
func (s *codeSession) renew(ctx context.Context, l *CodeLogin) error {
	var rejected error
	for range 2 {
		if err := s.load(l); err != nil {
			return err
		}
		switch {
		case s.usable():
			return nil
		case s.token.RefreshToken == s.ended:
			return ownError(s.endedBy)
		}
		err := s.refresh(ctx, l)
		if err == nil || !errors.Is(err, ErrSignInRequired) {
			return err
		}
		s.end(err)
		rejected = err
	}
	return ownError(rejected)
}

// load makes the token that Load returns the current one, unless the current one has not
// been saved yet.
func (s *codeSession) load(l *CodeLogin) error {
	if l.Load == nil || s.unsaved {
		return nil
	}
	token, err := l.Load()
	switch {
	case err != nil:
		return fmt.Errorf("ringcx: login: CodeLogin.Load failed: %w", s.clean(l, token).Error(err))
	case token == nil || token.RefreshToken == "":
		return ErrSignInRequired
	case slices.Contains(s.spent, token.RefreshToken): // it is older than the one at hand
		return nil
	}
	s.token = copyOf(token)
	return nil
}

// refresh sends the refresh token and makes the token of the response the current one. A
// response without a refresh token leaves the old one valid (RFC 6749, section 6).
func (s *codeSession) refresh(ctx context.Context, l *CodeLogin) error {
	old := s.token.RefreshToken
	res, err := l.post(ctx, StageLogin, tokenPath, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {old}})
	if err != nil {
		return explainRejection(res, err)
	}
	token, err := res.rcToken()
	if err != nil {
		return err
	}
	if token.RefreshToken == "" {
		token.RefreshToken = old
	} else {
		s.spent = append(s.spent[max(0, len(s.spent)+1-maxSpent):], old)
	}
	s.token, s.unsaved = token, true
	return nil
}

// explainRejection adds to the error of a refresh what to do about it. RingCentral returns
// invalid_grant for a refresh token that is not valid, and with the code OAU-210 if several
// requests use it at the same time.
//
// Source: RFC 6749, section 5.2; RingCentral's list of OAuth errors.
func explainRejection(res tokenResult, err error) error {
	e := asError(err)
	if e == nil || res.outcome != rejected {
		return err
	}
	var body struct{ Error text }
	_ = json.Unmarshal(res.body, &body) // ignore the error: then it is another rejection
	switch {
	case e.Code == "OAU-146" || body.Error == "invalid_client": // it has a hint
	case e.Code == "OAU-213", body.Error == "invalid_grant" && e.Code != "OAU-210":
		e.Cause = ErrSignInRequired
	default:
		e.Cause = errRefreshRejected
	}
	return e
}

// saveCall is a call of Save.
type saveCall struct {
	token *oauth2.Token
	done  chan struct{} // closed when err is set
	err   error
}

// returned waits for at most d until the call has returned, and reports whether it has.
func (c *saveCall) returned(d time.Duration) bool {
	if d == 0 {
		return isClosed(c.done)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-c.done:
		return true
	case <-timer.C:
		return false
	}
}

// save calls Save with the current token, unless that was saved already, and waits for at
// most saveTimeout. It does not wait for a call that took longer before, nor start another
// one before that has returned.
func (s *codeSession) save(l *CodeLogin) error {
	for s.unsaved {
		wait := time.Duration(0)
		if s.saving == nil {
			s.saving, wait = startSave(l.Save, s.token), saveTimeout
		}
		call := s.saving
		if !call.returned(wait) {
			return fmt.Errorf("ringcx: CodeLogin.Save has not returned for %v: the new refresh token is in memory only", saveTimeout)
		}
		s.saving = nil
		switch {
		case call.token != s.token: // a late call: there is a newer token
		case call.err != nil:
			return fmt.Errorf("ringcx: CodeLogin.Save failed, the new refresh token is in memory only: %w", s.clean(l, nil).Error(call.err))
		default:
			s.unsaved = false
		}
	}
	return nil
}

func startSave(save func(*oauth2.Token) error, token *oauth2.Token) *saveCall {
	call := &saveCall{token: token, done: make(chan struct{}), err: errors.New("it did not return")}
	go func() {
		defer close(call.done)
		call.err = save(copyOf(token))
	}()
	return call
}

// saveAgain implements builtinLogin. It does nothing while the session is in use: the
// call in progress saves the token.
func (l *CodeLogin) saveAgain() error {
	s := codeSessions.get(l.InitialToken)
	select {
	case s.slot <- struct{}{}:
		defer s.slot.unlock()
		return s.save(l)
	default:
		return nil
	}
}

// clean returns a Scrubber for the secrets that an error of Load or Save may contain.
func (s *codeSession) clean(l *CodeLogin, token *oauth2.Token) redact.Scrubber {
	secrets := []string{l.ClientSecret, s.token.AccessToken, s.token.RefreshToken}
	if token != nil {
		secrets = append(secrets, token.AccessToken, token.RefreshToken)
	}
	return redact.New(secrets...).MaskQuotes()
}

// copyOf returns a copy of t, which the receiver may modify.
func copyOf(t *oauth2.Token) *oauth2.Token {
	own := *t
	return &own
}

// post sends a form to RingCentral.
func (l *CodeLogin) post(ctx context.Context, stage Stage, path string, form url.Values) (tokenResult, error) {
	base, err := l.base()
	if err != nil {
		return tokenResult{}, err
	}
	return rcRequest{
		stage: stage, url: base.String() + path, form: form,
		clientID: l.ClientID, clientSecret: l.ClientSecret, client: l.HTTPClient, agent: l.agent,
	}.send(ctx)
}

// check returns an error if a field is missing or invalid.
func (l *CodeLogin) check() error {
	switch {
	case l.ClientID == "":
		return errors.New("ringcx: CodeLogin.ClientID is empty: it is required")
	case l.InitialToken == nil:
		return errors.New("ringcx: CodeLogin.InitialToken is nil: it is required: sign the user in, or read the token that Save stored")
	case l.InitialToken.RefreshToken == "":
		return errors.New("ringcx: CodeLogin.InitialToken has no refresh token: sign the user in, with an app that issues refresh tokens")
	case l.Save == nil:
		return errors.New("ringcx: CodeLogin.Save is nil: it is required, because each refresh replaces the refresh token")
	}
	_, err := l.base()
	return err
}

func (l *CodeLogin) base() (*url.URL, error) {
	return parseBaseURL("CodeLogin.BaseURL", l.BaseURL, ringCentralURL)
}

// resolve implements builtinLogin.
func (l *CodeLogin) resolve(cfg Config) (builtinLogin, error) {
	if l == nil {
		return nil, errNoRingCentral
	}
	if err := l.check(); err != nil {
		return nil, err
	}
	if cfg.Store != nil && l.Load == nil {
		return nil, errNoLoad
	}
	own := *l
	own.HTTPClient, own.agent = loginClient(l.HTTPClient, cfg), cfg.UserAgent
	return &own, nil
}

// identity implements builtinLogin. The subject is the owner_id of the response that
// InitialToken is from. A token that was stored as JSON does not have it any more.
func (l *CodeLogin) identity() (identity, error) {
	base, err := l.base()
	if err != nil {
		return identity{}, err
	}
	owner, _ := l.InitialToken.Extra("owner_id").(string)
	return identity{origin: base.String(), clientID: l.ClientID, subject: owner}, nil
}

func (l CodeLogin) summary() string {
	return fmt.Sprintf("ringcx.CodeLogin{ClientID: %q, BaseURL: %q}", l.ClientID, l.BaseURL)
}

// Format implements fmt.Formatter. For every verb it writes a description of l without
// its credentials.
func (l CodeLogin) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, l.summary()) }

// MarshalText implements encoding.TextMarshaler. It returns the text that Format writes,
// which cannot be unmarshaled.
func (l CodeLogin) MarshalText() ([]byte, error) { return []byte(l.summary()), nil }

// codeSessions contains the session of each InitialToken in use. The state of a session is
// not in the CodeLogin itself, so that a CodeLogin can be copied and printed at any time.
var codeSessions = sessionSet{byToken: map[weak.Pointer[oauth2.Token]]*codeSession{}}

type sessionSet struct {
	mu      sync.Mutex
	byToken map[weak.Pointer[oauth2.Token]]*codeSession
}

// get returns the session that starts with token. It is dropped when the garbage
// collector frees token.
func (c *sessionSet) get(token *oauth2.Token) *codeSession {
	key := weak.Make(token)
	c.mu.Lock()
	defer c.mu.Unlock()
	if s, ok := c.byToken[key]; ok {
		return s
	}
	s := &codeSession{slot: make(slot, 1), token: copyOf(token)}
	c.byToken[key] = s
	runtime.AddCleanup(token, c.drop, key)
	return s
}

// drop removes the session of a token that is no longer in use.
func (c *sessionSet) drop(key weak.Pointer[oauth2.Token]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.byToken, key)
}
