package ringcx_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

// TestWaitForAnotherHost has a token expire while another host, which has died,
// seems to renew it. A caller waits until that is clear.
func TestWaitForAnotherHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, process := fleet(t)
		ts := process()
		token := must(ts.Token())
		synctest.Wait()
		store.replace(t, func(data string) string {
			return strings.Replace(data, `"lease":null`, `"lease":{"id":"other-1","owner":"other","stage":"refresh","ttl":30000}`, 1)
		})
		time.Sleep(time.Until(token.Expiry) - 500*time.Millisecond)
		must(ts.Token()) // looks in the background, and would look again in about a second
		time.Sleep(600 * time.Millisecond)
		start := time.Now()
		if must(ts.Token()).AccessToken == token.AccessToken {
			t.Error("the token has expired")
		}
		if took := time.Since(start); took < 29*time.Second || took > 31*time.Second {
			t.Errorf("the lease was dead after %v", took)
		}
		spent{1, 1, 1}.check(t, fake)
	})
}

// TestLeaseThatOutlivesItself has another host hold a lease for hours: one that it
// took long ago, by the services' time, and one of which nobody can say.
func TestLeaseThatOutlivesItself(t *testing.T) {
	for _, c := range []struct {
		name, taken string
		ago, dead   time.Duration
	}{
		{"taken long ago", `,"taken":{"at":%d}`, 16 * time.Minute, 0},
		{"taken just now", `,"taken":{"at":%d}`, 0, 15 * time.Minute},
		{"taken by an unknown clock", `,"taken":{"at":%d,"by":"it"}`, 16 * time.Minute, 15 * time.Minute},
		{"nobody knows", "", 0, 15 * time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fake, store, _ := fleet(t)
				cfg := fake.Config()
				cfg.Store = store
				client := newClient(t, cfg)
				must(ringcx.Get(client.ListAccountsWithResponse(t.Context()))) // knows the time
				synctest.Wait()
				lease := `"lease":{"id":"other-1","owner":"other","stage":"refresh","ttl":36000000` + c.taken + "}"
				if c.taken != "" {
					lease = fmt.Sprintf(lease, time.Now().Add(-c.ago).UnixMilli())
				}
				store.replace(t, func(data string) string { return strings.Replace(data, `"lease":null`, lease, 1) })
				ts, start := client.Tokens, time.Now()
				for ts.Invalidate(must(ts.Token())); ; time.Sleep(time.Second) {
					if _, err := ts.Token(); err == nil && fake.Counts().Refreshes > 0 {
						break
					}
				}
				if took := time.Since(start); took < c.dead-time.Second || took > c.dead+15*time.Second {
					t.Errorf("it was dead after %v, want %v", took, c.dead)
				}
			})
		})
	}
}

// busyStore is one in which another host takes one lease after the other.
type busyStore struct {
	*spyStore
	leases int
}

func (s *busyStore) Load(ctx context.Context, key string) ([]byte, string, error) {
	if _, _, err := s.spyStore.Load(ctx, key); err != nil {
		return nil, "", err
	}
	s.leases++
	data := fmt.Sprintf(`{"gen":1,"rev":"other","lease":{"id":"other-%d","owner":"other","stage":"exchange","ttl":30000}}`, s.leases)
	return []byte(data), fmt.Sprint(s.leases), nil
}

// TestWaitEnds has a caller wait for a host that comes to no end, and for one while
// the Store fails.
func TestWaitEnds(t *testing.T) {
	for _, c := range []struct {
		name        string
		breaks      bool
		least, most time.Duration
		want        string
	}{
		{"for a busy host", false, 90 * time.Second, 95 * time.Second, "another process has not finished renewing it"},
		{"for the Store", true, 11 * time.Second, 14 * time.Second, "the Store is broken"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fake, store, _ := fleet(t)
				cfg := fake.Config()
				cfg.Store = &busyStore{spyStore: store}
				ts := newTokenSource(t, cfg)
				if c.breaks {
					time.AfterFunc(time.Second, func() { store.breaks("both") })
				}
				start := time.Now()
				_, err := ts.Token()
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("error is %v, want one that says %s", err, c.want)
				}
				if took := time.Since(start); took < c.least || took > c.most {
					t.Errorf("it waited for %v", took)
				}
			})
		})
	}
}

// onceTaken is a Store in which somebody else is faster once.
type onceTaken struct {
	*spyStore
	taken bool
}

func (s *onceTaken) CompareAndSwap(ctx context.Context, key, version string, data []byte) (string, error) {
	if !s.taken {
		s.taken = true
		return "", ringcx.ErrConflict
	}
	return s.spyStore.CompareAndSwap(ctx, key, version, data)
}

// TestConflictCostsNoTime has another host be faster once: there is news at once.
func TestConflictCostsNoTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, _ := fleet(t)
		cfg := fake.Config()
		cfg.Store = &onceTaken{spyStore: store}
		start := time.Now()
		must(newTokenSource(t, cfg).Token())
		if took := time.Since(start); took > 0 {
			t.Errorf("it took %v", took)
		}
	})
}

// TestNewerPairIsAdopted has another host buy a pair before this one has written its
// own: that one is everybody's.
func TestNewerPairIsAdopted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, process := fleet(t)
		mine := &spyStore{Store: store}
		ts := newTokenSource(t, mine.breakAfter(fake.Config(), ringcx.StageExchange, "swap"))
		must(ts.Token())
		time.Sleep(2 * time.Second) // it is about to try again
		store.replace(t, func(string) string { return "" })
		theirs := must(process().Token())
		synctest.Wait()
		mine.breaks("")
		time.Sleep(10 * time.Second)
		if got := must(ts.Token()); got.AccessToken != theirs.AccessToken {
			t.Error("it goes on with a pair that nobody else knows")
		}
	})
}

// TestFreshTokenAsksNobody calls for a token a thousand times while it is fresh.
func TestFreshTokenAsksNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, process := fleet(t)
		ts := process()
		must(ts.Token())
		synctest.Wait()
		before := store.calls
		for range 1000 {
			must(ts.Token())
			time.Sleep(220 * time.Millisecond)
		}
		if store.calls > before {
			t.Errorf("%d calls of the Store", store.calls-before)
		}
		spent{1, 1, 0}.check(t, fake)
	})
}
