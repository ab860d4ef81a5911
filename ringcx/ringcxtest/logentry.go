package ringcxtest

import (
	"net/url"
	"slices"
	"time"
)

// logSize is how many exchanges the log keeps.
const logSize = 1000

// secretFields are the members of forms and queries that hold a secret.
var secretFields = []string{
	"client_secret", "assertion", "code", "code_verifier", "token",
	"rcAccessToken", "refresh_token", "access_token",
}

// LogEntry is one request and its answer, without secrets: of a token or
// a password only its last six characters are shown.
type LogEntry struct {
	Time          time.Time     // when the request arrived
	Took          time.Duration // until the answer was written
	Endpoint      Endpoint      // empty: an address that the fake does not know
	Method        string
	Host          string
	URL           string     // path and query
	Authorization string     // header of the request
	Form          url.Values // nil: the body is no form
	Status        int        // 0: the connection was cut
	Size          int64      // of the answer's body, in bytes
	Fault         string     // what was ordered; "wrong host": not a host of the fake; empty: none
}

// Log returns the last 1000 exchanges, the oldest first.
func (s *Server) Log() []LogEntry {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.all()
}

// entryLog keeps the last exchanges. The Server's mutex guards it.
type entryLog struct {
	ring []LogEntry
	next int // where the next one goes, once the ring is full
}

func (l *entryLog) add(x LogEntry) {
	if len(l.ring) < logSize {
		l.ring = append(l.ring, x)
		return
	}
	l.ring[l.next] = x
	l.next = (l.next + 1) % logSize
}

func (l *entryLog) all() []LogEntry {
	return slices.Concat(l.ring[l.next:], l.ring[:l.next])
}
