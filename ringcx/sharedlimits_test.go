package ringcx

import (
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ringcx-go/ringcx-go/ringcx/internal/servertime"
)

// clockError is by how much the clock of a machine may be wrong: see servertime.
const clockError = 11 * time.Minute

// TestMergeLimits merges the limits of a record with those of a process that knows the
// services' time from another process only.
func TestMergeLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		ago := func(d time.Duration) servertime.Timestamp {
			return servertime.Timestamp{At: now.Add(-d).UnixMilli()}
		}
		r := record{Limits: map[Stage]limitState{
			StageExchange: {Cooldowns: cooldownUntil(ago(9 * time.Second)), Sent: sentAt(ago(70*time.Second), ago(2*time.Second), ago(2*clockError), ago(-3*clockError))},
			StageRefresh:  {Cooldowns: cooldownUntil(ago(2 * clockError))},
			StageLogout:   {Cooldowns: cooldownUntil(ago(-24 * time.Hour))},
		}}
		c := servertime.New("me", time.Now)
		c.Adopt("me", now, now)
		own := newLimits()
		if err := own.take(StageRefresh, 0); err != nil {
			t.Fatal(err)
		}
		l := merged(&r, c, own)
		if err := l.take(StageRefresh, 0); err != nil {
			t.Errorf("a cooldown of the refresh that ended long ago applies: %v", err)
		}
		l.sent[StageExchange] = l.sent[StageExchange][:len(l.sent[StageExchange])-1]
		time.Sleep(50 * time.Second)
		l = merged(&r, c, l) // read again
		_ = l.coolDown(StageLogin, time.Hour, rateCooldown, nil)
		s := session{limits: l}
		if r.set(&s, c, time.Now()); r.Clock != (clockReading{}) {
			t.Errorf("it writes %v, though it does not know the time", r.Clock)
		}
		want := map[Stage]limitState{
			StageExchange: {Sent: sentAt(servertime.Timestamp{At: now.UnixMilli()}, ago(2*time.Second))},
			StageLogin:    {Cooldowns: cooldownUntil(servertime.Timestamp{At: time.Now().Add(time.Hour).UnixMilli()})},
		}
		if diff := cmp.Diff(want, r.Limits, sharedForm, cmpopts.IgnoreFields(sentRequest{}, "ID"), cmpopts.IgnoreFields(cooldown{}, "Owner", "Since", "Others")); diff != "" {
			t.Errorf("written (-want +got):\n%s", diff)
		}
		time.Sleep(13 * time.Second)
		r.set(&s, c, time.Now())
		if sent := r.Limits[StageExchange].Sent; len(sent) > 0 {
			t.Errorf("requests %v are written a minute after they were read", sent)
		}
	})
}

// sharedForm compares what is written of timestamps and cooldowns.
var sharedForm = cmp.Options{
	cmpopts.IgnoreFields(servertime.Timestamp{}, "Local", "Seen", "Read"),
	cmpopts.IgnoreUnexported(cooldown{}),
}

// TestOldRequestsAreNotWrittenAgain lets a process learn the services' time from the response
// to its own request: what it took for requests of that minute are older ones.
func TestOldRequestsAreNotWrittenAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		old, young := servertime.Timestamp{At: now.Add(-70 * time.Second).UnixMilli()}, servertime.Timestamp{At: now.Add(-50 * time.Second).UnixMilli()}
		r := record{Limits: map[Stage]limitState{StageExchange: {Sent: sentAt(old, young)}}}
		c := servertime.New("me", time.Now)
		s := session{limits: merged(&r, c, newLimits())}
		c.Update(http.Header{"Date": {now.UTC().Format(http.TimeFormat)}})
		r.set(&s, c, now)
		if diff := cmp.Diff(sentAt(old, young)[1:], r.Limits[StageExchange].Sent, sharedForm); diff != "" {
			t.Errorf("written (-want +got):\n%s", diff)
		}
	})
}

// TestRequestsByAWrongClock lets a process with a wrong clock, which no response has
// corrected, sign in as often as it may. A process that knows the time counts that too.
func TestRequestsByAWrongClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := servertime.New("slow", func() time.Time { return time.Now().Add(-10 * time.Minute) })
		writer := session{limits: newLimits()}
		var r record
		for range maxSent {
			if err := writer.limits.take(StageLogin, 0); err != nil {
				t.Fatal(err)
			}
			r.set(&writer, slow, slow.Wall())
		}
		l := merged(&r, knownClock(), newLimits())
		if err := l.take(StageLogin, 0); err == nil {
			t.Error("one sign-in more is allowed")
		}
	})
}

