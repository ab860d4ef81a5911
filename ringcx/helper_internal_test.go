package ringcx

import (
	"net/http"
	"testing"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx/internal/servertime"
)

// newTestRecord returns the sharedRecord of process "me" on machine "me". It has no Store.
func newTestRecord(wall func() time.Time) *sharedRecord {
	return newSharedRecord(Config{}, "me", servertime.New("me", wall))
}

// newTestShared returns the sharedRenewer of process "me". Its sharedRecord has no Store.
func newTestShared(t *testing.T, now func() time.Time, transport http.RoundTripper) *sharedRenewer {
	c := newTestChain(t, now, transport)
	c.process = "me"
	r := newSharedRecord(Config{}, "me", c.clock)
	return &sharedRenewer{chain: c, record: r, leases: newLeases(r)}
}

// newTestChain returns the chain of a process without a Store, on machine "me". Its source of
// RingCentral tokens always fails.
func newTestChain(t *testing.T, now func() time.Time, transport http.RoundTripper) *chain {
	t.Helper()
	cache, err := newTokenCache(Config{RingCentral: noSource{}, HTTPClient: &http.Client{Transport: transport}})
	if err != nil {
		t.Fatal(err)
	}
	cache.now = now
	c := chainOf(cache)
	c.clock.SetMachine("me")
	return c
}

// knownClock returns a clock that has just read a Date.
func knownClock() *servertime.Clock {
	c := servertime.New("me", time.Now)
	c.Update(http.Header{"Date": {time.Now().UTC().Format(http.TimeFormat)}})
	return c
}

// merged returns own merged with the limits of the record r.
func merged(r *record, c *servertime.Clock, own limits) limits {
	return own.merge(c, r.Limits, r.Rev == "")
}

// sentAt returns sent requests of a record with these times and different ids.
func sentAt(times ...servertime.Timestamp) (sent []sentRequest) {
	for i, t := range times {
		sent = append(sent, sentRequest{ID: string(rune('a' + i)), Timestamp: t})
	}
	return sent
}

// cooldownUntil returns a cooldown of process "other" that lasts a minute and ends at until.
func cooldownUntil(until servertime.Timestamp) []cooldown {
	return []cooldown{{Owner: "other", Since: servertime.Timestamp{At: until.At - rateCooldown.Milliseconds()}, Until: until}}
}
