package ringcx

import (
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// TestLimitsOfTwoHosts makes one of the limits of a record and of a host's own,
// while only another process of its machine has known the services' time.
func TestLimitsOfTwoHosts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		ago := func(d time.Duration) mark { return mark{At: now.Add(-d).UnixMilli()} }
		r := record{Gates: map[Stage]gate{
			StageExchange: {Rests: rests(ago(9 * time.Second)), Hits: hits(ago(70*time.Second), ago(2*time.Second), ago(2*clockError), ago(-3*clockError))},
			StageRefresh:  {Rests: rests(ago(2 * clockError))},
			StageLogout:   {Rests: rests(ago(-24 * time.Hour))},
		}}
		c := &serverClock{host: "me", wall: time.Now}
		c.hear(reading{Host: "me", Wall: now.UnixMilli(), Time: now.UnixMilli()})
		own := newLimits()
		if err := own.take(StageRefresh, 0); err != nil {
			t.Fatal(err)
		}
		l := r.limits(c, own)
		if err := l.take(StageRefresh, 0); err != nil {
			t.Errorf("the refresh rests for what is long over: %v", err)
		}
		l.hits[StageExchange] = l.hits[StageExchange][:len(l.hits[StageExchange])-1]
		time.Sleep(50 * time.Second)
		l = r.limits(c, l) // read again
		l.rest(StageLogin, time.Hour, penalty)
		s := session{limits: l}
		if r.set(&s, c, time.Now()); r.Clock != (reading{}) {
			t.Errorf("it writes %v, and does not know the time", r.Clock)
		}
		want := map[Stage]gate{
			StageExchange: {Hits: hits(mark{At: now.UnixMilli()}, ago(2*time.Second))},
			StageLogin:    {Rests: rests(mark{At: time.Now().Add(time.Hour).UnixMilli()})},
		}
		if diff := cmp.Diff(want, r.Gates, cmp.AllowUnexported(sharedHit{}), cmpopts.IgnoreFields(sharedHit{}, "ID"), cmpopts.IgnoreFields(sharedRest{}, "Owner", "Since", "Other")); diff != "" {
			t.Errorf("written (-want +got):\n%s", diff)
		}
		time.Sleep(13 * time.Second)
		r.set(&s, c, time.Now())
		if hits := r.Gates[StageExchange].Hits; len(hits) > 0 {
			t.Errorf("hits %v are written a minute after they were seen", hits)
		}
	})
}

// TestOldHitsAreNotWrittenAgain has a host learn the services' time from the answer
// to what it sent: what it took for hits of that minute were older ones.
func TestOldHitsAreNotWrittenAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		old, young := mark{At: now.Add(-70 * time.Second).UnixMilli()}, mark{At: now.Add(-50 * time.Second).UnixMilli()}
		r := record{Gates: map[Stage]gate{StageExchange: {Hits: hits(old, young)}}}
		c := &serverClock{host: "me", wall: time.Now}
		s := session{limits: r.limits(c, newLimits())}
		c.see(http.Header{"Date": {now.UTC().Format(http.TimeFormat)}})
		r.set(&s, c, now)
		if diff := cmp.Diff(hits(old, young)[1:], r.Gates[StageExchange].Hits, cmp.AllowUnexported(sharedHit{})); diff != "" {
			t.Errorf("written (-want +got):\n%s", diff)
		}
	})
}

// TestRoughHits has a host whose clock is wrong, and which no answer has put
// right, sign in as often as it may. A host that knows better counts that too.
func TestRoughHits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := &serverClock{host: "slow", wall: func() time.Time { return time.Now().Add(-10 * time.Minute) }}
		writer := session{limits: newLimits()}
		var r record
		for range maxHits {
			if err := writer.limits.take(StageLogin, 0); err != nil {
				t.Fatal(err)
			}
			r.set(&writer, slow, slow.wall())
		}
		l := r.limits(knownClock(), newLimits())
		if err := l.take(StageLogin, 0); err == nil {
			t.Error("one sign-in more is allowed")
		}
	})
}

