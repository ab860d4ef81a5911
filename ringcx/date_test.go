package ringcx

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestDate has a host find a pair that was bought some time ago, by what the record
// and the host's clocks say.
func TestDate(t *testing.T) {
	for _, c := range []struct {
		name  string
		knows string // how the host knows the time: "", "heard" or "answer"
		age   time.Duration
		want  time.Duration // the age that it goes by
		guess bool
	}{
		{"known", "answer", 4 * time.Minute, 4 * time.Minute, false},
		{"known, in the future", "answer", -time.Minute, 0, false},
		{"heard", "heard", 4 * time.Minute, 4 * time.Minute, true},
		{"in doubt, young", "", 4 * time.Minute, 0, true},
		{"in doubt, may be dead", "", 15 * time.Minute, 0, true},
		{"in doubt, dead", "", 17 * time.Minute, maxLife, true},
		{"in doubt, in the future", "", -10 * time.Minute, 0, true},
		{"in doubt, in no possible future", "", -12 * time.Minute, maxLife, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLedger(nil, "", time.Now)
				l.clock.host = "me"
				switch now := time.Now().UnixMilli(); c.knows {
				case "heard":
					l.clock.hear(reading{Host: "me", Wall: now, Time: now})
				case "answer":
					l.clock = knownClock()
				}
				p := pair{access: "a", sent: instant{mark: mark{At: time.Now().Add(-c.age).UnixMilli()}}}
				l.date(&p, pair{})
				if got := time.Since(p.sent.at); (got-c.want).Abs() > time.Second || p.guess != c.guess {
					t.Errorf("the age is %v, a guess: %v; want %v, %v", got, p.guess, c.want, c.guess)
				}
			})
		})
	}
}
