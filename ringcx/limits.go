package ringcx

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"slices"
	"time"
)

const (
	// maxHits is how many requests of a kind are sent in a window: one less than
	// the services allow, because requests that leave apart may arrive together.
	//
	// Source: RingCX documentation, 5 exchanges a minute; RingCentral
	// documentation, 5 sign-ins a minute per application. Whether a refresh counts
	// as an exchange is not documented: it is counted as one.
	maxHits   = 4
	hitWindow = time.Minute

	// penalty is how long a stage rests after a 429 that does not say, and how long
	// the response to one process binds the others.
	//
	// Source: RingCentral documentation, which lets a penalty last 60 s and
	// prolongs it for calls in that time.
	penalty = time.Minute

	// notLinked is how long the exchange rests after a rejection that another
	// sign-in would not change.
	notLinked = 5 * time.Minute

	// badLogin is how long the sign-in rests after RingCentral rejected it.
	badLogin = time.Minute

	// rejectedPause is how long the rejection of one process binds the others. It
	// is no limit of a rate: they only must not all be rejected at once.
	rejectedPause = 15 * time.Second

	// maxWitnesses bounds how often the wait of the other processes doubles: 15 s × 2⁸
	// is longer than any rest.
	maxWitnesses = 9
)

// limits holds back requests that the services would reject. Its times are
// spans of the monotonic clock. It is used by one goroutine at a time.
type limits struct {
	owner    string // this process
	rests    map[Stage][]rest
	ownUntil time.Time        // before which this process does not sign in; not shared
	hits     map[Stage][]hit  // by the first stage of countedWith
	last     map[Stage]string // the id of the hit that was taken last
	slack    time.Duration    // by which processes may differ over when a hit was
}

// hit is one counted request. Its id is unlike any other's, so that a request that
// many processes know of counts once.
type hit struct {
	id  string
	end string // how it ended; empty: not known yet
	instant
}

const (
	hitArrived = "arrived" // the time is that of the response
	hitVoid    = "void"    // the request reached no service and does not count
)

// rest is what one process was asked to wait.
type rest struct {
	owner        string        // the process that got the response
	since, until instant       // that process waits, and
	others       time.Duration // how long the others do, from since
	shared       bool          // a record has had it
	removed      bool          // and another process has removed it there
}

func newLimits() limits {
	return limits{rests: map[Stage][]rest{}, hits: map[Stage][]hit{}, last: map[Stage]string{}}
}

// countedWith returns the stages that count against one limit.
func countedWith(stage Stage) []Stage {
	if stage == StageLogin {
		return []Stage{StageLogin}
	}
	return []Stage{StageExchange, StageRefresh}
}

// take counts a request of the stage that is about to be sent, or says why it
// must not be. It leaves some of the requests of the minute for later.
func (l *limits) take(stage Stage, leave int) error {
	if wait := time.Until(l.closedUntil(stage)); wait > 0 {
		return localLimit(stage, wait, "held back: the service asked to wait")
	}
	key := countedWith(stage)[0]
	l.hits[key] = slices.DeleteFunc(l.hits[key], func(h hit) bool { return !h.read && !l.recent(h) })
	var counted []hit
	for _, h := range l.hits[key] {
		if h.end != hitVoid && l.recent(h) {
			counted = append(counted, h)
		}
	}
	if n, most := len(counted), maxHits-leave; n >= most {
		slices.SortFunc(counted, func(a, b hit) int { return a.at.Compare(b.at) })
		return localLimit(stage, hitWindow+l.slack-time.Since(counted[n-most].at),
			fmt.Sprintf("held back: %d were sent in the last minute", n))
	}
	l.last[key] = rand.Text()[:10]
	l.hits[key] = append(l.hits[key], hit{id: l.last[key], instant: instant{at: time.Now()}})
	return nil
}

// closedUntil returns when the stage may be used again. A response that asks to wait
// binds the process that got it in full. The others may stand behind another
// proxy: they wait for a minute, then one of them tries. From the third process on that is
// asked to wait as well that doubles, and a request that succeeds ends it. A rest of
// the sign-in binds all processes in full, because RingCentral suspends an
// application that goes on.
func (l *limits) closedUntil(stage Stage) time.Time {
	var closed, longest time.Time
	var last rest // of another process
	witnesses := 0
	for _, r := range l.rests[stage] {
		switch {
		case time.Until(r.until.at) <= 0:
		case r.owner == l.owner || stage == StageLogin:
			closed = later(closed, r.until.at)
		default:
			witnesses++
			longest = later(longest, r.until.at)
			if !r.since.at.Before(last.since.at) {
				last = r
			}
		}
	}
	if witnesses > 0 {
		probe := last.since.at.Add(last.others << max(0, min(witnesses, maxWitnesses)-2))
		closed = later(closed, earlier(longest, probe))
	}
	if stage == StageLogin {
		closed = later(closed, l.ownUntil)
	}
	return closed
}

// recent reports whether a hit is of the last minute.
func (l *limits) recent(h hit) bool { return time.Since(h.at) < hitWindow+l.slack }

// arrived moves the last hit from its send to its response. The request arrived
// in between, so that no window of arrivals can hold more than maxHits.
func (l *limits) arrived(stage Stage) {
	if h := l.lastHit(stage); h != nil {
		h.end, h.instant = hitArrived, instant{at: time.Now()}
	}
}

// untake takes the last hit back: the request reached no service.
func (l *limits) untake(stage Stage) {
	if h := l.lastHit(stage); h != nil {
		h.end = hitVoid
	}
}

func (l *limits) lastHit(stage Stage) *hit {
	key := countedWith(stage)[0]
	hits := l.hits[key]
	i := slices.IndexFunc(hits, func(h hit) bool { return h.id == l.last[key] })
	if i < 0 {
		return nil
	}
	return &hits[i]
}

// rest sends nothing of the stage for d, and for others from the other processes.
func (l *limits) rest(stage Stage, d, others time.Duration) {
	now := time.Now()
	own := rest{owner: l.owner, since: instant{at: now}, until: instant{at: now.Add(d), seen: now}, others: others}
	for _, r := range l.rests[stage] {
		if r.owner == l.owner && r.until.at.After(own.until.at) {
			own.until = r.until
		}
	}
	l.end(stage, l.owner)
	l.rests[stage] = append(l.rests[stage], own)
}

// succeeded ends the rests of all stages that count with this one: they do not
// concern this process.
func (l *limits) succeeded(stage Stage) {
	for _, s := range countedWith(stage) {
		l.rests[s] = nil
	}
}

// end removes the rest of one process.
func (l *limits) end(stage Stage, owner string) {
	l.rests[stage] = slices.DeleteFunc(l.rests[stage], func(r rest) bool { return r.owner == owner })
}

// review sets the times of l by the services' clock, where it is known. A machine
// that was suspended knows only so how much time has passed.
func (l *limits) review(c *serverClock) {
	for _, hits := range l.hits {
		for i := range hits {
			hits[i].at = hits[i].past(c)
		}
	}
	for _, rests := range l.rests {
		for i := range rests {
			rests[i].until.at = rests[i].until.slept(c)
		}
	}
}

func localLimit(stage Stage, wait time.Duration, why string) *Error {
	return &Error{
		Stage: stage, StatusCode: http.StatusTooManyRequests, Code: codeLocalLimit,
		Message: why, RetryAfter: clampRetryAfter(wait),
	}
}

func isLocalLimit(err error) bool {
	e, ok := err.(*Error)
	return ok && e.Code == codeLocalLimit
}
