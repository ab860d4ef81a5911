package ringcx

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/ringcx-go/ringcx-go/internal/redact"
	"github.com/ringcx-go/ringcx-go/ringcx/internal/bounded"
	"github.com/ringcx-go/ringcx-go/ringcx/internal/servertime"
)

// maxOutageGap is the longest time between two failed calls of the Store in one outage. It
// is longer than the lifetime of a token, in which a process may make no call.
const maxOutageGap = 6 * time.Minute

var (
	// errSwapLost says that another process changed the record. The record must be loaded
	// again.
	errSwapLost = errors.New("ringcx: the Store: another process changed the record at the same time")

	// errTooLate says that the lease is too old to send a request: another process may have
	// acquired it. It counts as a lost swap.
	errTooLate = fmt.Errorf("ringcx: the process was stopped before it could send a request: %w", errSwapLost)

	// errOtherUser says that two logins use one record. Nothing of it is used, and nothing
	// is written.
	errOtherUser = errors.New("ringcx: the Store: the record of this Config.Key belongs to another client id or another user: give each login a Key of its own")

	// errOvertaken says that no write succeeds, though the Store responds.
	errOvertaken = storeError{"write", "another process was faster each time, or Load returns old records: try again", &ErrConflict}
)

// sharedRecord is this process's view of the record that processes share. It is used by
// one goroutine at a time.
type sharedRecord struct {
	store   Store
	calls   bounded.Calls
	key     string
	process string // unique, except for a clone of this process
	user    string // of the session, see Config.fingerprint; empty: not known
	clock   *servertime.Clock

	record  record // as loaded or written last
	version string
	revs    []string // of the writes of this process since another one wrote; one may take effect late

	downSince time.Time // zero: the Store works
	failedAt  time.Time // of the last failed call
	readOnly  bool      // the Store responds but writes nothing
}

func newSharedRecord(cfg Config, process string, clock *servertime.Clock) *sharedRecord {
	return &sharedRecord{
		store: cfg.Store, key: cfg.Key + recordVersion, process: process, user: cfg.fingerprint(), clock: clock,
	}
}

// load reads the record. A record that cannot be decoded counts as missing; corrupt is
// its error. load returns errOtherUser for the record of another login.
func (r *sharedRecord) load(ctx context.Context) (corrupt, err error) {
	type loaded struct {
		data    []byte
		version string
	}
	got, err := bounded.Call(ctx, &r.calls, func(ctx context.Context) (loaded, error) {
		data, version, err := r.store.Load(ctx, r.key)
		return loaded{data, version}, err
	}, nil)
	if err != nil {
		return nil, r.failed("load", err)
	}
	if changed := got.version != r.version; !r.readOnly || changed { // then a process can write
		r.readOnly, r.downSince = false, time.Time{}
	}
	rec := record{}
	if got.data != nil {
		if err := json.Unmarshal(got.data, &rec); err != nil {
			rec, corrupt = record{}, fmt.Errorf("ringcx: the Store: the record of key %q is corrupt and will be replaced: %w", r.key, err)
		}
	}
	if known := rec.User != "" && r.user != ""; known && rec.User != r.user {
		return nil, errOtherUser
	}
	if !slices.Contains(r.revs, rec.Rev) {
		r.revs = nil
	}
	r.record, r.version = rec, got.version
	return corrupt, nil
}

// swap replaces the record with next. It returns nil only if next is certainly written,
// and errSwapLost if another process wrote first.
func (r *sharedRecord) swap(ctx context.Context, next record) error {
	r.revs = append(r.revs, next.Rev)
	data, err := json.Marshal(next)
	if err != nil {
		return err
	}
	before := r.version
	version, err := r.compareAndSwap(ctx, data)
	switch {
	case err == nil:
		r.record, r.version, r.revs = next, version, []string{next.Rev}
		r.readOnly, r.downSince = false, time.Time{}
		return nil
	case errors.Is(err, ErrConflict):
		return errSwapLost
	}
	failed := r.failed("write", err, next)
	if _, again := r.load(ctx); again != nil {
		return failed
	}
	switch {
	case r.record.Rev == next.Rev:
		return nil // it was written despite the error
	case r.version == before:
		r.readOnly = true
		return r.failed("write", err, next)
	}
	return errSwapLost
}

func (r *sharedRecord) compareAndSwap(ctx context.Context, data []byte) (string, error) {
	version := r.version
	return bounded.Call(ctx, &r.calls, func(ctx context.Context) (string, error) {
		return r.store.CompareAndSwap(ctx, r.key, version, data)
	}, nil)
}

