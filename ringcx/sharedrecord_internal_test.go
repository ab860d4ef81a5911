package ringcx

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx/internal/servertime"
)

// TestSendByAfterAClockStep sets the wall clock back by an hour after the lease was acquired:
// the time until which a request must be sent does not move.
func TestSendByAfterAClockStep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := &steppedClock{}
		l := newLeases(newTestRecord(clock.now))
		l.end = deadlineIn(leaseTTL, clock.now())
		clock.off = -time.Hour
		time.Sleep(leaseTTL - tokenTimeout + time.Second)
		if !time.Now().After(l.sendBy(clock.now())) {
			t.Error("sendBy allows a request that may end after the lease")
		}
	})
}

// TestSendByAfterASuspend suspends the machine for a minute after the lease was acquired: no
// request may be sent.
func TestSendByAfterASuspend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := &steppedClock{}
		l := newLeases(newTestRecord(clock.now))
		l.end = deadlineIn(leaseTTL, clock.now())
		if time.Now().After(l.sendBy(clock.now())) {
			t.Error("sendBy allows no request directly after the lease was acquired")
		}
		clock.off = time.Minute
		if !time.Now().After(l.sendBy(clock.now())) {
			t.Error("sendBy allows a request after the lease has ended")
		}
	})
}

// TestSuspendEndsALease suspends a machine for hours while another process has the lease.
func TestSuspendEndsALease(t *testing.T) {
	testSuspendEnds(t, func(c *steppedClock) func() bool {
		l := newLeases(newTestRecord(c.now))
		l.record.record.Lease = &lease{ID: "other-1", Owner: "other", TTL: leaseTTL.Milliseconds()}
		return func() bool { return l.leasedElsewhere(t.Context()) }
	})
}

// TestLeaseBySecondHandTime checks the lease of another process with a second-hand time that
// is 20 minutes ahead. By that time the lease is too old, but only a time from a response
// may end it.
func TestLeaseBySecondHandTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLeases(newTestRecord(time.Now))
		now := time.Now()
		l.record.clock.Adopt("me", now, now.Add(20*time.Minute))
		taken := servertime.Timestamp{At: now.UnixMilli()}
		l.record.record.Lease = &lease{ID: "other-1", Owner: "other", TTL: leaseTTL.Milliseconds(), Taken: taken}
		if !l.leasedElsewhere(t.Context()) {
			t.Error("leasedElsewhere = false, want true")
		}
	})
}