// TestRequestsAreCountedOnce lets a process send two requests in one millisecond, and read
// them from the record as they were before their responses and as they are.
func TestRequestsAreCountedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, own := knownClock(), newLimits()
		var r record
		check := func(want int) {
			t.Helper()
			l := merged(&r, c, own)
			if got := l.sent[StageExchange]; len(got) != want {
				t.Errorf("%d requests, want %d: %v", len(got), want, got)
			}
		}
		send := func(stage Stage) {
			if err := own.take(stage, 0); err != nil {
				t.Fatal(err)
			}
			r.set(&session{limits: own}, c, time.Now()) // as when the lease is acquired
		}
		send(StageRefresh)
		own.finish(StageRefresh, true)
		check(1)
		send(StageExchange)
		time.Sleep(time.Second)
		own.finish(StageExchange, true)
		check(2)
		r.set(&session{limits: own}, c, time.Now())
		check(2)
	})
}

// TestRequestsAfterAClockStep sets the clock of a machine forward after its process has sent
// what it may.
func TestRequestsAfterAClockStep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		off := time.Duration(0)
		clock := servertime.New("me", func() time.Time { return time.Now().Add(off) })
		own := newLimits()
		var r record
		for range maxSent {
			if err := own.take(StageLogin, 0); err != nil {
				t.Fatal(err)
			}
			r.set(&session{limits: own}, clock, clock.Wall())
		}
		off = 5 * time.Minute
		own = merged(&r, clock, own)
		if err := own.take(StageLogin, 0); err == nil {
			t.Error("one sign-in more is allowed")
		}
		if r.set(&session{limits: own}, clock, clock.Wall()); len(r.Limits[StageLogin].Sent) != maxSent {
			t.Errorf("written: %v", r.Limits)
		}
	})
}

// TestRequestsOfAMinuteAgo reads requests of another process that are just over a minute old,
// as is one of this process: by the clocks of two machines a minute is two seconds
// longer.
func TestRequestsOfAMinuteAgo(t *testing.T) {
	for age, want := range map[time.Duration]int{61 * time.Second: maxSent + 1, 63 * time.Second: 0} {
		synctest.Test(t, func(t *testing.T) {
			own := newLimits()
			if err := own.take(StageLogin, 0); err != nil {
				t.Fatal(err)
			}
			own.slack = servertime.Drift
			clock := knownClock()
			ts := clock.Timestamp(time.Now())
			time.Sleep(age)
			r := record{Limits: map[Stage]limitState{StageLogin: {Sent: sentAt(slices.Repeat([]servertime.Timestamp{ts}, maxSent)...)}}}
			l := merged(&r, clock, own)
			got := slices.DeleteFunc(l.sent[StageLogin], func(s sentRequest) bool { return !l.recent(s) })
			if len(got) != want {
				t.Errorf("%d requests of %v ago count, want %d", len(got), age, want)
			}
			l = merged(&r, clock, own)
			if all := l.sent[StageLogin]; want == 0 && len(all) > maxSent {
				t.Errorf("an old request of this process is kept: %v", all)
			}
		})
	}
}

// TestRequestsAfterTheTimeIsKnown lets a process whose clock is ahead read requests that are
// just over by it, and then learn the time.
func TestRequestsAfterTheTimeIsKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := servertime.New("me", func() time.Time { return time.Now().Add(20 * time.Minute) })
		r := record{Limits: map[Stage]limitState{StageLogin: {Sent: sentAt(slices.Repeat([]servertime.Timestamp{{At: time.Now().UnixMilli()}}, maxSent)...)}}}
		l := merged(&r, clock, newLimits())
		clock.Update(http.Header{"Date": {time.Now().UTC().Format(http.TimeFormat)}})
		l = merged(&r, clock, l)
		if err := l.take(StageLogin, 0); err == nil {
			t.Error("one sign-in more is allowed")
		}
	})
}

// TestRequestsOfOneSecond lets processes learn the time from responses of one second, which
// is then the time of their requests.
func TestRequestsOfOneSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r record
		var processes [maxSent]limits
		for i := range processes {
			clock := knownClock()
			empty := newLimits()
			processes[i] = merged(&r, clock, empty)
			if err := processes[i].take(StageExchange, 0); err != nil {
				t.Fatalf("request %d: %v", i+1, err)
			}
			r.set(&session{limits: processes[i]}, clock, time.Now())
			time.Sleep(10 * time.Millisecond)
			clock = knownClock()
			processes[i].finish(StageExchange, true)
			r.set(&session{limits: processes[i]}, clock, time.Now())
		}
		time.Sleep(30 * time.Second)
		for i := range processes {
			l := merged(&r, knownClock(), processes[i])
			if err := l.take(StageExchange, 0); err == nil {
				t.Errorf("process %d sends one more", i)
			}
		}
	})
}

// TestSharedCooldownIsBounded reads a cooldown of more than an hour. It lasts an hour,
// however often the record is read.
func TestSharedCooldownIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := record{Limits: map[Stage]limitState{StageLogin: {Cooldowns: cooldownUntil(servertime.Timestamp{At: time.Now().Add(75 * time.Minute).UnixMilli()})}}}
		l := newLimits()
		for range 13 {
			l = merged(&r, knownClock(), l)
			time.Sleep(maxRetryAfter / 12)
		}
		if err := l.take(StageLogin, 0); err != nil {
			t.Errorf("after more than an hour: %v", err)
		}
	})
}

