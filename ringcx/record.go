package ringcx

import (
	"encoding/json"
	"maps"
	"time"
)

// recordVersion is part of the key: hosts with a version of this package that
// writes another format have a record of their own.
const recordVersion = "/1"

// record is what hosts share. Its times are those of the services, in
// milliseconds since 1970. Members that this version does not know are kept.
//
// While a host spends the refresh token, the record holds a lease and no refresh
// token: whoever finds the lease dead cannot send that token again.
type record struct {
	Gen    int64           `json:"gen"`              // rises with each pair
	Rev    string          `json:"rev"`              // unlike in any other write
	Access string          `json:"access,omitempty"` // the pair
	Next   string          `json:"refresh,omitempty"`
	Issued int64           `json:"issued,omitempty"` // when the pair was asked for
	Host   string          `json:"host,omitempty"`   // and by whom
	Wall   int64           `json:"wall,omitempty"`   // and when by that host's clock
	Answer json.RawMessage `json:"session,omitempty"`
	Login  string          `json:"rc,omitempty"` // the RingCentral token
	Until  int64           `json:"rc_until,omitempty"`
	Worked bool            `json:"rc_worked,omitempty"`
	Lease  *lease          `json:"lease,omitempty"`
	Gates  map[Stage]gate  `json:"gates,omitempty"`

	others map[string]json.RawMessage
}

// lease says that a host is about to send, or has sent, a request with secrets.
type lease struct {
	Owner string `json:"owner"`
	Stage Stage  `json:"stage"`
	TTL   int64  `json:"ttl"`   // in milliseconds
	Taken int64  `json:"taken"` // when
}

// gate is what limits a stage.
type gate struct {
	NotBefore int64   `json:"not_before,omitempty"`
	Hits      []int64 `json:"hits,omitempty"`
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
	known, err := members(plainRecord{Lease: &lease{}, Access: "x", Next: "x", Issued: 1, Host: "x", Wall: 1, Answer: json.RawMessage("1"),
		Login: "x", Until: 1, Worked: true, Gates: map[Stage]gate{"x": {}}})
	if err != nil {
		return err
	}
	maps.DeleteFunc(p.others, func(k string, _ json.RawMessage) bool { _, ok := known[k]; return ok })
	*r = record(p)
	return nil
}

func (r record) MarshalJSON() ([]byte, error) {
	all, err := members(plainRecord(r))
	if err != nil {
		return nil, err
	}
	maps.Copy(all, r.others)
	return json.Marshal(all)
}

func members(p plainRecord) (all map[string]json.RawMessage, err error) {
	data, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	return all, json.Unmarshal(data, &all)
}

// session is what the record says of the sign-in, on this host's clocks. own is
// the session of before, for what is no other host's business.
//
// Where the services' time is not known, what the record counts began when this
// host first saw it, at seen: that is late, and so on the safe side.
func (r *record) session(c *serverClock, wall, seen time.Time, own session) session {
	s := session{refresh: r.Next, gen: r.Gen, limits: newLimits()}
	s.pair = pair{access: r.Access, answer: r.Answer, sent: earlier(c.local(r.Issued), time.Now()), host: r.Host, wall: r.Wall}
	if r.Login != "" {
		s.login = login{token: r.Login, worked: r.Worked}
		if r.Until != 0 {
			until := at(wall.Add(time.Until(c.local(r.Until))))
			s.login.until = &until
		}
	}
	s.limits.ownUntil, s.limits.slack = own.limits.ownUntil, clockDrift
	_, known := c.now()
	for stage, g := range r.Gates {
		for _, hit := range g.Hits {
			at := seen
			if known {
				at = earlier(c.local(hit), time.Now())
			}
			s.limits.hits[stage] = append(s.limits.hits[stage], at)
		}
		if g.NotBefore != 0 && known {
			s.limits.restUntil[stage] = earlier(c.local(g.NotBefore), time.Now().Add(maxRetryAfter))
		} else if g.NotBefore != 0 {
			s.limits.restUntil[stage] = seen.Add(penalty)
		}
	}
	return s
}

// set writes the session into the record.
func (r *record) set(s session, c *serverClock, wall time.Time) {
	r.Gen, r.Next, r.Login, r.Until, r.Worked = s.gen, s.refresh, s.login.token, 0, s.login.worked
	r.Access, r.Answer, r.Issued = s.pair.access, s.pair.answer, c.server(s.pair.sent)
	r.Host, r.Wall = s.pair.host, s.pair.wall
	if s.login.until != nil {
		r.Until = c.server(time.Now().Add(s.login.until.at.Sub(wall)))
	}
	r.Gates = map[Stage]gate{}
	for stage, until := range s.limits.restUntil {
		if time.Until(until) > 0 {
			g := r.Gates[stage]
			g.NotBefore = c.server(until)
			r.Gates[stage] = g
		}
	}
	for stage, hits := range s.limits.hits {
		g := r.Gates[stage]
		for _, hit := range hits {
			g.Hits = append(g.Hits, c.server(hit))
		}
		r.Gates[stage] = g
	}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
