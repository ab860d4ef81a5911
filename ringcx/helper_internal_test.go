package ringcx

import "time"

// newTestLedger is a ledger without a Store, of the process and the machine "me".
func newTestLedger(wall func() time.Time) *ledger {
	return newLedger(nil, "", "", "me", &serverClock{host: "me", wall: wall})
}

// hits are those of a record, each a request of its own.
func hits(marks ...mark) (hits []sharedHit) {
	for i, m := range marks {
		hits = append(hits, sharedHit{ID: string(rune('a' + i)), mark: m})
	}
	return hits
}

// rests is what another process was asked to wait.
func rests(until mark) []sharedRest {
	return []sharedRest{{Owner: "other", Since: mark{At: until.At - penalty.Milliseconds()}, Until: until}}
}
