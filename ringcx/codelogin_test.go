package ringcx_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// refreshServer is a RoundTripper in front of the fake. It is a RingCentral that accepts
// refresh tokens: each once, and again for 10 s after the access token of its response was
// first used. It gets the access tokens from the fake.
type refreshServer struct {
	base   http.RoundTripper // of the fake
	signIn func() (*oauth2.Token, error)

	mu      sync.Mutex
	valid   string                     // the refresh token that is valid
	issued  map[string]*issuedResponse // by the refresh token that was sent
	used    map[string]time.Time       // access tokens, when RingCX first saw them
	revoked map[string]bool            // access tokens that RingCX rejects
	log     []string                   // "refresh r0", "exchange", "revoke r1"
	agent   string                     // User-Agent of the last request
	auth    string                     // the client id and how it was sent, of the last request

	respond func(r *http.Request, resp *http.Response) (*http.Response, error) // may replace a response of RingCentral
}

type issuedResponse struct{ access, refresh string }

// newRefreshServer returns a fake, a refreshServer in front of it, whose first refresh
// token is r0, and a Config without a RingCentral.
func newRefreshServer(t *testing.T) (*ringcxtest.Server, *refreshServer, ringcx.Config) {
	t.Helper()
	fake := ringcxtest.NewServer(t)
	cfg := fake.Config()
	login := *cfg.RingCentral.(*ringcx.JWTLogin)
	login.HTTPClient = cfg.HTTPClient
	s := &refreshServer{
		base: cfg.HTTPClient.Transport, signIn: login.Token, valid: "r0",
		issued: map[string]*issuedResponse{}, used: map[string]time.Time{}, revoked: map[string]bool{},
	}
	cfg.HTTPClient = &http.Client{Transport: s}
	cfg.RingCentral = nil
	return fake, s, cfg
}

func (s *refreshServer) RoundTrip(r *http.Request) (*http.Response, error) {
	var form url.Values
	if r.Body != nil {
		body, _ := io.ReadAll(r.Body)
		form, _ = url.ParseQuery(string(body))
		r = r.Clone(r.Context())
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case strings.HasPrefix(r.URL.Path, "/restapi/oauth/"):
		resp := s.ringCentral(r, form)
		if s.respond != nil {
			return s.respond(r, resp)
		}
		return resp, nil
	case form.Get("rcAccessToken") != "":
		s.log = append(s.log, "exchange")
		access := form.Get("rcAccessToken")
		if s.revoked[access] {
			return response(401, "text/plain", "no"), nil
		}
		if s.used[access].IsZero() {
			s.used[access] = time.Now()
		}
	}
	return s.base.RoundTrip(r)
}

func (s *refreshServer) ringCentral(r *http.Request, form url.Values) *http.Response {
	s.agent = r.UserAgent()
	s.auth = "form " + form.Get("client_id")
	if id, secret, ok := r.BasicAuth(); ok {
		s.auth = "basic " + id + ":" + secret + form.Get("client_id")
	}
	if r.URL.Path == "/restapi/oauth/revoke" {
		s.log = append(s.log, "revoke "+form.Get("token"))
		if form.Get("token") != s.valid && !strings.HasPrefix(form.Get("token"), "access") {
			return response(400, "application/json", `{"error":"invalid_request"}`)
		}
		s.valid = ""
		return response(200, "application/json", ``)
	}
	sent := form.Get("refresh_token")
	s.log = append(s.log, "refresh "+sent)
	issued := s.issued[sent]
	reusable := issued != nil && (s.used[issued.access].IsZero() || time.Since(s.used[issued.access]) < 10*time.Second)
	switch {
	case form.Get("grant_type") != "refresh_token" || sent == "" || sent != s.valid && !reusable:
		return response(400, "application/json", `{"error":"invalid_grant","error_description":"Token not found","errors":[{"errorCode":"OAU-213","message":"Token not found"}]}`)
	case !reusable:
		token, err := s.signIn()
		if err != nil {
			return response(500, "text/plain", err.Error())
		}
		issued = &issuedResponse{token.AccessToken, fmt.Sprintf("r%d", len(s.issued)+1)}
		s.issued[sent], s.valid = issued, issued.refresh
	}
	return response(200, "application/json", fmt.Sprintf(
		`{"access_token":%q,"token_type":"bearer","expires_in":3600,"refresh_token":%q,"refresh_token_expires_in":604800,"owner_id":"256440016"}`, issued.access, issued.refresh))
}

