package ringcxtest

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ringcx-go/ringcx-go/internal/mask"
)

// logSize is the number of requests that the log keeps.
const logSize = 1000

// secretFields are the names of form fields and query parameters that contain a secret.
var secretFields = []string{
	"client_secret", "assertion", "code", "code_verifier", "token",
	"rcAccessToken", "refresh_token", "access_token",
}

// secretParameters are the names of path parameters that are secrets.
var secretParameters = []string{"refreshToken", "token"}

// isSecretField reports whether a field of a form or of the query contains a secret.
func isSecretField(name string) bool {
	lower := strings.ToLower(name)
	return slices.Contains(secretFields, name) || strings.Contains(lower, "password") || strings.Contains(lower, "secret")
}

// LogEntry is one request and its response. Secrets are masked: of a token or password,
// only the last six characters are shown.
type LogEntry struct {
	Time          time.Time     // when the request arrived
	Took          time.Duration // until the response was written
	Endpoint      Endpoint      // empty if the endpoint is unknown
	Method        string
	Host          string
	URL           string     // path and query
	Authorization string     // header of the request, or the cookie that has the token
	Form          url.Values // nil if the request body is not a form
	Status        int        // 0 if the connection was cut
	Size          int64      // of the response body, in bytes
	Fault         string     // text of the Fault; "wrong host" for another host; empty if none

	// Warning says what RingCX accepts but a client should not send, such as a token in
	// the query, or that openapi.yaml does not have the operation. It is empty if there
	// is nothing to report.
	Warning string
}

// entryLog keeps the last requests in a ring buffer. The Server's mutex guards it.
type entryLog struct {
	ring []LogEntry
	next int // index of the oldest entry, once the ring is full
}

func (l *entryLog) add(x LogEntry) {
	if len(l.ring) < logSize {
		l.ring = append(l.ring, x)
		return
	}
	l.ring[l.next] = x
	l.next = (l.next + 1) % logSize
}

// all returns the entries, oldest first.
func (l *entryLog) all() []LogEntry {
	return slices.Concat(l.ring[l.next:], l.ring[:l.next])
}

// newLogEntry returns the log entry of c. The Server's mutex is held.
func newLogEntry(c *call) LogEntry {
	m := masker{&c.server.sessions}
	e := LogEntry{
		Time: c.began, Took: time.Since(c.began), Endpoint: c.endpoint,
		Method: c.r.Method, Host: c.r.Host, URL: m.url(c).RequestURI(),
		Authorization: maskCredentials(c.r),
		Form:          m.fields(c.form), Status: c.w.status, Size: c.w.size,
		Warning: strings.Join(c.warnings, "; "),
	}
	if c.fault != nil {
		e.Fault = c.fault.name
	}
	if c.r.Method == http.MethodHead {
		e.Size = 0 // the server does not send the body
	}
	return e
}

// safePath returns the path of c with secrets masked.
func safePath(c *call) string {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	return masker{&c.server.sessions}.url(c).Path
}

// safeName returns the name of a parameter of c. It is masked if it is a secret.
func safeName(c *call, name string) string {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	return masker{&c.server.sessions}.text(name)
}

// masker masks the secrets that a Server has issued. The Server's mutex must be held.
type masker struct{ sessions *sessions }

// text masks text if it is a secret.
func (m masker) text(text string) string {
	if m.sessions.isSecret(text) {
		return mask.Secret(text)
	}
	return text
}

// url returns the path and the query of c with secrets masked.
func (m masker) url(c *call) *url.URL {
	segments := strings.Split(c.r.URL.Path, "/")
	for i, segment := range segments {
		segments[i] = m.text(segment)
		if c.isSecretSegment(segment) {
			segments[i] = mask.Secret(segment)
		}
	}
	u := &url.URL{Path: strings.Join(segments, "/"), RawQuery: c.r.URL.RawQuery}
	if u.RawQuery != "" {
		u.RawQuery = m.fields(u.Query()).Encode()
	}
	return u
}

// isSecretSegment reports whether a segment of the path is the value of a path parameter that is
// a secret.
func (c *call) isSecretSegment(segment string) bool {
	return slices.ContainsFunc(secretParameters, func(name string) bool {
		value := c.r.PathValue(name)
		return value != "" && segment == value
	})
}

// fields masks the values of a form or a query that are secrets.
func (m masker) fields(form url.Values) url.Values {
	if form == nil {
		return nil
	}
	masked := make(url.Values, len(form))
	for name, values := range form {
		secret := isSecretField(name)
		for _, v := range values {
			if secret {
				v = mask.Secret(v)
			} else {
				v = m.text(v)
			}
			masked.Add(name, v)
		}
	}
	return masked
}

// maskAuthorization masks the value of an Authorization header. It keeps the scheme, and
// the user name of Basic credentials.
func maskAuthorization(value string) string {
	scheme, credentials, ok := strings.Cut(value, " ")
	if !ok {
		return strings.Repeat("…", min(len(value), 1))
	}
	if strings.EqualFold(scheme, "Basic") {
		if data, err := base64.StdEncoding.DecodeString(credentials); err == nil {
			id, _, _ := strings.Cut(string(data), ":")
			return scheme + " " + id + ":…"
		}
	}
	return scheme + " " + mask.Secret(credentials)
}

// maskCredentials returns the Authorization header of r or, without one, the cookie that has the
// token. Secrets are masked.
func maskCredentials(r *http.Request) string {
	cookie, err := r.Cookie("access_token")
	if header := r.Header.Get("Authorization"); header != "" || err != nil {
		return maskAuthorization(header)
	}
	return "Cookie " + cookie.Name + "=" + mask.Secret(cookie.Value)
}
