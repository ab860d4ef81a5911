package ringcx_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// stubborn is a source that returns the same token however often it is asked.
type stubborn struct{ asked int }

func (s *stubborn) Token() (*oauth2.Token, error) {
	s.asked++
	return &oauth2.Token{AccessToken: "the-same"}, nil
}

func TestSourceReturnsTheRefusedToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		cfg, source := fake.Config(), &stubborn{}
		cfg.RingCentral = source
		fake.Fault(ringcxtest.Exchange, ringcxtest.Status(401, "no"), 2)
		ts := newTokenSource(t, cfg)
		_, err := ts.Token()
		if diff := cmp.Diff(ringcx.Error{Stage: ringcx.StageExchange, StatusCode: 401}, errorOf(t, err)); diff != "" {
			t.Errorf("error (-want +got):\n%s", diff)
		}
		time.Sleep(301 * time.Second)
		if _, err = ts.Token(); err == nil || !strings.Contains(err.Error(), "very token") {
			t.Errorf("error is %v", err)
		}
		if source.asked != 2 {
			t.Errorf("asked %d times, want 2", source.asked)
		}
	})
}

// failingSource reports err.
type failingSource struct{ err error }

func (s failingSource) Token() (*oauth2.Token, error) { return nil, s.err }

// TestSourceFails shows that what x/oauth2 reports is not passed on: it prints
// the answer, which may hold tokens.
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
		t.Error("no error for neither token nor error")
	}
}

// hanging is a source that never answers, whatever the context says.
type hanging struct{ until chan struct{} }

func (h hanging) Token() (*oauth2.Token, error) { return h.TokenContext(context.Background()) }

func (h hanging) TokenContext(context.Context) (*oauth2.Token, error) {
	<-h.until
	return nil, errors.New("too late")
}

func TestSourceHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := hanging{make(chan struct{})}
		defer close(source.until)
		ts := newTokenSource(t, ringcx.Config{RingCentral: source})
		start := time.Now()
		if _, err := ts.Token(); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 10*time.Second {
			t.Errorf("%v after %v, want %v after 10s", err, time.Since(start), context.DeadlineExceeded)
		}
		ts.Close()
	})
}
