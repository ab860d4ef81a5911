package ringcx

import (
	"context"
	"strconv"
	"time"
)

const (
	leaseTTL = 30 * time.Second // longer than a call of the Store and a token request
	oldLease = 15 * time.Minute // is dead, whoever holds it
)

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

// claim takes the lease for a request of the stage, together with all that the
// session has changed: its hit of the limit, and the refresh token that is being
// spent and so is no longer in it. A claim of the next stage is a new lease.
func (l *ledger) claim(ctx context.Context, stage Stage, s *session, wall time.Time) error {
	l.hold(ctx)
	end := time.Now().Add(leaseTTL)
	own := &lease{
		ID: l.owner + "-" + strconv.Itoa(l.writes), Owner: l.owner, Held: l.letGo != nil,
		Stage: stage, TTL: leaseTTL.Milliseconds(), Taken: l.clock.mark(time.Now()),
	}
	if err := l.write(ctx, s, wall, own); err != nil {
		return err
	}
	l.leaseEnd = end
	return nil
}

// release writes the session, and gives the lease back where it is this host's.
func (l *ledger) release(ctx context.Context, s *session, wall time.Time) error {
	others := l.record.Lease
	if l.ownLease() {
		others = nil
	}
	return l.write(ctx, s, wall, others)
}

// write makes the session and a lease the record.
func (l *ledger) write(ctx context.Context, s *session, wall time.Time, lease *lease) error {
	r := l.record
	r.set(s, l.clock, wall)
	r.Lease = lease
	if err := l.swap(ctx, r); err != nil {
		return err
	}
	l.pending, s.login.news = false, false
	return nil
}

func (l *ledger) ownLease() bool { return l.record.Lease != nil && l.record.Lease.Owner == l.owner }

// foreignLease reports whether another host is renewing. Its lease is dead when
// its process is, or when this host has seen it for its time. No other clock is
// trusted, but for that of the services where it is long over.
func (l *ledger) foreignLease(ctx context.Context) bool {
	lease := l.record.Lease
	if lease == nil || lease.Owner == l.owner {
		return false
	}
	seen := l.foreign.see(lease.ID)
	old := lease.Taken != (mark{}) && lease.Taken.By == "" && l.clock.sure() && time.Since(l.clock.local(lease.Taken)) > oldLease
	return !old && seen < min(time.Duration(lease.TTL)*time.Millisecond, oldLease) && !l.abandoned(ctx)
}

// abandoned reports whether the Store says that the process of the lease has
// ended.
func (l *ledger) abandoned(ctx context.Context) bool {
	s, ok := l.store.(LeaseStore)
	if !ok || !l.record.Lease.Held {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	alive, err := s.Held(ctx, l.key, l.record.Lease.Owner)
	return err == nil && !alive
}

// hold lets the Store know that this process is alive. Where it fails, the lease
// dies as one in any other Store.
func (l *ledger) hold(ctx context.Context) {
	s, ok := l.store.(LeaseStore)
	if !ok || l.letGo != nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	if release, err := s.Hold(ctx, l.key, l.owner); err == nil {
		l.letGo = release
	}
}

// unhold ends what hold began. Whatever lease is left then is dead.
func (l *ledger) unhold() {
	if l.letGo != nil {
		l.letGo()
		l.letGo = nil
	}
}
