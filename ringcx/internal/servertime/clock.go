// Package servertime keeps the time of the services as the Date headers of their
// responses give it. Processes on several machines agree on that time, whatever their
// own clocks say.
package servertime

import (
	"cmp"
	"context"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
)

const (
	// Drift is by how much the clocks of a machine may differ from each other, and
	// from the services' time within an hour.
	Drift = 2 * time.Second

	// MinSuspend is the shortest suspend of a machine that is noticed. It is more than
	// the Dates of several servers differ by.
	MinSuspend = 30 * time.Second

	maxClockError = 11 * time.Minute // by which a machine's own clock is assumed to be wrong at most
	updateAfter   = time.Minute      // after which the next Date is read
	trust         = time.Hour        // for which a Date is used: in that time the clocks drift apart by less than Drift
	maxReadingAge = time.Hour        // of a reading of another process
	probeTimeout  = 3 * time.Second
	probeAgain    = time.Minute // after a probe without a Date
)

// A Clock tells the time of the services. Safe for concurrent use.
type Clock struct {
	machine string           // whose processes share the wall clock
	wall    func() time.Time // the machine's own clock, without a monotonic reading

	mu         sync.Mutex
	date       time.Time     // of the services, at seen
	seen       time.Time     // on the monotonic clock; zero: never
	wallSeen   time.Time     // seen on the wall clock
	outlier    time.Duration // by which the last Date differed from the expected one, if it was ignored
	secondHand bool          // date is from another process
	probed     time.Time     // when Probe last got no Date
}

// New returns a Clock that does not know the services' time yet. Processes with the
// same machine share the wall clock, which is read with wall.
func New(machine string, wall func() time.Time) *Clock {
	return &Clock{machine: machine, wall: wall}
}

// Machine names what the given process shares its wall clock with. On Linux that is
// the boot of the machine, which its containers have in common. Elsewhere it is the
// process alone, because several machines may have the same host name.
func Machine(process string) string {
	boot, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return cmp.Or(strings.TrimSpace(string(boot)), process)
}

// SetMachine replaces the machine. It must be called before the first use.
func (c *Clock) SetMachine(machine string) { c.machine = machine }

// Wall returns the time of the machine's own clock.
func (c *Clock) Wall() time.Time { return c.wall() }

// Update reads the Date of a response that has just arrived. A Date has no fractions of
// a second: half a second is added, which is right on average. A Date that
// contradicts the earlier ones is ignored until a second one confirms it, because one
// of several servers may be wrong.
func (c *Clock) Update(h http.Header) {
	date := Date(h)
	if date.IsZero() {
		return
	}
	date = date.Add(500 * time.Millisecond)
	c.mu.Lock()
	defer c.mu.Unlock()
	expected, known := c.locked()
	off := date.Sub(expected)
	contradicts := off.Abs() > Drift && (off-c.outlier).Abs() > Drift
	if known && !c.secondHand && contradicts {
		c.outlier = off
		return
	}
	c.date, c.seen, c.wallSeen, c.outlier, c.secondHand = date, time.Now(), c.wall(), 0, false
}

// Date returns the Date of a response, or the zero time if there is none or the
// response came from a cache.
func Date(h http.Header) time.Time {
	date, err := http.ParseTime(h.Get("Date"))
	if age := h.Get("Age"); err != nil || age != "" && age != "0" {
		return time.Time{}
	}
	return date
}

// Adopt sets a clock that does not know the time from a reading of another process of
// the same machine, not older than an hour: at wall on the machine's clock, the
// services' time was services. A reading from the future means that the machine's clock
// was set back since; a clock that noticed a jump of the machine's clock adopts no
// earlier reading either. A smaller change goes unnoticed until the next Update.
func (c *Clock) Adopt(machine string, wall, services time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.wall()
	age := now.Sub(wall)
	_, known := c.locked()
	usable := machine == c.machine && age >= -Drift && age <= maxReadingAge
	if known || !usable || c.jump() > Drift {
		return
	}
	c.wallSeen, c.seen, c.outlier, c.secondHand = now, time.Now(), 0, true
	c.date = now.Add(services.Sub(wall))
}

// Reading returns a reading for other processes: the machine, the time of its clock and
// that of the services. It reports false if no response has confirmed the time.
func (c *Clock) Reading() (machine string, wall, services time.Time, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now, known := c.locked()
	return c.machine, c.wall(), now, known && !c.secondHand
}

// Now returns the time of the services and true, or the wall clock's time and false if
// the services' time is not known: no response came for an hour, the machine was
// suspended, or its clock was set.
func (c *Clock) Now() (now time.Time, known bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.locked()
}

// locked is Now with c.mu held.
func (c *Clock) locked() (now time.Time, known bool) {
	elapsed := time.Since(c.seen)
	if c.seen.IsZero() || elapsed > trust || c.jump() > Drift {
		return c.wall(), false
	}
	return c.date.Add(elapsed), true
}

// jump returns by how much the wall clock was set, or for how long the machine was
// suspended, since the last Date. c.mu must be held.
func (c *Clock) jump() time.Duration {
	if c.seen.IsZero() {
		return 0
	}
	return (c.wall().Sub(c.wallSeen) - time.Since(c.seen)).Abs()
}

// Jumped reports whether the wall clock is ahead of the monotonic clock by more than
// MinSuspend since the last Date: the machine was suspended, or its clock was set.
func (c *Clock) Jumped() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.seen.IsZero() && c.wall().Sub(c.wallSeen)-time.Since(c.seen) > MinSuspend
}

// Known reports whether the services' time is known, from a response or from another
// process.
func (c *Clock) Known() bool {
	_, known := c.Now()
	return known
}

// Confirmed reports whether the services' time is known from a response.
func (c *Clock) Confirmed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, known := c.locked()
	return known && !c.secondHand
}

// NeedsUpdate reports whether the next response should be passed to Update.
func (c *Clock) NeedsUpdate() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, known := c.locked()
	return !known || c.secondHand || time.Since(c.seen) > updateAfter
}

// Probe asks the server at url for the time with a HEAD request without a token, and
// reports whether the time is confirmed then. The status of the response does not
// matter. After a probe without a Date it sends nothing for a minute.
//
// Source: RFC 9110, section 6.6.1, which asks for a Date in every response but those of
// status 1xx and 5xx.
func (c *Clock) Probe(ctx context.Context, client http.Client, url, agent string) bool {
	if !c.mayProbe() {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, url, nil)
	if err != nil {
		return false
	}
	req.Header.Set("User-Agent", agent)
	req.Header.Set("Cache-Control", "no-cache")
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if resp, err := client.Do(req); err == nil {
		_ = resp.Body.Close() // the body of a response to HEAD is empty
		c.Update(resp.Header)
	}
	if c.Confirmed() {
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.probed = time.Now()
	return false
}

func (c *Clock) mayProbe() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Since(c.probed) >= probeAgain
}
