package ringcx_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// fakeSignIn returns the token, with its refresh token, of a sign-in at the fake.
func fakeSignIn(t *testing.T, cfg ringcx.Config) *oauth2.Token {
	t.Helper()
	jwt := cfg.RingCentral.(*ringcx.JWTLogin)
	form := url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {jwt.JWT}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, jwt.BaseURL+"/restapi/oauth/token", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(jwt.ClientID, jwt.ClientSecret)
	resp := must(cfg.HTTPClient.Do(req))
	defer resp.Body.Close()
	token := &oauth2.Token{}
	if err := json.NewDecoder(resp.Body).Decode(token); err != nil || token.RefreshToken == "" {
		t.Fatalf("the sign-in returns %v, error %v, want a refresh token", token, err)
	}
	token.Expiry = time.Now().Add(time.Duration(token.ExpiresIn) * time.Second)
	return token
}

// TestCodeLoginAtTheFake uses a session for a day, loses the response to each third refresh,
// and logs out.
func TestCodeLoginAtTheFake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		cfg := fake.Config()
		token := fakeSignIn(t, cfg)
		base, refreshes, lost := cfg.HTTPClient.Transport, 0, 0
		cfg.HTTPClient = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			resp, err := base.RoundTrip(r)
			if err == nil && r.URL.Path == "/restapi/oauth/token" {
				if refreshes++; refreshes%3 == 0 {
					resp.Body.Close()
					lost++
					return nil, errors.New("connection lost")
				}
			}
			return resp, err
		})}
		saved := []string{token.RefreshToken}
		cfg.RingCentral = &ringcx.CodeLogin{
			ClientID: ringcxtest.ClientID, ClientSecret: ringcxtest.ClientSecret, InitialToken: token,
			Save:    func(token *oauth2.Token) error { saved = append(saved, token.RefreshToken); return nil },
			BaseURL: cfg.RingCentral.(*ringcx.JWTLogin).BaseURL,
		}
		fake.Fault(ringcxtest.Exchange, ringcxtest.NoRefreshToken, 1000) // so that the RingCentral token is needed each time
		ts := newTokenSource(t, cfg)
		for start := time.Now(); time.Since(start) < 24*time.Hour; time.Sleep(4 * time.Minute) {
			if _, err := ts.Token(); err != nil {
				if time.Sleep(3 * time.Second); errors.Is(err, ringcx.ErrSignInRequired) {
					t.Fatal(err)
				}
				must(ts.Token())
			}
		}
		synctest.Wait()
		if lost < 5 || len(saved) < 20 {
			t.Errorf("%d responses were lost and %d tokens saved, want 5 and 20 at least", lost, len(saved))
		}
		seen := map[string]bool{}
		for _, s := range saved {
			if seen[s] {
				t.Errorf("%s was saved twice", s)
			}
			seen[s] = true
		}
		if c := fake.Counts(); c.Logins != 1 {
			t.Errorf("%d sign-ins, want that of the user alone", c.Logins)
		}
		if err := ts.Logout(t.Context()); err != nil {
			t.Error(err)
		}
		if _, err := ts.Token(); !errors.Is(err, ringcx.ErrSignInRequired) {
			t.Errorf("error after Logout is %v, want %v", err, ringcx.ErrSignInRequired)
		}
	})
}

// TestCodeLoginKeepsTheNextSignIn lets Save fail after a refresh, and the session end. The user
// signs in again: the token of the ended session is not saved over the new one.
func TestCodeLoginKeepsTheNextSignIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.New()
		defer fake.Close()
		stored, down := fake.SignIn(), true
		login := fakeCodeLogin(fake, stored)
		login.Load = func() (*oauth2.Token, error) { c := *stored; return &c, nil }
		login.Save = func(token *oauth2.Token) error {
			if down {
				return errors.New("the database is down")
			}
			stored = token
			return nil
		}
		login.Invalidate(stored)
		refreshed, err := login.Token()
		if err != nil {
			t.Fatal(err)
		}
		fake.RevokeSession()
		login.Invalidate(refreshed)
		if _, err := login.Token(); !errors.Is(err, ringcx.ErrSignInRequired) {
			t.Fatalf("error is %v, want %v", err, ringcx.ErrSignInRequired)
		}
		again := fake.SignIn()
		stored, down = again, false
		if _, err := login.Token(); err != nil {
			t.Errorf("after the next sign-in: %v", err)
		}
		if stored != again {
			t.Error("the token of the ended session was saved over the new one")
		}
	})
}

// TestLogoutOfAnUnusedCodeLogin logs out before a token was needed: the session of the
// CodeLogin exists already.
func TestLogoutOfAnUnusedCodeLogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.New()
		defer fake.Close()
		cfg := fake.Config()
		login := fakeCodeLogin(fake, fake.SignIn())
		login.Save = func(*oauth2.Token) error { return nil }
		cfg.RingCentral = login
		tokens, err := ringcx.NewTokenSource(cfg)
		if err != nil {
			t.Fatal(err)
		}
		if err := tokens.Logout(t.Context()); err != nil {
			t.Error(err)
		}
		if _, err := tokens.Token(); !errors.Is(err, ringcx.ErrSignInRequired) {
			t.Errorf("error after Logout is %v, want %v", err, ringcx.ErrSignInRequired)
		}
	})
}

// fakeCodeLogin returns a CodeLogin of the fake without Save and Load.
func fakeCodeLogin(fake *ringcxtest.Server, token *oauth2.Token) *ringcx.CodeLogin {
	cfg := fake.Config()
	return &ringcx.CodeLogin{
		ClientID: ringcxtest.ClientID, ClientSecret: ringcxtest.ClientSecret, InitialToken: token,
		BaseURL: cfg.RingCentral.(*ringcx.JWTLogin).BaseURL, HTTPClient: cfg.HTTPClient,
	}
}
