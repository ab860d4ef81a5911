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

// clockError is the largest error that servertime assumes for the clock of a machine.
const clockError = 11 * time.Minute

// TestMergeLimits merges the limits of a record with those of a process whose time is
// second-hand. Entries that are past by every clock, or too far ahead, are ignored.
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
			t.Errorf("after a cooldown that ended 22 minutes ago: %v", err)
		}
		l.sent[StageExchange] = l.sent[StageExchange][:len(l.sent[StageExchange])-1]
		time.Sleep(50 * time.Second)
		l = merged(&r, c, l) // read again
		_ = l.coolDown(StageLogin, time.Hour, rateCooldown, nil)
		s := session{limits: l}
		if r.set(&s, c, time.Now()); r.Clock != (clockReading{}) {
			t.Errorf("written clock = %v, want none, because the time is not confirmed", r.Clock)
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
			t.Errorf("requests written a minute after they were read: %v, want none", sent)
		}
	})
}

// sharedForm compares only the JSON form of timestamps and cooldowns.
var sharedForm = cmp.Options{
	cmpopts.IgnoreFields(servertime.Timestamp{}, "Local", "Seen", "Read"),
	cmpopts.IgnoreUnexported(cooldown{}),
}

// TestOldRequestsAreNotWrittenAgain reads requests of 70 s and of 50 s ago, without knowing
// the services' time. After a response the process writes only the second one.
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

// TestRequestsByAWrongClock checks that sign-ins of a process whose clock is 10 minutes slow,
// and which does not know the services' time, count in a process that knows it.
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
			t.Error("a fifth sign-in is allowed")
		}
	})
}

// TestRequestsOfAnotherMachine reads requests with the time of another machine, which may
// be ahead. They count for a minute from when they were first read.
func TestRequestsOfAnotherMachine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sent := servertime.Timestamp{At: time.Now().UnixMilli(), By: "other"}
		r := record{Limits: map[Stage]limitState{StageLogin: {Sent: sentAt(slices.Repeat([]servertime.Timestamp{sent}, maxSent)...)}}}
		clock := knownClock()
		l := merged(&r, clock, newLimits())
		if err := l.take(StageLogin, 0); err == nil {
			t.Error("one sign-in more is allowed")
		}
		time.Sleep(sentWindow + servertime.Drift)
		l = merged(&r, clock, l)
		if err := l.take(StageLogin, 0); err != nil {
			t.Errorf("a minute after they were read: %v", err)
		}
	})
}

// TestRequestsAreCountedOnce sends two requests in the same millisecond, and merges the
// limits with records from before and after the responses. Each request counts once.
func TestRequestsAreCountedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, own := knownClock(), newLimits()
		var r record
		check := func(want int) {
			t.Helper()
			l := merged(&r, c, own)
			if got := l.sent[StageExchange]; len(got) != want {
				t.Errorf("%d requests count, want %d: %v", len(got), want, got)
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

// TestRequestsAfterAClockStep sets the clock of a machine forward by five minutes after its
// process has sent all requests of the limit: they still count.
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
			t.Error("a fifth sign-in is allowed")
		}
		if r.set(&session{limits: own}, clock, clock.Wall()); len(r.Limits[StageLogin].Sent) != maxSent {
			t.Errorf("written: %v, want %d sign-ins", r.Limits, maxSent)
		}
	})
}

// TestRequestsOfAMinuteAgo checks that requests of this and of another process count for 62 s,
// because the clocks of two machines may differ by two seconds.
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
				t.Errorf("%d requests from %v ago count, want %d", len(got), age, want)
			}
			l = merged(&r, clock, own)
			if all := l.sent[StageLogin]; want == 0 && len(all) > maxSent {
				t.Errorf("an old request of this process is kept: %v", all)
			}
		})
	}
}

// TestRequestsAfterTheTimeIsKnown reads requests that were just sent with a clock that is
// 20 minutes fast. After the process has learned the time they count.
func TestRequestsAfterTheTimeIsKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := servertime.New("me", func() time.Time { return time.Now().Add(20 * time.Minute) })
		r := record{Limits: map[Stage]limitState{StageLogin: {Sent: sentAt(slices.Repeat([]servertime.Timestamp{{At: time.Now().UnixMilli()}}, maxSent)...)}}}
		l := merged(&r, clock, newLimits())
		clock.Update(http.Header{"Date": {time.Now().UTC().Format(http.TimeFormat)}})
		l = merged(&r, clock, l)
		if err := l.take(StageLogin, 0); err == nil {
			t.Error("a fifth sign-in is allowed")
		}
	})
}

// TestRequestsOfOneSecond lets several processes send a request within one second, and so
// learn the time from equal Dates. All of the requests count in each process.
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
				t.Errorf("process %d may send one more request", i)
			}
		}
	})
}

// TestSharedCooldownIsBounded reads a cooldown of 75 minutes several times. It ends an hour
// after it was read first.
func TestSharedCooldownIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := record{Limits: map[Stage]limitState{StageLogin: {Cooldowns: cooldownUntil(servertime.Timestamp{At: time.Now().Add(75 * time.Minute).UnixMilli()})}}}
		l := newLimits()
		for range 13 {
			l = merged(&r, knownClock(), l)
			time.Sleep(maxRetryAfter / 12)
		}
		if err := l.take(StageLogin, 0); err != nil {
			t.Errorf("65 minutes after the first read: %v", err)
		}
	})
}

// TestSharedCooldown reads a sign-in cooldown of a minute of another process. A process that
// does not know the services' time waits for a minute from when it read it.
func TestSharedCooldown(t *testing.T) {
	for _, c := range []struct {
		name      string
		known     bool
		off       time.Duration // of the process's clock
		in        time.Duration // when the cooldown ends
		wantWait  time.Duration
		wantWrite bool
	}{
		{"ends in half an hour", true, 0, 30 * time.Minute, 30 * time.Minute, true},
		{"ended a second ago", true, 0, -time.Second, 0, false},
		{"ends in a day", true, 0, 24 * time.Hour, 0, false},
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
					t.Errorf("the cooldown is written again: %v, want %v", got, c.wantWrite)
				}
				time.Sleep(c.wantWait)
				if err := l.take(StageLogin, 0); err != nil {
					t.Errorf("after %v: %v", c.wantWait, err)
				}
			})
		})
	}
}

// TestCooldownAfterAClockStep writes an own cooldown of a minute and reads it after the clock
// was set: it still lasts a minute.
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
				t.Errorf("clock set by %v: the cooldown lasts %v, want 1m0s", off, got)
			}
		}
	})
}

// TestCooldownEndsInASuspend suspends a machine for eight hours during a cooldown of an hour,
// which must have ended afterwards.
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

// TestRemovedCooldown removes the cooldown of a process from the record, as another process
// does after its request succeeded. The process that was asked to wait still waits, but
// does not write the cooldown again.
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
			t.Errorf("the cooldown is written again: %v", r.Limits)
		}
	})
}

// TestWaitOfOthersIsBounded checks that the wait of other processes is from 15 s to a minute,
// whatever the record contains.
func TestWaitOfOthersIsBounded(t *testing.T) {
	for others, want := range map[time.Duration]time.Duration{
		0: rejectedWait, 30 * time.Second: 30 * time.Second, time.Hour: rateCooldown, -time.Hour: rejectedWait,
	} {
		if got := (cooldown{Others: others.Milliseconds()}).wait(); got != want {
			t.Errorf("wait of a cooldown with others = %v is %v, want %v", others, got, want)
		}
	}
}
