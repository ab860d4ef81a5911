package ringcx

import (
	"context"
	"crypto/rand"
	"slices"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx/internal/bounded"
	"github.com/ringcx-go/ringcx-go/ringcx/internal/servertime"
)

const (
	leaseTTL     = 30 * time.Second // longer than a call of the Store and a token request
	maxLeaseAge  = 15 * time.Minute // after which a lease has ended, whoever holds it
	maxOwnLeases = 8                // ids of leases that a process remembers
)

// lease says in the record that a process is about to send, or has sent, a request with
// secrets.
type lease struct {
	ID    string               `json:"id"` // unique
	Owner string               `json:"owner"`
	Held  bool                 `json:"held,omitempty"` // the Store knows whether the owner is alive
	Stage Stage                `json:"stage"`
	TTL   int64                `json:"ttl"` // in milliseconds, from when another process first reads it
	Taken servertime.Timestamp `json:"taken"`
}

// ttl returns how long the lease is respected after it was first read.
func (l *lease) ttl() time.Duration {
	return time.Duration(min(max(l.TTL, 0), maxLeaseAge.Milliseconds())) * time.Millisecond
}

// leases acquires the lease of the shared record and watches those of other processes. It
// is used by one goroutine at a time.
type leases struct {
	record *sharedRecord
	ttl    time.Duration // of the own leases

	end deadline // of the own lease
	ids []string // of the own leases; one may be written late

	watched      string   // the id of the other process's lease that was read last
	watchedUntil deadline // its end

	holder string // the name under which a LeaseStore knows that this process is alive
	letGo  func() // ends that; nil: the Store does not know
}

func newLeases(r *sharedRecord) leases { return leases{record: r, ttl: leaseTTL} }

// acquire takes the lease for a request of the stage. The same write stores everything
// that the session has changed: the counted request, and the refresh token that is about
// to be sent and so is removed from the record.
func (l *leases) acquire(ctx context.Context, stage Stage, s *session, wall time.Time) error {
	l.hold(ctx)
	end := deadlineIn(l.ttl, wall)
	r := l.record
	own := &lease{
		ID: newRev(), Owner: r.process, Held: l.letGo != nil,
		Stage: stage, TTL: l.ttl.Milliseconds(), Taken: r.clock.Timestamp(time.Now()),
	}
	if own.Held {
		own.Owner = l.holder
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
// deadline of this machine.
func (l *leases) sendBy(wall time.Time) time.Time {
	return l.end.earliest(wall).Add(-tokenTimeout)
}

// leasedElsewhere reports whether another process holds the lease. The lease has ended if
// its process has, if this process has read it for its TTL, or if it is older than
// maxLeaseAge by the services' time. No other clock is trusted.
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

// hold lets a LeaseStore know that this process is alive. If that fails, the lease ends
// with its TTL as in any other Store.
func (l *leases) hold(ctx context.Context) {
	r := l.record
	s, ok := r.store.(LeaseStore)
	if !ok || l.letGo != nil {
		return
	}
	holder := rand.Text()
	release, err := bounded.Call(ctx, &r.calls, func(ctx context.Context) (func(), error) {
		return s.Hold(ctx, r.key, holder)
	}, func(release func()) { release() })
	if err == nil {
		l.letGo, l.holder = release, holder
	}
}

// unhold ends what hold started. A lease that is left then counts as abandoned.
func (l *leases) unhold() {
	release := l.letGo
	if release == nil {
		return
	}
	l.letGo = nil
	_, _ = bounded.Call(context.Background(), &l.record.calls, func(context.Context) (struct{}, error) {
		release()
		return struct{}{}, nil
	}, nil)
}
