package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/ringcx-go/ringcx-go/internal/mask"
)

// recorder is an http.RoundTripper that records the requests that it sends and their
// responses, and reports them to the demo, which prints them.
type recorder struct {
	base    http.RoundTripper
	started func(roundTrip) // is called before a request is sent
	ended   func(roundTrip) // is called after its response was read, or there was none

	mu   sync.Mutex
	seen []roundTrip
}

// roundTrip is one request and its response.
type roundTrip struct {
	method, path   string
	sent, received []secret
	status         int           // 0 if there was no response
	took           time.Duration // until the last byte of the response
	note           string        // about a response without secrets, or why there was none
}

// isRefresh reports whether x sent one refresh token and received two tokens.
func (x roundTrip) isRefresh() bool {
	return x.path == refreshPath && len(x.sent) == 1 && len(x.received) == 2
}

// refreshes returns the round trips that exchanged a refresh token for a new one.
func refreshes(seen []roundTrip) []roundTrip {
	var found []roundTrip
	for _, x := range seen {
		if x.isRefresh() {
			found = append(found, x)
		}
	}
	return found
}

// RoundTrip sends req and reads the complete response.
func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	req, err := withGetBody(req)
	if err != nil {
		return nil, err
	}
	x := roundTrip{method: req.Method, path: maskPath(req.URL.Path), sent: requestSecrets(req)}
	r.started(x)
	start := time.Now()
	resp, body, err := r.send(req)
	x.took = time.Since(start)
	if err == nil {
		x.status, x.received, x.note = resp.StatusCode, responseSecrets(body), responseNote(resp, body)
	} else {
		x.note = err.Error()
	}
	r.ended(x)
	r.mu.Lock()
	r.seen = append(r.seen, x)
	r.mu.Unlock()
	return resp, err
}

// send sends req and reads the body of the response, which can be read again.
func (r *recorder) send(req *http.Request) (*http.Response, []byte, error) {
	resp, err := r.base.RoundTrip(req)
	if err != nil {
		return nil, nil, err
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil {
		return nil, nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, body, nil
}

// withGetBody returns req, or a copy of it, whose body can be read more than once.
func withGetBody(req *http.Request) (*http.Request, error) {
	if req.Body == nil || req.GetBody != nil {
		return req, nil
	}
	body, err := io.ReadAll(req.Body)
	req.Body.Close()
	if err != nil {
		return nil, err
	}
	r := *req
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	r.Body, err = r.GetBody()
	return &r, err
}

// take removes the recorded round trips and returns them.
func (r *recorder) take() []roundTrip {
	r.mu.Lock()
	defer r.mu.Unlock()
	taken := r.seen
	r.seen = nil
	return taken
}

// responseNote describes a response: it returns the Retry-After header, plain text
// itself, or the length of a list, and nothing for other bodies.
func responseNote(resp *http.Response, body []byte) string {
	if after := resp.Header.Get("Retry-After"); after != "" {
		return "Retry-After: " + after
	}
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "text/plain") {
		return strings.TrimSpace(string(body))
	}
	if n := listLength(body); n > 0 {
		return "a list of " + strconv.Itoa(n)
	}
	return ""
}

// listLength returns the length of a JSON array, and 0 for any other text.
func listLength(body []byte) int {
	var elements []json.RawMessage
	_ = json.Unmarshal(body, &elements) // after an error, elements is empty
	return len(elements)
}

// secret is a token or a credential. If its value is not shown, value is empty.
type secret struct{ name, value string }

// String returns the name and the last characters of the value.
func (s secret) String() string {
	if s.value == "" {
		return s.name
	}
	return s.name + " " + mask.Secret(s.value)
}

// The names of the secrets in the demo.
const (
	clientSecret     = "client id and secret"
	jwtCredential    = "JWT credential"
	ringCentralToken = "RingCentral token"
	ringCXToken      = "RingCX token"
	refreshToken     = "refresh token"
)

// secretFields are the fields of forms and JSON objects that contain secrets, in the
// order in which they are shown.
var secretFields = []struct{ field, name string }{
	{"assertion", jwtCredential},
	{"access_token", ringCentralToken},
	{"rcAccessToken", ringCentralToken},
	{"token", ringCentralToken},
	{"accessToken", ringCXToken},
	{"refresh_token", refreshToken},
	{"refreshToken", refreshToken},
}

const (
	bearerPrefix = "Bearer "
	tokenCookie  = "access_token" // gen.Operation.TokenCookie of the summaries
	logoutPrefix = "/api/auth/logout/"
	refreshPath  = "/api/auth/token/refresh"
)

// requestSecrets returns the secrets in the headers, the form and the path of req.
func requestSecrets(req *http.Request) []secret {
	var found []secret
	if value, ok := strings.CutPrefix(req.Header.Get("Authorization"), bearerPrefix); ok {
		found = append(found, secret{ringCXToken, value})
	}
	if c, err := req.Cookie(tokenCookie); err == nil {
		found = append(found, secret{ringCXToken, c.Value})
	}
	if _, _, ok := req.BasicAuth(); ok {
		found = append(found, secret{name: clientSecret})
	}
	form := readForm(req)
	for _, f := range secretFields {
		if form.Has(f.field) {
			found = append(found, secret{f.name, form.Get(f.field)})
		}
	}
	if token, ok := strings.CutPrefix(req.URL.Path, logoutPrefix); ok {
		found = append(found, secret{refreshToken, token})
	}
	return found
}

// readForm parses the form in the body of req and leaves the body unread.
func readForm(req *http.Request) url.Values {
	if req.GetBody == nil {
		return nil
	}
	body, err := req.GetBody()
	if err != nil {
		return nil
	}
	defer body.Close()
	text, _ := io.ReadAll(body) // cannot fail: the body is in memory
	form, _ := url.ParseQuery(string(text))
	return form
}

// responseSecrets returns the secrets in a JSON object.
func responseSecrets(body []byte) []secret {
	var object map[string]any
	if json.Unmarshal(body, &object) != nil {
		return nil
	}
	var found []secret
	for _, f := range secretFields {
		if value, ok := object[f.field].(string); ok {
			found = append(found, secret{f.name, value})
		}
	}
	return found
}

// maskPath masks the refresh token in the path of a logout.
func maskPath(path string) string {
	if token, ok := strings.CutPrefix(path, logoutPrefix); ok {
		return logoutPrefix + mask.Secret(token)
	}
	return path
}
