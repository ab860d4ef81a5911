package ringcx

import "time"

// instant is a point in time: on this host's monotonic clock, and as the record
// gives it. A host writes what it has read in the same words, so that no host's
// clock moves anything there.
type instant struct {
	at     time.Time
	seen   time.Time // when this host first saw it; zero: nobody asked
	shared int64     // in milliseconds of the services' time; 0: not in the record yet
	rough  bool      // shared is by the clock of a host that did not know that time
}

// stamp says how the record gives i.
func (i *instant) stamp(c *serverClock) {
	if i.shared == 0 && !i.at.IsZero() {
		_, known := c.now()
		i.shared, i.rough = c.server(i.at), !known
	}
}

// past returns when i was at the latest: when this host first saw it, or where that
// is earlier, what the record says.
func (i instant) past(c *serverClock) time.Time {
	if i.shared == 0 {
		return i.at
	}
	return earlier(i.at, c.latest(i.shared, i.rough))
}

// known returns the one of list that the record gives as ms. It is what this
// host made of it at first sight.
func known(list []instant, ms int64) (instant, bool) {
	for _, i := range list {
		if i.shared == ms {
			return i, true
		}
	}
	return instant{}, false
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
