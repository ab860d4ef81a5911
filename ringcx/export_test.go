package ringcx

import (
	"slices"
	"time"
)

// ErrElsewhere is the error of a caller that waited too long for another process.
var ErrElsewhere = errLeaseHeld

// chainOf returns the chain of a cache.
func chainOf(c *tokenCache) *chain {
	if shared, ok := c.renewer.(*sharedRenewer); ok {
		return shared.chain
	}
	return c.renewer.(*soloRenewer).chain
}

// SetClock gives a TokenSource that was not used yet another clock for the lifetimes of
// its tokens, and another source of jitter.
func SetClock(s *TokenSource, now func() time.Time, jitter func() float64) {
	s.cache.now, s.cache.jitter = now, jitter
	c := chainOf(s.cache)
	c.clock.SetMachine(c.process) // no two processes of a simulation share a clock
}

// SetHost sets the machine of a TokenSource that was not used yet.
func SetHost(s *TokenSource, name string) { chainOf(s.cache).clock.SetMachine(name) }

// LongestWait returns how long the source may wait before it sends a request again: the
// longest cooldown of a stage, the window of the limits, and the back-off of a failure.
func LongestWait(s *TokenSource) time.Duration {
	c := s.cache
	c.slot <- struct{}{}
	defer func() { <-c.slot }()
	longest := time.Duration(0)
	ch := chainOf(c)
	l := ch.session.limits
	for stage := range l.cooldowns {
		longest = max(longest, time.Until(l.closedUntil(stage)))
	}
	for _, sent := range l.sent {
		for _, r := range sent {
			longest = max(longest, sentWindow-time.Since(r.Local))
		}
	}
	longest = max(longest, time.Until(ch.failed.at.Add(ch.failed.withoutToken(ch.session.gen))))
	c.mu.Lock()
	defer c.mu.Unlock()
	return max(longest, time.Until(c.failure.until))
}

// Renewing reports whether a renewal of the source is under way.
func Renewing(s *TokenSource) bool {
	s.cache.mu.Lock()
	defer s.cache.mu.Unlock()
	return s.cache.renewal != nil
}

// CopyMemory gives to, which was not used yet, everything that from knows, as a snapshot
// of a machine does: both take themselves for one process.
func CopyMemory(to, from *TokenSource) {
	from.cache.slot <- struct{}{}
	defer func() { <-from.cache.slot }()
	to.cache.current.state.Store(from.cache.current.state.Load())
	c, of := chainOf(to.cache), chainOf(from.cache)
	l := newLimits()
	l.process, l.slack = of.process, of.session.limits.slack
	for stage, sent := range of.session.limits.sent {
		l.sent[stage] = slices.Clone(sent)
	}
	for stage, cooldowns := range of.session.limits.cooldowns {
		l.cooldowns[stage] = slices.Clone(cooldowns)
	}
	c.session, c.process, c.failed = of.session, of.process, of.failed
	c.session.limits = l
	copyClock(c.clock, of.clock)
	shared, ok := from.cache.renewer.(*sharedRenewer)
	if !ok {
		return
	}
	own := to.cache.renewer.(*sharedRenewer)
	own.outage = shared.outage
	r := shared.record
	own.record.process, own.record.record, own.record.version, own.record.revs = r.process, r.record, r.version, slices.Clone(r.revs)
	own.leases.ids, own.leases.end = slices.Clone(shared.leases.ids), shared.leases.end
	own.leases.watched, own.leases.watchedUntil = shared.leases.watched, shared.leases.watchedUntil
}
