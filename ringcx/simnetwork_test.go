package ringcx_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// simNetwork carries a process's requests, and notes the tokens that the
// services refused.
type simNetwork struct {
	link *simLink
	base http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (n *simNetwork) RoundTrip(req *http.Request) (resp *http.Response, err error) {
	time.Sleep(time.Duration(n.link.host.id+1) * time.Microsecond)
	if n.link.host.isCut[services].Load() {
		return nil, &net.OpError{Op: "dial", Err: errors.New("simulation: the services are out of reach")}
	}
	var sent bytes.Buffer
	if req.Body != nil {
		body := req.Body
		req = req.Clone(req.Context())
		req.Body = struct {
			io.Reader
			io.Closer
		}{io.TeeReader(body, &sent), body}
	}
	at := "send"
	if strings.HasPrefix(req.URL.Path, "/voice/") {
		at = "call"
	}
	if passed := n.link.pass(at, func(string) { resp, err = n.base.RoundTrip(req) }); passed != nil {
		return nil, passed
	}
	h := n.link.host
	if err == nil && resp.StatusCode == http.StatusUnauthorized {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.refused[strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer ")] = true
	}
	if strings.HasPrefix(req.URL.Path, "/api/auth/") && !bringsPair(&sent, resp, err) {
		h.sim.causes.Add(1)
	}
	return resp, err
}

// bringsPair reports whether a refresh or an exchange leaves the program with a
// refresh token that it has not spent.
func bringsPair(sent *bytes.Buffer, resp *http.Response, err error) bool {
	if err != nil || resp.StatusCode != http.StatusOK {
		return false
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body = io.NopCloser(bytes.NewReader(body))
	var pair struct{ AccessToken, RefreshToken string }
	if err != nil || json.Unmarshal(body, &pair) != nil || pair.AccessToken == "" {
		return false
	}
	return pair.RefreshToken != "" && !strings.Contains(sent.String(), pair.RefreshToken)
}
