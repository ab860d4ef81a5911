package ringcx

import (
	"encoding/json"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// FuzzRecord reads anything that a Store may return. What is read is within
// bounds, and written it reads as the same.
func FuzzRecord(f *testing.F) {
	f.Add([]byte(`{"gen":3,"access":"a","refresh":"r","issued":1700000000000,"rc":"t","rc_until":1700000000000,"gates":{"login":{"not_before":99999999999999,"hits":[1,2]}},"new":{"a":1}}`))
	f.Add([]byte(`{"gen":-9223372036854775808,"issued":9223372036854775807,"lease":{"ttl":-1,"taken":1}}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var r record
		if json.Unmarshal(data, &r) != nil {
			return
		}
		written, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var again record
		if err := json.Unmarshal(written, &again); err != nil {
			t.Fatalf("%s: %v", written, err)
		}
		if twice, err := json.Marshal(again); err != nil || string(twice) != string(written) {
			t.Errorf("%s, then %s, %v", written, twice, err)
		}
		l := &ledger{record: r, clock: &serverClock{wall: time.Now}}
		s := l.reconcile(session{limits: newLimits()}, time.Now())
		for stage, until := range s.limits.restUntil {
			if time.Until(until.at) > maxRetryAfter {
				t.Errorf("%s rests for %v", stage, time.Until(until.at))
			}
		}
		if s.pair.sent.at.After(time.Now()) {
			t.Error("the pair was asked for in the future")
		}
	})
}

// TestServerClock follows the services' time, whatever the host's clock says.
func TestServerClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		skew := 10 * time.Minute
		c := &serverClock{wall: func() time.Time { return time.Now().Add(skew) }}
		answer := func(off time.Duration) {
			c.see(http.Header{"Date": {time.Now().Add(off).UTC().Format(http.TimeFormat)}})
		}
		check := func(when string, wantKnown bool, want time.Duration) {
			t.Helper()
			now, known := c.now()
			if off := time.Until(now); known != wantKnown || (off-want).Abs() > time.Second {
				t.Errorf("%s: known %v, off by %v, want %v, %v", when, known, off, wantKnown, want)
			}
		}
		check("before an answer", false, skew)
		answer(0)
		time.Sleep(5 * time.Minute)
		check("after an answer", true, 0)
		answer(-10 * time.Minute)
		check("after one odd answer", true, 0)
		answer(-10 * time.Minute)
		check("after two of the same", true, -10*time.Minute)
		answer(0)
		answer(0)
		check("back again", true, 0)
		skew = 0
		check("after the host's clock was set", false, 0)
		answer(0)
		time.Sleep(11 * time.Minute)
		check("long after the last answer", false, 0)
	})
}

// knownClock is one that has just read a Date.
func knownClock() *serverClock {
	c := &serverClock{wall: time.Now}
	c.see(http.Header{"Date": {time.Now().UTC().Format(http.TimeFormat)}})
	return c
}

// TestRestIsBounded has a record say that a stage rests for days. It does not,
// however often the record is read.
func TestRestIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := record{Gates: map[Stage]gate{StageLogin: {NotBefore: time.Now().Add(72 * time.Hour).UnixMilli()}}}
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

// TestRoughHits has a host whose clock is wrong, and which no answer has put
// right, sign in as often as it may. A host that knows better counts that too.
func TestRoughHits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := &serverClock{wall: func() time.Time { return time.Now().Add(-10 * time.Minute) }}
		writer := session{limits: newLimits()}
		var r record
		for range maxHits {
			if err := writer.limits.take(StageLogin); err != nil {
				t.Fatal(err)
			}
			r.set(&writer, slow, slow.wall())
		}
		l := r.limits(knownClock(), newLimits())
		if err := l.take(StageLogin); err == nil {
			t.Error("one sign-in more is allowed")
		}
	})
}
