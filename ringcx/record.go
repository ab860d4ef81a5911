package ringcx

import (
	"encoding/json"
	"fmt"
	"maps"
	"time"
)

// recordVersion is part of the key: hosts with a version of this package that
// writes another format have a record of their own.
const recordVersion = "/2"

const maxGen = 1 << 53 // of a record that makes sense; a higher one could not rise for long

// record is what hosts share. Members that this version does not know are kept, but
// for those of a lease and of a gate, which are written anew. No member is left out
// when it is empty: see MarshalJSON.
//
// While a host spends the refresh token, the record holds a lease and no refresh
// token: whoever finds the lease dead cannot send that token again.
type record struct {
	Gen    int64             `json:"gen"`    // rises with each pair; begins at the time of the first
	Rev    string            `json:"rev"`    // unlike in any other write
	Access string            `json:"access"` // the pair
	Next   string            `json:"refresh"`
	Issued mark              `json:"issued"`  // when the pair was asked for
	Life   int64             `json:"life"`    // of the access token, in milliseconds
	Answer json.RawMessage   `json:"session"` // without secrets
	Login  string            `json:"rc"`      // the RingCentral token
	Until  mark              `json:"rc_until"`
	Worked bool              `json:"rc_worked"`
	Denied string            `json:"rc_denied"` // the process whose exchange RingCX rejected for it
	User   string            `json:"user"`      // who signs in: see fingerprint
	Lease  *lease            `json:"lease"`
	Gates  map[Stage]gate    `json:"gates"`
	Roster map[string]member `json:"roster"`
	Clock  reading           `json:"clock"` // of the host that wrote last, of those that know the time

	others map[string]json.RawMessage // all that was read
}

// lease says that a host is about to send, or has sent, a request with secrets.
type lease struct {
	ID    string `json:"id"` // unlike any other lease's
	Owner string `json:"owner"`
	Held  bool   `json:"held,omitempty"` // the Store can say whether the owner is alive
	Stage Stage  `json:"stage"`
	TTL   int64  `json:"ttl"` // in milliseconds
	Taken mark   `json:"taken"`
}

// life is how long a lease is respected after it was first seen.
func (l *lease) life() time.Duration {
	return time.Duration(min(max(l.TTL, 0), oldLease.Milliseconds())) * time.Millisecond
}

// plainRecord has no methods.
type plainRecord record

func (r *record) UnmarshalJSON(data []byte) error {
	var p plainRecord
	if err := json.Unmarshal(data, &p); err != nil {
		return err
	}
	if err := json.Unmarshal(data, &p.others); err != nil {
		return err
	}
	if p.Gen < 0 || p.Gen >= maxGen {
		return fmt.Errorf("gen is %d, want less than %d", p.Gen, int64(maxGen))
	}
	*r = record(p)
	return nil
}

// MarshalJSON lays what is known over what was read.
func (r record) MarshalJSON() ([]byte, error) {
	known, err := json.Marshal(plainRecord(r))
	if err != nil {
		return nil, err
	}
	all := map[string]json.RawMessage{}
	maps.Copy(all, r.others)
	if err := json.Unmarshal(known, &all); err != nil {
		return nil, err
	}
	return json.Marshal(all)
}

// session is what the record says of the sign-in, on this host's clocks. own is
// what the host knew before: of what it has seen already it keeps its view.
func (r *record) session(c *serverClock, wall time.Time, own session) session {
	s := session{refresh: r.Next, gen: r.Gen, limits: r.limits(c, own.limits)}
	s.pair = pair{access: r.Access, answer: r.Answer, sent: instant{mark: r.Issued}, life: r.life()}
	if r.Login != "" {
		s.login = login{token: r.Login, worked: r.Worked, denied: r.Denied, mark: r.Until}
		if r.Until != (mark{}) {
			until := at(wall.Add(time.Until(c.latest(r.Until))))
			s.login.until = &until
		}
	}
	return s
}

// life is how long the access token lives: as the process that requested it worked it
// out, within bounds.
func (r *record) life() time.Duration {
	if r.Life < time.Second.Milliseconds() || r.Life > maxLife.Milliseconds() {
		return lifetime(r.Access, time.Time{}, 0)
	}
	return time.Duration(r.Life) * time.Millisecond
}

// set writes the session into the record, in the words that it was read in.
func (r *record) set(s *session, c *serverClock, wall time.Time) {
	s.stamp(c, wall)
	r.Gen, r.Next = s.gen, s.refresh
	r.Login, r.Until, r.Worked, r.Denied = s.login.token, s.login.mark, s.login.worked, s.login.denied
	r.Access, r.Answer, r.Issued, r.Life = s.pair.access, s.pair.answer, s.pair.sent.mark, s.pair.life.Milliseconds()
	if reading, sure := c.reading(); sure {
		r.Clock = reading
	}
	r.Gates = s.limits.gates(c)
}
