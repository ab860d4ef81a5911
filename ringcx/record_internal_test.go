package ringcx

import (
	"encoding/json"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/ringcx/internal/servertime"
)

// TestMerge merges the session of a process, with the tokens "own" of generation 5, with a
// record.
func TestMerge(t *testing.T) {
	type result struct {
		Gen             int64
		Access, Refresh string
		Unsaved         bool
	}
	own := result{5, "own", "own refresh", false}
	for _, c := range []struct {
		name          string
		record        record
		unsaved       bool // the own tokens are not written yet
		spent         bool // the process has no refresh token any more
		recordExpired bool // the tokens of the record have expired
		ownExpired    bool // the own tokens have expired
		sent          bool // this process has sent the refresh token of the record
		want          result
	}{
		{name: "of another process, newer", record: record{Gen: 6, Rev: "other-1"}, want: result{6, "theirs", "theirs refresh", false}},
		{name: "of another process, same generation", record: record{Gen: 5, Rev: "other-1"}, want: result{5, "theirs", "theirs refresh", false}},
		{name: "missing", record: record{}, want: result{5, "own", "", false}},
		{name: "of another process, older", record: record{Gen: 4, Rev: "other-1"}, want: result{5, "own", "", false}},
		{name: "of this process, older", record: record{Gen: 4, Rev: "me-1"}, want: result{5, "own", "", false}},
		{name: "of this process", record: record{Gen: 5, Rev: "me-7"}, want: own},
		{name: "of this process, after an older record was read", record: record{Gen: 5, Rev: "me-7"}, spent: true, want: result{5, "own", "theirs refresh", false}},
		{name: "older than unsaved tokens", record: record{Gen: 4, Rev: "other-1"}, unsaved: true, want: result{5, "own", "own refresh", true}},
		{name: "newer than unsaved tokens", record: record{Gen: 5, Rev: "other-1"}, unsaved: true, want: result{5, "theirs", "theirs refresh", false}},
		{name: "newer than unsaved tokens, but expired", record: record{Gen: 7, Rev: "other-1"}, unsaved: true, recordExpired: true, want: result{8, "own", "own refresh", true}},
		{name: "newer than unsaved tokens, both expired", record: record{Gen: 7, Rev: "other-1"}, unsaved: true, recordExpired: true, ownExpired: true, want: result{7, "theirs", "theirs refresh", false}},
		{name: "of this process, before its refresh", record: record{Gen: 5, Rev: "me-7"}, spent: true, sent: true, want: result{5, "own", "", false}},
		{name: "of another process, with the refresh token that was sent", record: record{Gen: 5, Rev: "other-1"}, spent: true, sent: true, want: result{5, "theirs", "", false}},
		{name: "missing, with unsaved tokens", record: record{}, unsaved: true, want: result{5, "own", "own refresh", true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(time.Hour) // the age of expired tokens
				r := newTestRecord(time.Now)
				r.record, r.revs = c.record, []string{"me-7"}
				if c.record.Rev != "" {
					r.record.Access, r.record.Refresh = "theirs", "theirs refresh"
				}
				if r.record.Issued = r.clock.Timestamp(time.Now()); c.recordExpired {
					r.record.Issued.At -= time.Hour.Milliseconds()
				}
				s := session{
					refresh: "own refresh", gen: 5, unsaved: c.unsaved, limits: newLimits(),
					tokens: tokens{access: "own", requested: servertime.Here(time.Now()), lifetime: defaultLifetime},
				}
				if c.spent {
					s.refresh = ""
				}
				if c.ownExpired {
					s.tokens.requested.Local = time.Now().Add(-time.Hour)
				}
				if c.sent {
					s.spent = "theirs refresh"
				}
				s = r.merge(s, time.Now())
				if diff := cmp.Diff(c.want, result{s.gen, s.tokens.access, s.refresh, s.unsaved}); diff != "" {
					t.Errorf("merged session (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestMergeRCTokens merges the session of a process, with the RingCentral token "own", with
// a record of another process.
func TestMergeRCTokens(t *testing.T) {
	for _, c := range []struct {
		name, record string
		unsavedRC    bool          // the own RingCentral token is not written yet
		longer       time.Duration // by how much the record's token is valid longer
		unsaved      bool          // the own RingCX tokens are not written yet
		want         string
	}{
		{"another token", "theirs", true, 0, false, "theirs"},
		{"none, own one unsaved", "", true, 0, false, "own"},
		{"none, own one was removed", "", false, 0, false, ""},
		{"a newer one, with unsaved tokens", "theirs", false, time.Minute, true, "theirs"},
		{"an older one, with unsaved tokens", "theirs", false, -time.Minute, true, "own"},
		{"none, with unsaved tokens", "", false, 0, true, "own"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newTestRecord(time.Now)
			until := deadlineAt(time.Now().Add(time.Hour))
			r.record = record{Gen: 4, Rev: "other-1", RCToken: c.record, RCUntil: r.clock.Timestamp(until.mono.Add(c.longer))}
			own := rcToken{token: "own", unsaved: c.unsavedRC, until: &until}
			if c.unsaved {
				r.record.Gen--
			}
			s := r.merge(session{gen: 4, rc: own, unsaved: c.unsaved, limits: newLimits()}, time.Now())
			if s.rc.token != c.want {
				t.Errorf("merged RingCentral token = %q, want %q", s.rc.token, c.want)
			}
		})
	}
}

// TestFirstGeneration checks that the first generation after a record was deleted is higher
// than those of the deleted record.
func TestFirstGeneration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := servertime.New("me", time.Now)
		var old, again session
		for range 1000 {
			old.add(tokens{}, "", clock)
			time.Sleep(time.Second)
		}
		if again.add(tokens{}, "", clock); again.gen <= old.gen {
			t.Errorf("the generation is %d, after %d", again.gen, old.gen)
		}
	})
}

// TestGenerationRises checks that new tokens raise the generation each time, and that a
// record whose generation could not rise for long, 2⁵³ or more, is invalid.
func TestGenerationRises(t *testing.T) {
	clock, s := servertime.New("me", time.Now), session{}
	for range 3 {
		before := s.gen
		if s.add(tokens{}, "", clock); s.gen <= before {
			t.Errorf("the generation is %d, after %d", s.gen, before)
		}
	}
	var r record
	if err := json.Unmarshal([]byte(`{"gen":9007199254740992}`), &r); err == nil {
		t.Error("a generation of 2⁵³ is accepted")
	}
}

// TestSetRequested checks the age that a process assumes for the tokens of a record, by the
// timestamp in the record and by how the process knows the time.
func TestSetRequested(t *testing.T) {
	for _, c := range []struct {
		name  string
		knows string        // how the process knows the time; "": not at all; "other": not at all, and the timestamp is by another machine
		age   time.Duration // of the tokens, by the timestamp
		want  time.Duration // the assumed age
		guess bool
	}{
		{"confirmed", "response", 4 * time.Minute, 4 * time.Minute, false},
		{"confirmed, in the future", "response", -time.Minute, 0, false},
		{"second-hand", "second-hand", 4 * time.Minute, 4 * time.Minute, true},
		{"second-hand, in the future", "second-hand", -time.Minute, maxLifetime, true},
		{"unknown", "", 4 * time.Minute, 4 * time.Minute, true},
		{"unknown, old", "", 15 * time.Minute, 15 * time.Minute, true},
		{"unknown, slightly in the future", "", -time.Second, 0, true},
		{"unknown, in the future", "", -time.Minute, maxLifetime, true},
		{"unknown, by another machine, in the future", "other", -time.Minute, 0, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newTestRecord(time.Now)
				switch now := time.Now(); c.knows {
				case "second-hand":
					r.clock.Adopt("me", now, now)
				case "response":
					r.clock = knownClock()
				}
				tok := tokens{access: "a", requested: servertime.Timestamp{At: time.Now().Add(-c.age).UnixMilli()}}
				if c.knows == "other" {
					tok.requested.By = "other"
				}
				tok.setRequested(r.clock)
				if got := time.Since(tok.requested.Local); (got-c.want).Abs() > time.Second || tok.guess != c.guess {
					t.Errorf("age = %v, guess = %v, want %v, %v", got, tok.guess, c.want, c.guess)
				}
			})
		})
	}
}

