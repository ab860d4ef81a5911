package ringcx

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestOwnLeaseAfterAClockStep sets the wall clock back between a claim and its request.
// The lease still ends.
func TestOwnLeaseAfterAClockStep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := &steppedClock{}
		e := &engine{now: clock.now, ledger: newTestLedger(clock.now)}
		e.ledger.leaseEnd = at(clock.now().Add(leaseTTL))
		e.ledger.leaseEnd.at = time.Now().Add(leaseTTL)
		clock.off = -time.Hour
		time.Sleep(leaseTTL - tokenTimeout + time.Second)
		if late := time.Now().After(e.sendBy()); !late {
			t.Error("a request is sent though its end is after that of the lease")
		}
	})
}

// TestRecordLife has a record say how long its token lives.
func TestRecordLife(t *testing.T) {
	for life, want := range map[time.Duration]time.Duration{
		0: defaultLife, 20 * time.Second: 20 * time.Second, maxLife: maxLife, 1000 * time.Hour: defaultLife, -time.Hour: defaultLife,
	} {
		r := record{Access: "no JWT", Life: life.Milliseconds()}
		if got := r.life(); got != want {
			t.Errorf("a life of %v is %v, want %v", life, got, want)
		}
	}
}

// TestLifetimeOfASlowResponse has a response take 9 s, so that its date is that much
// later than iat: the token lives as long as it says.
func TestLifetimeOfASlowResponse(t *testing.T) {
	issued, token := time.Unix(1700000000, 0), jwt(`{"iat":1700000000,"exp":1700000300}`)
	if got := lifetime(token, issued.Add(9*time.Second), 9*time.Second); got != 5*time.Minute {
		t.Errorf("it lives for %v, want 5m0s", got)
	}
}
