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
	read bool      // from the record: at is what this host makes of that by now
}

// stamp says how the record gives i.
func (i *instant) stamp(c *serverClock) {
	if i.mark == (mark{}) && !i.at.IsZero() {
		i.mark = c.mark(i.at)
	}
}

// past returns when i was, or when this host first saw it if that is earlier than
// anything that the record may mean, or if this host does not know the time: its own
// clock may be wrong by hours. What happened here is known: no clock that was set
// moves it.
func (i instant) past(c *serverClock) time.Time {
	switch {
	case !i.read:
		return i.slept(c)
	case !c.known():
		return i.seen
	}
	return earlier(i.seen, c.latest(i.mark))
}

// slept returns the time of what happened here, on the monotonic clock. That clock
// stands still while the machine is suspended, which only the services' time shows:
// the host's own clock may have been set.
func (i instant) slept(c *serverClock) time.Time {
	if i.mark == (mark{}) || i.mark.By != "" || !c.sure() {
		return i.at
	}
	if local := c.local(i.mark); i.at.Sub(local) > shortestSleep {
		return local
	}
	return i.at
}

// shortestSleep is what a clock of the services must show to be believed: more than
// the Dates of several servers differ by.
const shortestSleep = 30 * time.Second

// over reports whether i has passed by any clock.
func (i instant) over(c *serverClock) bool {
	return time.Until(i.at) <= 0 && (!c.known() || time.Until(c.latest(i.mark)) <= 0)
}

// clocks is a time on both clocks of this host.
type clocks struct {
	at   time.Time // with a monotonic reading
	wall time.Time // without one
}

func readClocks(wall time.Time) clocks { return clocks{time.Now(), wall.Round(0)} }

// suspended reports whether the machine seems to have been suspended since: its wall
// clock went on by more than the monotonic one. Its wall clock may also have been set
// forward, so that this must lift no limit.
func (c clocks) suspended(wall time.Time) bool {
	return wall.Round(0).Sub(c.wall)-time.Since(c.at) > shortestSleep
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
