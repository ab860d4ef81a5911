package ringcx_test

import (
	"errors"
	"net/http"
	"path"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

// TestLogoutRemovesTheRecord lets another process than the one that signed in end the
// session.
func TestLogoutRemovesTheRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, process := fleet(t)
		must(process().Token())
		synctest.Wait()
		time.Sleep(2 * time.Minute) // until no request counts towards a limit
		ts := process()
		if err := ts.Logout(t.Context()); err != nil {
			t.Error(err)
		}
		ts.Close()
		if c := fake.Counts(); c.Logouts != 1 || c.Revokes != 1 {
			t.Errorf("%d logouts, %d revocations, want 1 and 1", c.Logouts, c.Revokes)
		}
		if data, _, err := store.Load(t.Context(), store.keys[0]); data != nil || err != nil {
			t.Errorf("after Logout the record is %q, %v", data, err)
		}
	})
}

// TestTokenAfterLogout calls Token after Logout. The process must begin a new session.
func TestTokenAfterLogout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, _, process := fleet(t)
		ts := process()
		before := must(ts.Token())
		synctest.Wait()
		if err := ts.Logout(t.Context()); err != nil {
			t.Error(err)
		}
		if after := must(ts.Token()); after.AccessToken == before.AccessToken {
			t.Error("Token returns the token of the ended session")
		}
		spent{2, 2, 0}.check(t, fake)
	})
}

// TestLogoutKeepsANewSession lets another process begin a new session while one logs out.
// Logout must not remove the record of the new session.
func TestLogoutKeepsANewSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, _ := fleet(t)
		cfg := fake.Config()
		cfg.Store = store
		cfg.OnEvent = func(e ringcx.Event) {
			if e.Stage == ringcx.StageLogout {
				store.replace(t, func(string) string { return `{"gen":9,"rev":"another"}` })
			}
		}
		ts := newTokenSource(t, cfg)
		must(ts.Token())
		synctest.Wait()
		if err := ts.Logout(t.Context()); err != nil {
			t.Error(err)
		}
		if data, _, err := store.Load(t.Context(), store.keys[0]); !strings.Contains(string(data), "another") || err != nil {
			t.Errorf("the record is %q, %v, want the one of the new session", data, err)
		}
	})
}

// TestLogoutByAnotherProcess ends the session of a process by the Logout of another one.
// The process must begin a new session.
func TestLogoutByAnotherProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, _, process := fleet(t)
		ts := process()
		before := must(ts.Token())
		synctest.Wait()
		if err := process().Logout(t.Context()); err != nil {
			t.Error(err)
		}
		ts.Invalidate(before) // as a call does after a 401
		if after := must(ts.Token()); after.AccessToken == before.AccessToken {
			t.Error("Token returns the token of the ended session")
		}
		spent{2, 2, 0}.check(t, fake)
	})
}

// TestRecordHasNoRefreshTokenDuringLogout reads the record while the session is being
// ended. The refresh token must not be there, so that no other process sends it.
func TestRecordHasNoRefreshTokenDuringLogout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, _ := fleet(t)
		cfg := fake.Config()
		cfg.Store = store
		record := func() string {
			data, _, _ := store.Load(t.Context(), store.keys[0])
			return string(data)
		}
		base, before, ended := cfg.HTTPClient.Transport, "", 0
		cfg.HTTPClient = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			if r.Method == http.MethodDelete {
				ended++
				if token := path.Base(r.URL.Path); !strings.Contains(before, token) || strings.Contains(record(), token) {
					t.Errorf("during the logout request the record is %s", record())
				}
			}
			return base.RoundTrip(r)
		})}
		ts := newTokenSource(t, cfg)
		must(ts.Token())
		synctest.Wait()
		before = record()
		if err := ts.Logout(t.Context()); err != nil || ended != 1 {
			t.Errorf("Logout returns %v and sends %d logout requests, want 1", err, ended)
		}
	})
}

