package ringcx_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// repeatingSource returns the same token each time and counts its calls.
type repeatingSource struct{ calls int }

func (s *repeatingSource) Token() (*oauth2.Token, error) {
	s.calls++
	return &oauth2.Token{AccessToken: "the-same"}, nil
}

// TestSourceReturnsTheRejectedToken has RingCX reject the only token of a source.
func TestSourceReturnsTheRejectedToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		cfg, source := fake.Config(), &repeatingSource{}
		cfg.RingCentral = source
		fake.Fault(ringcxtest.Exchange, ringcxtest.Status(401, "no"), 2)
		ts := newTokenSource(t, cfg)
		_, err := ts.Token()
		if diff := cmp.Diff(ringcx.Error{Stage: ringcx.StageExchange, StatusCode: 401}, errorOf(t, err)); diff != "" {
			t.Errorf("error (-want +got):\n%s", diff)
		}
		time.Sleep(301 * time.Second)
		if _, err = ts.Token(); err == nil || !strings.Contains(err.Error(), "very token") || !strings.Contains(err.Error(), "use a *CodeLogin") {
			t.Errorf("error is %v, want %q in it, and what to do", err, "very token")
		}
		if source.calls != 2 {
			t.Errorf("%d calls of the source, want 2", source.calls)
		}
	})
}

// TestSourceKeepsARevokedToken has RingCX reject the first token of a source that keeps
// it. The error of the exchange says what the source lacks.
func TestSourceKeepsARevokedToken(t *testing.T) {
	fake := ringcxtest.NewServer(t)
	cfg := fake.Config()
	cfg.RingCentral = oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "revoked"})
	_, err := newTokenSource(t, cfg).Token()
	for _, part := range []string{"exchange", "401", "Read Accounts", "keeps its token", "Invalidate", "*CodeLogin"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("error is %v, want %q in it", err, part)
		}
	}
}

// keepingSource is a source that signs in and keeps the token until Invalidate.
type keepingSource struct {
	oauth2.TokenSource               // signs in
	kept               *oauth2.Token // or nil
	takes              time.Duration // of the first call
	useless            bool          // Invalidate does nothing

	log []string
}

func (s *keepingSource) Token() (*oauth2.Token, error) {
	s.log = append(s.log, "token")
	takes := s.takes
	s.takes = 0
	time.Sleep(takes)
	if s.kept == nil {
		token, err := s.TokenSource.Token()
		if err != nil {
			return nil, err
		}
		s.kept = token
	}
	return s.kept, nil
}

func (s *keepingSource) Invalidate(token *oauth2.Token) {
	s.log = append(s.log, "invalidate")
	if s.kept != nil && token.AccessToken == s.kept.AccessToken && !s.useless {
		s.kept = nil
	}
}

// keeping returns a fake, a TokenSource of it and its keepingSource.
func keeping(t *testing.T) (*ringcxtest.Server, *keepingSource, *ringcx.TokenSource) {
	t.Helper()
	fake := ringcxtest.NewServer(t)
	cfg := fake.Config()
	login := *cfg.RingCentral.(*ringcx.JWTLogin)
	login.HTTPClient = cfg.HTTPClient
	source := &keepingSource{TokenSource: &login}
	cfg.RingCentral = source
	return fake, source, newTokenSource(t, cfg)
}