// check compares the requests that the server received, without the calls.
func (s *refreshServer) check(t *testing.T, want ...string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if diff := cmp.Diff(want, s.log); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

// vault stores the token of a CodeLogin, and counts the calls.
type vault struct {
	mu     sync.Mutex
	token  oauth2.Token
	saved  []string // the refresh tokens, in the order of the calls of Save
	err    error    // of Save
	takes  time.Duration
	during int // calls of Save in progress
	peak   int // most of them
	loads  int
	failed error // of Load
}

func (v *vault) Save(token *oauth2.Token) error {
	v.mu.Lock()
	v.saved = append(v.saved, token.RefreshToken)
	v.during++
	v.peak = max(v.peak, v.during)
	takes := v.takes
	v.mu.Unlock()
	time.Sleep(takes)
	v.mu.Lock()
	defer v.mu.Unlock()
	v.during--
	if v.err == nil {
		v.token = oauth2.Token{AccessToken: token.AccessToken, RefreshToken: token.RefreshToken, Expiry: token.Expiry}
	}
	return v.err
}

func (v *vault) Load() (*oauth2.Token, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.loads++
	token := v.token
	return &token, v.failed
}

func (v *vault) set(change func(*vault)) {
	v.mu.Lock()
	defer v.mu.Unlock()
	change(v)
}

// checkSaved compares the refresh tokens that were passed to Save.
func (v *vault) checkSaved(t *testing.T, want ...string) {
	t.Helper()
	v.mu.Lock()
	defer v.mu.Unlock()
	if diff := cmp.Diff(want, v.saved); diff != "" {
		t.Errorf("saved (-want +got):\n%s", diff)
	}
}

// newCodeLogin returns a CodeLogin that starts with r0 and saves to the vault. It does not
// load.
func newCodeLogin(cfg ringcx.Config) (*ringcx.CodeLogin, *vault) {
	v := &vault{token: oauth2.Token{RefreshToken: "r0"}}
	return &ringcx.CodeLogin{
		ClientID: ringcxtest.ClientID, ClientSecret: ringcxtest.ClientSecret,
		InitialToken: &oauth2.Token{RefreshToken: "r0"}, Save: v.Save, HTTPClient: cfg.HTTPClient,
	}, v
}

// TestCodeLogin uses one for three hours. RingCX returns no refresh token, so that each
// token of RingCX needs an exchange.
func TestCodeLogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, server, cfg := newRefreshServer(t)
		fake.Fault(ringcxtest.Exchange, ringcxtest.NoRefreshToken, 100)
		login, v := newCodeLogin(cfg)
		login.HTTPClient = nil // that of the Config
		cfg.UserAgent = "sync/1.4"
		login.Save = func(token *oauth2.Token) error {
			server.mu.Lock()
			defer server.mu.Unlock()
			if n := len(server.log); n == 0 || server.log[n-1] == "exchange" {
				t.Errorf("Save was called after an exchange: %v", server.log)
			}
			if life := time.Until(token.Expiry); life != time.Hour || token.AccessToken == "" || token.Extra("owner_id") != "256440016" {
				t.Errorf("saved token %v is valid for %v, want an hour, and the other fields of the response", token, life)
			}
			defer func() { token.RefreshToken = "modified" }()
			return v.Save(token)
		}
		cfg.RingCentral = login
		ts := newTokenSource(t, cfg)
		for start := time.Now(); time.Since(start) < 170*time.Minute; time.Sleep(4 * time.Minute) {
			must(ts.Token())
			synctest.Wait()
		}
		v.checkSaved(t, "r1", "r2", "r3")
		if !strings.HasPrefix(server.agent, "sync/1.4 ringcx-go/") {
			t.Errorf("User-Agent is %s, want that of the Config", server.agent)
		}
		if login.InitialToken.RefreshToken != "r0" || login.InitialToken.AccessToken != "" {
			t.Errorf("InitialToken was modified: %v", login.InitialToken)
		}
		var refreshes []string
		for _, r := range server.log {
			if r != "exchange" {
				refreshes = append(refreshes, r)
			}
		}
		if diff := cmp.Diff([]string{"refresh r0", "refresh r1", "refresh r2"}, refreshes); diff != "" {
			t.Errorf("refreshes (-want +got):\n%s", diff)
		}
	})
}

