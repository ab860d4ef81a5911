package ringcx

import (
	"slices"
	"time"
)

// ErrLeaseHeld is the error of a caller that waited too long for the renewal of another
// process.
var ErrLeaseHeld = errLeaseHeld

// chainOf returns the chain of a cache.
func chainOf(c *tokenCache) *chain {
	if shared, ok := c.renewer.(*sharedRenewer); ok {
		return shared.chain
	}
	return c.renewer.(*soloRenewer).chain
}

// SetClock sets the clock for the lifetimes of tokens, and the source of jitter. It must be
// called before the first use of s.
func SetClock(s *TokenSource, now func() time.Time, jitter func() float64) {
	s.cache.now, s.cache.jitter = now, jitter
	c := chainOf(s.cache)
	c.clock.SetMachine(c.process) // each process of a simulation has a clock of its own
}

// SetMachine sets the name of the machine that the process of s runs on. It must be called
// before the first use of s.
func SetMachine(s *TokenSource, name string) { chainOf(s.cache).clock.SetMachine(name) }

// LongestWait returns how long s may wait at most before it sends a request again, because of
// a cooldown, the limits, a deferral or a failed renewal.
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

// Renewing reports whether a renewal of s is under way.
func Renewing(s *TokenSource) bool {
	s.cache.mu.Lock()
	defer s.cache.mu.Unlock()
	return s.cache.renewal != nil
}

// CopyMemory copies the state of from into to, which was not used yet, as a snapshot of a
// virtual machine does. Both then have the same process name.
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
