package ringcx_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// tokenStages are the endpoints of the requests of a renewal.
var tokenStages = []ringcxtest.Endpoint{ringcxtest.Login, ringcxtest.Exchange, ringcxtest.Refresh}

// during makes the services fail with fault for d.
func during(fake *ringcxtest.Server, d time.Duration, fault ringcxtest.Fault) {
	for _, stage := range tokenStages {
		fake.Fault(stage, fault, 1<<20)
	}
	time.AfterFunc(d, fake.ClearFaults)
}

// failedTokens calls Token every second for d and returns how many calls failed.
func failedTokens(ts *ringcx.TokenSource, d time.Duration) (failed int) {
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(time.Second) {
		if _, err := ts.Token(); err != nil {
			failed++
		}
	}
	return failed
}

// TestOutageOfAMinute runs 200 outages of 58 s, which begin when a token is 160 to 232 s
// old. No call may fail, because a renewal is tried when the token is 225 s old and once
// more when it expires, 290 s after it was requested.
func TestOutageOfAMinute(t *testing.T) {
	const outages, length = 200, 58 * time.Second
	for _, c := range []struct {
		name  string
		start func(fake *ringcxtest.Server, store *spyStore)
	}{
		{"unreachable", func(fake *ringcxtest.Server, _ *spyStore) { during(fake, length, ringcxtest.Unreachable) }},
		{"status 502", func(fake *ringcxtest.Server, _ *spyStore) { during(fake, length, ringcxtest.Status(502, "down")) }},
		{"no response", func(fake *ringcxtest.Server, _ *spyStore) { during(fake, length, ringcxtest.Slow(time.Minute)) }},
		{"dropped", func(fake *ringcxtest.Server, _ *spyStore) { during(fake, length, ringcxtest.DropAnswer) }},
		{"Store", func(_ *ringcxtest.Server, store *spyStore) {
			store.breaks("both")
			time.AfterFunc(length, func() { store.breaks("") })
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			failed := 0
			for n := range outages {
				synctest.Test(t, func(t *testing.T) {
					if outageOfAMinute(t, n, c.name == "Store", c.start) > 0 {
						failed++
					}
				})
			}
			if failed > 0 {
				t.Errorf("calls failed in %d of %d outages", failed, outages)
			}
		})
	}
}

// outageOfAMinute runs one outage, which start begins, and returns how many calls failed.
func outageOfAMinute(t *testing.T, n int, withStore bool, start func(*ringcxtest.Server, *spyStore)) int {
	fake, store, process := fleet(t)
	fake.LimitRates(true)
	ts := newTokenSource(t, fake.Config())
	if withStore {
		ts = process()
	}
	ringcx.SetClock(ts, time.Now, drawn(n))
	must(ts.Token())
	synctest.Wait()
	time.Sleep(160*time.Second + time.Duration(n)*360*time.Millisecond)
	start(fake, store)
	return failedTokens(ts, 2*time.Minute)
}

// TestRecovery makes connections to RingCX and RingCentral fail for a while, with a call
// every 10 ms. Requests that were not sent count towards no limit. A token must be
// returned within 2.5 s of the end, by a new source as well as by one whose token has
// expired.
func TestRecovery(t *testing.T) {
	for _, length := range []time.Duration{4 * time.Second, 30 * time.Second, 2 * time.Minute, 20 * time.Minute} {
		for _, c := range []struct {
			name  string
			first bool // request a token before the outage
			store bool
		}{{"new source", false, false}, {"expired token", true, false}, {"with a Store", true, true}} {
			t.Run(c.name+" "+length.String(), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					fake, _, process := fleet(t)
					fake.LimitRates(true)
					ts := newTokenSource(t, fake.Config())
					if c.store {
						ts = process()
					}
					if c.first {
						must(ts.Token())
						time.Sleep(291 * time.Second)
					}
					during(fake, length, ringcxtest.Unreachable)
					start := time.Now()
					for {
						if _, err := ts.Token(); err == nil {
							break
						}
						time.Sleep(10 * time.Millisecond)
					}
					if late := time.Since(start) - length; late > 2500*time.Millisecond {
						t.Errorf("the first token is returned %v after the end of the outage, want at most 2.5s", late)
					}
				})
			})
		}
	}
}

// TestRenewalThatOutlivesTheToken lets a token expire while a background renewal gets no
// response. A caller that waits for it gets the result of the next renewal, which starts
// at once.
func TestRenewalThatOutlivesTheToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		ts := newTokenSource(t, fake.Config())
		first := must(ts.Token())
		fake.Fault(ringcxtest.Refresh, ringcxtest.Slow(time.Hour), 1)
		fake.Fault(ringcxtest.Exchange, ringcxtest.Slow(time.Hour), 1)
		time.Sleep(285 * time.Second)
		must(ts.Token())
		time.Sleep(6 * time.Second)
		start := time.Now()
		token, err := ts.Token()
		if err != nil || token.AccessToken == first.AccessToken {
			t.Errorf("%v, %v, want a new token", token, err)
		}
		if took := time.Since(start); took != 14*time.Second { // the renewal of two requests of 10 s began 6 s before
			t.Errorf("Token took %v, want 14s", took)
		}
	})
}

