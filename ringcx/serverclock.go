package ringcx

import (
	"cmp"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
)

// serverClock tells the time of the services as their answers do. Hosts agree
// on it, whatever their own clocks say.
type serverClock struct {
	host string           // of all processes that share its own clock
	wall func() time.Time // that clock

	mu   sync.Mutex
	date time.Time     // of the services, at seen
	seen time.Time     // on the monotonic clock; zero: never
	then time.Time     // seen on the host's own clock
	odd  time.Duration // by which the last Date was off; 0: it was not

	hearsay bool // date is what another process knew
}

// hostOf names what the process of owner shares its clock with: on Linux the boot
// of the machine, which its containers have in common, and elsewhere nothing. Several
// machines may have one host name.
func hostOf(owner string) string {
	boot, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return cmp.Or(strings.TrimSpace(string(boot)), owner)
}

// reading is what a process knew of the services' time. Others of its host can
// tell the time by it.
type reading struct {
	Host string `json:"host"`
	Wall int64  `json:"wall"` // what the host's own clock said, in milliseconds
	Time int64  `json:"time"` // and what the services'
}

const (
	clockFresh = time.Minute      // how long a Date is not read again
	clockTrust = time.Hour        // how long it is good enough: by then the two clocks differ by less than clockDrift
	clockDrift = 2 * time.Second  // by which the host's two clocks may differ
	clockError = 11 * time.Minute // of a host's own clock, at most: more is not to be helped
)

// see reads the Date of an answer that has just come, and from no cache. The second
// that it names has begun: half of it is over on average.
func (c *serverClock) see(h http.Header) {
	date := dateOf(h)
	if date.IsZero() {
		return
	}
	date = date.Add(500 * time.Millisecond)
	c.mu.Lock()
	defer c.mu.Unlock()
	expected, known := c.tell()
	off := date.Sub(expected)
	if known && !c.hearsay && off.Abs() > clockDrift && (off-c.odd).Abs() > clockDrift {
		c.odd = off // one server of many may be wrong: the next one decides
		return
	}
	c.date, c.seen, c.then, c.odd, c.hearsay = date, time.Now(), c.wall(), 0, false
}

// dateOf is the Date of a response that comes from no cache, or zero.
func dateOf(h http.Header) time.Time {
	date, err := http.ParseTime(h.Get("Date"))
	if age := h.Get("Age"); err != nil || age != "" && age != "0" {
		return time.Time{}
	}
	return date
}

// hear sets a clock that is not known by what another process of this host knew in
// the last hour. Where that seems to be yet to come, the host's clock was set back
// since. One that was set by less goes unnoticed, until an answer comes; but what
// this process noticed has made worthless all that was read before.
func (c *serverClock) hear(r reading) {
	c.mu.Lock()
	defer c.mu.Unlock()
	wall, read := c.wall(), time.UnixMilli(r.Wall)
	age := wall.Sub(read)
	if _, known := c.tell(); known || c.drift() > clockDrift || r.Host != c.host || age < -clockDrift || age > maxLife {
		return
	}
	c.then, c.seen, c.odd, c.hearsay = wall, time.Now(), 0, true
	c.date = wall.Add(time.UnixMilli(r.Time).Sub(read))
}

// reading is for others to hear, where an answer says what the time is.
func (c *serverClock) reading() (r reading, sure bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now, known := c.tell()
	return reading{Host: c.host, Wall: c.wall().UnixMilli(), Time: now.UnixMilli()}, known && !c.hearsay
}

// now is the time of the services, and whether it is known. It is not where no
// answer came for long, or where the machine slept or its clock was set since.
func (c *serverClock) now() (now time.Time, known bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tell()
}

// tell is now. The lock is held.
func (c *serverClock) tell() (now time.Time, known bool) {
	elapsed := time.Since(c.seen)
	if c.seen.IsZero() || elapsed > clockTrust || c.drift() > clockDrift {
		return c.wall(), false
	}
	return c.date.Add(elapsed), true
}

// drift is by how much the host's clock was set, or how long the machine slept,
// since seen. The lock is held.
func (c *serverClock) drift() time.Duration {
	if c.seen.IsZero() {
		return 0
	}
	return (c.wall().Sub(c.then) - time.Since(c.seen)).Abs()
}

// jumped reports whether the host's own clock has gone on by more than the monotonic one
// since the last answer: the machine was suspended, or the clock was set.
func (c *serverClock) jumped() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.seen.IsZero() && c.wall().Sub(c.then)-time.Since(c.seen) > shortestSleep
}

// known reports whether now is known, if only from another process.
func (c *serverClock) known() bool {
	_, known := c.now()
	return known
}

// sure reports whether now is known, and from an answer.
func (c *serverClock) sure() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, known := c.tell()
	return known && !c.hearsay
}

// wants reports whether the next answer's Date should be read.
func (c *serverClock) wants() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, known := c.tell()
	return !known || c.hearsay || time.Since(c.seen) > clockFresh
}

// mark gives a time of the monotonic clock as the record does.
func (c *serverClock) mark(at time.Time) mark {
	now, known := c.now()
	m := mark{At: now.Add(time.Until(at)).UnixMilli()}
	if !known {
		m.By = c.host
	}
	return m
}

// local is when a time of the record comes, on the monotonic clock, as well as this
// host can tell.
func (c *serverClock) local(m mark) time.Time {
	now, _ := c.now()
	if m.By == c.host {
		now = c.wall()
	}
	return time.Now().Add(time.UnixMilli(m.At).Sub(now))
}

// doubt is by how much local may be wrong: by what the clocks are that it
// compares. It is 0 where m is by a clock that this host knows.
func (c *serverClock) doubt(m mark) time.Duration {
	if m.By == c.host {
		return 0
	}
	doubt := time.Duration(0)
	if _, known := c.now(); !known {
		doubt += clockError
	}
	if m.By != "" {
		doubt += clockError
	}
	return doubt
}

// latest is when a time of the record comes at the latest.
func (c *serverClock) latest(m mark) time.Time { return c.local(m).Add(c.doubt(m)) }
