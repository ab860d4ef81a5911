package ringcx

import (
	"slices"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx/internal/servertime"
)

// merge returns the limits that this process and a record know of together. A request
// whose time this process cannot tell counts from when it first read it: that is late,
// and so on the safe side. Entries that are past by every clock, or implausibly far
// ahead, are ignored. lost reports that the record was lost.
func (l *limits) merge(c *servertime.Clock, shared map[Stage]limitState, lost bool) limits {
	m := newLimits()
	m.process, m.ownUntil, m.last, m.slack = l.process, l.ownUntil, l.last, servertime.Drift
	stages := map[Stage]bool{}
	for stage := range l.sent {
		stages[stage] = true
	}
	for stage := range l.cooldowns {
		stages[stage] = true
	}
	for stage := range shared {
		stages[stage] = true
	}
	for stage := range stages {
		s := shared[stage]
		m.sent[stage] = m.mergeSent(c, atMost(s.Sent, maxShared), l.sent[stage])
		m.cooldowns[stage] = mergeCooldowns(c, l.process, atMost(s.Cooldowns, maxShared), l.cooldowns[stage], lost)
	}
	return m
}

func atMost[T any](s []T, n int) []T { return s[:min(len(s), n)] }

// mergeSent returns the requests of a record and of this process, each once.
func (l *limits) mergeSent(c *servertime.Clock, shared, own []sentRequest) (sent []sentRequest) {
	for _, s := range own {
		i := slices.IndexFunc(shared, func(o sentRequest) bool { return o.ID == s.ID })
		endKnown := i >= 0 && s.End == "" && shared[i].End != ""
		switch s.Local = s.Past(c); {
		case endKnown:
			continue // taken from the record below
		case i >= 0 || l.recent(s):
			sent = append(sent, s)
		}
	}
	for _, s := range shared {
		if slices.ContainsFunc(sent, func(o sentRequest) bool { return o.ID == s.ID }) {
			continue
		}
		s.Seen, s.Read = time.Now(), true
		if s.Local = s.Past(c); !c.FarAhead(s.Timestamp, 0) {
			sent = append(sent, s)
		}
	}
	return sent
}

// mergeCooldowns returns the cooldowns of a record and those that process, this one, knows
// of. The record decides on those of other processes, unless it was lost.
func mergeCooldowns(c *servertime.Clock, process string, shared, own []cooldown, lost bool) (all []cooldown) {
	for _, o := range own {
		found := slices.ContainsFunc(shared, o.same)
		if o.Owner != process && (found || !lost) {
			continue // taken from the record below
		}
		removed := o.shared && !found && !lost
		o.removed = o.removed || removed
		o.shared = o.shared || found
		o.Until.Local = o.Until.Corrected(c)
		all = append(all, o)
	}
	for _, s := range shared {
		if slices.ContainsFunc(all, s.same) || c.FarAhead(s.Until, maxRetryAfter) {
			continue
		}
		seen := time.Now()
		if i := slices.IndexFunc(own, s.same); i >= 0 {
			seen = own[i].Until.Seen
		}
		s.Since.Seen, s.Since.Read = seen, true
		s.Until.Seen, s.Until.Read = seen, true
		s.Since.Local = s.Since.Past(c)
		s.Until.Local = cooldownEnd(c, s)
		all = append(all, s)
	}
	return all
}

// cooldownEnd returns when a cooldown of a record ends, at most an hour after this process
// first read it. A process that does not know the services' time uses its length.
func cooldownEnd(c *servertime.Clock, s cooldown) time.Time {
	end := c.Local(s.Until)
	if !c.Known() {
		length := time.UnixMilli(s.Until.At).Sub(time.UnixMilli(s.Since.At))
		end = s.Until.Seen.Add(max(0, length))
	}
	return earlier(end, s.Until.Seen.Add(maxRetryAfter))
}

// markShared records that a record contains all of l.
func (l *limits) markShared() {
	for _, cooldowns := range l.cooldowns {
		for i := range cooldowns {
			cooldowns[i].shared = true
		}
	}
}

// state returns the limits for a record. A cooldown that other processes removed, because
// they succeeded, is not written again.
func (l *limits) state(c *servertime.Clock) map[Stage]limitState {
	states := map[Stage]limitState{}
	for stage, cooldowns := range l.cooldowns {
		s := states[stage]
		for _, o := range cooldowns {
			if !o.removed && !o.Until.Over(c) {
				s.Cooldowns = append(s.Cooldowns, o)
			}
		}
		states[stage] = s
	}
	for stage, sent := range l.sent {
		s := states[stage]
		for _, o := range sent {
			if o.Local = o.Past(c); l.recent(o) {
				s.Sent = append(s.Sent, o)
			}
		}
		states[stage] = s
	}
	for stage, s := range states {
		if len(s.Cooldowns)+len(s.Sent) == 0 {
			delete(states, stage)
		}
	}
	return states
}
