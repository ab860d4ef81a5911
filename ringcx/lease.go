package ringcx

import (
	"cmp"
	"context"
	"crypto/rand"
	"slices"
	"time"
)

const (
	leaseTTL = 30 * time.Second // longer than a call of the Store and a token request
	oldLease = 15 * time.Minute // is dead, whoever holds it
)

// sighting is when this host first saw something, on both of its clocks.
type sighting struct {
	what string
	clocks
}

// see notes what is there now and returns for how long it has been: by the clock that
// says more, because the monotonic one stands still while the machine is suspended.
func (s *sighting) see(what string, wall time.Time) time.Duration {
	if s.what != what {
		*s = sighting{what, readClocks(wall)}
	}
	return max(time.Since(s.at), wall.Round(0).Sub(s.wall))
}

// claim takes the lease for a request of the stage, together with all that the
// session has changed: its hit of the limit, and the refresh token that is being
// spent and so is no longer in it. A claim of the next stage is a new lease.
func (l *ledger) claim(ctx context.Context, stage Stage, s *session, wall time.Time) error {
	l.hold(ctx)
	end := at(wall.Add(leaseTTL))
	end.at = time.Now().Add(leaseTTL)
	own := &lease{
		ID: l.newRev(), Owner: l.owner, Held: l.letGo != nil,
		Stage: stage, TTL: leaseTTL.Milliseconds(), Taken: l.clock.mark(time.Now()),
	}
	if own.Held {
		own.Owner = l.holder
	}
	l.leases = append(l.leases[max(0, len(l.leases)-maxOwnLeases):], own.ID)
	if err := l.write(ctx, s, wall, own); err != nil {
		return err
	}
	l.leaseEnd = end
	return nil
}

// maxOwnLeases is how many ids of leases a process remembers.
const maxOwnLeases = 8

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
	r.Lease, r.Rev = lease, l.newRev()
	if r.User = cmp.Or(l.user, r.User); s.login.news {
		r.User = l.user // the session is of who has signed in here
	}
	if _, listed := r.Roster[l.owner]; listed || lease == nil {
		r.Roster = enlist(r.Roster, l.owner, l.clock)
	}
	if err := l.swap(ctx, r); err != nil {
		return err
	}
	l.pending, s.login.news = false, false
	s.limits.written()
	return nil
}

func (l *ledger) ownLease() bool {
	return l.record.Lease != nil && slices.Contains(l.leases, l.record.Lease.ID)
}

// foreignLease reports whether another host is renewing. Its lease is dead when
// its process is, or when this host has seen it for its time. No other clock is
// trusted, but for that of the services where it is long over.
func (l *ledger) foreignLease(ctx context.Context) bool {
	lease := l.record.Lease
	if lease == nil || l.ownLease() {
		return false
	}
	seen := l.foreign.see(lease.ID, l.clock.wall())
	old := lease.Taken != (mark{}) && lease.Taken.By == "" && l.clock.sure() && time.Since(l.clock.local(lease.Taken)) > oldLease
	return !old && seen < lease.life() && !l.abandoned(ctx)
}

// abandoned reports whether the Store says that the process of the lease has
// ended.
func (l *ledger) abandoned(ctx context.Context) bool {
	s, ok := l.store.(LeaseStore)
	if !ok || !l.record.Lease.Held {
		return false
	}
	owner := l.record.Lease.Owner
	alive, err := callStore(ctx, &l.calls, func(ctx context.Context) (bool, error) { return s.Held(ctx, l.key, owner) }, nil)
	return err == nil && !alive
}

// hold lets the Store know that this process is alive. Where it fails, the lease
// dies as one in any other Store.
func (l *ledger) hold(ctx context.Context) {
	s, ok := l.store.(LeaseStore)
	if !ok || l.letGo != nil {
		return
	}
	holder := rand.Text()
	release, err := callStore(ctx, &l.calls, func(ctx context.Context) (func(), error) { return s.Hold(ctx, l.key, holder) }, func(release func()) { release() })
	if err == nil {
		l.letGo, l.holder = release, holder
	}
}

// unhold ends what hold began. Whatever lease is left then is dead.
func (l *ledger) unhold() {
	if release := l.letGo; release != nil {
		l.letGo = nil
		_, _ = callStore(context.Background(), &l.calls, func(context.Context) (struct{}, error) {
			release()
			return struct{}{}, nil
		}, nil)
	}
}