// TestCodeLoginKeepsTheAccessToken checks when a CodeLogin by itself returns the token that
// it has, and when it refreshes it.
func TestCodeLoginKeepsTheAccessToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, server, cfg := newRefreshServer(t)
		login, v := newCodeLogin(cfg)
		login.InitialToken = &oauth2.Token{AccessToken: "a0", RefreshToken: "r0", Expiry: time.Now().Add(time.Minute)}
		access := func() string { return must(login.Token()).AccessToken }
		if got := access(); got != "a0" {
			t.Errorf("the first token is %s, want a0", got)
		}
		login.Invalidate(&oauth2.Token{AccessToken: "another"})
		login.Invalidate(nil)
		time.Sleep(39 * time.Second)
		if got := access(); got != "a0" {
			t.Errorf("the token 21 s before its end is %s, want a0", got)
		}
		server.check(t)
		time.Sleep(time.Second)
		first := access()
		if again := access(); first == "a0" || again != first {
			t.Errorf("the tokens 20 s before the end are %s and %s, want a new one", first, again)
		}
		login.Invalidate(&oauth2.Token{AccessToken: first})
		if second := access(); second == first {
			t.Error("the invalidated token is returned")
		}
		server.check(t, "refresh r0", "refresh r1")
		v.checkSaved(t, "r1", "r2")
	})
}

// TestCodeLoginWithoutExpiry has an initial token whose lifetime is not known. It is used
// until RingCX rejects it.
func TestCodeLoginWithoutExpiry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, server, cfg := newRefreshServer(t)
		login, _ := newCodeLogin(cfg)
		login.InitialToken = &oauth2.Token{AccessToken: "a0", RefreshToken: "r0"}
		server.revoked["a0"] = true
		cfg.RingCentral = login
		must(newTokenSource(t, cfg).Token())
		server.check(t, "exchange", "refresh r0", "exchange")
	})
}

// TestCodeLoginConcurrentCalls makes 20 calls at once, half of them through a copy. Another
// caller gives up after a second.
func TestCodeLoginConcurrentCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, server, cfg := newRefreshServer(t)
		server.respond = func(_ *http.Request, resp *http.Response) (*http.Response, error) {
			time.Sleep(3 * time.Second)
			return resp, nil
		}
		login, v := newCodeLogin(cfg)
		other := *login
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				l := []*ringcx.CodeLogin{login, &other}[i%2]
				token, err := l.Token()
				if err != nil || token.RefreshToken != "r1" {
					t.Errorf("token is %v, error %v, want r1", token, err)
				}
				token.RefreshToken = "modified"
				_ = fmt.Sprint(l, *l)
			})
		}
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := login.TokenContext(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error is %v, want %v", err, context.DeadlineExceeded)
		}
		wg.Wait()
		server.check(t, "refresh r0")
		v.checkSaved(t, "r1")
	})
}

// TestCodeLoginLostResponse loses the response to a refresh. The same refresh token is sent
// again, and the session continues.
func TestCodeLoginLostResponse(t *testing.T) {
	tests := []struct {
		name    string
		respond func(*http.Response) (*http.Response, error)
		wait    time.Duration // until the next call
	}{
		{"connection lost", func(*http.Response) (*http.Response, error) { return nil, io.ErrUnexpectedEOF }, 2 * time.Second},
		{"connection lost, next call after 20 minutes", func(*http.Response) (*http.Response, error) { return nil, io.ErrUnexpectedEOF }, 20 * time.Minute},
		{"timeout", func(*http.Response) (*http.Response, error) {
			time.Sleep(20 * time.Second)
			return nil, context.DeadlineExceeded
		}, time.Minute},
		{"response of a proxy", func(*http.Response) (*http.Response, error) { return response(502, "text/html", "<html>"), nil }, 2 * time.Second},
		{"not JSON", func(*http.Response) (*http.Response, error) { return response(200, "text/plain", "hello"), nil }, 2 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, server, cfg := newRefreshServer(t)
				lose := true
				server.respond = func(_ *http.Request, resp *http.Response) (*http.Response, error) {
					if !lose {
						return resp, nil
					}
					lose = false
					return tt.respond(resp)
				}
				login, v := newCodeLogin(cfg)
				cfg.RingCentral = login
				ts := newTokenSource(t, cfg)
				if _, err := ts.Token(); err == nil || errors.Is(err, ringcx.ErrSignInRequired) {
					t.Errorf("error is %v, want that of the lost response", err)
				}
				time.Sleep(tt.wait)
				if _, err := ts.Token(); err != nil {
					t.Error(err)
				}
				server.check(t, "refresh r0", "refresh r0", "exchange")
				v.checkSaved(t, "r1")
			})
		})
	}
}

