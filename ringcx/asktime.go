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

// askTime asks RingCX what time it is, where this host does not know it for sure,
// and reports whether it was told. A host asks when it finds nothing good in the
// record and would renew: by a wrong clock a pair looks dead that is good, and limits
// seem over that are not. The request has no token, and what is answered does not
// matter.
//
// Source: RFC 9110, section 6.6.1, which asks for a Date in every answer but those of
// status 1xx and 5xx.
func (e *engine) askTime(ctx context.Context) bool {
	clock := e.ledger.clock
	if clock.sure() || time.Since(e.asked) < askAgain {
		return false
	}
	e.asked = time.Now()
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, e.server, nil)
	if err != nil {
		return false
	}
	req.Header["User-Agent"] = e.agent
	client := *e.client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.Do(req)
	if err != nil {
		return false // what follows will say so
	}
	resp.Body.Close()
	clock.see(resp.Header)
	return clock.sure()
}
