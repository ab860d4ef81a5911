package ringcx

import (
	"encoding/json"
	"fmt"
	"maps"
	"time"
)

// recordVersion is part of the key: hosts with a version of this package that
// writes another format have a record of their own.
const recordVersion = "/1"

const maxGen = 1 << 53 // of a record that makes sense; a higher one could not rise for long

// record is what hosts share. Members that this version does not know are kept, but
// for those of a lease and of a gate, which are written anew. No member is left out
// when it is empty: see MarshalJSON.
//
// While a host spends the refresh token, the record holds a lease and no refresh
// token: whoever finds the lease dead cannot send that token again.
type record struct {
	Gen    int64           `json:"gen"`    // rises with each pair; begins at the time of the first
	Rev    string          `json:"rev"`    // unlike in any other write
	Access string          `json:"access"` // the pair
	Next   string          `json:"refresh"`
	Issued mark            `json:"issued"`  // when the pair was asked for
	Answer json.RawMessage `json:"session"` // without secrets
	Login  string          `json:"rc"`      // the RingCentral token
	Until  mark            `json:"rc_until"`
	Worked bool            `json:"rc_worked"`
	Lease  *lease          `json:"lease"`
	Gates  map[Stage]gate  `json:"gates"`
	Clock  reading         `json:"clock"` // of the host that wrote last, of those that know the time

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

// gate is what limits a stage.
type gate struct {
	NotBefore mark   `json:"not_before,omitzero"`
	Hits      []mark `json:"hits,omitempty"`
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
	s.pair = pair{access: r.Access, answer: r.Answer, sent: instant{mark: r.Issued}}
	if r.Login != "" {
		s.login = login{token: r.Login, worked: r.Worked, mark: r.Until}
		if r.Until != (mark{}) {
			until := at(wall.Add(time.Until(c.latest(r.Until))))
			s.login.until = &until
		}
	}
	return s
}

// limits are those of the record, and what own has beyond them. A hit of which
// this host cannot say when it was counts from when it first saw it: that is late,
// and so on the safe side. What is long over by any clock counts for nobody, and no
// more does what is far ahead: a clock was wrong by hours.
func (r *record) limits(c *serverClock, own limits) limits {
	l := newLimits()
	l.ownUntil, l.slack = own.ownUntil, clockDrift
	gates := map[Stage]gate{}
	for stage := range own.hits {
		gates[stage] = gate{}
	}
	maps.Copy(gates, r.Gates)
	for stage, g := range gates {
		for _, hit := range l.merge(g.Hits, own.hits[stage]) {
			if hit.at = hit.past(c); !hit.read || time.Until(c.local(hit.mark)) < 2*clockError {
				l.hits[stage] = append(l.hits[stage], hit)
			}
		}
		if m := g.NotBefore; m != (mark{}) && time.Until(c.local(m)) < maxRetryAfter+2*clockError {
			l.restUntil[stage] = rest(c, m, own.restUntil[stage])
		}
	}
	l.join(own)
	return l
}

// rest is when a rest of the record ends, which own may have seen already: an hour
// after the first sight at most. Where this host was told to rest it counts the time
// itself, but for that which it has slept.
func rest(c *serverClock, m mark, own instant) instant {
	if own.mark == m && !own.read {
		if c.sure() && m.By == "" {
			own.at = earlier(own.at, c.local(m))
		}
		return own
	}
	until := instant{seen: time.Now(), mark: m, read: true}
	if own.mark == m {
		until.seen = own.seen
	}
	until.at = earlier(c.local(m), until.seen.Add(maxRetryAfter))
	return until
}

// set writes the session into the record, in the words that it was read in.
func (r *record) set(s *session, c *serverClock, wall time.Time) {
	s.stamp(c, wall)
	r.Gen, r.Next, r.Login, r.Until, r.Worked = s.gen, s.refresh, s.login.token, s.login.mark, s.login.worked
	r.Access, r.Answer, r.Issued = s.pair.access, s.pair.answer, s.pair.sent.mark
	if reading, sure := c.reading(); sure {
		r.Clock = reading
	}
	r.Gates = map[Stage]gate{}
	for stage, until := range s.limits.restUntil {
		if !until.over(c) {
			r.Gates[stage] = gate{NotBefore: until.mark}
		}
	}
	for stage, hits := range s.limits.hits {
		g := r.Gates[stage]
		for _, hit := range hits {
			if hit.at = hit.past(c); s.limits.counts(hit) {
				g.Hits = append(g.Hits, hit.mark)
			}
		}
		r.Gates[stage] = g
	}
}
