package ringcx_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// TestRejectedSignIn checks the error for a program with wrong credentials. Its text
// says what to check.
func TestRejectedSignIn(t *testing.T) {
	tests := []struct {
		name   string
		change func(*ringcx.JWTLogin)
		want   ringcx.Error
		hint   string
	}{
		{"wrong client id", func(l *ringcx.JWTLogin) { l.ClientID = "other" }, ringcx.Error{StatusCode: 401, Code: "OAU-146"}, "check the client id"},
		{"wrong client secret", func(l *ringcx.JWTLogin) { l.ClientSecret = sentinel }, ringcx.Error{StatusCode: 401, Code: "OAU-146"}, "check the client id and the client secret"},
		{"wrong JWT", func(l *ringcx.JWTLogin) { l.JWT = sentinel }, ringcx.Error{StatusCode: 400, Code: "OAU-213"}, "check that the JWT credential"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fake := ringcxtest.NewServer(t)
			cfg := fake.Config()
			tt.change(cfg.RingCentral.(*ringcx.JWTLogin))
			_, err := newTokenSource(t, cfg).Token()
			tt.want.Stage = ringcx.StageLogin
			if diff := cmp.Diff(tt.want, errorOf(t, err)); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
			if !strings.Contains(err.Error(), tt.hint) || !strings.Contains(err.Error(), "POST /restapi/oauth/token") {
				t.Errorf("error is %v, want %q and the request in it", err, tt.hint)
			}
			assertNoSecret(t, err)
			spent{Logins: 1}.check(t, fake)
		})
	}
}

// TestRejectedExchangeNamesTheCauses checks that the error lists the possible causes.
func TestRejectedExchangeNamesTheCauses(t *testing.T) {
	fake := ringcxtest.NewServer(t)
	fake.Fault(ringcxtest.Exchange, ringcxtest.Refuse, 1)
	_, err := newTokenSource(t, fake.Config()).Token()
	for _, part := range []string{"exchange", "403", "Read Accounts", "not linked", "production account", "will not be sent again for 5m0s"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("error is %v, want %q in it", err, part)
		}
	}
}

// TestJWTLoginWithoutTokenSource signs in with JWTLogin.Token itself.
func TestJWTLoginWithoutTokenSource(t *testing.T) {
	tests := []struct {
		name, body string
		want       time.Duration // lifetime; 0: an error
	}{
		{"an hour", `{"access_token":"a","token_type":"bearer","expires_in":3600}`, time.Hour},
		{"lifetime as text", `{"access_token":"a","token_type":"bearer","expires_in":"1800"}`, 30 * time.Minute},
		{"no lifetime", `{"access_token":"a","token_type":"bearer"}`, 10 * time.Minute},
		{"negative lifetime", `{"access_token":"a","expires_in":-5}`, 10 * time.Minute},
		{"huge lifetime", `{"access_token":"a","expires_in":1e300}`, time.Hour},
		{"no token", `{"token_type":"bearer"}`, 0},
		{"HTML", `<html>`, 0},
		{"empty", ``, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			login := sentinelLogin()
			login.HTTPClient = &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
				return response(200, "application/json", tt.body), nil
			})}
			before := time.Now()
			token, err := login.Token()
			if tt.want == 0 {
				want := ringcx.Error{Stage: ringcx.StageLogin, StatusCode: 200, Code: "bad_answer"}
				if diff := cmp.Diff(want, errorOf(t, err)); diff != "" {
					t.Errorf("error (-want +got):\n%s", diff)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if lifetime := token.Expiry.Sub(before); lifetime < tt.want || lifetime > tt.want+time.Minute || token.Type() != "Bearer" {
				t.Errorf("token of type %s is valid for %v, want type Bearer and %v", token.Type(), lifetime, tt.want)
			}
		})
	}
}

// TestWrongHostIsNamed has a server that is not RingCentral or RingCX respond to a sign-in and
// to an exchange. The error must name the host and the setting, and nothing else to check.
func TestWrongHostIsNamed(t *testing.T) {
	tests := []struct {
		endpoint ringcxtest.Endpoint
		fault    ringcxtest.Fault
		want     string // the end of the text
	}{
		{ringcxtest.Login, ringcxtest.Status(404, "no page"),
			"404 no page (is platform.ringcentral.test RingCentral? check the BaseURL of the login (RINGCENTRAL_BASE_URL))"},
		{ringcxtest.Login, ringcxtest.HTML, "(is platform.ringcentral.test RingCentral? check the BaseURL of the login (RINGCENTRAL_BASE_URL))"},
		{ringcxtest.Exchange, ringcxtest.Status(404, `{"message":"none"}`),
			"404 none; will not be sent again for 5m0s (is ringcx.test RingCX? check Config.BaseURL (RINGCX_BASE_URL))"},
		{ringcxtest.Exchange, ringcxtest.HTML, "(is ringcx.test RingCX? check Config.BaseURL (RINGCX_BASE_URL))"},
	}
	for _, tt := range tests {
		synctest.Test(t, func(t *testing.T) {
			fake := ringcxtest.NewServer(t)
			fake.Fault(tt.endpoint, tt.fault, 1)
			_, err := newTokenSource(t, fake.Config()).Token()
			text := fmt.Sprint(err)
			if !strings.Contains(text, tt.want) || strings.Contains(text, "scope") || strings.Contains(text, "JWT credential") {
				t.Errorf("%s, %v: error is %v, want %q in it", tt.endpoint, tt.fault, err, tt.want)
			}
		})
	}
}