// TestCodeLoginRejected has RingCentral reject the refresh token.
func TestCodeLoginRejected(t *testing.T) {
	const signIn, check, jwt = "the user must sign in to RingCentral again", "check that the app uses the authorization code flow", "JWT"
	tests := []struct {
		name     string
		status   int
		body     string
		code     string
		hint     string
		required bool // ErrSignInRequired
		again    bool // the token is sent again after the wait
	}{
		{"expired", 400, `{"error":"invalid_grant","errors":[{"errorCode":"OAU-213"}]}`, "OAU-213", signIn, true, false},
		{"expired, without a code of RingCentral", 400, `{"error":"invalid_grant"}`, "invalid_grant", signIn, true, false},
		{"expired, without a code of OAuth", 400, `{"errors":[{"errorCode":"OAU-213"}]}`, "OAU-213", signIn, true, false},
		{"concurrent use", 400, `{"error":"invalid_grant","errors":[{"errorCode":"OAU-210"}]}`, "OAU-210", check, false, true},
		{"wrong secret", 401, `{"error":"invalid_client","errors":[{"errorCode":"OAU-146"}]}`, "OAU-146", "check the client id and the client secret", false, true},
		{"wrong secret, without a code of RingCentral", 401, `{"error":"invalid_client"}`, "invalid_client", "check the client id and the client secret", false, true},
		{"grant not allowed", 400, `{"error":"unauthorized_client","errors":[{"errorCode":"OAU-112"}]}`, "OAU-112", check, false, true},
		{"rate limit", 429, `{"errorCode":"CMN-301"}`, "CMN-301", "", false, true},
		{"server error", 500, `{"error":"invalid_grant"}`, "invalid_grant", "", false, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, server, cfg := newRefreshServer(t)
				rejects := true
				server.respond = func(_ *http.Request, resp *http.Response) (*http.Response, error) {
					if rejects {
						return response(tt.status, "application/json", tt.body), nil
					}
					return resp, nil
				}
				cfg.RingCentral, _ = newCodeLogin(cfg)
				ts := newTokenSource(t, cfg)
				_, err := ts.Token()
				want := ringcx.Error{Stage: ringcx.StageLogin, StatusCode: tt.status, Code: tt.code}
				if diff := cmp.Diff(want, errorOf(t, err)); diff != "" {
					t.Errorf("error (-want +got):\n%s", diff)
				}
				if !strings.Contains(err.Error(), tt.hint) || strings.Contains(err.Error(), jwt) {
					t.Errorf("error is %v, want %q in it and no hint about a JWT", err, tt.hint)
				}
				if required := errors.Is(err, ringcx.ErrSignInRequired); required != tt.required {
					t.Errorf("errors.Is(%v, ErrSignInRequired) is %v, want %v", err, required, tt.required)
				}
				rejects = false
				time.Sleep(2 * time.Minute)
				_, err = ts.Token()
				if tt.again != (err == nil) || tt.required != errors.Is(err, ringcx.ErrSignInRequired) {
					t.Errorf("error after the wait is %v, want a token: %v", err, tt.again)
				}
				if !tt.again {
					server.check(t, "refresh r0")
				}
			})
		})
	}
}

// saveEvents returns a function for Config.OnEvent and one that returns the errors of the
// events with StageStore.
func saveEvents() (func(ringcx.Event), func() []error) {
	var mu sync.Mutex
	var errs []error
	on := func(e ringcx.Event) {
		mu.Lock()
		defer mu.Unlock()
		if e.Stage == ringcx.StageStore {
			errs = append(errs, e.Err)
		}
	}
	return on, func() []error {
		mu.Lock()
		defer mu.Unlock()
		return errs
	}
}

