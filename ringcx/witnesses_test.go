package ringcx

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestWitnesses has other processes be told to wait for an hour. One or two of them
// stop the others for a minute, and each further one doubles that. What this process
// was told binds it in full, as does any rest of the sign-in.
func TestWitnesses(t *testing.T) {
	for _, c := range []struct {
		name   string
		stage  Stage
		owners []string
		want   time.Duration
	}{
		{"one", StageExchange, []string{"a"}, time.Minute},
		{"two", StageExchange, []string{"a", "b"}, time.Minute},
		{"three", StageExchange, []string{"a", "b", "c"}, 2 * time.Minute},
		{"five", StageExchange, []string{"a", "b", "c", "d", "e"}, 8 * time.Minute},
		{"this one", StageExchange, []string{"me"}, time.Hour},
		{"this one and another", StageExchange, []string{"me", "a"}, time.Hour},
		{"the sign-in", StageLogin, []string{"a"}, time.Hour},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var r record
				l := newLimits()
				for _, owner := range c.owners {
					l.owner = owner
					l.rest(c.stage, time.Hour, penalty)
				}
				l.owner = "me"
				r.set(&session{limits: l}, knownClock(), time.Now())
				l = r.limits(knownClock(), l)
				if got := time.Until(l.closedUntil(c.stage)); got != c.want {
					t.Errorf("nothing is sent for %v, want %v", got, c.want)
				}
				l.succeeded(c.stage)
				if err := l.take(c.stage, 0); err != nil {
					t.Errorf("after a success: %v", err)
				}
			})
		})
	}
}

// TestShorterRest has a process be told to wait for an hour, and then for a minute.
func TestShorterRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimits()
		l.rest(StageRefresh, time.Hour, penalty)
		l.rest(StageRefresh, time.Minute, penalty)
		if got := time.Until(l.closedUntil(StageRefresh)); got != time.Hour || len(l.rests[StageRefresh]) != 1 {
			t.Errorf("it rests for %v: %v", got, l.rests)
		}
	})
}

// TestRemovedRest has another process remove a rest from the record, because it has
// succeeded. The process that was told to wait does so, and does not write it again.
func TestRemovedRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock, own := knownClock(), newLimits()
		own.owner = "me"
		own.rest(StageRefresh, time.Hour, penalty)
		r := record{Rev: "1"}
		r.set(&session{limits: own}, clock, time.Now())
		own.written()
		r.Rev, r.Gates = "2", nil
		l := r.limits(clock, own)
		if got := time.Until(l.closedUntil(StageRefresh)); got != time.Hour {
			t.Errorf("it rests for %v, want an hour", got)
		}
		r.set(&session{limits: l}, clock, time.Now())
		if len(r.Gates[StageRefresh].Rests) != 0 {
			t.Errorf("it is written again: %v", r.Gates)
		}
	})
}

// TestRestOfOthersIsBounded has a record say how long the other processes wait.
func TestRestOfOthersIsBounded(t *testing.T) {
	for says, want := range map[time.Duration]time.Duration{
		0: rejectedPause, 30 * time.Second: 30 * time.Second, time.Hour: penalty, -time.Hour: rejectedPause,
	} {
		if got := (sharedRest{Other: says.Milliseconds()}).others(); got != want {
			t.Errorf("%v in the record is %v, want %v", says, got, want)
		}
	}
}

// TestRestByAnUnknownClock has a wall clock be set forward while the services' time is
// not known. A rest goes on.
func TestRestByAnUnknownClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := &serverClock{host: "me", wall: func() time.Time { return time.Now().Add(3 * time.Hour) }}
		over := time.Now().Add(time.Hour)
		i := instant{at: over, mark: mark{At: over.UnixMilli()}}
		if got := i.slept(clock); !got.Equal(over) {
			t.Errorf("it is over in %v, want an hour", time.Until(got))
		}
	})
}
