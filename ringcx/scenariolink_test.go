package ringcx_test

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// link is the network of one process.
type link struct {
	traffic *traffic
	base    http.RoundTripper
	latency time.Duration

	mu       sync.Mutex
	trouble  func(*http.Request) (*http.Response, error) // nil: there is none
	allCalls bool                                        // the trouble is not of token requests alone
}

// breaks has trouble respond to the token requests, or with allCalls to every
// request. They reach nobody.
func (l *link) breaks(trouble func(*http.Request) (*http.Response, error), allCalls bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.trouble, l.allCalls = trouble, allCalls
}

// RoundTrip implements http.RoundTripper.
func (l *link) RoundTrip(req *http.Request) (*http.Response, error) {
	time.Sleep(l.latency)
	l.mu.Lock()
	trouble := l.trouble
	if !l.allCalls && !isTokenRequest(req) {
		trouble = nil
	}
	l.mu.Unlock()
	if trouble == nil {
		trouble = l.base.RoundTrip
	}
	if strings.HasPrefix(req.URL.Path, "/api/auth/") {
		return l.traffic.watch(req, trouble)
	}
	return trouble(req)
}

func isTokenRequest(req *http.Request) bool {
	return strings.HasPrefix(req.URL.Path, "/api/auth/") || req.URL.Path == "/restapi/oauth/token"
}

// traffic is what all processes sent to the token endpoints of RingCX, whether or
// not it arrived.
type traffic struct {
	mu     sync.Mutex
	sent   map[string]bool // refresh tokens that may have been processed
	resent int             // of them, those that were sent again
	spans  []*span
}

// span is the time of one request. The end is zero while it lasts.
type span struct{ from, to time.Time }

func (t *traffic) watch(req *http.Request, send func(*http.Request) (*http.Response, error)) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	form, _ := url.ParseQuery(string(body))
	token := form.Get("refresh_token")
	own, s := req.Clone(req.Context()), &span{from: time.Now()}
	own.Body = io.NopCloser(bytes.NewReader(body))
	t.mu.Lock()
	if token != "" && t.sent[token] {
		t.resent++
	}
	t.sent[token] = true
	t.spans = append(t.spans, s)
	t.mu.Unlock()
	resp, err := send(own)
	t.mu.Lock()
	defer t.mu.Unlock()
	s.to = time.Now()
	if err == nil && resp.StatusCode == http.StatusTooManyRequests {
		delete(t.sent, token) // it was not processed
	}
	return resp, err
}

// within returns how many requests lasted at some moment of the last d.
func (t *traffic) within(d time.Duration) (n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range t.spans {
		if s.to.IsZero() || time.Since(s.to) <= d {
			n++
		}
	}
	return n
}