// TestCodeLoginSaveFails has Save fail. The new token is used, the failures are reported,
// and Save is called again after the next renewal.
func TestCodeLoginSaveFails(t *testing.T) {
	for _, shared := range []bool{false, true} {
		t.Run(fmt.Sprint("with a Store ", shared), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, server, cfg := newRefreshServer(t)
				login, v := newCodeLogin(cfg)
				full := errors.New("the disk is full")
				v.err = fmt.Errorf("cannot write r1: %w", full)
				cfg.RingCentral = login
				onEvent, failures := saveEvents()
				cfg.OnEvent = onEvent
				if shared {
					_, cfg.Store, _ = fleet(t)
					cfg.Key, login.Load = "key", v.Load
				}
				ts := newTokenSource(t, cfg)
				must(ts.Token())
				synctest.Wait()
				v.checkSaved(t, "r1", "r1")
				errs := failures()
				if len(errs) != 1 || !errors.Is(errs[0], full) || strings.Contains(errs[0].Error(), "r1") {
					t.Errorf("events: %v, want one of the failed Save, without the token", errs)
				}
				v.set(func(v *vault) { v.err = nil })
				time.Sleep(226 * time.Second)
				must(ts.Token())
				synctest.Wait()
				v.checkSaved(t, "r1", "r1", "r1")
				time.Sleep(226 * time.Second)
				must(ts.Token())
				synctest.Wait()
				v.checkSaved(t, "r1", "r1", "r1") // once it is saved, there is no further call
				if n := len(failures()); n != 1 {
					t.Errorf("%d events, want no further one", n)
				}
				server.check(t, "refresh r0", "exchange")
			})
		})
	}
}

// TestCodeLoginIsSavedOnClose has Save work again when the program closes the source.
func TestCodeLoginIsSavedOnClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, _, cfg := newRefreshServer(t)
		login, v := newCodeLogin(cfg)
		v.err = errors.New("down")
		cfg.RingCentral = login
		ts := newTokenSource(t, cfg)
		must(ts.Token())
		synctest.Wait()
		v.set(func(v *vault) { v.err = nil })
		ts.Close()
		v.checkSaved(t, "r1", "r1", "r1")
		if v.token.RefreshToken != "r1" {
			t.Errorf("%s is stored, want r1", v.token.RefreshToken)
		}
	})
}

// TestCodeLoginSaveHangs has Save take a minute. The token is used after 4 s, no second call
// starts before the first has returned, and a newer token is saved then.
func TestCodeLoginSaveHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, server, cfg := newRefreshServer(t)
		login, v := newCodeLogin(cfg)
		v.takes = time.Minute
		start := time.Now()
		first := must(login.Token())
		if took := time.Since(start); took != 4*time.Second {
			t.Errorf("the first token took %v, want 4s", took)
		}
		must(login.Token())
		if took := time.Since(start); took != 4*time.Second {
			t.Errorf("the second token took %v, want no wait", took-4*time.Second)
		}
		login.Invalidate(first)
		must(login.Token())
		v.checkSaved(t, "r1")
		time.Sleep(time.Minute)
		v.set(func(v *vault) { v.takes = 0 })
		must(login.Token())
		v.checkSaved(t, "r1", "r2")
		if v.peak != 1 {
			t.Errorf("%d calls of Save at once, want 1", v.peak)
		}
		server.check(t, "refresh r0", "refresh r1")
	})
}

// TestCodeLoginLoad covers what Load can return before a refresh.
func TestCodeLoginLoad(t *testing.T) {
	expiry := time.Date(2000, 1, 1, 1, 0, 0, 0, time.UTC) // an hour after the start of a synctest bubble
	tests := []struct {
		name     string
		stored   oauth2.Token
		failed   error // of Load
		requests []string
		want     error // nil: a token
	}{
		{"what it had", oauth2.Token{RefreshToken: "r1"}, nil, []string{"refresh r0", "refresh r1"}, nil},
		{"an older token", oauth2.Token{RefreshToken: "r0"}, nil, []string{"refresh r0", "refresh r1"}, nil},
		{"a valid token of another process", oauth2.Token{AccessToken: "other", RefreshToken: "r7", Expiry: expiry}, nil, []string{"refresh r0"}, nil},
		{"a token that RingCentral rejects", oauth2.Token{RefreshToken: "r7"}, nil, []string{"refresh r0", "refresh r7"}, ringcx.ErrSignInRequired},
		{"no token", oauth2.Token{}, nil, []string{"refresh r0"}, ringcx.ErrSignInRequired},
		{"an error", oauth2.Token{}, io.ErrNoProgress, []string{"refresh r0"}, io.ErrNoProgress},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, server, cfg := newRefreshServer(t)
				login, v := newCodeLogin(cfg)
				login.Load = v.Load
				first := must(login.Token())
				login.Invalidate(first)
				v.set(func(v *vault) { v.token, v.failed = tt.stored, tt.failed })
				token, err := login.Token()
				if !errors.Is(err, tt.want) || (err == nil) != (tt.want == nil) {
					t.Errorf("error is %v, want %v", err, tt.want)
				}
				if err == nil && token.AccessToken == first.AccessToken {
					t.Error("the invalidated token is returned")
				}
				server.check(t, tt.requests...)
			})
		})
	}
}

