package ringcx_test

import (
	"bytes"
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

// TestLogout logs out before and after a sign-in. The next Token signs in again.
func TestLogout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		ts := newTokenSource(t, fake.Config())
		if err := ts.Logout(t.Context()); err != nil {
			t.Errorf("Logout before a sign-in: %v", err)
		}
		must(ts.Token())
		if err := ts.Logout(t.Context()); err != nil {
			t.Error(err)
		}
		if c := fake.Counts(); c.Logouts != 1 || c.Revokes != 1 {
			t.Errorf("%d logouts, %d revocations, want 1 and 1", c.Logouts, c.Revokes)
		}
		must(ts.Token())
		spent{2, 2, 0}.check(t, fake)
	})
}

// TestLogoutRevokesTheRCToken compares the token that Logout revokes with the one of the
// exchange.
func TestLogoutRevokesTheRCToken(t *testing.T) {
	cfg := ringcxtest.NewServer(t).Config()
	base := cfg.HTTPClient.Transport
	var exchanged, revoked string
	cfg.HTTPClient = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		if r.Body == nil {
			return base.RoundTrip(r)
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		form, _ := url.ParseQuery(string(body))
		exchanged, revoked = exchanged+form.Get("rcAccessToken"), revoked+form.Get("token")
		own := r.Clone(r.Context())
		own.Body = io.NopCloser(bytes.NewReader(body))
		return base.RoundTrip(own)
	})}
	ts := newTokenSource(t, cfg)
	must(ts.Token())
	if err := ts.Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
	if exchanged == "" || revoked != exchanged {
		t.Errorf("Logout revokes %q, want %q", revoked, exchanged)
	}
}

// TestLogoutIsTriedAgain has the requests of a Logout fail. The source keeps the session
// until a Logout succeeds.
func TestLogoutIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		ts := newTokenSource(t, fake.Config())
		must(ts.Token())
		fake.Fault(ringcxtest.Logout, ringcxtest.Unreachable, 1)
		fake.Fault(ringcxtest.Revoke, ringcxtest.Unreachable, 1)
		if err := ts.Logout(t.Context()); err == nil {
			t.Error("Logout returns no error while the services are unreachable")
		}
		if err := ts.Logout(t.Context()); err != nil {
			t.Error(err)
		}
		if c := fake.Counts(); c.Logouts != 1 || c.Revokes != 1 {
			t.Errorf("%d logouts, %d revocations, want 1 and 1", c.Logouts, c.Revokes)
		}
	})
}

// TestLogoutBeforeARenewal logs out while a renewal in the background is about to begin.
// The renewal must not sign in, because no caller waits.
func TestLogoutBeforeARenewal(t *testing.T) {
	for range 20 {
		synctest.Test(t, func(t *testing.T) {
			fake := ringcxtest.NewServer(t)
			ts := newTokenSource(t, fake.Config())
			must(ts.Token())
			time.Sleep(226 * time.Second)
			must(ts.Token()) // begins a renewal
			if err := ts.Logout(t.Context()); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if c := fake.Counts(); c.Logins != 1 {
				t.Errorf("%d sign-ins, want 1", c.Logins)
			}
			must(ts.Token())
		})
	}
}

// TestCooldownOutlivesLogout checks that Logout forgets a failure, but not the Retry-After
// of its response.
func TestCooldownOutlivesLogout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		fake.Fault(ringcxtest.Exchange, ringcxtest.RateLimit(90*time.Second), 1)
		ts := newTokenSource(t, fake.Config())
		if _, err := ts.Token(); err == nil {
			t.Fatal("Token returns no error")
		}
		if err := ts.Logout(t.Context()); err != nil {
			t.Fatal(err)
		}
		_, err := ts.Token()
		checkHeldBack(t, err, ringcx.StageExchange)
		time.Sleep(90 * time.Second)
		must(ts.Token())
		spent{2, 2, 0}.check(t, fake)
	})
}

// TestRejectedSignInOutlivesLogout has RingCentral reject a sign-in. There is no other one
// for a minute, not even after Logout.
func TestRejectedSignInOutlivesLogout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		fake.Fault(ringcxtest.Login, ringcxtest.Refuse, 1)
		ts := newTokenSource(t, fake.Config())
		if _, err := ts.Token(); err == nil {
			t.Fatal("Token returns no error")
		}
		if err := ts.Logout(t.Context()); err != nil {
			t.Fatal(err)
		}
		_, err := ts.Token()
		checkHeldBack(t, err, ringcx.StageLogin)
		time.Sleep(time.Minute)
		must(ts.Token())
	})
}

// TestLogoutWaitsForARenewal logs out in one process while another one renews the tokens.
// Logout waits for the renewal and ends the session with the new tokens.
func TestLogoutWaitsForARenewal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, process := fleet(t)
		renewing := process()
		must(renewing.Token())
		time.Sleep(226 * time.Second)
		fake.Fault(ringcxtest.Refresh, ringcxtest.Slow(5*time.Second), 1)
		must(renewing.Token())
		synctest.Wait()
		start := time.Now()
		if err := process().Logout(t.Context()); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took < 5*time.Second {
			t.Errorf("Logout took %v, want at least the 5s of the renewal", took)
		}
		synctest.Wait()
		data, _, _ := store.Load(t.Context(), store.keys[0])
		for _, field := range []string{"access", "refresh", "rc"} {
			if data != nil && !strings.Contains(string(data), `"`+field+`":""`) {
				t.Errorf("field %s of the record is not empty: %s", field, data)
			}
		}
	})
}

// checkHeldBack requires that a limit of the package held back the request of a stage.
func checkHeldBack(t *testing.T, err error, stage ringcx.Stage) {
	t.Helper()
	want := ringcx.Error{Stage: stage, StatusCode: 429, Code: "local_limit"}
	if diff := cmp.Diff(want, errorOf(t, err)); diff != "" {
		t.Errorf("error (-want +got):\n%s", diff)
	}
}
