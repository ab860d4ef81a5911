package ringcx

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"
)

const (
	storeTimeout = 3 * time.Second  // of one call of the Store
	leaseTTL     = 30 * time.Second // longer than a call of the Store and a token request
	oldLease     = 15 * time.Minute // is dead, whoever holds it
)

// errLost says that another host got ahead: load again and look.
var errLost = errors.New("ringcx: another host got ahead")

// storeError is a call of the Store that failed.
type storeError struct {
	call string
	err  error
}

func (e storeError) Error() string { return "ringcx: the Store: " + e.call + ": " + e.err.Error() }
func (e storeError) Unwrap() error { return e.err }

// ledger is one host's view of the shared record. It is used by one goroutine at
// a time, which holds the engine's slot.
type ledger struct {
	store Store
	key   string
	owner string // unlike any other process's
	host  string // of all processes that share a clock
	clock *serverClock

	record  record // as loaded or written last
	version string
	writes  int
	pending bool // a pair is not written yet

	down     time.Time // since when the Store has not worked; zero: it does
	readOnly bool      // the Store answers, and writes nothing
	leaseEnd time.Time // of the own lease
	foreign  sighting  // of another's lease
	pair     sighting  // of the pair
	seen     sighting  // of the record
}

// sighting is when this host first saw something, on its monotonic clock.
type sighting struct {
	what string
	at   time.Time
}

// see notes what is there now and returns for how long it has been.
func (s *sighting) see(what string) time.Duration {
	if s.what != what {
		*s = sighting{what, time.Now()}
	}
	return time.Since(s.at)
}

func newLedger(store Store, key string, wall func() time.Time) *ledger {
	host, _ := os.Hostname() // "" is no host's name, and then nobody shares the clock
	return &ledger{store: store, key: key + recordVersion, owner: rand.Text(), host: host, clock: &serverClock{wall: wall}}
}

// load reads the record. One that cannot be read is as good as none; the error
// of corrupt says so.
func (l *ledger) load(ctx context.Context) (corrupt, err error) {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	data, version, err := l.store.Load(ctx, l.key)
	if err != nil {
		return nil, l.failed("load", err)
	}
	if !l.readOnly {
		l.down = time.Time{}
	}
	r := record{}
	if data != nil {
		if err := json.Unmarshal(data, &r); err != nil {
			r, corrupt = record{}, fmt.Errorf("ringcx: the Store: the record of key %q is corrupt and will be replaced: %w", l.key, err)
		}
	}
	l.record, l.version = r, version
	l.seen.see(r.Rev)
	l.pair.see(strconv.FormatInt(r.Gen, 10) + r.Access)
	return corrupt, nil
}

// swap replaces the record by r. It reports errLost where another host was
// faster, and nil only where r is certainly written.
func (l *ledger) swap(ctx context.Context, r record) error {
	l.writes++
	r.Rev = l.owner + "-" + strconv.Itoa(l.writes)
	data, err := json.Marshal(r)
	if err != nil {
		return err
	}
	before := l.version
	version, err := l.compareAndSwap(ctx, data)
	switch {
	case err == nil:
		l.record, l.version = r, version
		l.readOnly, l.down = false, time.Time{}
		return nil
	case errors.Is(err, ErrConflict):
		return errLost
	}
	if _, again := l.load(ctx); again != nil {
		return l.failed("write", err)
	}
	switch {
	case l.record.Rev == r.Rev:
		return nil // it was written all the same
	case l.version == before:
		l.readOnly = true
		return l.failed("write", err)
	}
	return errLost
}

func (l *ledger) compareAndSwap(ctx context.Context, data []byte) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	return l.store.CompareAndSwap(ctx, l.key, l.version, data)
}

func (l *ledger) failed(call string, err error) error {
	if l.down.IsZero() {
		l.down = time.Now()
	}
	return storeError{call, err}
}

// downFor is how long the Store has not answered.
func (l *ledger) downFor() time.Duration {
	if l.down.IsZero() {
		return 0
	}
	return time.Since(l.down)
}

// claim takes the lease for a request of the stage, together with all that the
// session has changed: its hit of the limit, and the refresh token that is being
// spent and so is no longer in it. A claim of the next stage is a new lease.
func (l *ledger) claim(ctx context.Context, stage Stage, s session, wall time.Time) error {
	end := time.Now().Add(leaseTTL)
	r := l.record
	r.set(s, l.clock, wall)
	now, _ := l.clock.now()
	r.Lease = &lease{Owner: l.owner, Stage: stage, TTL: leaseTTL.Milliseconds(), Taken: now.UnixMilli()}
	if err := l.swap(ctx, r); err != nil {
		return err
	}
	l.leaseEnd = end
	return nil
}

// release writes the session and gives the lease back.
func (l *ledger) release(ctx context.Context, s session, wall time.Time) error {
	r := l.record
	r.set(s, l.clock, wall)
	r.Lease = nil
	return l.swap(ctx, r)
}

// leased reports whether there is something to write or to give back.
func (l *ledger) leased() bool {
	return l.pending || l.record.Lease != nil && l.record.Lease.Owner == l.owner
}

// takeOver makes the session that of the record. It reports whether the age of
// its pair is known; otherwise the pair counts from when this host first saw it.
// Where the record was lost the host goes on with what it knows, but for the
// refresh token, which another host may have spent.
func (l *ledger) takeOver(s *session, wall time.Time) (known bool) {
	if l.record.Rev == "" { // absent, or corrupt
		s.refresh = ""
		return true
	}
	*s = l.record.session(l.clock, wall, l.seen.at, *s)
	if _, known = l.clock.now(); known {
		s.pair.sent = earlier(s.pair.sent, l.pair.at)
		return true
	}
	age := wall.Sub(time.UnixMilli(s.pair.wall))
	switch sameClock := l.host != "" && l.host == s.pair.host; {
	case sameClock, age > maxLife+oldLease: // clocks that are so far apart are not to be helped
		s.pair.sent = time.Now().Add(-max(age, 0))
		return true
	}
	s.pair.sent = l.pair.at
	return false
}

// good reports whether the pair of the record may be used.
func (l *ledger) good(wall time.Time, renewBefore time.Duration) bool {
	var s session
	l.takeOver(&s, wall)
	return s.pair.access != "" && newState(s.pair.access, nil, wall.Add(-time.Since(s.pair.sent)), renewBefore).phase(wall) != expired
}

// foreignLease reports whether another host is renewing. Its lease is dead when
// this host has seen it for its time: no other clock is trusted.
func (l *ledger) foreignLease() bool {
	lease := l.record.Lease
	if lease == nil || lease.Owner == l.owner {
		return false
	}
	seen := l.foreign.see(l.record.Rev)
	now, known := l.clock.now()
	old := known && now.Sub(time.UnixMilli(lease.Taken)) > oldLease
	return !old && seen < min(time.Duration(lease.TTL)*time.Millisecond, oldLease)
}

// remove deletes the record, unless another host has written it since.
func (l *ledger) remove(ctx context.Context) error {
	l.pending = false
	if l.version == "" {
		return nil
	}
	if _, err := l.compareAndSwap(ctx, nil); err != nil {
		return l.failed("delete", err)
	}
	return nil
}