// TestHitsAreCountedOnce has a host send two requests in one millisecond, and find
// them in the record as they were before their answers came, and as they are.
func TestHitsAreCountedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, own := knownClock(), newLimits()
		var r record
		find := func(want int) {
			t.Helper()
			if got := r.limits(c, own).hits[StageExchange]; len(got) != want {
				t.Errorf("%d hits, want %d: %v", len(got), want, got)
			}
		}
		send := func(stage Stage) {
			if err := own.take(stage, 0); err != nil {
				t.Fatal(err)
			}
			r.set(&session{limits: own}, c, time.Now()) // the claim
		}
		send(StageRefresh)
		own.arrived(StageRefresh)
		find(1)
		send(StageExchange)
		time.Sleep(time.Second)
		own.arrived(StageExchange)
		find(2)
		r.set(&session{limits: own}, c, time.Now())
		find(2)
	})
}

// TestHitsAfterAClockStep has a host's clock be set forward just after it has sent
// what it may.
func TestHitsAfterAClockStep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		off := time.Duration(0)
		clock := &serverClock{host: "me", wall: func() time.Time { return time.Now().Add(off) }}
		own := newLimits()
		var r record
		for range maxHits {
			if err := own.take(StageLogin, 0); err != nil {
				t.Fatal(err)
			}
			r.set(&session{limits: own}, clock, clock.wall())
		}
		off = 5 * time.Minute
		own = r.limits(clock, own)
		if err := own.take(StageLogin, 0); err == nil {
			t.Error("one sign-in more is allowed")
		}
		if r.set(&session{limits: own}, clock, clock.wall()); len(r.Gates[StageLogin].Hits) != maxHits {
			t.Errorf("others are told of %v", r.Gates)
		}
	})
}

// TestHitsOfAMinuteAgo has a host find hits of another that are just over, and have
// one of its own that is: by two hosts' clocks a minute is two seconds longer.
func TestHitsOfAMinuteAgo(t *testing.T) {
	for age, want := range map[time.Duration]int{61 * time.Second: maxHits + 1, 63 * time.Second: 0} {
		synctest.Test(t, func(t *testing.T) {
			own := newLimits()
			if err := own.take(StageLogin, 0); err != nil {
				t.Fatal(err)
			}
			own.slack = clockDrift
			clock := knownClock()
			m := clock.mark(time.Now())
			time.Sleep(age)
			r := record{Gates: map[Stage]gate{StageLogin: {Hits: hits(slices.Repeat([]mark{m}, maxHits)...)}}}
			l := r.limits(clock, own)
			got := slices.DeleteFunc(l.hits[StageLogin], func(h hit) bool { return !l.recent(h) })
			if len(got) != want {
				t.Errorf("%d hits of %v ago count, want %d", len(got), age, want)
			}
			if all := r.limits(clock, own).hits[StageLogin]; want == 0 && len(all) > maxHits {
				t.Errorf("an own one that is over is kept: %v", all)
			}
		})
	}
}

// TestHitsAfterTheTimeIsKnown has a host whose clock is ahead find hits that are just
// over by it, and then learn the time.
func TestHitsAfterTheTimeIsKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := &serverClock{host: "me", wall: func() time.Time { return time.Now().Add(20 * time.Minute) }}
		r := record{Gates: map[Stage]gate{StageLogin: {Hits: hits(slices.Repeat([]mark{{At: time.Now().UnixMilli()}}, maxHits)...)}}}
		l := r.limits(clock, newLimits())
		clock.see(http.Header{"Date": {time.Now().UTC().Format(http.TimeFormat)}})
		l = r.limits(clock, l)
		if err := l.take(StageLogin, 0); err == nil {
			t.Error("one sign-in more is allowed")
		}
	})
}

// TestHitsOfOneSecond has hosts that learn the time from answers of one second, to
// which the arrival of their requests is then given.
func TestHitsOfOneSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r record
		var hosts [maxHits]limits
		for i := range hosts {
			clock := knownClock()
			hosts[i] = r.limits(clock, newLimits())
			if err := hosts[i].take(StageExchange, 0); err != nil {
				t.Fatalf("request %d: %v", i+1, err)
			}
			r.set(&session{limits: hosts[i]}, clock, time.Now())
			time.Sleep(10 * time.Millisecond)
			clock = knownClock()
			hosts[i].arrived(StageExchange)
			r.set(&session{limits: hosts[i]}, clock, time.Now())
		}
		time.Sleep(30 * time.Second)
		for i := range hosts {
			l := r.limits(knownClock(), hosts[i])
			if err := l.take(StageExchange, 0); err == nil {
				t.Errorf("host %d sends one more", i)
			}
		}
	})
}
