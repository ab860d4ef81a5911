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

// tokenStages are the requests that a renewal sends.
var tokenStages = []ringcxtest.Endpoint{ringcxtest.Login, ringcxtest.Exchange, ringcxtest.Refresh}

// during has the services fail with fault for d.
func during(fake *ringcxtest.Server, d time.Duration, fault ringcxtest.Fault) {
	for _, stage := range tokenStages {
		fake.Fault(stage, fault, 1<<20)
	}
	time.AfterFunc(d, fake.ClearFaults)
}

// failedTokens requests a token each second for d and returns how many requests
// failed.
func failedTokens(ts *ringcx.TokenSource, d time.Duration) (failed int) {
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(time.Second) {
		if _, err := ts.Token(); err != nil {
			failed++
		}
	}
	return failed
}

// TestOutageOfAMinute has 200 outages of 58 s begin when a token is 160 to 232 s old.
// No call fails, because a renewal is due when the token is 225 s old, and once more
// when it ends, 290 s after it was requested.
func TestOutageOfAMinute(t *testing.T) {
	const outages, length = 200, 58 * time.Second
	for _, c := range []struct {
		name  string
		start func(fake *ringcxtest.Server, store *spyStore)
	}{
		{"unreachable", func(fake *ringcxtest.Server, _ *spyStore) { during(fake, length, ringcxtest.Unreachable) }},
		{"status 502", func(fake *ringcxtest.Server, _ *spyStore) { during(fake, length, ringcxtest.Status(502, "down")) }},
		{"silent", func(fake *ringcxtest.Server, _ *spyStore) { during(fake, length, ringcxtest.Slow(time.Minute)) }},
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
					fake, store, process := fleet(t)
					fake.LimitRates(true)
					ts := newTokenSource(t, fake.Config())
					if c.name == "Store" {
						ts = process()
					}
					ringcx.SetClock(ts, time.Now, drawn(n))
					must(ts.Token())
					synctest.Wait()
					time.Sleep(160*time.Second + time.Duration(n)*360*time.Millisecond)
					c.start(fake, store)
					if failedTokens(ts, 2*time.Minute) > 0 {
						failed++
					}
				})
			}
			if failed > 0 {
				t.Errorf("%d of %d outages were seen by a caller", failed, outages)
			}
		})
	}
}

// TestRecovery has RingCX and RingCentral refuse connections for a while, and a call
// every 10 ms. What reaches nobody counts towards no limit, so the first token comes
// within 2.5 s of the end, both with a new source and after the end of a token.
func TestRecovery(t *testing.T) {
	for _, length := range []time.Duration{4 * time.Second, 30 * time.Second, 2 * time.Minute, 20 * time.Minute} {
		for _, c := range []struct {
			name  string
			first bool // there was a token before
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
						t.Errorf("a token %v after the end", late)
					}
				})
			})
		}
	}
}

// TestRenewalThatOutlivesTheToken has a token end while a renewal in the background
// gets no response. A caller that waits for it is given the result of the next one,
// which is due at once.
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
		if took := time.Since(start); took != 14*time.Second { // two requests of 10 s began 6 s before
			t.Errorf("it took %v", took)
		}
	})
}

// TestAskedWaitOutlivesTheToken has RingCX ask for 50 s, 5 s before a token ends.
// Nothing is tried before that.
func TestAskedWaitOutlivesTheToken(t *testing.T) {
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

// TestRecoveryAfterFailedDials has a DialContext of the program fail in its own words:
// nothing was sent then, either.
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
			t.Errorf("%d of 30 calls failed", failed)
		}
		down = false
		if failed := failedTokens(ts, 10*time.Second); failed > 3 {
			t.Errorf("%d calls failed after the end, one each second", failed)
		}
	})
}

// TestRecoveryOfAFleet has the services fail for about seven minutes. What was sent
// counts, so that after the end a process may wait until the four requests of a minute
// are over, but no longer, however many processes there are.
func TestRecoveryOfAFleet(t *testing.T) {
	const outages, most = 3, 63 * time.Second
	for _, c := range []struct {
		name    string
		trouble func(*http.Request) (*http.Response, error)
	}{
		{"status 502", func(*http.Request) (*http.Response, error) { return status(502, ""), nil }},
		{"status 503 for a second", func(*http.Request) (*http.Response, error) { return status(503, "1"), nil }},
		{"silent", func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}},
	} {
		for _, processes := range []int{1, 2, 5} {
			t.Run(fmt.Sprintf("%s, %d processes", c.name, processes), func(t *testing.T) {
				for seed := range outages {
					synctest.Test(t, func(t *testing.T) {
						if took := recovery(t, seed, processes, c.trouble); took > most {
							t.Errorf("outage %d: the last process has a token after %v, want at most %v", seed, took, most)
						}
					})
				}
			})
		}
	}
}

// recovery has trouble respond to all requests for a while, and returns when the last of the
// processes had a token after that.
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

// callUntil requests tokens until one comes after end.
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
