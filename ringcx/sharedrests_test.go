package ringcx

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// TestRestIsBounded has a record say that a stage rests for more than an hour. It
// does not, however often the record is read.
func TestRestIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := record{Gates: map[Stage]gate{StageLogin: {NotBefore: mark{At: time.Now().Add(75 * time.Minute).UnixMilli()}}}}
		l := newLimits()
		for range 13 {
			l = r.limits(knownClock(), l)
			time.Sleep(maxRetryAfter / 12)
		}
		if err := l.take(StageLogin); err != nil {
			t.Errorf("after more than an hour: %v", err)
		}
	})
}

// TestRestOfAnotherHost has a host find one, by its own clock and by that of the
// services. What another clock may say is not over is kept for others.
func TestRestOfAnotherHost(t *testing.T) {
	for _, c := range []struct {
		name      string
		off       time.Duration // of the host's clock, which no answer has put right
		in        time.Duration // when the rest is over
		wantRest  time.Duration
		wantWrite bool
	}{
		{"half an hour", 0, 30 * time.Minute, 30 * time.Minute, true},
		{"over by a fast clock", 10 * time.Minute, 5 * time.Minute, 0, true},
		{"over by a slow clock", -10 * time.Minute, -5 * time.Minute, 5 * time.Minute, true},
		{"over by any clock", 0, -12 * time.Minute, 0, false},
		{"far beyond an hour", 0, 24 * time.Hour, 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				clock := &serverClock{host: "me", wall: func() time.Time { return time.Now().Add(c.off) }}
				m := mark{At: time.Now().Add(c.in).UnixMilli()}
				r := record{Gates: map[Stage]gate{StageLogin: {NotBefore: m}}}
				l := r.limits(clock, newLimits())
				if got := max(time.Until(l.restUntil[StageLogin].at), 0); got != c.wantRest {
					t.Errorf("it rests for %v, want %v", got, c.wantRest)
				}
				r.set(&session{limits: l}, clock, time.Now())
				if got := r.Gates[StageLogin].NotBefore == m; got != c.wantWrite {
					t.Errorf("written again: %v, want %v", got, c.wantWrite)
				}
			})
		})
	}
}

// TestRestAfterAClockStep has a host write its own rest, and read it after its clock
// was set.
func TestRestAfterAClockStep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		off := time.Duration(0)
		clock := &serverClock{host: "me", wall: func() time.Time { return time.Now().Add(off) }}
		own := newLimits()
		own.rest(StageLogin, time.Minute)
		var r record
		r.set(&session{limits: own}, clock, time.Now())
		for _, off = range []time.Duration{-10 * time.Minute, 10 * time.Minute} {
			l := r.limits(clock, own)
			if got := time.Until(l.restUntil[StageLogin].at); got != time.Minute {
				t.Errorf("with a clock that is %v off it rests for %v, want 1m0s", off, got)
			}
		}
	})
}

// TestRestIsSleptAway has a machine sleep for hours after it was told to wait for one.
func TestRestIsSleptAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slept := time.Duration(0)
		wall := func() time.Time { return time.Now().Add(slept) }
		clock := &serverClock{host: "me", wall: wall}
		answer := func() { clock.see(http.Header{"Date": {wall().UTC().Format(http.TimeFormat)}}) }
		answer()
		own := newLimits()
		own.rest(StageLogin, time.Hour)
		var r record
		r.set(&session{limits: own}, clock, wall())
		slept = 8 * time.Hour
		answer()
		l := r.limits(clock, own)
		if err := l.take(StageLogin); err != nil {
			t.Error(err)
		}
	})
}
