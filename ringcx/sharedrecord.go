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

	"github.com/ringcx-go/ringcx-go/ringcx/internal/bounded"
	"github.com/ringcx-go/ringcx-go/ringcx/internal/redact"
	"github.com/ringcx-go/ringcx-go/ringcx/internal/servertime"
)

// maxOutageGap is the longest time between two failed calls of the Store in one outage. It
// is longer than the lifetime of a token, in which a process may make no call.
const maxOutageGap = 6 * time.Minute

var (
	// errSwapLost says that another process changed the record. The record must be loaded
	// again.
	errSwapLost = errors.New("ringcx: another process changed the record")

	// errOtherUser says that two logins use one record. Nothing of it is used, and nothing
	// is written.
	errOtherUser = errors.New("ringcx: the Store: the record of this Config.Key belongs to another client id or another user: give each login a Key of its own")

	// errOvertaken says that no write succeeds, though the Store responds.
	errOvertaken = storeError{"write", "another process was faster each time, or Load returns old records: try again", &ErrConflict}
)

// storeError is the error of a call of the Store. Its text contains no secret that this
// process knows. The error of the Store may contain one: errors.Is and errors.As find
// it, but printing a storeError does not print it, because fmt follows no pointer to an
// error.
type storeError struct {
	call, message string
	cause         *error
}

func (e storeError) Error() string        { return "ringcx: the Store: " + e.call + ": " + e.message }
func (e storeError) Is(target error) bool { return errors.Is(*e.cause, target) }
func (e storeError) As(target any) bool   { return errors.As(*e.cause, target) }

func isStoreError(err error) bool {
	_, ok := errors.AsType[storeError](err)
	return ok
}

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

// merge returns the session that results from own, what this process knows, and the
// record. The limits of both count.
func (r *sharedRecord) merge(own session, wall time.Time) session {
	c := r.record.Clock
	r.clock.Adopt(c.Machine, time.UnixMilli(c.Wall), time.UnixMilli(c.Time))
	theirs := r.record.session(r.clock, wall, own)
	r.setRequested(&theirs.tokens)
	if theirs.spent = own.spent; theirs.refresh == own.spent { // the record is older than it looks
		theirs.refresh = ""
	}
	if own.rc.unsaved && (!theirs.rc.valid(wall) || theirs.rc.denied != "") {
		theirs.rc = own.rc
	}
	own.limits = theirs.limits
	older := theirs.gen < own.gen
	keepOwn := older || !theirs.tokens.valid(wall) && own.tokens.valid(wall)
	switch {
	case own.unsaved && keepOwn:
		own.gen = max(own.gen, theirs.gen+1)
		if theirs.rc.expiresAfter(own.rc) {
			own.rc = theirs.rc
		}
		return own
	case r.record.Rev == "" || older:
		// The record was lost, or an old one replaced it: the refresh token may be spent.
		own.refresh = ""
		return own
	case slices.Contains(r.revs, r.record.Rev): // this process wrote it
		own.refresh = cmp.Or(own.refresh, theirs.refresh)
		if own.tokens.guess && own.tokens.access == theirs.tokens.access {
			own.tokens = theirs.tokens // their age may be known by now
		}
		return own
	}
	return theirs
}

// setRequested sets when the tokens were requested, on the monotonic clock. A process that
// does not know the services' time uses the wall clock. If the tokens come from the
// future by it, they are taken for expired, and the time is probed.
func (r *sharedRecord) setRequested(t *tokens) {
	requested, now := r.clock.Local(t.requested), time.Now()
	t.guess = !r.clock.Confirmed()
	t.requested.Local = earlier(requested, now)
	fromFuture := t.requested.By == "" && requested.Sub(now) > servertime.Drift
	if t.guess && fromFuture {
		t.requested.Local = now.Add(-maxLifetime)
	}
}
