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

// watch is a RoundTripper that remembers what passes through it. The demo tells
// its story from that.
type watch struct {
	base http.RoundTripper

	mu   sync.Mutex
	seen []exchange
}

// exchange is one request and its answer.
type exchange struct {
	method, path string
	sent, got    []secret
	status       int
	took         time.Duration // until the last byte of the answer
	note         string        // of the answer, where it brought no secret
}

// RoundTrip sends req and reads the answer to its end.
func (w *watch) RoundTrip(req *http.Request) (*http.Response, error) {
	req, err := readable(req)
	if err != nil {
		return nil, err
	}
	x := exchange{method: req.Method, path: tailPath(req.URL.Path), sent: sentSecrets(req)}
	start := time.Now()
	resp, err := w.base.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	x.took, x.status = time.Since(start), resp.StatusCode
	x.got, x.note = gotSecrets(body), noteOf(resp, body)
	w.mu.Lock()
	w.seen = append(w.seen, x)
	w.mu.Unlock()
	return resp, nil
}

// readable returns req with a body that can be read more than once.
func readable(req *http.Request) (*http.Request, error) {
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

// take returns the first n exchanges that were not taken yet, or all of them
// where n is negative.
func (w *watch) take(n int) []exchange {
	w.mu.Lock()
	defer w.mu.Unlock()
	if n < 0 || n > len(w.seen) {
		n = len(w.seen)
	}
	taken := w.seen[:n]
	w.seen = w.seen[n:]
	return taken
}

// noteOf says what an answer is: the text itself, or the length of a list.
func noteOf(resp *http.Response, body []byte) string {
	switch n := listLength(body); {
	case strings.HasPrefix(resp.Header.Get("Content-Type"), "text/plain"):
		return strings.TrimSpace(string(body))
	case n == 1:
		return "a list of 1"
	case n > 1:
		return "a list of " + strconv.Itoa(n)
	}
	return ""
}

// listLength is the length of a JSON array, and 0 of anything else.
func listLength(body []byte) int {
	var elements []json.RawMessage
	_ = json.Unmarshal(body, &elements) // no list: no elements
	return len(elements)
}

// secret is a token or a credential. It prints as its name and the last
// characters of its value.
type secret struct{ name, value string }

// String returns the name and the end of the value, the name alone where the
// value is not told.
func (s secret) String() string {
	if s.value == "" {
		return s.name
	}
	return s.name + " " + mask.Secret(s.value)
}

// The kinds of secrets, as the demo calls them.
const (
	clientSecret     = "client id and secret"
	jwtCredential    = "JWT credential"
	ringCentralToken = "RingCentral token"
	ringCXToken      = "RingCX token"
	refreshToken     = "refresh token"
)

// members are the members of forms and JSON answers that hold secrets, in the
// order in which they are told.
var members = []struct{ member, name string }{
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
	logoutPrefix = "/api/auth/logout/"
)

// sentSecrets returns what a request carries: a bearer token, or what its form
// holds.
func sentSecrets(req *http.Request) []secret {
	var found []secret
	if value, ok := strings.CutPrefix(req.Header.Get("Authorization"), bearerPrefix); ok {
		found = append(found, secret{ringCXToken, value})
	}
	if _, _, ok := req.BasicAuth(); ok {
		found = append(found, secret{name: clientSecret})
	}
	form := formOf(req)
	for _, m := range members {
		if form.Has(m.member) {
			found = append(found, secret{m.name, form.Get(m.member)})
		}
	}
	if token, ok := strings.CutPrefix(req.URL.Path, logoutPrefix); ok {
		found = append(found, secret{refreshToken, token})
	}
	return found
}

// formOf reads a copy of the form of req.
func formOf(req *http.Request) url.Values {
	if req.GetBody == nil {
		return nil
	}
	body, err := req.GetBody()
	if err != nil {
		return nil
	}
	defer body.Close()
	text, _ := io.ReadAll(body) // from memory
	form, _ := url.ParseQuery(string(text))
	return form
}

// gotSecrets returns what an answer gives.
func gotSecrets(body []byte) []secret {
	var answer map[string]any
	if json.Unmarshal(body, &answer) != nil {
		return nil
	}
	var found []secret
	for _, m := range members {
		if value, ok := answer[m.member].(string); ok {
			found = append(found, secret{m.name, value})
		}
	}
	return found
}

// tailPath is path without the token that a logout carries there.
func tailPath(path string) string {
	if token, ok := strings.CutPrefix(path, logoutPrefix); ok {
		return logoutPrefix + mask.Secret(token)
	}
	return path
}
