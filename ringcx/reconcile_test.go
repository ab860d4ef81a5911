package ringcx

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestReconcile has a host that knows the pair "own" of gen 5 find a record.
func TestReconcile(t *testing.T) {
	type seen struct {
		Gen             int64
		Access, Refresh string
		Pending         bool
	}
	own := seen{5, "own", "own refresh", false}
	for _, c := range []struct {
		name    string
		record  record
		pending bool // the own pair is not written yet
		spent   bool // the own refresh token is
		dead    bool // the record's pair is
		died    bool // the own pair has
		sent    bool // the record's refresh token was, by this host
		want    seen
	}{
		{name: "of another host", record: record{Gen: 6, Rev: "other-1"}, want: seen{6, "theirs", "theirs refresh", false}},
		{name: "of another host, same pair", record: record{Gen: 5, Rev: "other-1"}, want: seen{5, "theirs", "theirs refresh", false}},
		{name: "lost", record: record{}, want: seen{5, "own", "", false}},
		{name: "put back", record: record{Gen: 4, Rev: "other-1"}, want: seen{5, "own", "", false}},
		{name: "own one put back", record: record{Gen: 4, Rev: "me-1"}, want: seen{5, "own", "", false}},
		{name: "own", record: record{Gen: 5, Rev: "me-7"}, want: own},
		{name: "own, after a stale read", record: record{Gen: 5, Rev: "me-7"}, spent: true, want: seen{5, "own", "theirs refresh", false}},
		{name: "older than an own pair to be written", record: record{Gen: 4, Rev: "other-1"}, pending: true, want: seen{5, "own", "own refresh", true}},
		{name: "newer than an own pair to be written", record: record{Gen: 5, Rev: "other-1"}, pending: true, want: seen{5, "theirs", "theirs refresh", false}},
		{name: "newer, but dead", record: record{Gen: 7, Rev: "other-1"}, pending: true, dead: true, want: seen{8, "own", "own refresh", true}},
		{name: "newer, but both dead", record: record{Gen: 7, Rev: "other-1"}, pending: true, dead: true, died: true, want: seen{7, "theirs", "theirs refresh", false}},
		{name: "put back as it was before a refresh", record: record{Gen: 5, Rev: "me-7"}, spent: true, sent: true, want: seen{5, "own", "", false}},
		{name: "of another host that has read an old one", record: record{Gen: 5, Rev: "other-1"}, spent: true, sent: true, want: seen{5, "theirs", "", false}},
		{name: "lost before an own pair was written", record: record{}, pending: true, want: seen{5, "own", "own refresh", true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(time.Hour) // an age of the dead pair
				l := newTestLedger(time.Now)
				l.owner, l.record, l.pending, l.wrote = "me", c.record, c.pending, []string{"me-7"}
				if c.record.Rev != "" {
					l.record.Access, l.record.Next = "theirs", "theirs refresh"
				}
				if l.record.Issued = l.clock.mark(time.Now()); c.dead {
					l.record.Issued.At -= time.Hour.Milliseconds()
				}
				s := session{refresh: "own refresh", gen: 5, pair: pair{access: "own", sent: instant{at: time.Now()}, life: defaultLife}, limits: newLimits()}
				if c.spent {
					s.refresh = ""
				}
				if c.died {
					s.pair.sent.at = time.Now().Add(-time.Hour)
				}
				if c.sent {
					s.spent = "theirs refresh"
				}
				s = l.reconcile(s, time.Now())
				if diff := cmp.Diff(c.want, seen{s.gen, s.pair.access, s.refresh, l.pending}); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestReconcileLogins has a host that knows the RingCentral token "own" find a
// record of another.
func TestReconcileLogins(t *testing.T) {
	for _, c := range []struct {
		name, record string
		news         bool          // no record has had the own one yet
		longer       time.Duration // by which the record's is good for longer
		pending      bool          // the own pair is not written yet
		want         string
	}{
		{"another", "theirs", true, 0, false, "theirs"},
		{"none yet", "", true, 0, false, "own"},
		{"none any more", "", false, 0, false, ""},
		{"a newer one, beside an own pair", "theirs", false, time.Minute, true, "theirs"},
		{"an older one, beside an own pair", "theirs", false, -time.Minute, true, "own"},
		{"none, beside an own pair", "", false, 0, true, "own"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newTestLedger(time.Now)
			until := at(time.Now().Add(time.Hour))
			l.pending = c.pending
			l.record = record{Gen: 4, Rev: "other-1", Login: c.record, Until: l.clock.mark(until.at.Add(c.longer))}
			own := login{token: "own", news: c.news, until: &until}
			if c.pending {
				l.record.Gen--
			}
			s := l.reconcile(session{gen: 4, login: own, limits: newLimits()}, time.Now())
			if s.login.token != c.want {
				t.Errorf("the token is %q, want %q", s.login.token, c.want)
			}
		})
	}
}

// TestFirstGen has a record begin anew after it was deleted: it is newer than the
// one before.
func TestFirstGen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newTestLedger(time.Now)
		var old, anew session
		for range 1000 {
			l.bought(&old)
			time.Sleep(time.Second)
		}
		if l.bought(&anew); anew.gen <= old.gen {
			t.Errorf("gen is %d, after %d", anew.gen, old.gen)
		}
	})
}
