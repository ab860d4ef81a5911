package ringcx

import (
	"net/http"
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
				l := newLedger(nil, "", time.Now)
				l.owner, l.record, l.pending = "me", c.record, c.pending
				if c.record.Rev != "" {
					l.record.Access, l.record.Next = "theirs", "theirs refresh"
				}
				if l.record.Host, l.record.Wall = l.host, time.Now().UnixMilli(); c.dead {
					l.record.Wall -= time.Hour.Milliseconds()
				}
				l.record.Issued = l.record.Wall
				s := session{refresh: "own refresh", gen: 5, pair: pair{access: "own", sent: instant{at: time.Now()}}, limits: newLimits()}
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
		news         bool // no record has had the own one yet
		want         string
	}{
		{"another", "theirs", true, "theirs"},
		{"none yet", "", true, "own"},
		{"none any more", "", false, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLedger(nil, "", time.Now)
			l.record = record{Gen: 5, Rev: "other-1", Login: c.record}
			s := l.reconcile(session{gen: 5, login: login{token: "own", news: c.news}, limits: newLimits()}, time.Now())
			if s.login.token != c.want {
				t.Errorf("the token is %q, want %q", s.login.token, c.want)
			}
		})
	}
}

// TestLimitsOfTwoHosts makes one of the limits of a record and of a host's own,
// while nobody knows the services' time.
func TestLimitsOfTwoHosts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now().UnixMilli()
		ancient := now - 2*clockSkew.Milliseconds()
		r := record{Gates: map[Stage]gate{
			StageExchange: {NotBefore: now - 9_000, Hits: []int64{now - 70_000, now - 2_000, ancient}},
			StageRefresh:  {NotBefore: ancient},
		}}
		c := &serverClock{wall: time.Now}
		own := newLimits()
		if err := own.take(StageRefresh); err != nil {
			t.Fatal(err)
		}
		l := r.limits(c, own)
		if err := l.take(StageRefresh); err != nil {
			t.Errorf("the refresh rests for what is long over: %v", err)
		}
		l.untake(StageRefresh)
		time.Sleep(50 * time.Second)
		l = r.limits(c, l) // read again
		l.rest(StageLogin, time.Hour)
		s := session{limits: l}
		before := time.Now().Add(-50 * time.Second).UnixMilli()
		r.set(&s, c, time.Now())
		want := map[Stage]gate{
			StageExchange: {NotBefore: now - 9_000, Hits: []int64{now - 70_000, now - 2_000, before}, Rough: true},
			StageLogin:    {NotBefore: time.Now().Add(time.Hour).UnixMilli(), Rough: true},
		}
		if diff := cmp.Diff(want, r.Gates); diff != "" {
			t.Errorf("written (-want +got):\n%s", diff)
		}
		time.Sleep(13 * time.Second)
		r.set(&s, c, time.Now())
		if hits := r.Gates[StageExchange].Hits; len(hits) > 0 {
			t.Errorf("hits %v are written a minute after they were seen", hits)
		}
	})
}

// TestOldHitsAreNotWrittenAgain has a host learn the services' time from the answer
// to what it sent: what it took for hits of that minute were older ones.
func TestOldHitsAreNotWrittenAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		old, young := now.Add(-70*time.Second).UnixMilli(), now.Add(-50*time.Second).UnixMilli()
		r := record{Gates: map[Stage]gate{StageExchange: {Hits: []int64{old, young}}}}
		c := &serverClock{wall: time.Now}
		s := session{limits: r.limits(c, newLimits())}
		c.see(http.Header{"Date": {now.UTC().Format(http.TimeFormat)}})
		r.set(&s, c, now)
		if diff := cmp.Diff([]int64{young}, r.Gates[StageExchange].Hits); diff != "" {
			t.Errorf("written (-want +got):\n%s", diff)
		}
	})
}

// TestFirstGen has a record begin anew after it was deleted: it is newer than the
// one before.
func TestFirstGen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLedger(nil, "", time.Now)
		var old, anew session
		for range 1000 {
			l.bought(&old, time.Now())
			time.Sleep(time.Second)
		}
		if l.bought(&anew, time.Now()); anew.gen <= old.gen {
			t.Errorf("gen is %d, after %d", anew.gen, old.gen)
		}
	})
}