// TestRingCentralTokenNearItsEnd needs a token 8 s before the RingCentral token expires.
// The RingCentral token might have expired when RingCX checks it, so the source signs in
// again instead of exchanging it.
func TestRingCentralTokenNearItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		fake.Fault(ringcxtest.Login, ringcxtest.Lifetime(305*time.Second), 1)
		fake.Fault(ringcxtest.Exchange, ringcxtest.NoRefreshToken, 2)
		ts := newTokenSource(t, fake.Config())
		must(ts.Token())
		time.Sleep(297 * time.Second)
		must(ts.Token())
		spent{Logins: 2, Exchanges: 2}.check(t, fake)
	})
}

// TestSlowSignInsCountFromTheirArrival delays the first four sign-ins by 9 s on their way
// to RingCentral. No more than 4 sign-ins may arrive within any minute.
func TestSlowSignInsCountFromTheirArrival(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		var arrivals []time.Time
		cfg := fake.Config()
		cfg.HTTPClient = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			if len(arrivals) < 4 {
				time.Sleep(9 * time.Second)
			}
			arrivals = append(arrivals, time.Now())
			return response(500, "text/plain", "down"), nil
		})}
		ts := newTokenSource(t, cfg)
		for start := time.Now(); time.Since(start) < 3*time.Minute; time.Sleep(100 * time.Millisecond) {
			if _, err := ts.Token(); err == nil {
				t.Fatal("Token returns no error")
			}
		}
		if len(arrivals) < 6 {
			t.Fatalf("%d sign-ins in 3 minutes, want at least 6", len(arrivals))
		}
		for i := range arrivals[4:] {
			if d := arrivals[i+4].Sub(arrivals[i]); d < time.Minute {
				t.Errorf("sign-ins %d to %d arrived within %v, want a minute at least", i+1, i+5, d)
			}
		}
	})
}

// TestRateLimitedRefreshDelaysTheExchange has RingCX return 429 to a refresh. RingCX
// counts exchanges against the same limit, so the Retry-After applies to them, too.
func TestRateLimitedRefreshDelaysTheExchange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		fake.Fault(ringcxtest.Refresh, ringcxtest.RateLimit(2*time.Minute), 1)
		ts := newTokenSource(t, fake.Config())
		must(ts.Token())
		time.Sleep(226 * time.Second)
		must(ts.Token()) // refreshes in the background
		synctest.Wait()
		if err := ts.Logout(t.Context()); err != nil { // no refresh token remains, so an exchange is next
			t.Fatal(err)
		}
		_, err := ts.Token()
		checkHeldBack(t, err, ringcx.StageExchange)
		time.Sleep(2 * time.Minute)
		must(ts.Token())
		spent{2, 2, 1}.check(t, fake)
	})
}

// TestBusyServerKeepsTheRefreshToken has RingCX return 503 with a Retry-After to a
// refresh. That means that it did not process the request, so the source sends the same
// refresh token again.
func TestBusyServerKeepsTheRefreshToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		cfg, busy := fake.Config(), true
		base := cfg.HTTPClient.Transport
		cfg.HTTPClient = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			if r.URL.Path == "/api/auth/token/refresh" && busy {
				busy = false
				return status(503, "5"), nil
			}
			return base.RoundTrip(r)
		})}
		ts := newTokenSource(t, cfg)
		must(ts.Token())
		time.Sleep(226 * time.Second)
		must(ts.Token()) // the renewal in the background gets the 503
		time.Sleep(20 * time.Second)
		must(ts.Token())
		synctest.Wait()
		if busy {
			t.Error("no refresh was sent")
		}
		spent{1, 1, 1}.check(t, fake)
	})
}

// TestNewLoginSurvivesAConflict has another process close its source or write the record
// between the second sign-in of a process and the exchange that follows. The new
// RingCentral token must not be lost: there is no third sign-in.
func TestNewLoginSurvivesAConflict(t *testing.T) {
	for _, what := range []string{"nothing", "close", "write"} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fake, store, process := fleet(t)
				other, logins := process(), 0
				cfg := fake.Config()
				cfg.Store = store
				cfg.OnEvent = func(e ringcx.Event) {
					if e.Stage != ringcx.StageLogin {
						return
					}
					switch logins++; {
					case logins == 2 && what == "close":
						_ = other.Close()
					case logins == 2 && what == "write":
						store.replace(t, anotherRev)
					}
				}
				ts := newTokenSource(t, cfg)
				must(ts.Token())
				synctest.Wait()
				time.Sleep(54 * time.Minute)
				must(other.Token())
				synctest.Wait()
				time.Sleep(7 * time.Minute)
				fake.Fault(ringcxtest.Refresh, ringcxtest.Refuse, 1)
				must(ts.Token())
				synctest.Wait()
				if c := fake.Counts(); c.Logins != 2 {
					t.Errorf("%d sign-ins, want 2", c.Logins)
				}
			})
		})
	}
}

// TestJWTLoginRequestsNoRefreshToken checks the form of a sign-in: a refresh token would keep
// the session alive for a week.
func TestJWTLoginRequestsNoRefreshToken(t *testing.T) {
	var form url.Values
	login := ringcx.JWTLogin{ClientID: "id", ClientSecret: "secret", JWT: "jwt", HTTPClient: &http.Client{
		Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return nil, err
			}
			form, err = url.ParseQuery(string(body))
			return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(`{"access_token":"a"}`)), Request: r}, err
		}),
	}}
	if _, err := login.Token(); err != nil {
		t.Fatal(err)
	}
	if got := form.Get("refresh_token_ttl"); got != "0" {
		t.Errorf("refresh_token_ttl = %q, want 0", got)
	}
}
