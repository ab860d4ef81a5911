package ringcx_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

// TestLogoutBesideClose has another process close, or write the record, while this one
// logs out. Close leaves the record alone meanwhile. Neither the token of the session that
// ends nor the lease of Logout stays in the record.
func TestLogoutBesideClose(t *testing.T) {
	for _, closes := range []bool{true, false} {
		t.Run(fmt.Sprintf("closes %v", closes), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fake, store, process := fleet(t)
				other := process()
				cfg := fake.Config()
				cfg.Store = store
				base := cfg.HTTPClient.Transport
				asked, during := 0, ""
				cfg.HTTPClient = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
					if r.Method != http.MethodDelete {
						return base.RoundTrip(r)
					}
					asked++
					if during = store.text(t); !closes {
						store.replace(t, anotherRev)
					} else if _ = other.Close(); store.text(t) != during {
						t.Error("Close has written the record")
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
				if asked != 1 || strings.Contains(during+after, before.AccessToken) || strings.Contains(after, `"lease":{`) {
					t.Errorf("the record was %s in the only one of %d requests, and is %s", during, asked, after)
				}
				if after := must(process().Token()); after.AccessToken == before.AccessToken {
					t.Error("a new process is given the token of the session that ended")
				}
				if after := must(ts.Token()); after.AccessToken == before.AccessToken {
					t.Error("the process itself is given the token of the session that ended")
				}
			})
		})
	}
}

// text is the record.
func (s *spyStore) text(t *testing.T) string {
	t.Helper()
	data, _, err := s.Load(t.Context(), s.keys[0])
	if err != nil {
		t.Error(err)
	}
	return string(data)
}

// anotherRev makes a record one that another process wrote.
func anotherRev(data string) string { return strings.Replace(data, `"rev":"`, `"rev":"another`, 1) }

// TestLogoutWithConflicts logs out without a deadline when another process is faster
// each time. Logout gives up.
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
				t.Errorf("error is %v, want one that is %v", err, ringcx.ErrConflict)
			}
		case <-time.After(2 * time.Minute):
			t.Error("Logout has not returned after two minutes")
			_ = ts.Close()
			<-ended
		}
	})
}

// TestLogoutKeepsTheLimits has eight jobs sign in and log out one after the other, 3 s
// apart. A Logout does not make the next job forget how many requests were sent.
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
			t.Errorf("%d sign-ins in 24 s, %d responses with 429", c.Logins, c.RateLimited)
		}
	})
}