// TestCodeLoginKeepsWhatCouldNotBeSaved has Save fail for two refreshes. Load returns the
// token before them, which must not replace the one in memory.
func TestCodeLoginKeepsWhatCouldNotBeSaved(t *testing.T) {
	_, server, cfg := newRefreshServer(t)
	login, v := newCodeLogin(cfg)
	login.Load = v.Load
	v.err = errors.New("down")
	for range 3 {
		login.Invalidate(must(login.Token()))
	}
	server.check(t, "refresh r0", "refresh r1", "refresh r2")
}

// TestCodeLoginLoadsAfterARejection has another process save its token while RingCentral
// rejects the one that was loaded before.
func TestCodeLoginLoadsAfterARejection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, server, cfg := newRefreshServer(t)
		login, v := newCodeLogin(cfg)
		login.Load = v.Load
		v.token.RefreshToken = "outdated"
		server.respond = func(_ *http.Request, resp *http.Response) (*http.Response, error) {
			v.set(func(v *vault) { v.token.RefreshToken = "r0" })
			return resp, nil
		}
		must(login.Token())
		server.check(t, "refresh outdated", "refresh r0")
	})
}

// TestCodeLoginOfAFleet has two processes share a session for hours, with a Store and one
// vault. Each refresh token is sent once, by whichever process is used.
func TestCodeLoginOfAFleet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, server, cfg := newRefreshServer(t)
		fake.Fault(ringcxtest.Exchange, ringcxtest.NoRefreshToken, 1000)
		_, cfg.Store, _ = fleet(t)
		cfg.Key = "key"
		v := &vault{token: oauth2.Token{RefreshToken: "r0"}}
		process := func() *ringcx.TokenSource {
			login, _ := newCodeLogin(cfg)
			login.Save, login.Load = v.Save, v.Load
			cfg := cfg
			cfg.RingCentral = login
			return newTokenSource(t, cfg)
		}
		a, b := process(), process()
		for hour := range 4 {
			for range 15 {
				must([]*ringcx.TokenSource{a, b}[hour%2].Token())
				synctest.Wait()
				time.Sleep(4 * time.Minute)
			}
		}
		seen := map[string]bool{}
		for _, r := range server.log {
			if r != "exchange" && seen[r] {
				t.Errorf("sent twice: %s", r)
			}
			seen[r] = true
		}
		if !seen["refresh r3"] {
			t.Errorf("requests: %v, want 4 refreshes", server.log)
		}
	})
}

// TestCodeLoginLogout ends the session, with the refresh token because the access token may
// have expired. There is no other session before the user signs in again.
func TestCodeLoginLogout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, server, cfg := newRefreshServer(t)
		login, _ := newCodeLogin(cfg)
		cfg.RingCentral = login
		ts := newTokenSource(t, cfg)
		must(ts.Token())
		if err := ts.Logout(t.Context()); err != nil {
			t.Error(err)
		}
		server.check(t, "refresh r0", "exchange", "revoke r1")
		if _, err := ts.Token(); !errors.Is(err, ringcx.ErrSignInRequired) {
			t.Errorf("error after Logout is %v, want %v", err, ringcx.ErrSignInRequired)
		}
		server.check(t, "refresh r0", "exchange", "revoke r1")
	})
}

// TestCodeLoginRevokesTheSavedToken has another process refresh the token before.
func TestCodeLoginRevokesTheSavedToken(t *testing.T) {
	_, server, cfg := newRefreshServer(t)
	login, v := newCodeLogin(cfg)
	login.Load = v.Load
	server.valid, v.token.RefreshToken = "newer", "newer"
	if err := login.Revoke(t.Context(), nil); err != nil {
		t.Error(err)
	}
	server.check(t, "revoke newer")
}

