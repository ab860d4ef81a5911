package ringcx

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// TestDate has a host find a pair that was bought some time ago, by what the record
// and the host's clocks say.
func TestDate(t *testing.T) {
	for _, c := range []struct {
		name  string
		knows string // how the host knows the time: "", "heard", "answer", or "other": nobody does
		age   time.Duration
		want  time.Duration // the age that it goes by
		guess bool
	}{
		{"known", "answer", 4 * time.Minute, 4 * time.Minute, false},
		{"known, in the future", "answer", -time.Minute, 0, false},
		{"heard", "heard", 4 * time.Minute, 4 * time.Minute, true},
		{"heard, in the future", "heard", -time.Minute, maxLife, true},
		{"in doubt", "", 4 * time.Minute, 4 * time.Minute, true},
		{"in doubt, old", "", 15 * time.Minute, 15 * time.Minute, true},
		{"in doubt, hardly in the future", "", -time.Second, 0, true},
		{"in doubt, in the future", "", -time.Minute, maxLife, true},
		{"by another's clock, in its future", "other", -time.Minute, 0, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newTestLedger(time.Now)
				l.clock.host = "me"
				switch now := time.Now().UnixMilli(); c.knows {
				case "heard":
					l.clock.hear(reading{Host: "me", Wall: now, Time: now})
				case "answer":
					l.clock = knownClock()
				}
				p := pair{access: "a", sent: instant{mark: mark{At: time.Now().Add(-c.age).UnixMilli()}}}
				if c.knows == "other" {
					p.sent.mark.By = "other"
				}
				l.date(&p)
				if got := time.Since(p.sent.at); (got-c.want).Abs() > time.Second || p.guess != c.guess {
					t.Errorf("the age is %v, a guess: %v; want %v, %v", got, p.guess, c.want, c.guess)
				}
			})
		})
	}
}

// TestGuessIsMended has a host learn the time after it has written the record with a
// pair of another one, whose age it took from a wrong clock.
func TestGuessIsMended(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newTestLedger(func() time.Time { return time.Now().Add(-3 * time.Minute) })
		l.record = record{Gen: 5, Rev: "other-1", Access: "theirs", Issued: mark{At: time.Now().Add(-4 * time.Minute).UnixMilli()}}
		s := l.reconcile(session{limits: newLimits()}, time.Now())
		l.wrote = []string{l.record.Rev}
		l.clock.see(http.Header{"Date": {time.Now().UTC().Format(http.TimeFormat)}})
		s = l.reconcile(s, time.Now())
		if age := time.Since(s.pair.sent.at).Round(time.Minute); age != 4*time.Minute || s.pair.guess {
			t.Errorf("the age is %v, a guess: %v", age, s.pair.guess)
		}
	})
}

// TestRingCentralTokenInDoubt has a host not know when the RingCentral token of the
// record ends: to sign in early may end somebody's session, to be late costs a 401.
func TestRingCentralTokenInDoubt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := record{Login: "token", Until: mark{At: time.Now().Add(-10 * time.Minute).UnixMilli()}}
		lost := &serverClock{host: "me", wall: time.Now}
		for _, c := range []*serverClock{lost, knownClock()} {
			s := r.session(c, time.Now(), session{limits: newLimits()})
			if got := s.login.good(time.Now()); got != (c == lost) {
				t.Errorf("it is good: %v", got)
			}
		}
	})
}

// TestLeaseByHearsay has a host know the time from another process, whose reading is
// minutes off. By it a lease that was taken just now looks long dead.
func TestLeaseByHearsay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newTestLedger(time.Now)
		now := time.Now().UnixMilli()
		l.clock.hear(reading{Host: l.clock.host, Wall: now, Time: now + (20 * time.Minute).Milliseconds()})
		l.record.Lease = &lease{ID: "other-1", Owner: "other", TTL: leaseTTL.Milliseconds(), Taken: mark{At: now}}
		if !l.foreignLease(t.Context()) {
			t.Error("the lease is dead")
		}
	})
}