// TestSourceIsInvalidated has RingCX reject a token with 401 that its source keeps. The
// source is told so and called again, once.
func TestSourceIsInvalidated(t *testing.T) {
	revoked := &oauth2.Token{AccessToken: "revoked"}
	tests := []struct {
		name      string
		kept      *oauth2.Token // by the source at first
		takes     time.Duration // of the first call of the source
		useless   bool          // Invalidate does nothing
		signedIn  bool          // RingCX accepted a token before
		log       string        // calls of the source
		exchanges int
		err       string // part of the error; empty: none
	}{
		{name: "from the start", kept: revoked, log: "token invalidate token", exchanges: 2},
		{name: "accepted before", signedIn: true, log: "token invalidate token", exchanges: 3},
		{name: "in a late call", kept: revoked, takes: 15 * time.Second, log: "token invalidate token", exchanges: 2},
		{name: "returned again", kept: revoked, useless: true, log: "token invalidate token", exchanges: 1, err: "also after its method Invalidate"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fake, source, ts := keeping(t)
				source.kept, source.takes, source.useless = tt.kept, tt.takes, tt.useless
				if tt.signedIn {
					must(ts.Token())
					fake.ExpireTokens()
					fake.Fault(ringcxtest.Refresh, ringcxtest.Refuse, 1)
					fake.Fault(ringcxtest.Exchange, ringcxtest.Status(401, "no"), 1)
					time.Sleep(6 * time.Minute)
				}
				if tt.takes > 0 {
					_, _ = ts.Token() // fails after 10 s
					time.Sleep(2 * time.Second)
				}
				_, err := ts.Token()
				if tt.err == "" && err != nil || tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
					t.Errorf("error is %v, want %q in it", err, tt.err)
				}
				if got := strings.Join(source.log, " "); got != tt.log {
					t.Errorf("calls of the source: %s, want %s", got, tt.log)
				}
				if n := fake.Counts().Exchanges; n != tt.exchanges {
					t.Errorf("%d exchanges, want %d", n, tt.exchanges)
				}
			})
		})
	}
}

// TestSourceIsInvalidatedOnce has RingCX reject all RingCentral tokens. A renewal
// invalidates one token and sends two exchanges. The next renewal follows after five
// minutes.
func TestSourceIsInvalidatedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, source, ts := keeping(t)
		fake.Fault(ringcxtest.Exchange, ringcxtest.Status(401, "no"), 100)
		for start := time.Now(); time.Since(start) < 9*time.Minute; time.Sleep(10 * time.Second) {
			if _, err := ts.Token(); err == nil {
				t.Fatal("Token returns a token")
			}
		}
		if got := strings.Join(source.log, " "); got != "token invalidate token invalidate token" {
			t.Errorf("calls of the source: %s, want two renewals with one Invalidate each", got)
		}
		spent{Logins: 3, Exchanges: 4}.check(t, fake)
	})
}

// failingSource returns err and no token.
type failingSource struct{ err error }

func (s failingSource) Token() (*oauth2.Token, error) { return nil, s.err }

// TestSourceFails checks that an error of x/oauth2 is replaced, because it prints the
// body of the response, which may contain tokens. Other errors of a source are wrapped.
func TestSourceFails(t *testing.T) {
	retrieve := &oauth2.RetrieveError{
		Response: &http.Response{StatusCode: 400, Status: "400 Bad Request"}, Body: []byte(sentinel), ErrorCode: "invalid_grant",
	}
	ts := newTokenSource(t, ringcx.Config{RingCentral: failingSource{retrieve}})
	_, err := ts.Token()
	assertNoSecret(t, err)
	if diff := cmp.Diff(ringcx.Error{Stage: ringcx.StageLogin, StatusCode: 400, Code: "invalid_grant"}, errorOf(t, err)); diff != "" {
		t.Errorf("error (-want +got):\n%s", diff)
	}
	own := errors.New("vault is sealed")
	if _, err := newTokenSource(t, ringcx.Config{RingCentral: failingSource{own}}).Token(); !errors.Is(err, own) {
		t.Errorf("error is %v, want %v in it", err, own)
	}
	if _, err := newTokenSource(t, ringcx.Config{RingCentral: failingSource{}}).Token(); err == nil {
		t.Error("no error for a source that returns neither a token nor an error")
	}
}

// hangingSource ignores its context and does not return before until is closed.
type hangingSource struct{ until chan struct{} }

func (h hangingSource) Token() (*oauth2.Token, error) { return h.TokenContext(context.Background()) }

func (h hangingSource) TokenContext(context.Context) (*oauth2.Token, error) {
	<-h.until
	return nil, errors.New("too late")
}

// TestSourceHangs checks that a caller waits for such a source for 10 s at most.
func TestSourceHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := hangingSource{make(chan struct{})}
		defer close(source.until)
		ts := newTokenSource(t, ringcx.Config{RingCentral: source})
		start := time.Now()
		if _, err := ts.Token(); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 10*time.Second {
			t.Errorf("error is %v after %v, want %v after 10s", err, time.Since(start), context.DeadlineExceeded)
		}
		ts.Close()
	})
}

