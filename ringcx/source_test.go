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
		if _, err = ts.Token(); err == nil || !strings.Contains(err.Error(), "it must return a new one") {
			t.Errorf("error is %v, want %q in it", err, "it must return a new one")
		}
		if source.calls != 2 {
			t.Errorf("%d calls of the source, want 2", source.calls)
		}
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
