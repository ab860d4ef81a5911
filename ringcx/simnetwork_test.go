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

// otherClientID is the client id of the second login of TestFleetOfTwoLogins.
const otherClientID = "another-client-id"

// simNetwork is the http.RoundTripper of a process.
type simNetwork struct {
	link *simLink
	base http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (n *simNetwork) RoundTrip(req *http.Request) (*http.Response, error) {
	p := n.link.process
	req = withRereadableForm(req)
	time.Sleep(time.Duration(p.id+1) * time.Microsecond)
	stage := stageOf(req)
	done := p.sim.watch.begin(n.link, stage, req)
	resp, err := n.carry(stage, req)
	done(resp, err)
	if err == nil && resp.StatusCode == http.StatusUnauthorized && stage == ringcx.StageCall {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.rejected[strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer ")] = true
	}
	return resp, err
}

// carry sends the request, unless the network of the process is broken.
func (n *simNetwork) carry(stage ringcx.Stage, req *http.Request) (resp *http.Response, err error) {
	p := n.link.process
	if fault := p.network.Load(); fault != nil {
		return (*fault)(recordingTransport{n}, req)
	}
	if p.isCut[services].Load() {
		return nil, &net.OpError{Op: "dial", Err: errors.New("simulation: the services are out of reach")}
	}
	at := "send"
	if stage == ringcx.StageCall {
		at = "call"
	}
	if passed := n.link.intercept(at, stage, func(string) { resp, err = n.base.RoundTrip(withFakeCredentials(req)) }); passed != nil {
		return nil, passed
	}
	return resp, err
}

// recordingTransport sends requests to the services, and records when.
type recordingTransport struct{ *simNetwork }

// RoundTrip implements http.RoundTripper.
func (n recordingTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	n.link.mu.Lock()
	n.link.sent = time.Now()
	n.link.mu.Unlock()
	return n.base.RoundTrip(req)
}

// stageOf returns the stage that the request belongs to. It returns "" for requests that
// read the time of a service or revoke a session at RingCentral.
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
	return ""
}

// withFakeCredentials returns a sign-in of the second client id with the credentials that
// the fake accepts. All fakes accept the same credentials.
func withFakeCredentials(req *http.Request) *http.Request {
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

// networkFault replaces base.RoundTrip while the network of a process is broken.
type networkFault func(base http.RoundTripper, req *http.Request) (*http.Response, error)

// requestsLost loses every request. The caller gets no response.
func requestsLost(_ http.RoundTripper, req *http.Request) (*http.Response, error) {
	<-req.Context().Done()
	return nil, req.Context().Err()
}

// responsesLost sends every request, but loses its response.
func responsesLost(base http.RoundTripper, req *http.Request) (*http.Response, error) {
	if resp, err := base.RoundTrip(req); err == nil {
		resp.Body.Close()
	}
	return requestsLost(base, req)
}

// connectionReset resets every connection before the request reaches the services.
func connectionReset(http.RoundTripper, *http.Request) (*http.Response, error) {
	return nil, &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
}

// proxy returns a networkFault in which a proxy responds instead of the services.
func proxy(status int, header http.Header, body string) networkFault {
	return func(_ http.RoundTripper, req *http.Request) (*http.Response, error) {
		if req.Body != nil {
			req.Body.Close()
		}
		fields := header.Clone()
		fields.Set("Date", time.Now().UTC().Format(http.TimeFormat))
		return &http.Response{
			Status: http.StatusText(status), StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
			Header: fields, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)), Request: req,
		}, nil
	}
}

// tokensOf returns the tokens of a response to a refresh or an exchange. The refresh
// token is empty if it is the one that was sent.
func tokensOf(req *http.Request, resp *http.Response, err error) (access, refresh string) {
	if err != nil || resp.StatusCode != http.StatusOK {
		return "", ""
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	resp.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), errorReader{err}))
	var tokens struct{ AccessToken, RefreshToken string }
	if err != nil || json.Unmarshal(body, &tokens) != nil || strings.Contains(formOf(req), tokens.RefreshToken) {
		return tokens.AccessToken, ""
	}
	return tokens.AccessToken, tokens.RefreshToken
}

// errorReader is the end of a copied body: it returns the error of the original, or
// io.EOF.
type errorReader struct{ err error }

func (r errorReader) Read([]byte) (int, error) {
	if r.err == nil {
		return 0, io.EOF
	}
	return 0, r.err
}

// withRereadableForm returns a copy of a token request whose form can be read more than
// once. It returns other requests unchanged.
func withRereadableForm(req *http.Request) *http.Request {
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

// formOf returns the body of the request, or "" if it can be read only once.
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
