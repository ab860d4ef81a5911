package ringcx_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

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
