package ringcx_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// TestShortFailureBesideOthers has a few exchanges fail when there is no token, by what
// the other process in the record does: one that is idle or was killed renews nothing.
// After one failure a token comes within the longest back-off. Three failures and the
// refresh before them are the four requests of a minute, so that the next one is sent
// when the first of them is a minute ago, and 2 s by which clocks may differ.
func TestShortFailureBesideOthers(t *testing.T) {
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
					peer := process()
					if other != "none" {
						must(peer.Token())
						synctest.Wait()
					}
					time.Sleep(6 * time.Minute)
					fake.Fault(ringcxtest.Refresh, ringcxtest.Refuse, 1)
					fake.Fault(ringcxtest.Exchange, c.fault, c.times)
					if other == "busy" {
						go failedTokens(peer, 90*time.Second)
					}
					if took := tokenAfter(t, ts, 20*time.Minute); took > c.most {
						t.Errorf("a token after %v, want at most %v", took, c.most)
					}
					time.Sleep(2 * time.Minute) // the other process ends its calls
				})
			})
		}
	}
}

// TestAsideAndAnother401 has a process leave the renewal to another one, which is idle,
// when a call meets a 401. Then it renews itself.
func TestAsideAndAnother401(t *testing.T) {
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
				t.Fatal("no new token after 15 s")
			}
		}
	})
}

// TestReservedRequest has all requests fail that a process sends in the last half minute
// of its token, until a second before the end. It sends three: the fourth one of the minute
// is left for the moment when callers wait, so that none of them sees an error.
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
					t.Errorf("no token in %d s", failed)
				}
				spent{1, 4, 1}.check(t, fake)
			})
		})
	}
}
