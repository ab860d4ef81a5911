package ringcx

import (
	"net/http"
	"sync"
	"time"
)

// serverClock tells the time of the services as their answers do. Hosts agree
// on it, whatever their own clocks say: a shared record holds no other time.
type serverClock struct {
	wall func() time.Time // the host's own clock

	mu   sync.Mutex
	date time.Time     // of the services, at seen
	seen time.Time     // on the monotonic clock; zero: never
	then time.Time     // seen on the host's own clock
	odd  time.Duration // by which the last Date was off; 0: it was not

	hearsay bool // date is what another process knew
}

const (
	clockFresh = time.Minute      // how long a Date is not read again
	clockTrust = 10 * time.Minute // how long it is good enough
	clockDrift = 2 * time.Second  // by which the host's two clocks may differ
	clockSkew  = 15 * time.Minute // by which the clocks of hosts may differ: more is not to be helped
)

// see reads the Date of an answer that has just come. The second that it names
// has begun: half of it is over on average.
func (c *serverClock) see(h http.Header) {
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return
	}
	date = date.Add(500 * time.Millisecond)
	expected, known := c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	off := date.Sub(expected)
	if known && !c.hearsay && off.Abs() > clockDrift && (off-c.odd).Abs() > clockDrift {
		c.odd = off // one server of many may be wrong: the next one decides
		return
	}
	c.date, c.seen, c.then, c.odd, c.hearsay = date, time.Now(), c.wall(), 0, false
}

// hear sets a clock that was never known by what another process of this machine
// knew: how far the services' time is ahead of the machine's. Later it would not
// do: the machine's clock may have been set in between.
func (c *serverClock) hear(ahead time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.seen.IsZero() {
		return
	}
	c.then, c.seen, c.odd, c.hearsay = c.wall(), time.Now(), 0, true
	c.date = c.then.Add(ahead)
}

// now is the time of the services, and whether it is known. It is not where no
// answer came for long, or where the machine slept or its clock was set since.
func (c *serverClock) now() (time.Time, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	elapsed := time.Since(c.seen)
	drift := (c.wall().Sub(c.then) - elapsed).Abs()
	if c.seen.IsZero() || elapsed > clockTrust || drift > clockDrift {
		return c.wall(), false
	}
	return c.date.Add(elapsed), true
}

// wants reports whether the next answer's Date should be read.
func (c *serverClock) wants() (known, wants bool) {
	_, known = c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	return known, !known || c.hearsay || time.Since(c.seen) > clockFresh
}

// local is when a time of the services comes, on the monotonic clock.
func (c *serverClock) local(ms int64) time.Time {
	now, _ := c.now()
	return time.Now().Add(time.UnixMilli(ms).Sub(now))
}

// latest is when a time of the services comes, at the latest. A rough one was
// written by a host that did not know their time, no more than this host may.
func (c *serverClock) latest(ms int64, rough bool) time.Time {
	if c.exact(rough) {
		return c.local(ms)
	}
	return c.local(ms).Add(clockSkew)
}

// exact reports whether a time of the record means the same here and there.
func (c *serverClock) exact(rough bool) bool {
	_, known := c.now()
	return known && !rough
}

// server is a time of the monotonic clock as the services would give it.
func (c *serverClock) server(at time.Time) int64 {
	now, _ := c.now()
	return now.Add(time.Until(at)).UnixMilli()
}