// TestSharedCooldown reads a cooldown of a minute of another process. A process that does not
// know the services' time waits for the whole minute.
func TestSharedCooldown(t *testing.T) {
	for _, c := range []struct {
		name      string
		known     bool
		off       time.Duration // of the process's clock
		in        time.Duration // when the cooldown ends
		wantWait  time.Duration
		wantWrite bool
	}{
		{"half an hour", true, 0, 30 * time.Minute, 30 * time.Minute, true},
		{"over", true, 0, -time.Second, 0, false},
		{"far beyond an hour", true, 0, 24 * time.Hour, 0, false},
		{"unknown time", false, 0, 30 * time.Second, time.Minute, true},
		{"fast clock", false, 10 * time.Minute, 30 * time.Second, time.Minute, true},
		{"slow clock", false, -10 * time.Minute, -5 * time.Minute, time.Minute, true},
		{"clock that is wrong by hours", false, 3 * time.Hour, 30 * time.Second, time.Minute, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				clock := knownClock()
				if !c.known {
					clock = servertime.New("me", func() time.Time { return time.Now().Add(c.off) })
				}
				now, _ := knownClock().Now()
				until := servertime.Timestamp{At: now.Add(c.in).UnixMilli()}
				r := record{Limits: map[Stage]limitState{StageLogin: {Cooldowns: cooldownUntil(until)}}}
				l := merged(&r, clock, newLimits())
				if got := max(time.Until(l.closedUntil(StageLogin)), 0); got != c.wantWait {
					t.Errorf("the cooldown lasts %v, want %v", got, c.wantWait)
				}
				r.set(&session{limits: l}, clock, time.Now())
				if got := len(r.Limits[StageLogin].Cooldowns) == 1 && r.Limits[StageLogin].Cooldowns[0].Until.Same(until); got != c.wantWrite {
					t.Errorf("written again: %v, want %v", got, c.wantWrite)
				}
				time.Sleep(c.wantWait)
				if err := l.take(StageLogin, 0); err != nil {
					t.Errorf("after %v: %v", c.wantWait, err)
				}
			})
		})
	}
}

// TestCooldownAfterAClockStep lets a process write its own cooldown, and read it after its
// clock was set.
func TestCooldownAfterAClockStep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		off := time.Duration(0)
		clock := servertime.New("me", func() time.Time { return time.Now().Add(off) })
		own := newLimits()
		_ = own.coolDown(StageLogin, time.Minute, rateCooldown, nil)
		var r record
		r.set(&session{limits: own}, clock, time.Now())
		for _, off = range []time.Duration{-10 * time.Minute, 10 * time.Minute} {
			l := merged(&r, clock, own)
			if got := time.Until(l.closedUntil(StageLogin)); got != time.Minute {
				t.Errorf("with a clock that is %v off the cooldown lasts %v, want 1m0s", off, got)
			}
		}
	})
}

// TestCooldownEndsInASuspend suspends a machine for hours in a cooldown of one hour.
func TestCooldownEndsInASuspend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		suspended := time.Duration(0)
		wall := func() time.Time { return time.Now().Add(suspended) }
		clock := servertime.New("me", wall)
		respond := func() { clock.Update(http.Header{"Date": {wall().UTC().Format(http.TimeFormat)}}) }
		respond()
		own := newLimits()
		_ = own.coolDown(StageLogin, time.Hour, rateCooldown, nil)
		var r record
		r.set(&session{limits: own}, clock, wall())
		suspended = 8 * time.Hour
		respond()
		l := merged(&r, clock, own)
		if err := l.take(StageLogin, 0); err != nil {
			t.Error(err)
		}
	})
}

// TestRemovedCooldown lets another process remove a cooldown from the record, because its
// request succeeded. The process that was asked to wait still waits, and does not write
// its cooldown again.
func TestRemovedCooldown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock, own := knownClock(), newLimits()
		own.process = "me"
		_ = own.coolDown(StageRefresh, time.Hour, rateCooldown, nil)
		r := record{Rev: "1"}
		r.set(&session{limits: own}, clock, time.Now())
		own.markShared()
		r.Rev, r.Limits = "2", nil
		l := merged(&r, clock, own)
		if got := time.Until(l.closedUntil(StageRefresh)); got != time.Hour {
			t.Errorf("the cooldown lasts %v, want an hour", got)
		}
		r.set(&session{limits: l}, clock, time.Now())
		if len(r.Limits[StageRefresh].Cooldowns) != 0 {
			t.Errorf("it is written again: %v", r.Limits)
		}
	})
}

// TestWaitOfOthersIsBounded reads how long other processes wait from a record.
func TestWaitOfOthersIsBounded(t *testing.T) {
	for others, want := range map[time.Duration]time.Duration{
		0: rejectedWait, 30 * time.Second: 30 * time.Second, time.Hour: rateCooldown, -time.Hour: rejectedWait,
	} {
		if got := (cooldown{Others: others.Milliseconds()}).wait(); got != want {
			t.Errorf("%v in the record is %v, want %v", others, got, want)
		}
	}
}