// failed returns the error of a call of the Store, which may contain secrets of the record
// or of the one that was to be written.
func (r *sharedRecord) failed(call string, err error, written ...record) error {
	if r.downSince.IsZero() || time.Since(r.failedAt) > maxOutageGap {
		r.downSince = time.Now()
	}
	r.failedAt = time.Now()
	var secrets []string
	for _, rec := range append(written, r.record) {
		secrets = append(secrets, rec.Access, rec.Refresh, rec.RCToken)
	}
	return storeError{call, redact.New(secrets...).Text(err.Error()), &err}
}

// downFor returns for how long the Store has failed.
func (r *sharedRecord) downFor() time.Duration {
	if r.downSince.IsZero() {
		return 0
	}
	return time.Since(r.downSince)
}

// merge returns the session that results from own, what this process knows, and the
// record.
func (r *sharedRecord) merge(own session, wall time.Time) session {
	return r.record.merge(own, slices.Contains(r.revs, r.record.Rev), r.clock, wall)
}

// outageBegan reports whether to stop waiting for a Store that fails: callers have a token,
// or have waited for long enough.
func (r *sharedRecord) outageBegan(current *currentToken) bool {
	return current.usable() || r.downFor() > storePatience
}

// newRev returns a revision that no other write has, even one of a clone of this process.
func newRev() string {
	return rand.Text() + strconv.FormatInt(time.Now().UnixNano(), 36)
}

// write replaces the record with the session and a lease, which may be nil.
func (r *sharedRecord) write(ctx context.Context, s *session, wall time.Time, lease *lease) error {
	next := r.record
	next.set(s, r.clock, wall)
	next.Lease, next.Rev = lease, newRev()
	next.User = cmp.Or(r.user, next.User)
	if s.rc.unsaved {
		next.User = r.user // the session belongs to the user who signed in here
	}
	if next.Roster.has(r.process) || lease == nil {
		next.Roster = next.Roster.with(r.process, r.clock)
	}
	if err := r.swap(ctx, next); err != nil {
		return err
	}
	s.unsaved, s.rc.unsaved = false, false
	s.limits.markShared()
	return nil
}

// clear removes the session from the record. The limits stay, because the services still
// count what was sent; if there are none, the record is deleted.
func (r *sharedRecord) clear(ctx context.Context, s *session, wall time.Time) error {
	s.share(r.clock, wall)
	if len(s.limits.state(r.clock)) > 0 {
		return r.write(ctx, &session{gen: s.gen, limits: s.limits}, wall, nil)
	}
	switch _, err := r.compareAndSwap(ctx, nil); {
	case errors.Is(err, ErrConflict):
		return errSwapLost
	case err != nil:
		return r.failed("delete", err)
	}
	r.record, r.version = record{}, ""
	return nil
}

// writeRoster replaces the roster and nothing else.
func (r *sharedRecord) writeRoster(ctx context.Context, roster roster) error {
	next := r.record
	next.Roster, next.Rev = roster, newRev()
	return r.swap(ctx, next)
}

// hasOthers reports whether other processes share the session.
func (r *sharedRecord) hasOthers() bool { return r.record.Roster.hasOthers(r.process) }

// needsEntry reports whether this process must write its entry of the roster. While
// another process renews it must not: the write would cost that process a conflict.
func (r *sharedRecord) needsEntry() bool {
	writable := r.record.Rev != "" && r.record.Lease == nil
	return writable && r.downSince.IsZero() && r.record.Roster.needs(r.process, r.clock)
}

const (
	leaseTTL     = 30 * time.Second // longer than a call of the Store and a token request
	maxLeaseAge  = 15 * time.Minute // after which a lease has ended, even if its process is alive
	maxOwnLeases = 8                // ids of leases that a process remembers
	clearTries   = 3                // to remove the session
)

// leases acquires the lease of the shared record and watches those of other processes. It
// is used by one goroutine at a time.
type leases struct {
	record *sharedRecord
	ttl    time.Duration // of the own leases

	end deadline // of the own lease
	ids []string // of the own leases; one may be written late

	watched      string   // the id of the other process's lease that was read last
	watchedUntil deadline // its end

	aliveAs string // the name under which a LeaseStore knows that this process is alive
	unmark  func() // ends that; nil: the Store does not know
}

func newLeases(r *sharedRecord) leases { return leases{record: r, ttl: leaseTTL} }

