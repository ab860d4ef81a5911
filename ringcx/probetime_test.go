package ringcx_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// timeRequests returns how many requests for the time the fake received.
func timeRequests(fake *ringcxtest.Server) int {
	n := 0
	for _, x := range fake.Log() {
		if x.Method == http.MethodHead {
			n++
		}
	}
	return n
}

// TestTokensWithoutCalls has a program use the tokens with an HTTP client of its own. Its
// TokenSource makes no calls, whose responses contain the time, and another process makes
// the renewals. The program must get no expired token.
func TestTokensWithoutCalls(t *testing.T) {
	for _, off := range []time.Duration{-10 * time.Minute, 0, 10 * time.Minute} {
		t.Run(fmt.Sprintf("clock %v off", off), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fake, _, process := fleet(t)
				busy, ts := process(), process()
				ringcx.SetMachine(busy, "another")
				ringcx.SetClock(ts, func() time.Time { return time.Now().Add(off) }, func() float64 { return 0.5 })
				rejected, start := 0, time.Now()
				for step := range 360 {
					must(busy.Token())
					if step > 20 && isRejected(t, fake, must(ts.Token()).AccessToken) {
						rejected++
					}
					time.Sleep(10 * time.Second)
				}
				if c := fake.Counts(); rejected > 0 || c.Refreshes > int(time.Since(start)/(225*time.Second))+1 {
					t.Errorf("%d expired tokens and %d refreshes, want none and one every 225s", rejected, c.Refreshes)
				}
				if n, renewals := timeRequests(fake), fake.Counts().Refreshes+1; off == 0 && n > renewals/2 {
					t.Errorf("%d requests for the time during %d renewals, want at most half as many", n, renewals)
				}
			})
		})
	}
}

// isRejected reports whether RingCX returns 401 to a call with the token.
func isRejected(t *testing.T, fake *ringcxtest.Server, access string) bool {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, fake.Config().BaseURL+"/voice/api/v1/admin/accounts", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+access)
	resp := must(fake.Client().Do(req))
	resp.Body.Close()
	return resp.StatusCode == http.StatusUnauthorized
}

// TestOldTokenOfAnotherMachine starts processes on different machines, each some time
// after the one before has ended. None may get the expired token of the record. (The test
// omits the case of a clock that is so far behind that the expired token looks valid. Then
// a process does not request the time.)
func TestOldTokenOfAnotherMachine(t *testing.T) {
	for _, gap := range []time.Duration{4 * time.Minute, 7 * time.Minute, 12 * time.Minute, time.Hour} {
		for _, off := range []time.Duration{-10 * time.Minute, 0, 10 * time.Minute} {
			if gap == 12*time.Minute && off < 0 {
				continue
			}
			t.Run(fmt.Sprintf("after %v, clock %v off", gap, off), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					fake, _, process := fleet(t)
					for n := range 10 {
						ts := process()
						ringcx.SetClock(ts, func() time.Time { return time.Now().Add(time.Duration(n%2) * off) }, func() float64 { return 0.5 })
						if isRejected(t, fake, must(ts.Token()).AccessToken) {
							t.Errorf("process %d got an expired token", n)
						}
						ts.Close()
						time.Sleep(gap)
					}
				})
			})
		}
	}
}

// TestSignInsOfManyMachines has four sign-ins fail. Each minute a process starts on another
// machine, calls Token once and ends.
func TestSignInsOfManyMachines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, _, process := fleet(t)
		fake.Fault(ringcxtest.Login, ringcxtest.Status(500, "down"), 4)
		for start := time.Now(); ; time.Sleep(time.Minute) {
			ts := process()
			ringcx.SetClock(ts, time.Now, func() float64 { return 0.5 })
			_, err := ts.Token()
			ts.Close()
			if err == nil {
				break
			}
			if took := time.Since(start); took > 4*time.Minute {
				t.Errorf("the sign-in still fails after %v: %v", took, err)
				break
			}
		}
	})
}

// TestTimeIsUnavailable has RingCX send no Date, and not respond to the request for the
// time. A process gets its tokens all the same.
func TestTimeIsUnavailable(t *testing.T) {
	for _, fails := range []bool{false, true} {
		t.Run(fmt.Sprintf("no response %v", fails), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fake, store, _ := fleet(t)
				cfg := fake.Config()
				cfg.Store = store
				base := cfg.HTTPClient.Transport
				cfg.HTTPClient = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
					if r.Method == http.MethodHead && fails {
						<-r.Context().Done()
						return nil, r.Context().Err()
					}
					resp, err := base.RoundTrip(r)
					if err == nil {
						resp.Header.Del("Date")
					}
					return resp, err
				})}
				ts := newTokenSource(t, cfg)
				start := time.Now()
				must(ts.Token())
				if took := time.Since(start); took > 3*time.Second {
					t.Errorf("Token took %v, want at most 3s", took)
				}
				time.Sleep(280 * time.Second)
				must(ts.Token())
				time.Sleep(5 * time.Second)
				spent{1, 1, 1}.check(t, fake)
			})
		})
	}
}

// TestClockSetForward sets the clock of a machine forward by 5 minutes after tokens were
// obtained, so that they look expired, also by the services' time that another process of
// the machine has written into the record. The tokens must be used all the same.
func TestClockSetForward(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, _, process := fleet(t)
		off := time.Duration(0)
		for range 2 {
			ts := process()
			ringcx.SetClock(ts, func() time.Time { return time.Now().Add(off) }, func() float64 { return 0.5 })
			ringcx.SetMachine(ts, "machine")
			must(ts.Token())
			time.Sleep(time.Minute)
			synctest.Wait()
			off = 5 * time.Minute
		}
		spent{1, 1, 0}.check(t, fake)
	})
}

