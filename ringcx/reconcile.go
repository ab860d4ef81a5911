package ringcx

import (
	"cmp"
	"time"
)

// reconcile returns what is known of the session from this host and from the
// record together. The limits of both count, whoever else is right.
func (l *ledger) reconcile(own session, wall time.Time) session {
	l.clock.hear(l.record.Clock)
	theirs := l.record.session(l.clock, wall, own)
	l.date(&theirs.pair)
	if theirs.spent = own.spent; theirs.refresh == own.spent { // the record is older than it looks
		theirs.refresh = ""
	}
	if own.login.news && (!theirs.login.good(wall) || theirs.login.denied != "") {
		theirs.login = own.login
	}
	own.limits = theirs.limits
	switch {
	case l.pending && (theirs.gen < own.gen || !theirs.pair.good(wall) && own.pair.good(wall)):
		// A pair that was bought here stays, until it is written.
		own.gen = max(own.gen, theirs.gen+1)
		if theirs.login.endsAfter(own.login) {
			own.login = theirs.login
		}
		return own
	case l.record.Rev == "", theirs.gen < own.gen:
		// The record was lost, or an old one was put in its place: the refresh
		// token may be spent.
		own.refresh = ""
		return own
	case l.ours():
		// This host has written it: nothing in it is news.
		own.refresh = cmp.Or(own.refresh, theirs.refresh)
		if own.pair.guess && own.pair.access == theirs.pair.access {
			own.pair = theirs.pair // its age may be known by now
		}
		return own
	}
	l.pending = false
	return theirs
}

// date says when the pair was asked for. A host that does not know the time goes by
// its own clock; where that says that the pair comes from the future, it is no good,
// and the time is asked for.
func (l *ledger) date(p *pair) {
	asked, now := l.clock.local(p.sent.mark), time.Now()
	p.guess = !l.clock.sure()
	p.sent.at = earlier(asked, now)
	if p.guess && p.sent.mark.By == "" && asked.Sub(now) > clockDrift {
		p.sent.at = now.Add(-maxLife)
	}
}

// bought counts a pair that has just come. The first one of a record has the
// time as its gen, so that no older record looks newer.
func (l *ledger) bought(s *session) {
	if s.gen++; s.gen == 1 {
		now, _ := l.clock.now()
		s.gen = max(now.UnixMilli(), 1)
	}
}
