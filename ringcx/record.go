package ringcx

import (
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx/internal/servertime"
)

// recordVersion is part of the key: processes with a version of this package that writes
// another format have a record of their own.
const recordVersion = "/2"

// maxGen bounds the generation of a valid record; a higher one could not rise for long.
const maxGen = 1 << 53

// record is the JSON that processes share. Fields that this version does not know are
// kept, except those of a lease and of the limits. Empty fields are written too: see
// MarshalJSON.
//
// While a process sends the refresh token, the record has a lease and no refresh token,
// so that a process which finds the lease expired cannot send that token again.
type record struct {
	Gen      int64                `json:"gen"` // rises with each exchange and refresh; the first is the time
	Rev      string               `json:"rev"` // unique for each write
	Access   string               `json:"access"`
	Refresh  string               `json:"refresh"`
	Issued   servertime.Timestamp `json:"issued"`  // when the tokens were requested
	Life     int64                `json:"life"`    // lifetime of the access token, in milliseconds
	Session  json.RawMessage      `json:"session"` // the response that brought the tokens, without secrets
	RCToken  string               `json:"rc"`      // the RingCentral token
	RCUntil  servertime.Timestamp `json:"rc_until"`
	Accepted bool                 `json:"rc_worked"` // see rcToken
	Denied   string               `json:"rc_denied"` // see rcToken
	User     string               `json:"user"`      // who signs in: see Config.fingerprint
	Lease    *lease               `json:"lease"`
	Limits   map[Stage]limitState `json:"gates"`
	Roster   roster               `json:"roster"`
	Clock    clockReading         `json:"clock"`

	unknown map[string]json.RawMessage // all fields that were read
}

// clockReading is what the last writer that knew the services' time knew of it. Other
// processes of its machine use it.
type clockReading struct {
	Machine string `json:"host"`
	Wall    int64  `json:"wall"` // the machine's clock, in milliseconds
	Time    int64  `json:"time"` // the services' time then, in milliseconds
}

// plainRecord has no methods.
type plainRecord record

// UnmarshalJSON implements json.Unmarshaler.
func (r *record) UnmarshalJSON(data []byte) error {
	var p plainRecord
	if err := json.Unmarshal(data, &p); err != nil {
		return err
	}
	if err := json.Unmarshal(data, &p.unknown); err != nil {
		return err
	}
	if p.Gen < 0 || p.Gen >= maxGen {
		return fmt.Errorf("gen is %d, want less than %d", p.Gen, int64(maxGen))
	}
	*r = record(p)
	return nil
}

// MarshalJSON implements json.Marshaler. It replaces the known fields of what was read.
func (r record) MarshalJSON() ([]byte, error) {
	known, err := json.Marshal(plainRecord(r))
	if err != nil {
		return nil, err
	}
	all := map[string]json.RawMessage{}
	maps.Copy(all, r.unknown)
	if err := json.Unmarshal(known, &all); err != nil {
		return nil, err
	}
	return json.Marshal(all)
}

// session returns the session in the record, with times on the deadline of this process.
// own is what this process knew before: it keeps what it knows of the limits.
func (r *record) session(c *servertime.Clock, wall time.Time, own session) session {
	s := session{refresh: r.Refresh, gen: r.Gen, limits: own.limits.merge(c, r.Limits, r.Rev == "")}
	s.tokens = tokens{access: r.Access, response: r.Session, requested: r.Issued, lifetime: r.lifetime()}
	if r.RCToken != "" {
		s.rc = rcToken{token: r.RCToken, accepted: r.Accepted, denied: r.Denied, untilShared: r.RCUntil}
		if r.RCUntil.IsShared() {
			until := deadlineAt(wall.Add(time.Until(c.Latest(r.RCUntil))))
			s.rc.until = &until
		}
	}
	return s
}

// lifetime returns the lifetime of the access token as the process that requested it
// computed it, within bounds.
func (r *record) lifetime() time.Duration {
	if r.Life < time.Second.Milliseconds() || r.Life > maxLifetime.Milliseconds() {
		return lifetimeOf(r.Access, time.Time{}, 0)
	}
	return time.Duration(r.Life) * time.Millisecond
}

// set writes the session into the record. Times that were read are written unchanged.
func (r *record) set(s *session, c *servertime.Clock, wall time.Time) {
	s.share(c, wall)
	r.Gen, r.Refresh = s.gen, s.refresh
	r.RCToken, r.RCUntil, r.Accepted, r.Denied = s.rc.token, s.rc.untilShared, s.rc.accepted, s.rc.denied
	r.Access, r.Session, r.Issued, r.Life = s.tokens.access, s.tokens.response, s.tokens.requested, s.tokens.lifetime.Milliseconds()
	if machine, wall, services, ok := c.Reading(); ok {
		r.Clock = clockReading{Machine: machine, Wall: wall.UnixMilli(), Time: services.UnixMilli()}
	}
	r.Limits = s.limits.state(c)
}
