package servertime

import "time"

// A Timestamp is a time that processes share. Its JSON form is in milliseconds since
// 1970, by the services' time, or by the wall clock of a machine whose process did not
// know the services' time. A process writes a timestamp that it has read unchanged, so
// that no machine's clock moves it.
type Timestamp struct {
	At int64  `json:"at"`
	By string `json:"by,omitempty"` // the machine; empty: the services

	// Local is the time on the monotonic clock of this process: when something
	// happened here, or for a timestamp that was read what this process takes it for.
	Local time.Time `json:"-"`

	// Seen is when this process first read the timestamp, or for the end of a wait when
	// the wait began.
	Seen time.Time `json:"-"`

	// Read reports whether the timestamp comes from another process.
	Read bool `json:"-"`
}

// Here returns the timestamp of something that happened in this process at t.
func Here(t time.Time) Timestamp { return Timestamp{Local: t} }

// IsShared reports whether t has a JSON form.
func (t Timestamp) IsShared() bool { return t.At != 0 || t.By != "" }

// Same reports whether t and o have the same JSON form.
func (t Timestamp) Same(o Timestamp) bool { return t.At == o.At && t.By == o.By }

// Share gives t a JSON form, if it has none and is set.
func (t *Timestamp) Share(c *Clock) {
	if t.IsShared() || t.Local.IsZero() {
		return
	}
	s := c.Timestamp(t.Local)
	t.At, t.By = s.At, s.By
}

// Past returns when something happened. For a timestamp that was read it is the latest
// time that t may mean, but not later than when this process first read it; if this
// process does not know the services' time, it is when it first read t. A clock that is
// set does not move what happened in this process.
func (t Timestamp) Past(c *Clock) time.Time {
	switch {
	case !t.Read:
		return t.Corrected(c)
	case !c.Known():
		return t.Seen
	}
	return earlier(t.Seen, c.Latest(t))
}

// Corrected returns the time of something that happened in this process, on the
// monotonic clock. That clock stops while the machine is suspended; only the services'
// time shows for how long, because the wall clock may have been set.
func (t Timestamp) Corrected(c *Clock) time.Time {
	byServices := t.IsShared() && t.By == ""
	if !byServices || !c.Confirmed() {
		return t.Local
	}
	if local := c.Local(t); t.Local.Sub(local) > MinSuspend {
		return local
	}
	return t.Local
}

// Over reports whether t has passed by every clock.
func (t Timestamp) Over(c *Clock) bool {
	return time.Until(t.Local) <= 0 && (!c.Known() || time.Until(c.Latest(t)) <= 0)
}

// Timestamp returns the timestamp of a time of the monotonic clock. Only its JSON form
// is set.
func (c *Clock) Timestamp(at time.Time) Timestamp {
	now, known := c.Now()
	t := Timestamp{At: now.Add(time.Until(at)).UnixMilli()}
	if !known {
		t.By = c.machine
	}
	return t
}

// Local returns when the shared time t is on the monotonic clock, as well as this
// process can tell.
func (c *Clock) Local(t Timestamp) time.Time {
	now, _ := c.Now()
	if t.By == c.machine {
		now = c.wall()
	}
	return time.Now().Add(time.UnixMilli(t.At).Sub(now))
}

// Latest returns the latest time that the shared time t may mean.
func (c *Clock) Latest(t Timestamp) time.Time { return c.Local(t).Add(c.maxError(t)) }

// maxError returns by how much Local may be wrong: by the error of each clock that it
// compares. It is 0 if t is by a clock that this process knows.
func (c *Clock) maxError(t Timestamp) time.Duration {
	if t.By == c.machine {
		return 0
	}
	sum := time.Duration(0)
	if _, known := c.Now(); !known {
		sum += maxClockError
	}
	if t.By != "" {
		sum += maxClockError
	}
	return sum
}

// FarAhead reports whether the shared time t is implausible: more than the clocks can
// differ by beyond the most that it may lie ahead.
func (c *Clock) FarAhead(t Timestamp, most time.Duration) bool {
	return c.Known() && time.Until(c.Local(t)) >= most+2*maxClockError
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
