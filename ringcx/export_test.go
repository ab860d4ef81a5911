package ringcx

import "time"

// ErrElsewhere is what a caller sees who waited too long for another host.
var ErrElsewhere = errElsewhere

// SetClock gives a TokenSource that nobody has used yet another clock for the
// life of its tokens, and another source of jitter.
func SetClock(s *TokenSource, now func() time.Time, jitter func() float64) {
	s.engine.now, s.engine.jitter = now, jitter
	if s.engine.ledger != nil {
		s.engine.ledger.clock.host = s.engine.ledger.owner // no two hosts of a simulation share a clock
	}
}

// SetHost says on which machine a TokenSource runs that nobody has used yet.
func SetHost(s *TokenSource, name string) { s.engine.ledger.clock.host = name }

// LongestWait is how long the source may have to wait before it asks again: the
// longest rest of a stage, the limits' window and the back-off of a failure.
func LongestWait(s *TokenSource) time.Duration {
	e := s.engine
	e.slot <- struct{}{}
	defer func() { <-e.slot }()
	longest := time.Duration(0)
	for _, until := range e.session.limits.restUntil {
		longest = max(longest, time.Until(until.at))
	}
	for _, hits := range e.session.limits.hits {
		for _, hit := range hits {
			longest = max(longest, hitWindow-time.Since(hit.at))
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return max(longest, time.Until(e.failure.until))
}

// Renewing reports whether a flight of the source is under way.
func Renewing(s *TokenSource) bool {
	s.engine.mu.Lock()
	defer s.engine.mu.Unlock()
	return s.engine.flight != nil
}