// TestRetryAfterOutlivesTheToken makes RingCX respond with a Retry-After of 50 s, 5 s
// before a token expires. No renewal may be tried until these 50 s are over.
func TestRetryAfterOutlivesTheToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		cfg, tried := fake.Config(), 0
		cfg.OnEvent = func(ringcx.Event) { tried++ }
		ts := newTokenSource(t, cfg)
		must(ts.Token())
		time.Sleep(285 * time.Second)
		fake.Fault(ringcxtest.Refresh, ringcxtest.RateLimit(50*time.Second), 1)
		must(ts.Token())
		synctest.Wait()
		tried = 0
		if failed := failedTokens(ts, 50*time.Second); failed != 45 || tried > 0 {
			t.Errorf("%d calls failed and %d renewals were tried, want 45 and none", failed, tried)
		}
		must(ts.Token())
	})
}

// TestRecoveryAfterFailedDials uses a DialContext of the program that returns an unknown
// error. The package must recognize that no request was sent.
func TestRecoveryAfterFailedDials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		cfg, down := fake.Config(), true
		up := cfg.HTTPClient.Transport
		offline := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
			return nil, errors.New("the tunnel is down")
		}}
		cfg.HTTPClient.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
			if down {
				return offline.RoundTrip(r)
			}
			return up.RoundTrip(r)
		})
		ts := newTokenSource(t, cfg)
		if failed := failedTokens(ts, 30*time.Second); failed != 30 {
			t.Errorf("%d of 30 calls failed, want all", failed)
		}
		down = false
		if failed := failedTokens(ts, 10*time.Second); failed > 3 {
			t.Errorf("%d calls, one each second, failed after the end, want at most 3", failed)
		}
	})
}

// TestRecoveryOfAFleet makes the services fail for about seven minutes. Requests that
// were sent count towards the limit. After the outage a process may therefore wait until
// the four requests of the last minute no longer count, but no longer than that in a
// fleet of any size.
func TestRecoveryOfAFleet(t *testing.T) {
	const outages, most = 3, 63 * time.Second
	for _, c := range []struct {
		name    string
		trouble func(*http.Request) (*http.Response, error)
	}{
		{"status 502", func(*http.Request) (*http.Response, error) { return status(502, ""), nil }},
		{"status 503 for a second", func(*http.Request) (*http.Response, error) { return status(503, "1"), nil }},
		{"no response", func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}},
	} {
		for _, processes := range []int{1, 2, 5} {
			t.Run(fmt.Sprintf("%s, %d processes", c.name, processes), func(t *testing.T) {
				for seed := range outages {
					synctest.Test(t, func(t *testing.T) {
						if took := recovery(t, seed, processes, c.trouble); took > most {
							t.Errorf("outage %d: the last process got a token after %v, want at most %v", seed, took, most)
						}
					})
				}
			})
		}
	}
}

// recovery lets trouble respond to all requests for a while. It returns how long after
// that the last process got a token.
func recovery(t *testing.T, seed, processes int, trouble func(*http.Request) (*http.Response, error)) time.Duration {
	fake, store, _ := fleet(t)
	var broken atomic.Bool
	cfg := fake.Config()
	up := cfg.HTTPClient.Transport
	cfg.Store = store
	cfg.HTTPClient = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		if broken.Load() {
			return trouble(r)
		}
		return up.RoundTrip(r)
	})}
	var all []*ringcx.TokenSource
	for id := range processes {
		ts := newTokenSource(t, cfg)
		ringcx.SetClock(ts, time.Now, drawn(seed<<8+id))
		must(ts.Token())
		synctest.Wait()
		all = append(all, ts)
	}
	time.Sleep(2 * time.Minute)
	broken.Store(true)
	end := time.Now().Add(7*time.Minute + time.Duration(seed)*17*time.Second)
	time.AfterFunc(time.Until(end), func() { broken.Store(false) })
	var wg sync.WaitGroup
	for _, ts := range all {
		wg.Go(func() { callUntil(t, ts, end) })
	}
	wg.Wait()
	return time.Since(end)
}

// callUntil calls Token until it returns a token after end, for at most 10 minutes.
func callUntil(t *testing.T, ts *ringcx.TokenSource, end time.Time) {
	for time.Since(end) < 10*time.Minute {
		ctx, cancel := context.WithTimeout(t.Context(), callTimeout)
		_, err := ts.TokenContext(ctx)
		cancel()
		if err == nil && time.Now().After(end) {
			return
		}
		time.Sleep(300 * time.Millisecond)
	}
}
