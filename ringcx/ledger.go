package ringcx

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"
)

const storeTimeout = 3 * time.Second // of one call of the Store

// errLost says that another host got ahead: load again and look.
var errLost = errors.New("ringcx: another host got ahead")

// storeError is a call of the Store that failed. Its text holds no secret that this
// process knows, whatever the Store says. The error of the Store, which may, can be
// asked for but is in no chain that a program prints; fmt follows no pointer to it.
type storeError struct {
	call, message string
	cause         *error
}

func (e storeError) Error() string        { return "ringcx: the Store: " + e.call + ": " + e.message }
func (e storeError) Is(target error) bool { return errors.Is(*e.cause, target) }
func (e storeError) As(target any) bool   { return errors.As(*e.cause, target) }

// ledger is one host's view of the shared record. It is used by one goroutine at
// a time, which holds the engine's slot.
type ledger struct {
	store Store
	key   string
	owner string // unlike any other process's
	clock *serverClock

	record  record // as loaded or written last
	version string
	writes  int
	pending bool // a pair is not written yet

	down     time.Time // since when the Store has not worked; zero: it does
	readOnly bool      // the Store answers, and writes nothing
	leaseEnd time.Time // of the own lease
	letGo    func()    // ends what says that this process is alive; nil: nothing says so
	foreign  sighting  // of another's lease
}

func newLedger(store Store, key string, wall func() time.Time) *ledger {
	owner := rand.Text()
	return &ledger{store: store, key: key + recordVersion, owner: owner, clock: &serverClock{host: hostOf(owner), wall: wall}}
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
	if l.readOnly = l.readOnly && version == l.version; !l.readOnly { // another host can write
		l.down = time.Time{}
	}
	r := record{}
	if data != nil {
		if err := json.Unmarshal(data, &r); err != nil {
			r, corrupt = record{}, fmt.Errorf("ringcx: the Store: the record of key %q is corrupt and will be replaced: %w", l.key, err)
		}
	}
	l.record, l.version = r, version
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
	failed := l.failed("write", err, r)
	if _, again := l.load(ctx); again != nil {
		return failed
	}
	switch {
	case l.record.Rev == r.Rev:
		return nil // it was written all the same
	case l.version == before:
		l.readOnly = true
		return l.failed("write", err, r)
	}
	return errLost
}

func (l *ledger) compareAndSwap(ctx context.Context, data []byte) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	return l.store.CompareAndSwap(ctx, l.key, l.version, data)
}

// failed is the error of a call of the Store, which may have had written to it.
func (l *ledger) failed(call string, err error, written ...record) error {
	if l.down.IsZero() {
		l.down = time.Now()
	}
	var secrets []string
	for _, r := range append(written, l.record) {
		secrets = append(secrets, r.Access, r.Next, r.Login)
	}
	return storeError{call, scrubber(secrets).Replace(err.Error()), &err}
}

// downFor is how long the Store has not answered.
func (l *ledger) downFor() time.Duration {
	if l.down.IsZero() {
		return 0
	}
	return time.Since(l.down)
}

// leased reports whether there is something to write or to give back.
func (l *ledger) leased() bool {
	return l.pending || l.ownLease()
}

// remove deletes the record, unless another host has written it since. Either way
// this host has nothing to give back.
func (l *ledger) remove(ctx context.Context) error {
	if l.version == "" {
		return nil
	}
	if _, err := l.compareAndSwap(ctx, nil); err != nil && !errors.Is(err, ErrConflict) {
		return l.failed("delete", err)
	}
	l.record, l.version = record{}, ""
	return nil
}
