package ringcx

import (
	"cmp"
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
		return fmt.Errorf("gen is %d, want 0 or more and less than %d", p.Gen, int64(maxGen))
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

// lease says in the record that a process is about to send, or has sent, a request with
// secrets.
type lease struct {
	ID    string               `json:"id"` // unique
	Owner string               `json:"owner"`
	Held  bool                 `json:"held,omitempty"` // the Store knows whether the owner is alive
	Stage Stage                `json:"stage"`
	TTL   int64                `json:"ttl"` // in milliseconds, from when another process first reads it
	Taken servertime.Timestamp `json:"taken"`
}

// ttl returns how long the lease is respected after it was first read.
func (l *lease) ttl() time.Duration {
	return time.Duration(min(max(l.TTL, 0), maxLeaseAge.Milliseconds())) * time.Millisecond
}

// merge returns the session that results from own, what this process knows, and the
// record. The limits of both count. written says that this process wrote the record.
func (r *record) merge(own session, written bool, c *servertime.Clock, wall time.Time) session {
	c.Adopt(r.Clock.Machine, time.UnixMilli(r.Clock.Wall), time.UnixMilli(r.Clock.Time))
	theirs := r.session(c, wall, own)
	own.limits = theirs.limits
	older := theirs.gen < own.gen
	switch {
	case own.unsaved && (older || own.outlives(theirs, wall)):
		own.gen = max(own.gen, theirs.gen+1)
		if theirs.rc.expiresAfter(own.rc) {
			own.rc = theirs.rc
		}
		return own
	case r.Rev == "" || older:
		// The record was lost, or an old one replaced it: the refresh token may be spent.
		own.refresh = ""
		return own
	case written:
		own.refresh = cmp.Or(own.refresh, theirs.refresh)
		if own.tokens.guess && own.tokens.access == theirs.tokens.access {
			own.tokens = theirs.tokens // their age may be known by now
		}
		return own
	}
	return theirs
}

// session returns the session in the record, with times on the clocks of this process.
// It keeps from own, what this process knew before: the limits, that a refresh token was
// sent, and a RingCentral token that the record does not have yet.
func (r *record) session(c *servertime.Clock, wall time.Time, own session) session {
	s := session{refresh: r.Refresh, spent: own.spent, gen: r.Gen, limits: own.limits.merge(c, r.Limits, r.Rev == "")}
	if s.refresh == own.spent { // the record is older than it looks
		s.refresh = ""
	}
	s.tokens = tokens{access: r.Access, response: r.Session, requested: r.Issued, lifetime: r.lifetime()}
	s.tokens.setRequested(c)
	s.rc = r.rcToken(c, wall)
	if usable := s.rc.valid(wall) && s.rc.denied == ""; own.rc.unsaved && !usable {
		s.rc = own.rc
	}
	return s
}

// rcToken returns the RingCentral token of the record.
func (r *record) rcToken(c *servertime.Clock, wall time.Time) rcToken {
	if r.RCToken == "" {
		return rcToken{}
	}
	t := rcToken{token: r.RCToken, accepted: r.Accepted, denied: r.Denied, untilShared: r.RCUntil}
	if r.RCUntil.IsShared() {
		until := deadlineAt(wall.Add(time.Until(c.Latest(r.RCUntil))))
		t.until = &until
	}
	return t
}
