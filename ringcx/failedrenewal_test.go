package ringcx_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// TestShortFailureBesideAnother has one or three exchanges fail when there is no valid
// token, while the roster has no other process, an idle one or a busy one. An idle
// process, like a killed one, renews nothing. After one failure a token comes within the
// longest back-off. Three failures and the refresh before them are the four requests of a
// minute. The next one is sent a minute after the first of them, plus 2 s by which clocks
// may differ.
func TestShortFailureBesideAnother(t *testing.T) {
	const soon, nextMinute = 15 * time.Second, 63 * time.Second
	for _, c := range []struct {
		name  string
		fault ringcxtest.Fault
		times int
		most  time.Duration
	}{
		{"one 502", ringcxtest.Status(502, "bad"), 1, soon},
		{"three 502", ringcxtest.Status(502, "bad"), 3, nextMinute},
		{"one 429", ringcxtest.RateLimit(time.Second), 1, soon},
		{"three 429", ringcxtest.RateLimit(time.Second), 3, nextMinute},
		{"one dropped", ringcxtest.DropAnswer, 1, soon},
	} {
		for _, other := range []string{"none", "idle", "busy"} {
			t.Run(c.name+", other process "+other, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					fake, _, process := fleet(t)
					ts := process()
					must(ts.Token())
					synctest.Wait()
					second := process()
					if other != "none" {
						must(second.Token())
						synctest.Wait()
					}
					time.Sleep(6 * time.Minute)
					fake.Fault(ringcxtest.Refresh, ringcxtest.Refuse, 1)
					fake.Fault(ringcxtest.Exchange, c.fault, c.times)
					if other == "busy" {
						go failedTokens(second, 90*time.Second)
					}
					if took := tokenAfter(t, ts, 20*time.Minute); took > c.most {
						t.Errorf("Token returns a token after %v, want at most %v", took, c.most)
					}
					time.Sleep(2 * time.Minute) // the other process ends its calls
				})
			})
		}
	}
}

// TestDeferralEndsAtA401 has a process defer the renewal to another process, which is
// idle. When RingCX rejects the token, the process renews it.
func TestDeferralEndsAtA401(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, _, process := fleet(t)
		ts, idle := process(), process()
		for _, ts := range []*ringcx.TokenSource{ts, idle} {
			must(ts.Token())
			synctest.Wait()
		}
		token := must(ts.Token())
		time.Sleep(time.Until(token.Expiry) - time.Minute)
		fake.Fault(ringcxtest.Refresh, ringcxtest.Status(502, "bad"), 1)
		must(ts.Token())
		time.Sleep(2 * time.Second)
		ts.Invalidate(token)
		for start := time.Now(); ; time.Sleep(time.Second) {
			if got, err := ts.Token(); err == nil && got.AccessToken != token.AccessToken {
				break
			}
			if time.Since(start) > 15*time.Second {
				t.Fatal("no new token within 15s")
			}
		}
	})
}

// TestReservedRequest has all token requests fail from 30 s to 1 s before a token expires.
// A source sends three of them, and reserves the fourth one of the minute for the time
// when callers wait, so that none of them gets an error.
func TestReservedRequest(t *testing.T) {
	for _, store := range []bool{false, true} {
		name := "without a Store"
		if store {
			name = "with a Store"
		}
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fake, _, process := fleet(t)
				ts := newTokenSource(t, fake.Config())
				if store {
					ts = process()
				}
				first := must(ts.Token())
				time.Sleep(time.Until(first.Expiry) - 30*time.Second)
				during(fake, 29*time.Second, ringcxtest.Status(502, "bad"))
				if failed := failedTokens(ts, 2*time.Minute); failed > 0 {
					t.Errorf("Token fails %d times in two minutes, want none", failed)
				}
				spent{1, 4, 1}.check(t, fake)
			})
		})
	}
}

// rejectingTransport is the network of one process. If rejects is true, it returns 401
// to every request, as a broken proxy may.
type rejectingTransport struct {
	http.RoundTripper
	rejects bool
	sent    []string // the rejected requests: the last elements of their paths
}

func (r *rejectingTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	if !r.rejects {
		return r.RoundTripper.RoundTrip(req)
	}
	r.sent = append(r.sent, req.URL.Path[strings.LastIndex(req.URL.Path, "/")+1:])
	return replies(http.StatusUnauthorized, "text/plain", "Unauthorized", "")(req)
}

// TestRejectedProcessDoesNotSignIn has the token requests of one process rejected while
// the shared token is valid. Each of its renewals sends one request, and none signs in.
// When the exchange of a second process is rejected, too, that one signs in.
func TestRejectedProcessDoesNotSignIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, process := fleet(t)
		cfg := fake.Config()
		transport := &rejectingTransport{RoundTripper: cfg.HTTPClient.Transport}
		cfg.Store, cfg.HTTPClient = store, &http.Client{Transport: transport}
		rejected, other := newTokenSource(t, cfg), process()
		for _, ts := range []*ringcx.TokenSource{rejected, other} {
			must(ts.Token())
			synctest.Wait()
		}
		transport.rejects = true
		time.Sleep(164 * time.Second)
		for _, want := range [][]string{{"refresh"}, {"refresh", "accesstoken"}} {
			time.Sleep(62 * time.Second)
			must(rejected.Token())
			synctest.Wait()
			if diff := cmp.Diff(want, transport.sent); diff != "" {
				t.Fatalf("requests of the rejected process (-want +got):\n%s", diff)
			}
		}
		fake.Fault(ringcxtest.Exchange, ringcxtest.Status(http.StatusUnauthorized, "no"), 1)
		must(other.Token()) // the token is still valid; the renewal is in the background
		synctest.Wait()
		spent{2, 3, 0}.check(t, fake)
	})
}
