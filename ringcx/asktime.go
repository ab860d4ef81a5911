package ringcx

import (
	"context"
	"net/http"
	"time"
)

const (
	askTimeout = 3 * time.Second
	askAgain   = time.Minute // after nobody said
)

// inDoubt reports whether this host would say more of the record if it knew the
// time. What another one is doing at this moment, by any clock, it waits for.
func (l *ledger) inDoubt() bool {
	if l.clock.sure() || l.record.Rev == "" {
		return false
	}
	lease := l.record.Lease
	if lease == nil || l.ownLease() {
		return true
	}
	age := time.Since(l.clock.local(lease.Taken))
	return age < -clockDrift || age > leaseTTL
}

// askTime asks RingCX what time it is, and reports whether it was told. A host asks
// when it finds nothing good in the record and would renew: by a wrong clock a pair
// looks dead that is good, and limits seem over that are not. The request has no
// token, and what is answered does not matter.
//
// Source: RFC 9110, section 6.6.1, which asks for a Date in every answer but those of
// status 1xx and 5xx.
func (e *engine) askTime(ctx context.Context) bool {
	if time.Since(e.asked) < askAgain {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, e.server, nil)
	if err != nil {
		return false
	}
	req.Header["User-Agent"] = e.agent
	req.Header.Set("Cache-Control", "no-cache")
	client := *e.client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if resp, err := client.Do(req); err == nil {
		resp.Body.Close()
		e.clock.see(resp.Header)
	}
	told := e.clock.sure()
	if !told {
		e.asked = time.Now()
	}
	return told
}
