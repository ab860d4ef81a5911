package ringcx

import (
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx/internal/servertime"
)

// deadline is a point in time on both deadline of this machine. It is reached as soon as
// either clock reaches it: the monotonic clock stops while the machine is suspended, and
// the wall clock can be set back.
type deadline struct {
	mono time.Time // with a monotonic reading, if the clock gave one
	wall int64     // Unix time in nanoseconds
}

// deadlineAt returns the deadline t, a time of the wall clock that may have a monotonic
// reading.
func deadlineAt(t time.Time) deadline { return deadline{mono: t, wall: t.UnixNano()} }

// deadlineIn returns the deadline d from now; wall is the time of the wall clock.
func deadlineIn(d time.Duration, wall time.Time) deadline {
	return deadline{mono: time.Now().Add(d), wall: wall.Add(d).UnixNano()}
}

// reached reports whether d is reached at now, a reading of the clock that d was made
// with.
func (d deadline) reached(now time.Time) bool {
	return now.UnixNano() >= d.wall || !now.Before(d.mono)
}

// passed reports whether d is reached; wall is the time of the wall clock.
func (d deadline) passed(wall time.Time) bool {
	return time.Until(d.mono) <= 0 || wall.UnixNano() >= d.wall
}

// earliest returns the time of the monotonic clock at which the first of the deadline
// reaches d; wall is the time of the wall clock.
func (d deadline) earliest(wall time.Time) time.Time {
	return earlier(d.mono, time.Now().Add(time.Unix(0, d.wall).Sub(wall)))
}

// suspended reports whether the machine seems to have been suspended since d was made:
// the wall clock has advanced further than the monotonic clock. The wall clock may also
// have been set forward, so this must not lift a limit.
func (d deadline) suspended(wall time.Time) bool {
	ahead := time.Duration(wall.UnixNano()-d.wall) - time.Since(d.mono)
	return ahead > servertime.MinSuspend
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
