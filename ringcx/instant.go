package ringcx

import "time"

// instant is a point in time: on this host's monotonic clock, and as the record
// gives it. A host writes what it has read in the same words, so that no host's
// clock moves anything there.
type instant struct {
	at     time.Time
	shared int64 // in milliseconds of the services' time; 0: not in the record yet
}

// stamp says how the record gives i.
func (i *instant) stamp(c *serverClock) {
	if i.shared == 0 && !i.at.IsZero() {
		i.shared = c.server(i.at)
	}
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
