package ringcx

import (
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

	// penalty is how long a stage rests after a 429 that does not say.
	//
	// Source: RingCentral documentation, which lets a penalty last 60 s and
	// prolongs it for calls in that time.
	penalty = time.Minute

	// notLinked is how long the exchange rests after a refusal that another
	// sign-in would not mend.
	notLinked = 5 * time.Minute

	// badLogin is how long the sign-in rests after RingCentral refused it.
	badLogin = time.Minute
)

// limits holds back requests that the services would refuse. Its times are
// spans of the monotonic clock. It is used by one goroutine at a time.
type limits struct {
	restUntil map[Stage]instant
	ownUntil  time.Time           // before which this process does not sign in; not shared
	hits      map[Stage][]instant // by the first stage of countedWith
	slack     time.Duration       // by which hosts may differ over when a hit was
}

func newLimits() limits {
	return limits{restUntil: map[Stage]instant{}, hits: map[Stage][]instant{}}
}

// countedWith returns the stages that count against one limit.
func countedWith(stage Stage) []Stage {
	if stage == StageLogin {
		return []Stage{StageLogin}
	}
	return []Stage{StageExchange, StageRefresh}
}

// take counts a request of the stage that is about to be sent, or says why it
// must not be.
func (l *limits) take(stage Stage) error {
	rest := l.restUntil[stage].at
	if stage == StageLogin && l.ownUntil.After(rest) {
		rest = l.ownUntil
	}
	if wait := time.Until(rest); wait > 0 {
		return localLimit(stage, wait, "held back: the service asked to wait")
	}
	key := countedWith(stage)[0]
	l.hits[key] = slices.DeleteFunc(l.hits[key], func(h instant) bool { return h.mark == (mark{}) && !l.counts(h) })
	recent := slices.DeleteFunc(slices.Clone(l.hits[key]), func(h instant) bool { return !l.counts(h) })
	if n := len(recent); n >= maxHits {
		slices.SortFunc(recent, func(a, b instant) int { return a.at.Compare(b.at) })
		return localLimit(stage, hitWindow+l.slack-time.Since(recent[n-maxHits].at),
			fmt.Sprintf("held back: %d were sent in the last minute", n))
	}
	l.hits[key] = append(l.hits[key], instant{at: time.Now()})
	return nil
}

// counts reports whether a hit is of the last minute.
func (l *limits) counts(hit instant) bool { return time.Since(hit.at) < hitWindow+l.slack }

// arrived moves the last hit from its send to its answer. The request arrived
// in between, so that no window of arrivals can hold more than maxHits.
func (l *limits) arrived(stage Stage) {
	key := countedWith(stage)[0]
	if hits := l.hits[key]; len(hits) > 0 {
		last := &hits[len(hits)-1]
		*last = instant{at: time.Now(), was: last.mark}
	}
}

// untake takes the last hit back: the request reached nobody.
func (l *limits) untake(stage Stage) {
	key := countedWith(stage)[0]
	if hits := l.hits[key]; len(hits) > 0 {
		l.hits[key] = hits[:len(hits)-1]
	}
}

// rest sends nothing of the stage for d.
func (l *limits) rest(stage Stage, d time.Duration) {
	l.restAtLeast(stage, instant{at: time.Now().Add(d), seen: time.Now()})
}

func (l *limits) restAtLeast(stage Stage, until instant) {
	if until.at.After(l.restUntil[stage].at) {
		l.restUntil[stage] = until
	}
}

// merge returns the hits of a record together with those that this host knows of. A
// mark is one hit, and hits of many hosts may be of one millisecond: the Date of the
// services has seconds only.
func (l *limits) merge(marks []mark, own []instant) (hits []instant) {
	others := slices.Clone(marks)
	had := func(m mark) bool {
		i := slices.Index(others, m)
		if i >= 0 {
			others = slices.Delete(others, i, i+1)
		}
		return i >= 0
	}
	var rest []instant
	for _, hit := range own {
		if had(hit.mark) {
			hits = append(hits, hit)
		} else {
			rest = append(rest, hit)
		}
	}
	for _, hit := range rest {
		if had(hit.was) || l.counts(hit) { // the record may have it as it was before it arrived
			hits = append(hits, hit)
		}
	}
	for _, m := range others {
		hits = append(hits, instant{seen: time.Now(), mark: m, read: true})
	}
	return hits
}

// join adds the rests that this host knows of and the record, which l was read
// from, does not.
func (l *limits) join(own limits) {
	for stage, until := range own.restUntil {
		if until.mark == (mark{}) || until.mark != l.restUntil[stage].mark {
			l.restAtLeast(stage, until)
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
