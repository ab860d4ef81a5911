package ringcx

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx/internal/servertime"
)

// TestSendByAfterAClockStep sets the wall clock back after the lease was acquired. The lease
// still ends.
func TestSendByAfterAClockStep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := &steppedClock{}
		l := newLeases(newTestRecord(clock.now))
		l.end = deadlineIn(leaseTTL, clock.now())
		clock.off = -time.Hour
		time.Sleep(leaseTTL - tokenTimeout + time.Second)
		if late := time.Now().After(l.sendBy(clock.now())); !late {
			t.Error("a request is sent that may end after the lease")
		}
	})
}

// TestSendByAfterASuspend suspends the machine after the lease was acquired.
func TestSendByAfterASuspend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := &steppedClock{}
		l := newLeases(newTestRecord(clock.now))
		l.end = deadlineIn(leaseTTL, clock.now())
		if late := time.Now().After(l.sendBy(clock.now())); late {
			t.Error("a request is late at once")
		}
		clock.off = time.Minute
		if late := time.Now().After(l.sendBy(clock.now())); !late {
			t.Error("a request is sent after the lease has ended")
		}
	})
}

// TestSuspendEndsALease suspends a machine for hours while another process holds the lease.
func TestSuspendEndsALease(t *testing.T) {
	testSuspendEnds(t, func(c *steppedClock) func() bool {
		l := newLeases(newTestRecord(c.now))
		l.record.record.Lease = &lease{ID: "other-1", Owner: "other", TTL: leaseTTL.Milliseconds()}
		return func() bool { return l.leasedElsewhere(t.Context()) }
	})
}

// TestLeaseBySecondHandTime checks the lease of another process with a clock that is minutes
// off, because another process's reading was. By it a lease that was just taken seems to
// have ended long ago.
func TestLeaseBySecondHandTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLeases(newTestRecord(time.Now))
		now := time.Now()
		l.record.clock.Adopt("me", now, now.Add(20*time.Minute))
		taken := servertime.Timestamp{At: now.UnixMilli()}
		l.record.record.Lease = &lease{ID: "other-1", Owner: "other", TTL: leaseTTL.Milliseconds(), Taken: taken}
		if !l.leasedElsewhere(t.Context()) {
			t.Error("the lease has ended")
		}
	})
}