// withExpiredRecord returns the configuration of a process that finds a record with an
// expired token. It requests the time, to which respond responds. withExpiredRecord must
// be called in a synctest bubble.
func withExpiredRecord(t *testing.T, respond func(*http.Request) (*http.Response, error)) (cfg ringcx.Config, store *spyStore, expired string) {
	t.Helper()
	fake, store, process := fleet(t)
	expired = must(process().Token()).AccessToken
	synctest.Wait()
	time.Sleep(20 * time.Minute)
	cfg = fake.Config()
	cfg.Store = store
	base := cfg.HTTPClient.Transport
	cfg.HTTPClient = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodHead {
			return respond(r)
		}
		return base.RoundTrip(r)
	})}
	return cfg, store, expired
}

// onAnotherMachine returns a source whose clock is not that of any other process.
func onAnotherMachine(t *testing.T, cfg ringcx.Config) *ringcx.TokenSource {
	ts := newTokenSource(t, cfg)
	ringcx.SetClock(ts, time.Now, func() float64 { return 0.5 })
	return ts
}

// emptyResponse returns a response without a body. header has keys and values.
func emptyResponse(status int, header ...string) *http.Response {
	h := http.Header{}
	for i := 0; i < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(""))}
}

// TestTimeRequest checks the request for the time. Its response is a redirect to another
// host, which the client does not follow.
func TestTimeRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		requests := 0
		cfg, _, _ := withExpiredRecord(t, func(r *http.Request) (*http.Response, error) {
			requests++
			if r.URL.Path != "/" || r.URL.RawQuery != "" || r.Body != nil || !strings.Contains(r.UserAgent(), "ringcx-go") {
				t.Errorf("the request is %+v, want path / with a User-Agent and no query or body", r)
			}
			for name, values := range r.Header {
				if name != "User-Agent" && name != "Cache-Control" {
					t.Errorf("the request has the header %s: %s", name, values)
				}
			}
			return emptyResponse(302, "Location", "https://elsewhere.test/"), nil
		})
		must(onAnotherMachine(t, cfg).Token())
		if requests != 1 {
			t.Errorf("%d requests for the time, want 1", requests)
		}
	})
}

// TestCachedTime has a cache respond to the request for the time with a Date of 20 minutes
// ago, when the token of the record was requested. Its Age shows that the Date is old.
func TestCachedTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, _, expired := withExpiredRecord(t, func(*http.Request) (*http.Response, error) {
			date := time.Now().Add(-20 * time.Minute).UTC().Format(http.TimeFormat)
			return emptyResponse(200, "Date", date, "Age", "1200"), nil
		})
		if must(onAnotherMachine(t, cfg).Token()).AccessToken == expired {
			t.Error("Token returns the expired token")
		}
	})
}

// TestTimeIsRequestedOnce has RingCX respond without a Date, while each try to write the
// record meets a conflict. A renewal requests the time once.
func TestTimeIsRequestedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		requests := 0
		cfg, store, _ := withExpiredRecord(t, func(*http.Request) (*http.Response, error) {
			requests++
			return emptyResponse(200), nil
		})
		cfg.Store = takenStore{store}
		if _, err := onAnotherMachine(t, cfg).Token(); err == nil || requests != 1 {
			t.Errorf("error is %v after %d requests for the time, want an error after 1", err, requests)
		}
	})
}

// TestCloseDuringTimeRequest closes a source before RingCX has responded to the request
// for the time.
func TestCloseDuringTimeRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, store, _ := withExpiredRecord(t, func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		ts := onAnotherMachine(t, cfg)
		failed := make(chan error)
		go func() {
			_, err := ts.Token()
			failed <- err
		}()
		time.Sleep(time.Second)
		synctest.Wait()
		before := store.calls
		go ts.Close()
		err := <-failed
		if synctest.Wait(); !errors.Is(err, ringcx.ErrClosed) || store.calls > before {
			t.Errorf("error is %v after %d calls of the Store, want %v after none", err, store.calls-before, ringcx.ErrClosed)
		}
	})
}

// TestOldLeaseOfAKilledProcess has a process on another machine find the lease of a process
// that was killed 20 minutes ago. It gets a token within 5 s, without waiting for the TTL
// of the lease.
func TestOldLeaseOfAKilledProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, process := fleet(t)
		must(process().Token())
		synctest.Wait()
		lease := fmt.Sprintf(`"lease":{"id":"other-1","owner":"other","stage":"refresh","ttl":30000,"taken":{"at":%d}}`, time.Now().UnixMilli())
		store.replace(t, func(data string) string { return strings.Replace(data, `"lease":null`, lease, 1) })
		time.Sleep(20 * time.Minute)
		cfg := fake.Config()
		cfg.Store = store
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if _, err := onAnotherMachine(t, cfg).TokenContext(ctx); err != nil {
			t.Error(err)
		}
	})
}

// TestNoNeedlessTimeRequest starts three processes on different machines: the first one,
// one that waits for its renewal, and one that finds a valid token. None of them needs
// to request the time.
func TestNoNeedlessTimeRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, _ := fleet(t)
		fake.Fault(ringcxtest.Exchange, ringcxtest.Slow(5*time.Second), 1)
		cfg := fake.Config()
		cfg.Store = store
		go onAnotherMachine(t, cfg).Token()
		time.Sleep(time.Second)
		must(onAnotherMachine(t, cfg).Token())
		time.Sleep(time.Minute)
		must(onAnotherMachine(t, cfg).Token())
		spent{1, 1, 0}.check(t, fake)
		if n := timeRequests(fake); n > 0 {
			t.Errorf("%d requests for the time, want none", n)
		}
	})
}