// acquire takes the lease for a request of the stage. The same write stores everything
// that the session has changed: the counted request, and the refresh token that is about
// to be sent and so is removed from the record.
func (l *leases) acquire(ctx context.Context, stage Stage, s *session, wall time.Time) error {
	l.markAlive(ctx)
	end := deadlineIn(l.ttl, wall)
	r := l.record
	own := &lease{
		ID: newRev(), Owner: r.process, Held: l.unmark != nil,
		Stage: stage, TTL: l.ttl.Milliseconds(), Taken: r.clock.Timestamp(time.Now()),
	}
	if own.Held {
		own.Owner = l.aliveAs
	}
	l.ids = append(l.ids[max(0, len(l.ids)-maxOwnLeases):], own.ID)
	if err := r.write(ctx, s, wall, own); err != nil {
		return err
	}
	l.end = end
	return nil
}

// release writes the session, and gives the lease back if it belongs to this process.
func (l *leases) release(ctx context.Context, s *session, wall time.Time) error {
	kept := l.record.record.Lease
	if l.own() {
		kept = nil
	}
	return l.record.write(ctx, s, wall, kept)
}

// own reports whether the lease in the record belongs to this process.
func (l *leases) own() bool {
	lease := l.record.record.Lease
	return lease != nil && slices.Contains(l.ids, lease.ID)
}

// sendBy returns until when a request must be sent to end within the lease, by both
// clocks of this machine.
func (l *leases) sendBy(wall time.Time) time.Time {
	return l.end.earliest(wall).Add(-tokenTimeout)
}

// leasedElsewhere reports whether another process holds the lease. The lease has ended if
// its process has, if its TTL has passed since this process first read it, by either clock of
// this machine, or if it is older than maxLeaseAge by the services' time. The clocks of
// other machines are not used.
func (l *leases) leasedElsewhere(ctx context.Context) bool {
	lease := l.record.record.Lease
	if lease == nil || l.own() {
		return false
	}
	wall := l.record.clock.Wall()
	if l.watched != lease.ID {
		l.watched, l.watchedUntil = lease.ID, deadlineIn(lease.ttl(), wall)
	}
	ended := l.watchedUntil.passed(wall) || l.tooOld(lease)
	return !ended && !l.abandoned(ctx)
}

func (l *leases) tooOld(lease *lease) bool {
	clock, taken := l.record.clock, lease.Taken
	byServices := taken.IsShared() && taken.By == ""
	return byServices && clock.Confirmed() && time.Since(clock.Local(taken)) > maxLeaseAge
}

// abandoned reports whether the Store says that the process of the lease has ended.
func (l *leases) abandoned(ctx context.Context) bool {
	r := l.record
	s, ok := r.store.(LeaseStore)
	if !ok || !r.record.Lease.Held {
		return false
	}
	owner := r.record.Lease.Owner
	alive, err := bounded.Call(ctx, &r.calls, func(ctx context.Context) (bool, error) { return s.Held(ctx, r.key, owner) }, nil)
	return err == nil && !alive
}

// clear removes the session from the record, and so gives the lease back. If another
// process writes at the same time it tries again, unless that process has a session of
// its own.
func (l *leases) clear(ctx context.Context, s *session, now func() time.Time) error {
	for range clearTries {
		err := l.record.clear(ctx, s, now())
		if !errors.Is(err, errSwapLost) {
			return err
		}
		if _, err := l.record.load(ctx); err != nil || !l.own() {
			return err
		}
	}
	return errOvertaken
}

// needsTime reports whether the lease or the tokens of the record would be judged
// differently if the services' time was confirmed. If another process has just taken the
// lease, by any clock, that is waited for instead.
func (l *leases) needsTime() bool {
	r := l.record
	if r.clock.Confirmed() || r.record.Rev == "" {
		return false
	}
	lease := r.record.Lease
	if lease == nil || l.own() {
		return true
	}
	age := time.Since(r.clock.Local(lease.Taken))
	return age < -servertime.Drift || age > lease.ttl()
}

// markAlive lets a LeaseStore know that this process is alive. If that fails, the lease ends
// with its TTL as in any other Store.
func (l *leases) markAlive(ctx context.Context) {
	r := l.record
	s, ok := r.store.(LeaseStore)
	if !ok || l.unmark != nil {
		return
	}
	holder := rand.Text()
	release, err := bounded.Call(ctx, &r.calls, func(ctx context.Context) (func(), error) {
		return s.Hold(ctx, r.key, holder)
	}, func(release func()) { release() })
	if err == nil {
		l.unmark, l.aliveAs = release, holder
	}
}

// unmarkAlive ends what markAlive started. A lease that is left then counts as abandoned.
func (l *leases) unmarkAlive() {
	release := l.unmark
	if release == nil {
		return
	}
	l.unmark = nil
	_, _ = bounded.Call(context.Background(), &l.record.calls, func(context.Context) (struct{}, error) {
		release()
		return struct{}{}, nil
	}, nil)
}