// TestSourceErrorsContainNoSecret has RingCentral sources of other packages return
// errors with parts of their requests and responses.
func TestSourceErrorsContainNoSecret(t *testing.T) {
	const jwt = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJzM250aW5lbCJ9.c2ln"
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {sentinel + "/refresh"}, "client_id": {"client"}}.Encode()
	req, err := http.NewRequest(http.MethodPost, "https://rc.example/token", strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth("client", sentinel+"-secret")
	retrieve := &oauth2.RetrieveError{
		Response:  &http.Response{StatusCode: 400, Request: req},
		ErrorCode: "no " + sentinel + "-secret", ErrorDescription: url.QueryEscape(sentinel+"/refresh") + " " + strings.TrimPrefix(req.Header.Get("Authorization"), "Basic "),
	}
	tests := []struct {
		name string
		err  error
		want string // part of the text
	}{
		{"rejected", retrieve, "400 no *** *** ***"},
		{"malformed response", &url.Error{Op: "Post", URL: "https://rc.example", Err: fmt.Errorf("broken: malformed HTTP response %q", sentinel)}, "malformed HTTP response ***"},
		{"malformed header", errors.New("malformed MIME header line: " + sentinel), "malformed MIME header line ***"},
		{"malformed status", fmt.Errorf("malformed HTTP status code %q", sentinel), "malformed HTTP status code ***"},
		{"a JWT", errors.New("cannot use " + jwt), "cannot use ***"},
		{"a body", errors.New(`cannot parse {"access_token":"` + sentinel + `"`), `{"access_token":"***"`},
		{"harmless", errors.New("vault is sealed"), "vault is sealed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := newTokenSource(t, ringcx.Config{RingCentral: failingSource{tt.err}}).Token()
			assertNoSecret(t, err)
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), jwt) {
				t.Errorf("error is %v, want %q in it and no JWT", err, tt.want)
			}
		})
	}
}

// TestSourceRetrieveError checks which parts of an error of x/oauth2 a program gets, and
// that the error has no hint about the credentials of a JWTLogin.
func TestSourceRetrieveError(t *testing.T) {
	full := &http.Response{
		StatusCode: 401, Status: "401 " + sentinel, Header: http.Header{"Set-Cookie": {sentinel}},
		Request: &http.Request{Header: http.Header{"Authorization": {"Bearer " + sentinel}}},
	}
	tests := []struct {
		name string
		err  *oauth2.RetrieveError
		want oauth2.RetrieveError
		text string
	}{
		{
			"with a code",
			&oauth2.RetrieveError{Response: full, Body: []byte(sentinel), ErrorCode: "invalid_grant", ErrorDescription: "no " + sentinel, ErrorURI: "https://rc.example/?" + sentinel},
			oauth2.RetrieveError{Response: &http.Response{StatusCode: 401, Status: "401 Unauthorized"}, ErrorCode: "invalid_grant", ErrorDescription: "no ***"},
			"ringcx: login: 401 invalid_grant no ***; will not be sent again for 1m0s",
		},
		{
			"without a code",
			&oauth2.RetrieveError{Response: full, Body: []byte(sentinel)},
			oauth2.RetrieveError{Response: &http.Response{StatusCode: 401, Status: "401 Unauthorized"}},
			"ringcx: login: 401; will not be sent again for 1m0s",
		},
		{
			"without a response",
			&oauth2.RetrieveError{ErrorCode: "invalid_grant"},
			oauth2.RetrieveError{Response: &http.Response{Status: "0"}, ErrorCode: "invalid_grant"},
			"ringcx: login: 0 invalid_grant",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			wrapped := fmt.Errorf("vault: %w", tt.err)
			_, err := newTokenSource(t, ringcx.Config{RingCentral: failingSource{wrapped}}).Token()
			assertNoSecret(t, err)
			var got *oauth2.RetrieveError
			if !errors.As(err, &got) {
				t.Fatalf("error is %v, want an %T in it", err, got)
			}
			if diff := cmp.Diff(tt.want, *got); diff != "" {
				t.Errorf("%T (-want +got):\n%s", got, diff)
			}
			if got.Error() == "" || strings.Contains(got.Error(), sentinel) {
				t.Errorf("the text of %T is %q, want one without secrets", got, got.Error())
			}
			if err.Error() != tt.text {
				t.Errorf("error is %q, want %q", err, tt.text)
			}
		})
	}
}
