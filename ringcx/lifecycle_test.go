package ringcx_test

import (
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// TestClose closes a source during a renewal, and uses it after that.
func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		fake.Fault(ringcxtest.Login, ringcxtest.Slow(3*time.Second), 1)
		ts := newTokenSource(t, fake.Config())
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := ts.Token(); err != nil {
				t.Errorf("Token of a caller that waits for the renewal: %v", err)
			}
		})
		synctest.Wait()
		start := time.Now()
		if err := ts.Close(); err != nil {
			t.Error(err)
		}
		if waited := time.Since(start); waited != 3*time.Second {
			t.Errorf("Close took %v, want the 3s of the renewal", waited)
		}
		wg.Wait()
		if _, err := ts.Token(); !errors.Is(err, ringcx.ErrClosed) {
			t.Errorf("Token: error is %v, want %v", err, ringcx.ErrClosed)
		}
		if err := ts.Logout(t.Context()); !errors.Is(err, ringcx.ErrClosed) {
			t.Errorf("Logout: error is %v, want %v", err, ringcx.ErrClosed)
		}
		if err := ts.Close(); err != nil {
			t.Errorf("second Close: %v", err)
		}
		spent{1, 1, 0}.check(t, fake)
	})
}

// TestEvents checks the stages, the errors and the durations that OnEvent gets.
func TestEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		cfg := fake.Config()
		var got []string
		cfg.OnEvent = func(e ringcx.Event) {
			name := string(e.Stage)
			if e.Err != nil {
				name += " failed"
			}
			got = append(got, name+" "+e.Took.String())
		}
		fake.Fault(ringcxtest.Login, ringcxtest.Slow(2*time.Second), 1)
		ts := newTokenSource(t, cfg)
		ts.Invalidate(must(ts.Token()))
		fake.Fault(ringcxtest.Refresh, ringcxtest.Refuse, 1)
		must(ts.Token())
		if err := ts.Logout(t.Context()); err != nil {
			t.Error(err)
		}
		want := []string{"login 2s", "exchange 0s", "refresh failed 0s", "exchange 0s", "logout 0s", "logout 0s"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
	})
}

// TestIdle checks that an idle source has no goroutine.
func TestIdle(t *testing.T) {
	fake := ringcxtest.NewServer(t)
	ts := newTokenSource(t, fake.Config())
	before := runtime.NumGoroutine()
	must(ts.Token())
	for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines, want the %d before the first token", runtime.NumGoroutine(), before)
		}
	}
}

// TestSession checks the session, and that each caller gets a copy.
func TestSession(t *testing.T) {
	fake := ringcxtest.NewServer(t)
	ts := newTokenSource(t, fake.Config())
	got, err := ts.Session(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(got.AgentDetails) != 1 || got.AgentDetails[0].AccountID != "333333" || *got.AdminID != 1111 {
		t.Errorf("session is %+v", got)
	}
	got.AgentDetails[0].AccountID = "mine"
	if again, err := ts.Session(t.Context()); err != nil || again.AgentDetails[0].AccountID != "333333" {
		t.Errorf("a change of one caller is in the session of another: %+v, %v", again, err)
	}
}

// TestSessionOfAdmin checks responses without the fields that RingCX omits for a user who
// is not an agent, and with fields of the wrong type. The tokens must be used all the same.
func TestSessionOfAdmin(t *testing.T) {
	tests := []struct {
		name, response string
		want           gen.Session
		fails          bool
	}{
		{name: "null", response: `{"accessToken":"a","agentDetails":null,"adminId":null,"rcUser":null,"mainAccountId":null}`},
		{name: "empty", response: `{"accessToken":"a","agentDetails":[]}`, want: gen.Session{AgentDetails: []gen.SessionAgent{}}},
		{name: "group is null", response: `{"accessToken":"a","agentDetails":[{"agentId":1,"agentGroupId":null,"password":"p","phoneLoginPin":"1"}]}`,
			want: gen.Session{AgentDetails: []gen.SessionAgent{{AgentID: 1}}}},
		{name: "wrong type", response: `{"accessToken":"a","refreshToken":"r","agentDetails":"none"}`, fails: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fake := ringcxtest.NewServer(t)
			fake.Fault(ringcxtest.Exchange, ringcxtest.Status(200, tt.response), 1)
			ts := newTokenSource(t, fake.Config())
			if token := must(ts.Token()); token.AccessToken != "a" {
				t.Errorf("token is %q, want a", token.AccessToken)
			}
			got, err := ts.Session(t.Context())
			if (err != nil) != tt.fails {
				t.Fatalf("Session: error is %v, want an error %v", err, tt.fails)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" && !tt.fails {
				t.Errorf("session (-want +got):\n%s", diff)
			}
		})
	}
}

// TestOnEventThatEndsTheRenewal has OnEvent end the goroutine of the renewal with
// runtime.Goexit. (A panic would do the same, but would also end the test.) The waiting
// caller gets an error, and a later caller gets a token.
func TestOnEventThatEndsTheRenewal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		cfg := fake.Config()
		ends := true
		cfg.OnEvent = func(ringcx.Event) {
			if ends {
				ends = false
				runtime.Goexit()
			}
		}
		ts := newTokenSource(t, cfg)
		if _, err := ts.Token(); err == nil || !strings.Contains(err.Error(), "the renewal panicked") {
			t.Errorf("error is %v, want %q in it", err, "the renewal panicked")
		}
		time.Sleep(2 * time.Second)
		must(ts.Token())
	})
}
