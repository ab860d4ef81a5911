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

// TestWaitForAnotherProcess has a token expire while the record has the lease of another
// process, which was killed. A caller waits until the lease has expired.
func TestWaitForAnotherProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, process := fleet(t)
		ts := process()
		token := must(ts.Token())
		synctest.Wait()
		store.replace(t, func(data string) string {
			return strings.Replace(data, `"lease":null`, `"lease":{"id":"other-1","owner":"other","stage":"refresh","ttl":30000}`, 1)
		})
		time.Sleep(time.Until(token.Expiry) - 500*time.Millisecond)
		must(ts.Token()) // reads the record in the background; the next time would be in about a second
		time.Sleep(600 * time.Millisecond)
		start := time.Now()
		if must(ts.Token()).AccessToken == token.AccessToken {
			t.Error("Token returns the expired token")
		}
		if took := time.Since(start); took < 29*time.Second || took > 31*time.Second {
			t.Errorf("the lease expired after %v, want 29s to 31s", took)
		}
		spent{1, 1, 1}.check(t, fake)
	})
}

// TestLeaseOfHours has the record contain the lease of another process with a TTL of ten
// hours. It expires 15 minutes after it was taken, or after it was first seen if it is
// not known when it was taken.
func TestLeaseOfHours(t *testing.T) {
	for _, c := range []struct {
		name, taken string
		ago         time.Duration // since the lease was taken
		expires     time.Duration // how long it remains valid
	}{
		{"taken long ago", `,"taken":{"at":%d}`, 16 * time.Minute, 0},
		{"taken just now", `,"taken":{"at":%d}`, 0, 15 * time.Minute},
		{"taken by an unknown clock", `,"taken":{"at":%d,"by":"it"}`, 16 * time.Minute, 15 * time.Minute},
		{"taken at an unknown time", "", 0, 15 * time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fake, store, _ := fleet(t)
				cfg := fake.Config()
				cfg.Store = store
				client := newClient(t, cfg)
				must(ringcx.Get(client.ListAccountsWithResponse(t.Context()))) // learns the services' time
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
				if took := time.Since(start); took < c.expires-time.Second || took > c.expires+15*time.Second {
					t.Errorf("the lease expired after %v, want %v", took, c.expires)
				}
			})
		})
	}
}

// busyStore is a Store in which another process takes a new lease before each Load.
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

// TestWaitEnds checks how long a caller waits while another process takes one lease after
// another, and while the Store fails.
func TestWaitEnds(t *testing.T) {
	for _, c := range []struct {
		name        string
		breaks      bool
		least, most time.Duration
		want        string
	}{
		{"for a busy process", false, 90 * time.Second, 95 * time.Second, "another process has not finished renewing it"},
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
					t.Errorf("error is %v, want %q in it", err, c.want)
				}
				if took := time.Since(start); took < c.least || took > c.most {
					t.Errorf("Token returns after %v, want %v to %v", took, c.least, c.most)
				}
			})
		})
	}
}

// conflictStore is a Store whose first CompareAndSwap returns ErrConflict.
type conflictStore struct {
	*spyStore
	conflicted bool
}

func (s *conflictStore) CompareAndSwap(ctx context.Context, key, version string, data []byte) (string, error) {
	if !s.conflicted {
		s.conflicted = true
		return "", ringcx.ErrConflict
	}
	return s.spyStore.CompareAndSwap(ctx, key, version, data)
}

// TestConflictIsRetriedAtOnce has another process write the record first, once. The source
// reads the record again without a wait.
func TestConflictIsRetriedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, _ := fleet(t)
		cfg := fake.Config()
		cfg.Store = &conflictStore{spyStore: store}
		start := time.Now()
		must(newTokenSource(t, cfg).Token())
		if took := time.Since(start); took > 0 {
			t.Errorf("Token took %v, want no time", took)
		}
	})
}

// TestNewerTokensAreAdopted has another process write newer tokens while the first process
// cannot write its own. The first process adopts those in the record.
func TestNewerTokensAreAdopted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, process := fleet(t)
		mine := &spyStore{Store: store}
		ts := newTokenSource(t, mine.breakAfter(fake.Config(), ringcx.StageExchange, "swap"))
		must(ts.Token())
		time.Sleep(2 * time.Second) // the process is about to write again
		store.replace(t, func(string) string { return "" })
		theirs := must(process().Token())
		synctest.Wait()
		mine.breaks("")
		time.Sleep(10 * time.Second)
		if got := must(ts.Token()); got.AccessToken != theirs.AccessToken {
			t.Error("the process still uses the token that is not in the record")
		}
	})
}

// TestFreshTokenSendsNoRequest calls Token a thousand times before a renewal is needed.
func TestFreshTokenSendsNoRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, process := fleet(t)
		ts := process()
		must(ts.Token())
		synctest.Wait()
		before := store.calls
		for range 1000 {
			must(ts.Token())
			time.Sleep(215 * time.Millisecond)
		}
		if store.calls > before {
			t.Errorf("%d calls of the Store, want none", store.calls-before)
		}
		spent{1, 1, 0}.check(t, fake)
	})
}
