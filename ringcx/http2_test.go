package ringcx

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/oauth2"
)

// request returns a token request to base that contains token in its form, or for DELETE in
// its path.
func request(t *testing.T, base string, client *http.Client, method, token string) tokenRequest {
	t.Helper()
	path, form := "/api/auth/token/refresh", url.Values{"refresh_token": {token}}.Encode()
	if method == http.MethodDelete {
		path, form = logoutPath+token, ""
	}
	req, err := http.NewRequest(method, base+path, strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	if form == "" {
		req.Body, req.GetBody = nil, nil
	}
	req.Header.Set("Content-Type", formType)
	return tokenRequest{stage: StageRefresh, client: client, request: req, secrets: []string{token}, agent: "test"}
}

// endings returns all ways in which a request can end without a response: the connection is
// closed, or the client gets an RST_STREAM or GOAWAY with one of the error codes.
func endings() []ending {
	var all []ending
	for _, processed := range []bool{true, false} {
		all = append(all, ending{processed: processed})
		for code := range uint32(codeHTTP11 + 1) {
			all = append(all, ending{processed, frameGoAway, code})
			if !processed || code != codeRefusedStream {
				all = append(all, ending{processed, frameRSTStream, code})
			}
		}
	}
	return all
}

// certain reports whether the client knows that the server did not process the request.
func (e ending) certain() bool {
	byFrame := e.frame == frameGoAway || e.frame == frameRSTStream && e.code == codeRefusedStream
	return !e.processed && byFrame
}

// want returns how often a token that is sent once must arrive at the server, and the outcome
// of the token request.
func (e ending) want(method string, reused bool) (arrivals int, out outcome) {
	rejectsConn := e.frame == frameGoAway && e.code != 0 && !reused
	switch {
	case e.processed:
		return 1, unknown
	case e.certain() && rejectsConn:
		return 0, notProcessed // the server would end another new connection, too
	case e.certain() && method == http.MethodPost:
		return 1, succeeded
	}
	return 0, unknown
}

// TestTokenRequestOverHTTP2 ends a token request in all ways. The token must not arrive twice.
// If the protocol says that the request was not processed, it is sent again, or its outcome
// is notProcessed.
func TestTokenRequestOverHTTP2(t *testing.T) {
	g := newGateway(t)
	for _, method := range []string{http.MethodPost, http.MethodDelete} {
		for _, reused := range []bool{false, true} {
			for _, how := range endings() {
				t.Run(fmt.Sprintf("%s/reused=%t/%+v", method, reused, how), func(t *testing.T) {
					client := &http.Client{Transport: g.transport()}
					if reused {
						if res := request(t, g.url(), client, http.MethodPost, "first").do(t.Context()); res.err != nil {
							t.Fatal(res.err)
						}
					}
					g.arrivals()
					g.endNext(how)
					res := request(t, g.url(), client, method, "once").do(t.Context())
					arrivals, out := how.want(method, reused)
					if got := g.arrivals("once"); got != arrivals || res.outcome != out {
						t.Errorf("%d arrivals, outcome %d, want %d, %d; error: %v", got, res.outcome, arrivals, out, res.err)
					}
				})
			}
		}
	}
}

// TestEachStageOverHTTP2 resets the request of each stage with PROTOCOL_ERROR after the server
// got it. net/http repeats a request with GetBody then, but no stage may send its request
// twice.
func TestEachStageOverHTTP2(t *testing.T) {
	g := newGateway(t)
	login := &JWTLogin{ClientID: "id", ClientSecret: "secret", JWT: "jwt", BaseURL: g.url()}
	login.HTTPClient = &http.Client{Transport: g.transport()}
	reset := func() {
		g.arrivals()
		g.endNext(ending{true, frameRSTStream, codeProtocolError})
	}
	source := func(t *testing.T) *TokenSource {
		ts, err := NewTokenSource(Config{
			RingCentral: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "rc"}),
			BaseURL:     g.url(), HTTPClient: &http.Client{Transport: g.transport()},
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { ts.Close() })
		return ts
	}
	ready := func(t *testing.T) (*TokenSource, *oauth2.Token) {
		ts := source(t)
		token, err := ts.Token()
		if err != nil {
			t.Fatal(err)
		}
		return ts, token
	}
	tests := []struct {
		name    string
		send    func(t *testing.T) error
		request []string
		ok      bool // it succeeds, with a request of another stage
	}{
		{"login", func(t *testing.T) error { reset(); _, err := login.Token(); return err }, []string{tokenPath}, false},
		{"exchange", func(t *testing.T) error { ts := source(t); reset(); _, err := ts.Token(); return err }, []string{"rcAccessToken=rc"}, false},
		{"refresh", func(t *testing.T) error {
			ts, token := ready(t)
			ts.Invalidate(token)
			reset()
			_, err := ts.Token()
			return err
		}, []string{"refresh1"}, true},
		{"logout", func(t *testing.T) error { ts, _ := ready(t); reset(); return ts.Logout(t.Context()) }, []string{"DELETE"}, false},
		{"revoke", func(t *testing.T) error {
			reset()
			return login.Revoke(context.Background(), &oauth2.Token{AccessToken: "rc"})
		}, []string{revokePath}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.send(t)
			if got := g.arrivals(tt.request...); got != 1 || (err == nil) != tt.ok {
				t.Errorf("%d arrivals, want 1; error: %v, want nil: %t", got, err, tt.ok)
			}
		})
	}
}
