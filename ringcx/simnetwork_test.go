package ringcx_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// otherClientID is an app that the second login of TestFleetOfTwoLogins belongs to.
const otherClientID = "another-client-id"

// simNetwork carries a process's requests.
type simNetwork struct {
	link *simLink
	base http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (n *simNetwork) RoundTrip(req *http.Request) (*http.Response, error) {
	h := n.link.host
	req = readTwice(req)
	time.Sleep(time.Duration(h.id+1) * time.Microsecond)
	stage := stageOf(req)
	done := h.sim.watch.begin(n.link, stage, req)
	resp, err := n.carry(stage, req)
	done(resp, err)
	if err == nil && resp.StatusCode == http.StatusUnauthorized && stage == ringcx.StageCall {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.refused[strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer ")] = true
	}
	return resp, err
}

// carry sends the request, if the machine's network lets it pass.
func (n *simNetwork) carry(stage ringcx.Stage, req *http.Request) (resp *http.Response, err error) {
	h := n.link.host
	if sick := h.sick.Load(); sick != nil {
		return (*sick)(noted{n}, req)
	}
	if h.isCut[services].Load() {
		return nil, &net.OpError{Op: "dial", Err: errors.New("simulation: the services are out of reach")}
	}
	at := "send"
	if stage == ringcx.StageCall {
		at = "call"
	}
	if passed := n.link.pass(at, stage, func(string) { resp, err = n.base.RoundTrip(asTheOneApp(req)) }); passed != nil {
		return nil, passed
	}
	return resp, err
}

// noted is the way to the services, and notes who takes it.
type noted struct{ *simNetwork }

// RoundTrip implements http.RoundTripper.
func (n noted) RoundTrip(req *http.Request) (*http.Response, error) {
	n.link.mu.Lock()
	n.link.sent = time.Now()
	n.link.mu.Unlock()
	return n.base.RoundTrip(req)
}

// stageOf says which step of the package a request belongs to.
func stageOf(req *http.Request) ringcx.Stage {
	switch path := req.URL.Path; {
	case strings.HasPrefix(path, "/voice/"):
		return ringcx.StageCall
	case strings.HasSuffix(path, "/oauth/token"):
		return ringcx.StageLogin
	case strings.HasSuffix(path, "/rc/accesstoken"):
		return ringcx.StageExchange
	case strings.HasSuffix(path, "/token/refresh"):
		return ringcx.StageRefresh
	case strings.Contains(path, "logout"):
		return ringcx.StageLogout
	}
	return "" // the time, or the end of a session at RingCentral
}

// asTheOneApp gives a sign-in of the second app the credentials that the second
// fake knows: there is one set for all fakes.
func asTheOneApp(req *http.Request) *http.Request {
	if id, _, ok := req.BasicAuth(); !ok || id != otherClientID {
		return req
	}
	r := req.Clone(req.Context())
	r.SetBasicAuth(ringcxtest.ClientID, ringcxtest.ClientSecret)
	sent, _ := io.ReadAll(req.Body)
	form, _ := url.ParseQuery(string(sent))
	if form.Has("assertion") {
		form.Set("assertion", ringcxtest.JWT)
	}
	r.Body = io.NopCloser(strings.NewReader(form.Encode()))
	return r
}

// sickness is what a machine's broken network makes of each request.
type sickness func(base http.RoundTripper, req *http.Request) (*http.Response, error)

// silent accepts connections and says nothing.
func silent(_ http.RoundTripper, req *http.Request) (*http.Response, error) {
	<-req.Context().Done()
	return nil, req.Context().Err()
}

// deaf lets requests pass, and no response.
func deaf(base http.RoundTripper, req *http.Request) (*http.Response, error) {
	if resp, err := base.RoundTrip(req); err == nil {
		resp.Body.Close()
	}
	return silent(base, req)
}

// reset cuts each connection before the request reached anybody.
func reset(http.RoundTripper, *http.Request) (*http.Response, error) {
	return nil, &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
}

// proxy responds in the place of the services.
func proxy(status int, header http.Header, body string) sickness {
	return func(_ http.RoundTripper, req *http.Request) (*http.Response, error) {
		if req.Body != nil {
			req.Body.Close()
		}
		h := header.Clone()
		h.Set("Date", time.Now().UTC().Format(http.TimeFormat))
		return &http.Response{
			Status: http.StatusText(status), StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
			Header: h, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)), Request: req,
		}, nil
	}
}

// pairOf reads the tokens of a response to a refresh or an exchange. The refresh
// token is empty if it is the one that was sent.
func pairOf(req *http.Request, resp *http.Response, err error) (access, refresh string) {
	if err != nil || resp.StatusCode != http.StatusOK {
		return "", ""
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	resp.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), errorReader{err}))
	var pair struct{ AccessToken, RefreshToken string }
	if err != nil || json.Unmarshal(body, &pair) != nil || strings.Contains(formOf(req), pair.RefreshToken) {
		return pair.AccessToken, ""
	}
	return pair.AccessToken, pair.RefreshToken
}

// errorReader ends a body as it ended before it was copied.
type errorReader struct{ err error }

func (r errorReader) Read([]byte) (int, error) {
	if r.err == nil {
		return 0, io.EOF
	}
	return 0, r.err
}

// readTwice returns a copy of a token request whose form can be read again.
func readTwice(req *http.Request) *http.Request {
	if req.Body == nil || stageOf(req) == ringcx.StageCall {
		return req
	}
	form, err := io.ReadAll(req.Body)
	req.Body.Close()
	r := req.Clone(req.Context())
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(form)), err }
	r.Body, _ = r.GetBody()
	return r
}

// formOf is what a request carries that can be read again.
func formOf(req *http.Request) string {
	if req.GetBody == nil {
		return ""
	}
	body, err := req.GetBody()
	if err != nil {
		return ""
	}
	sent, _ := io.ReadAll(body)
	return string(sent)
}
