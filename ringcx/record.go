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

// record is what hosts share. Its times are those of the services, in
// milliseconds since 1970. Members that this version does not know are kept, but
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
	Issued int64           `json:"issued"`  // when the pair was asked for
	Host   string          `json:"host"`    // and by whom
	Wall   int64           `json:"wall"`    // and when by that host's clock
	Answer json.RawMessage `json:"session"` // without secrets
	Login  string          `json:"rc"`      // the RingCentral token
	Until  int64           `json:"rc_until"`
	Worked bool            `json:"rc_worked"`
	Lease  *lease          `json:"lease"`
	Gates  map[Stage]gate  `json:"gates"`

	others map[string]json.RawMessage // all that was read
}

// lease says that a host is about to send, or has sent, a request with secrets.
type lease struct {
	ID    string `json:"id"` // unlike any other lease's
	Owner string `json:"owner"`
	Held  bool   `json:"held,omitempty"` // the Store can say whether the owner is alive
	Stage Stage  `json:"stage"`
	TTL   int64  `json:"ttl"`             // in milliseconds
	Taken int64  `json:"taken,omitempty"` // when; 0: nobody knows
}

// gate is what limits a stage.
type gate struct {
	NotBefore int64   `json:"not_before,omitempty"`
	Hits      []int64 `json:"hits,omitempty"`
	Rough     bool    `json:"rough,omitempty"` // one of them is by the clock of a host that did not know the services' time
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
	if p.Gen < 0 || p.Gen > maxGen {
		return fmt.Errorf("gen is %d, want 0 to %d", p.Gen, int64(maxGen))
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
	s.pair = pair{access: r.Access, answer: r.Answer, sent: instant{shared: r.Issued}, host: r.Host, wall: r.Wall}
	if r.Login != "" {
		s.login = login{token: r.Login, worked: r.Worked, shared: r.Until}
		if r.Until != 0 {
			until := at(wall.Add(time.Until(c.latest(r.Until, false))))
			s.login.until = &until
		}
	}
	return s
}

// limits are those of the record, and what own has beyond them. A hit of which
// this host cannot say when it was counts from when it first saw it: that is late,
// and so on the safe side. What is long over by any clock counts for nobody.
func (r *record) limits(c *serverClock, own limits) limits {
	l := newLimits()
	l.ownUntil, l.slack = own.ownUntil, clockDrift
	for stage, g := range r.Gates {
		for _, ms := range g.Hits {
			hit, seen := known(own.hits[stage], ms)
			if !seen {
				hit = instant{at: time.Now(), shared: ms, rough: g.Rough}
			}
			hit.at = hit.past(c)
			l.hits[stage] = append(l.hits[stage], hit)
		}
		if g.NotBefore != 0 {
			l.restUntil[stage] = rest(c, g, own.restUntil[stage])
		}
	}
	l.join(own)
	return l
}

// rest is when a rest of the record ends, which own may have seen already. Where
// nobody can say when that is, it is soon after the first sight, and else an hour
// after it at most.
func rest(c *serverClock, g gate, own instant) instant {
	until := instant{at: time.Now().Add(penalty), seen: time.Now(), shared: g.NotBefore, rough: g.Rough}
	if own.shared == g.NotBefore {
		until = own
	}
	if c.exact(g.Rough) {
		until.at = until.seen.Add(maxRetryAfter)
	}
	until.at = earlier(until.at, c.latest(g.NotBefore, g.Rough))
	return until
}

// set writes the session into the record, in the words that it was read in.
func (r *record) set(s *session, c *serverClock, wall time.Time) {
	s.stamp(c, wall)
	r.Gen, r.Next, r.Login, r.Until, r.Worked = s.gen, s.refresh, s.login.token, s.login.shared, s.login.worked
	r.Access, r.Answer, r.Issued, r.Host, r.Wall = s.pair.access, s.pair.answer, s.pair.sent.shared, s.pair.host, s.pair.wall
	r.Gates = map[Stage]gate{}
	for stage, until := range s.limits.restUntil {
		if time.Until(until.at) > 0 {
			r.Gates[stage] = gate{NotBefore: until.shared, Rough: until.rough}
		}
	}
	for stage, hits := range s.limits.hits {
		g := r.Gates[stage]
		for _, hit := range hits {
			if hit.at = hit.past(c); s.limits.counts(hit) {
				g.Hits, g.Rough = append(g.Hits, hit.shared), g.Rough || hit.rough
			}
		}
		r.Gates[stage] = g
	}
}