// TestCodeLoginRevokesByTheAccessToken has another process replace the refresh token.
func TestCodeLoginRevokesByTheAccessToken(t *testing.T) {
	_, server, cfg := newRefreshServer(t)
	login, _ := newCodeLogin(cfg)
	server.valid = "newer"
	if err := login.Revoke(t.Context(), &oauth2.Token{AccessToken: "access"}); err != nil {
		t.Error(err)
	}
	if err := login.Revoke(t.Context(), nil); err != nil { // the session has ended: nothing is sent
		t.Error(err)
	}
	server.check(t, "revoke r0", "revoke access")
	rejected, _ := newCodeLogin(cfg)
	want := ringcx.Error{Stage: ringcx.StageLogout, StatusCode: 400, Code: "invalid_request"}
	if diff := cmp.Diff(want, errorOf(t, rejected.Revoke(t.Context(), nil))); diff != "" {
		t.Errorf("error (-want +got):\n%s", diff)
	}
}

// TestCodeLoginAuthentication checks how the client id and the client secret are sent.
func TestCodeLoginAuthentication(t *testing.T) {
	for _, tt := range []struct{ name, secret, want string }{
		{"with a secret", "shh", "basic " + ringcxtest.ClientID + ":shh"},
		{"public app", "", "form " + ringcxtest.ClientID},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, server, cfg := newRefreshServer(t)
			login, _ := newCodeLogin(cfg)
			login.ClientSecret = tt.secret
			token := must(login.Token())
			if server.auth != tt.want {
				t.Errorf("refresh with %s, want %s", server.auth, tt.want)
			}
			if !strings.HasPrefix(server.agent, "ringcx-go/") {
				t.Errorf("User-Agent is %s, want that of the library", server.agent)
			}
			server.auth = ""
			if err := login.Revoke(t.Context(), token); err != nil || server.auth != tt.want {
				t.Errorf("revoke with %s, error %v, want %s", server.auth, err, tt.want)
			}
		})
	}
}

// TestCodeLoginWithoutANewRefreshToken has RingCentral return none: the old one stays valid.
func TestCodeLoginWithoutANewRefreshToken(t *testing.T) {
	_, server, cfg := newRefreshServer(t)
	server.respond = func(*http.Request, *http.Response) (*http.Response, error) {
		return response(200, "application/json", `{"access_token":"a","expires_in":3600}`), nil
	}
	login, v := newCodeLogin(cfg)
	if token := must(login.Token()); token.AccessToken != "a" || token.RefreshToken != "r0" {
		t.Errorf("token is %v, want access token a and refresh token r0", token)
	}
	v.checkSaved(t, "r0")
}

// initialToken is a package variable, which the garbage collector does not manage.
var initialToken = oauth2.Token{AccessToken: "a0", RefreshToken: "r0"}

func TestCodeLoginWithATokenInAVariable(t *testing.T) {
	login := &ringcx.CodeLogin{ClientID: "id", InitialToken: &initialToken, Save: func(*oauth2.Token) error { return nil }}
	if token, err := login.Token(); err != nil || token.AccessToken != "a0" {
		t.Errorf("token is %v, error %v, want a0", token, err)
	}
}

