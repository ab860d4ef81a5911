package ringcx

import (
	"cmp"
	"strings"
	"time"
)

// reconcile returns what is known of the session from this host and from the
// record together. The limits of both count, whoever else is right.
func (l *ledger) reconcile(own session, wall time.Time) session {
	l.clock.hear(l.record.Clock)
	theirs := l.record.session(l.clock, wall, own)
	l.date(&theirs.pair, own.pair)
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

// date says when the pair was asked for. own is the pair that the host knew. Where
// nobody can tell, that is taken to be the first sight of it; but a pair that is
// dead by any clock is so.
func (l *ledger) date(p *pair, own pair) {
	p.sent.seen = time.Now()
	if own.access == p.access && !own.sent.seen.IsZero() {
		p.sent.seen = own.sent.seen
	}
	p.guess = !l.clock.sure()
	asked, doubt := l.clock.local(p.sent.mark), l.clock.doubt(p.sent.mark)
	age := time.Since(asked)
	switch {
	case doubt == 0:
		p.sent.at = earlier(asked, p.sent.seen)
	case age > lifetime(p.access)+doubt, age < -doubt:
		p.sent.at = time.Now().Add(-maxLife)
	default:
		p.sent.at = p.sent.seen
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