// TestGuessIsCorrected checks that a process corrects the age of another process's tokens,
// which it took from a wrong clock, when it learns the time. It has written the record in
// between.
func TestGuessIsCorrected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newTestRecord(func() time.Time { return time.Now().Add(-3 * time.Minute) })
		r.record = record{Gen: 5, Rev: "other-1", Access: "theirs", Issued: servertime.Timestamp{At: time.Now().Add(-4 * time.Minute).UnixMilli()}}
		s := r.merge(session{limits: newLimits()}, time.Now())
		r.revs = []string{r.record.Rev}
		r.clock.Update(http.Header{"Date": {time.Now().UTC().Format(http.TimeFormat)}})
		s = r.merge(s, time.Now())
		if age := time.Since(s.tokens.requested.Local).Round(time.Minute); age != 4*time.Minute || s.tokens.guess {
			t.Errorf("age = %v, guess = %v, want 4m0s, false", age, s.tokens.guess)
		}
	})
}

// TestRCTokenWithoutServicesTime reads a RingCentral token that expired ten minutes ago from
// a record. A process that does not know the time uses it: an unnecessary sign-in may end
// a session of the user, while an expired token costs only a 401.
func TestRCTokenWithoutServicesTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := record{RCToken: "token", RCUntil: servertime.Timestamp{At: time.Now().Add(-10 * time.Minute).UnixMilli()}}
		unknown := servertime.New("me", time.Now)
		for _, c := range []*servertime.Clock{unknown, knownClock()} {
			s := r.session(c, time.Now(), session{limits: newLimits()})
			if got := s.rc.valid(time.Now()); got != (c == unknown) {
				t.Errorf("time known: %v: valid = %v, want %v", c != unknown, got, !got)
			}
		}
	})
}

