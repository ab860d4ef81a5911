package ringcx

import (
	"context"
	"time"
)

const (
	shortOutage = time.Minute // of the Store: nobody's token ends in it
	aloneSpread = defaultLife // over which hosts go on without it: all have a token that ends at once
)

// alone says when this host may go on without the Store.
type alone struct {
	on     bool      // this flight does
	began  time.Time // the outage
	from   time.Time // no flight does before
	failed int       // tries in it
}

// draw sets the time of the first try in an outage.
func (a *alone) draw(began time.Time, jitter float64) {
	if a.began != began {
		*a = alone{began: began, from: began.Add(shortOutage + time.Duration(jitter*float64(aloneSpread)))}
	}
}

// put sets the time of the next try. The wait doubles each time, because a fleet may
// be larger than what RingCX sells tokens to.
func (a *alone) put(jitter float64) {
	wait := aloneSpread << min(a.failed, 4)
	a.failed++
	a.from = time.Now().Add(time.Duration((0.5 + jitter) * float64(wait)))
}

// renewAlone is what a host may do while the Store is down: use its token, and
// buy one more with the RingCentral token that it holds, about once in a token's
// life. It neither spends a refresh token, which is everybody's, nor signs in. Each
// host draws its own time for it: RingCX sells five tokens a minute.
func (e *engine) renewAlone(ctx context.Context, down error) (*state, error) {
	e.alone.draw(e.ledger.down, e.jitter())
	if time.Now().Before(e.alone.from) || e.state.Load().phase(e.now()) != expired || !e.session.login.good(e.now()) {
		return nil, down
	}
	e.alone.on = true
	shared, pending := e.session, e.ledger.pending
	st, _, err := e.exchange(ctx)
	e.alone.on, e.ledger.pending = false, pending
	e.session.gen, e.session.pair, e.session.refresh = shared.gen, shared.pair, shared.refresh // nobody will hear of the new ones
	if err != nil {
		e.alone.put(e.jitter())
	}
	return st, err
}
