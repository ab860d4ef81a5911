package ringcx

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx/internal/redact"
)

// maxOutageGap is how long after a failed call another one is of the same outage: longer
// than a token's life, in which a process need not call.
const maxOutageGap = 6 * time.Minute

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
	calls storeCalls
	key   string
	owner string // unlike any other process's, but for a clone of this one
	clock *serverClock

	user string // whose session it is: see fingerprint; empty: not known

	record  record // as loaded or written last
	version string
	wrote   []string // Revs of the writes since the record was last another's: one may land late
	pending bool     // a pair is not written yet

	down     time.Time // since when the Store has not worked; zero: it does
	failedAt time.Time // when a call of it failed last
	readOnly bool      // the Store answers, and writes nothing
	leaseEnd moment    // of the own lease
	leases   []string  // ids of the own ones, of which one may be written late
	holder   string    // the name under which the Store knows that this process is alive
	letGo    func()    // ends that; nil: the Store does not know
	foreign  sighting  // of another's lease
}

func newLedger(store Store, key, user, owner string, clock *serverClock) *ledger {
	return &ledger{store: store, key: key + recordVersion, owner: owner, user: user, clock: clock}
}

// errOtherUser says that two logins use one record. Nothing of it is used, and nothing
// is written.
var errOtherUser = errors.New("ringcx: the Store: the record of this Config.Key belongs to another client id or another user: give each login a Key of its own")

// load reads the record. One that cannot be read is as good as none; the error
// of corrupt says so. It reports errOtherUser for the record of another login.
func (l *ledger) load(ctx context.Context) (corrupt, err error) {
	type loaded struct {
		data    []byte
		version string
	}
	got, err := callStore(ctx, &l.calls, func(ctx context.Context) (loaded, error) {
		data, version, err := l.store.Load(ctx, l.key)
		return loaded{data, version}, err
	}, nil)
	if err != nil {
		return nil, l.failed("load", err)
	}
	data, version := got.data, got.version
	if l.readOnly = l.readOnly && version == l.version; !l.readOnly { // another host can write
		l.down = time.Time{}
	}
	r := record{}
	if data != nil {
		if err := json.Unmarshal(data, &r); err != nil {
			r, corrupt = record{}, fmt.Errorf("ringcx: the Store: the record of key %q is corrupt and will be replaced: %w", l.key, err)
		}
	}
	if r.User != "" && l.user != "" && r.User != l.user {
		return nil, errOtherUser
	}
	if !slices.Contains(l.wrote, r.Rev) {
		l.wrote = nil
	}
	l.record, l.version = r, version
	return corrupt, nil
}

// swap replaces the record by r. It reports errLost where another host was
// faster, and nil only where r is certainly written.
func (l *ledger) swap(ctx context.Context, r record) error {
	l.wrote = append(l.wrote, r.Rev)
	data, err := json.Marshal(r)
	if err != nil {
		return err
	}
	before := l.version
	version, err := l.compareAndSwap(ctx, data)
	switch {
	case err == nil:
		l.record, l.version, l.wrote = r, version, []string{r.Rev}
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

// newRev is unlike that of any other write, also of a process that was cloned from this
// one.
func (l *ledger) newRev() string {
	return rand.Text() + strconv.FormatInt(time.Now().UnixNano(), 36)
}

// ours reports whether this process has written the record.
func (l *ledger) ours() bool { return slices.Contains(l.wrote, l.record.Rev) }

func (l *ledger) compareAndSwap(ctx context.Context, data []byte) (string, error) {
	version := l.version
	return callStore(ctx, &l.calls, func(ctx context.Context) (string, error) {
		return l.store.CompareAndSwap(ctx, l.key, version, data)
	}, nil)
}

// failed is the error of a call of the Store, which may have had written to it.
func (l *ledger) failed(call string, err error, written ...record) error {
	if l.down.IsZero() || time.Since(l.failedAt) > maxOutageGap {
		l.down = time.Now()
	}
	l.failedAt = time.Now()
	var secrets []string
	for _, r := range append(written, l.record) {
		secrets = append(secrets, r.Access, r.Next, r.Login)
	}
	return storeError{call, redact.New(secrets...).Text(err.Error()), &err}
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

// clear removes the session from the record. The limits stay, because the services
// still count what was sent; where there are none, the record is deleted.
func (l *ledger) clear(ctx context.Context, s *session, wall time.Time) error {
	s.stamp(l.clock, wall)
	if len(s.limits.gates(l.clock)) > 0 {
		return l.write(ctx, &session{gen: s.gen, limits: s.limits}, wall, nil)
	}
	switch _, err := l.compareAndSwap(ctx, nil); {
	case errors.Is(err, ErrConflict):
		return errLost
	case err != nil:
		return l.failed("delete", err)
	}
	l.record, l.version = record{}, ""
	return nil
}
