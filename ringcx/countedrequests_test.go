package ringcx

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestVoidHits has a process take back requests that reached nobody. They count
// neither for it nor for another one, which has seen them before.
func TestVoidHits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock, own, other := knownClock(), newLimits(), newLimits()
		var r record
		for range maxHits {
			if err := own.take(StageExchange, 0); err != nil {
				t.Fatal(err)
			}
			r.set(&session{limits: own}, clock, time.Now())
			other = r.limits(clock, other)
			own.untake(StageExchange)
		}
		if err := other.take(StageExchange, 0); err != nil {
			t.Errorf("the last one may be on its way, the others are not: %v", err)
		}
		r.set(&session{limits: own}, clock, time.Now())
		for name, l := range map[string]limits{"this process": own, "one that saw them": r.limits(clock, other), "a new one": r.limits(clock, newLimits())} {
			if err := l.take(StageExchange, 0); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// TestOneRequestIsKeptBack sends what the limit allows while the token is valid. One
// request more is allowed when the token has ended.
func TestOneRequestIsKeptBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &engine{now: time.Now, clock: knownClock(), session: session{limits: newLimits()}}
		e.state.Store(newState("token", nil, time.Now(), defaultLife, 0))
		for range maxHits - 1 {
			if err := e.claim(t.Context(), StageExchange); err != nil {
				t.Fatal(err)
			}
		}
		if err := e.claim(t.Context(), StageExchange); err == nil {
			t.Error("the last request is sent while the token is valid")
		}
		e.state.Store(nil)
		if err := e.claim(t.Context(), StageExchange); err != nil {
			t.Errorf("there is no token: %v", err)
		}
		if err := e.claim(t.Context(), StageExchange); err == nil {
			t.Error("a request more than the limit allows is sent")
		}
	})
}