// TestLogoutWhileAnotherProcessCloses lets another process call Close, or write the
// record, during a Logout. Close must not write the record meanwhile. Neither the token
// of the ended session nor the lease of Logout may be left in the record.
func TestLogoutWhileAnotherProcessCloses(t *testing.T) {
	t.Run("Close", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			logoutDuring(t, func(other *ringcx.TokenSource, store *spyStore) {
				during := store.text(t)
				if _ = other.Close(); store.text(t) != during {
					t.Error("Close has written the record")
				}
			})
		})
	})
	t.Run("write", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			logoutDuring(t, func(_ *ringcx.TokenSource, store *spyStore) { store.replace(t, anotherRev) })
		})
	})
}

// logoutDuring calls Logout, and act at the same time as the logout request is sent.
// other is a process that shares the session.
func logoutDuring(t *testing.T, act func(other *ringcx.TokenSource, store *spyStore)) {
	fake, store, process := fleet(t)
	other := process()
	cfg := fake.Config()
	cfg.Store = store
	base := cfg.HTTPClient.Transport
	requests, during := 0, ""
	cfg.HTTPClient = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodDelete {
			requests++
			during = store.text(t)
			act(other, store)
		}
		return base.RoundTrip(r)
	})}
	ts := newTokenSource(t, cfg)
	before := must(ts.Token())
	synctest.Wait()
	must(other.Token())
	synctest.Wait()
	if err := ts.Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
	after := store.text(t)
	if requests != 1 || strings.Contains(during+after, before.AccessToken) || strings.Contains(after, `"lease":{`) {
		t.Errorf("%d logout requests, want 1; the record was %s during the request and is %s after it", requests, during, after)
	}
	if after := must(process().Token()); after.AccessToken == before.AccessToken {
		t.Error("a new process gets the token of the ended session")
	}
	if after := must(ts.Token()); after.AccessToken == before.AccessToken {
		t.Error("the process that logged out gets the token of the ended session")
	}
}

// text returns the record.
func (s *spyStore) text(t *testing.T) string {
	t.Helper()
	data, _, err := s.Load(t.Context(), s.keys[0])
	if err != nil {
		t.Error(err)
	}
	return string(data)
}

// anotherRev changes a record as if another process had written it.
func anotherRev(data string) string { return strings.Replace(data, `"rev":"`, `"rev":"another`, 1) }

// TestLogoutWithConflicts calls Logout without a deadline, with a Store that returns
// ErrConflict for every write. Logout must give up.
func TestLogoutWithConflicts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, process := fleet(t)
		must(process().Token())
		synctest.Wait()
		cfg := fake.Config()
		cfg.Store = takenStore{store}
		ts := newTokenSource(t, cfg)
		ended := make(chan error, 1)
		go func() { ended <- ts.Logout(t.Context()) }()
		select {
		case err := <-ended:
			if !errors.Is(err, ringcx.ErrConflict) {
				t.Errorf("error is %v, want one that wraps %v", err, ringcx.ErrConflict)
			}
		case <-time.After(2 * time.Minute):
			t.Error("Logout has not returned after two minutes")
			_ = ts.Close()
			<-ended
		}
	})
}

// TestLogoutKeepsTheLimits runs eight jobs that sign in and log out, one after another, 3
// s apart. A Logout must keep the count of requests for the next job.
func TestLogoutKeepsTheLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, _, process := fleet(t)
		fake.LimitRates(true)
		for job := range 8 {
			ts := process()
			if _, err := ts.Token(); err != nil && !errors.Is(err, ringcx.ErrRateLimited) {
				t.Errorf("job %d: %v", job, err)
			}
			synctest.Wait()
			if err := ts.Logout(t.Context()); err != nil {
				t.Errorf("job %d: %v", job, err)
			}
			_ = ts.Close()
			time.Sleep(3 * time.Second)
		}
		if c := fake.Counts(); c.RateLimited > 0 || c.Logins > 5 || c.Logins == 0 {
			t.Errorf("%d sign-ins in 24 s, want 1 to 5; %d responses with 429, want 0", c.Logins, c.RateLimited)
		}
	})
}
