package ringcx

import (
	"encoding/json"
	"testing"
	"time"
)

// FuzzRecord reads anything that a Store may return. What is read is within
// bounds, and written it reads as the same.
func FuzzRecord(f *testing.F) {
	f.Add([]byte(`{"gen":3,"access":"a","refresh":"r","issued":{"at":1700000000000},"rc":"t","rc_until":{"at":1700000000000,"by":"other"},"gates":{"login":{"rests":[{"owner":"o","since":{"at":1},"until":{"at":99999999999999}}],"hits":[{"id":"a","at":1,"by":"me"},{"id":"b","at":2,"end":"void"}]}},"roster":{"o":{"since":{"at":-1},"seen":{"at":9223372036854775807}}},"life":-1,"clock":{"host":"me","time":9223372036854775807},"new":{"a":1}}`))
	f.Add([]byte(`{"gen":-9223372036854775808,"issued":{"at":9223372036854775807},"lease":{"ttl":-1,"taken":{"at":1}}}`))
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
		l := &ledger{record: r, clock: &serverClock{host: "me", wall: time.Now}}
		s := l.reconcile(session{limits: newLimits()}, time.Now())
		for stage := range s.limits.rests {
			if rests := time.Until(s.limits.closedUntil(stage)); rests > maxRetryAfter {
				t.Errorf("%s rests for %v", stage, rests)
			}
		}
		if s.pair.sent.at.After(time.Now()) {
			t.Error("the pair was asked for in the future")
		}
	})
}
