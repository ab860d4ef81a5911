package ringcx

import (
	"cmp"
	"strings"
	"time"
)

// reconcile returns what is known of the session from this host and from the
// record together. The limits of both count, whoever else is right.
func (l *ledger) reconcile(own session, wall time.Time) session {
	l.hear()
	theirs := l.record.session(l.clock, wall, own)
	l.date(&theirs.pair, own.pair, wall)
	if theirs.spent = own.spent; theirs.refresh == own.spent { // the record is older than it looks
		theirs.refresh = ""
	}
	if theirs.login.token == "" && own.login.news {
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
	case strings.HasPrefix(l.record.Rev, l.owner+"-"):
		// This host has written it: nothing in it is news.
		own.refresh = cmp.Or(own.refresh, theirs.refresh)
		return own
	}
	l.pending = false
	return theirs
}

// date says when the pair was asked for. own is the pair that the host knew.
func (l *ledger) date(p *pair, own pair, wall time.Time) {
	p.sent.seen = time.Now()
	if own.access == p.access && !own.sent.seen.IsZero() {
		p.sent.seen = own.sent.seen
	}
	age := wall.Sub(time.UnixMilli(p.wall))
	switch _, known := l.clock.now(); {
	case known:
		p.sent.at = earlier(l.clock.local(p.sent.shared), p.sent.seen)
	case age > maxLife+clockSkew:
		p.sent.at = time.Now().Add(-age)
	default:
		p.sent.at, p.guess = p.sent.seen, true
	}
}

// hear learns the services' time from a pair that a process of this machine
// bought, which knew it.
func (l *ledger) hear() {
	if r := l.record; l.host != "" && r.Host == l.host && r.Issued != 0 {
		l.clock.hear(time.Duration(r.Issued-r.Wall) * time.Millisecond)
	}
}

// bought counts a pair that has just come. The first one of a record has the
// time as its gen, so that no older record looks newer.
func (l *ledger) bought(s *session, sent time.Time) {
	s.pair.host, s.pair.wall = l.host, sent.UnixMilli()
	if s.gen++; s.gen == 1 {
		now, _ := l.clock.now()
		s.gen = max(now.UnixMilli(), 1)
	}
}
