package ringcx

import "time"

// mark is a time in the record, in milliseconds since 1970: by the clock of the
// services, or by that of a host where its process did not know theirs.
type mark struct {
	At int64  `json:"at"`
	By string `json:"by,omitempty"` // the host; empty: the services
}

// instant is a point in time: on this host's monotonic clock, and as the record
// gives it. A host writes what it has read in the same words, so that no host's
// clock moves anything there.
type instant struct {
	at   time.Time
	seen time.Time // when this host first saw it in the record, or was told to rest
	mark mark      // zero: not in the record yet
	was  mark      // in the record, before this one
	read bool      // from the record: at is what this host makes of that by now
}

// stamp says how the record gives i.
func (i *instant) stamp(c *serverClock) {
	if i.mark == (mark{}) && !i.at.IsZero() {
		i.mark = c.mark(i.at)
	}
}

// past returns when i was, or this host's first sight of it where that is earlier
// than anything that the record may mean. What happened here is known: no clock
// that was set moves it.
func (i instant) past(c *serverClock) time.Time {
	if !i.read {
		return i.at
	}
	return earlier(i.seen, c.latest(i.mark))
}

// over reports whether i has passed by any clock.
func (i instant) over(c *serverClock) bool {
	return time.Until(i.at) <= 0 && time.Until(c.latest(i.mark)) <= 0
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