// TestRecordLifetime checks that a lifetime out of bounds in a record is ignored.
func TestRecordLifetime(t *testing.T) {
	for lifetime, want := range map[time.Duration]time.Duration{
		0: defaultLifetime, 20 * time.Second: 20 * time.Second, maxLifetime: maxLifetime, 1000 * time.Hour: defaultLifetime, -time.Hour: defaultLifetime,
	} {
		r := record{Access: "not a JWT", Life: lifetime.Milliseconds()}
		if got := r.lifetime(); got != want {
			t.Errorf("lifetime of a record with %v = %v, want %v", lifetime, got, want)
		}
	}
}

// FuzzRecord decodes arbitrary data. A valid record must be the same after it is written and
// read again, no cooldown may last longer than an hour, and no tokens may come from the
// future.
func FuzzRecord(f *testing.F) {
	f.Add([]byte(`{"gen":3,"access":"a","refresh":"r","issued":{"at":1700000000000},"rc":"t","rc_until":{"at":1700000000000,"by":"other"},"gates":{"login":{"rests":[{"owner":"o","since":{"at":1},"until":{"at":99999999999999}}],"hits":[{"id":"a","at":1,"by":"me"},{"id":"b","at":2,"end":"void"}]}},"roster":{"o":{"since":{"at":-1},"seen":{"at":9223372036854775807}}},"life":-1,"clock":{"host":"me","time":9223372036854775807},"new":{"a":1}}`))
	f.Add([]byte(`{"gen":-9223372036854775808,"issued":{"at":9223372036854775807},"lease":{"ttl":-1,"taken":{"at":1}}}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var rec record
		if json.Unmarshal(data, &rec) != nil {
			return
		}
		written, err := json.Marshal(rec)
		if err != nil {
			t.Fatal(err)
		}
		var again record
		if err := json.Unmarshal(written, &again); err != nil {
			t.Fatalf("%s: %v", written, err)
		}
		if twice, err := json.Marshal(again); err != nil || string(twice) != string(written) {
			t.Errorf("written: %s; read and written again: %s, %v", written, twice, err)
		}
		r := newTestRecord(time.Now)
		r.record = rec
		s := r.merge(session{limits: newLimits()}, time.Now())
		for stage := range s.limits.cooldowns {
			if d := time.Until(s.limits.closedUntil(stage)); d > maxRetryAfter {
				t.Errorf("%s: a cooldown of %v", stage, d)
			}
		}
		if s.tokens.requested.Local.After(time.Now()) {
			t.Error("the tokens were requested in the future")
		}
	})
}