// TestCodeLoginRejectsBadFields leaves out each required field.
func TestCodeLoginRejectsBadFields(t *testing.T) {
	tests := []struct {
		name   string
		change func(*ringcx.CodeLogin, *ringcx.Config)
		want   string
	}{
		{"no client id", func(l *ringcx.CodeLogin, _ *ringcx.Config) { l.ClientID = "" }, "CodeLogin.ClientID"},
		{"no token", func(l *ringcx.CodeLogin, _ *ringcx.Config) { l.InitialToken = nil }, "CodeLogin.InitialToken is nil"},
		{"no refresh token", func(l *ringcx.CodeLogin, _ *ringcx.Config) { l.InitialToken = &oauth2.Token{AccessToken: "a"} }, "CodeLogin.InitialToken has no refresh token"},
		{"no Save", func(l *ringcx.CodeLogin, _ *ringcx.Config) { l.Save = nil }, "CodeLogin.Save"},
		{"plain http", func(l *ringcx.CodeLogin, _ *ringcx.Config) { l.BaseURL = "http://rc.example" }, "CodeLogin.BaseURL"},
		{"Store without Load", func(l *ringcx.CodeLogin, _ *ringcx.Config) { l.Load = nil }, "Load is nil"},
		{"Store without Key", func(_ *ringcx.CodeLogin, c *ringcx.Config) { c.Key = "" }, "Config.Key"},
		{"nil", func(_ *ringcx.CodeLogin, c *ringcx.Config) { c.RingCentral = (*ringcx.CodeLogin)(nil) }, "Config.RingCentral"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, _, cfg := newRefreshServer(t)
			login, v := newCodeLogin(cfg)
			login.Load = v.Load
			cfg.RingCentral, cfg.Key = login, "key"
			_, cfg.Store, _ = fleet(t)
			tt.change(login, &cfg)
			_, err := ringcx.NewTokenSource(cfg)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error of NewTokenSource is %v, want %q in it", err, tt.want)
			}
			if n := strings.Count(fmt.Sprint(err), "ringcx: "); n != 1 {
				t.Errorf("error of NewTokenSource is %q, want %q in it once", err, "ringcx: ")
			}
			if strings.HasPrefix(tt.want, "CodeLogin.") {
				if _, err := login.Token(); err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("error of Token is %v, want %q in it", err, tt.want)
				}
				if err := login.Revoke(t.Context(), nil); err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("error of Revoke is %v, want %q in it", err, tt.want)
				}
			}
		})
	}
}

// TestCodeLoginOfAnotherUser has two users use one record by mistake. The owner_id in their
// tokens shows it.
func TestCodeLoginOfAnotherUser(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, _, cfg := newRefreshServer(t)
		_, cfg.Store, _ = fleet(t)
		cfg.Key = "key"
		process := func(owner any) *ringcx.TokenSource {
			login, v := newCodeLogin(cfg)
			login.Load = v.Load
			login.InitialToken = login.InitialToken.WithExtra(map[string]any{"owner_id": owner})
			cfg := cfg
			cfg.RingCentral = login
			return newTokenSource(t, cfg)
		}
		must(process("1").Token())
		synctest.Wait()
		must(process("1").Token())
		must(process(nil).Token())
		if _, err := process("2").Token(); err == nil || !strings.Contains(err.Error(), "another user") {
			t.Errorf("error is %v, want that of another user", err)
		}
	})
}

// sentinelCodeLogin returns a login whose secrets contain the sentinel.
func sentinelCodeLogin() *ringcx.CodeLogin {
	return &ringcx.CodeLogin{
		ClientID: "client", ClientSecret: sentinel + "-secret", InitialToken: &oauth2.Token{RefreshToken: sentinel + "/refresh"},
		Save: func(*oauth2.Token) error { return nil },
	}
}

// TestCodeLoginErrorsContainNoSecret has RingCentral repeat the request in the response to a
// refresh and to a revocation, and Save and Load fail with the token in their errors.
func TestCodeLoginErrorsContainNoSecret(t *testing.T) {
	for _, status := range []int{302, 400, 401, 403, 429, 500} {
		for _, secret := range []string{sentinel + "-secret", ""} {
			t.Run(fmt.Sprint(status, secret != ""), func(t *testing.T) {
				login := sentinelCodeLogin()
				login.ClientSecret = secret
				sent := ""
				login.HTTPClient = respondWith(func(r *http.Request) *http.Response {
					sent = echo(r)
					return response(status, "application/json", fmt.Sprintf(`{"error":%q,"error_description":%[1]q}`, sent))
				})
				_, err := login.Token()
				for _, err := range []error{err, login.Revoke(t.Context(), &oauth2.Token{AccessToken: sentinel + "-access"})} {
					if err == nil || !strings.Contains(sent, sentinel) {
						t.Errorf("error is %v after %q was sent", err, sent)
					}
					assertNoSecret(t, err)
				}
			})
		}
	}
	login := sentinelCodeLogin()
	login.Load = func() (*oauth2.Token, error) { return nil, errors.New("cannot read " + sentinel + "/refresh") }
	_, err := login.Token()
	assertNoSecret(t, err)
	if err == nil || !strings.Contains(err.Error(), "CodeLogin.Load failed") {
		t.Errorf("error is %v, want that of Load", err)
	}
}
