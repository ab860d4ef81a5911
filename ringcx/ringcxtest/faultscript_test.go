package ringcxtest

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestUnusedFaultsAreLogged(t *testing.T) {
	tests := []struct {
		name   string
		script func(*Server) // before one sign-in
		want   []string
	}{
		{"none", func(*Server) {}, nil},
		{"applied", func(s *Server) { s.Fault(Login, Refuse, 1) }, nil},
		{"cleared", func(s *Server) { s.Fault(Users, Refuse, 1); s.ClearFaults() }, nil},
		{
			"applied in part", func(s *Server) { s.Fault(Login, Status(500, "x"), 3) },
			[]string{`ringcxtest: unused fault "status 500 x" at endpoint "login": 2 left`},
		},
		{
			"long text", func(s *Server) { s.Fault(Users, Status(200, strings.Repeat("x", 1000)), 1) },
			[]string{`ringcxtest: unused fault "status 200 ` + strings.Repeat("x", 69) + `" at endpoint "listUsers": 1 left`},
		},
		{
			"several", func(s *Server) {
				s.Fault(Users, Refuse, 2)
				s.Fault(Login, Refuse, 1)
				s.Fault(Users, HTML, 1)
				s.Fault(Accounts, DropAnswer, 1)
			},
			[]string{
				`ringcxtest: unused fault "drop-answer" at endpoint "listAccounts": 1 left`,
				`ringcxtest: unused fault "refuse" at endpoint "listUsers": 2 left`,
				`ringcxtest: unused fault "html" at endpoint "listUsers": 1 left`,
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tb := &recordingTB{TB: t}
			s := NewServer(tb)
			tt.script(s)
			inMemory(s).login()
			if len(tb.logs) > 0 {
				t.Errorf("log before the end of the test: %q, want nothing", tb.logs)
			}
			tb.end()
			s.Fault(Users, Refuse, 1)
			s.Close() // logs nothing after the end of the test
			if diff := cmp.Diff(tt.want, tb.logs); diff != "" {
				t.Errorf("log (-want +got):\n%s", diff)
			}
			if got := tb.reported(); got != nil {
				t.Errorf("the test failed: %v, want only a log", got)
			}
		})
	}
}

func TestSlowCutsConnectionWhenContextEnds(t *testing.T) {
	s := NewServer(t)
	s.Fault(Users, Slow(time.Hour), 1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	defer func() {
		if got := recover(); got != http.ErrAbortHandler { //nolint:errorlint // net/http compares it so
			t.Errorf("panic %v, want %v", got, http.ErrAbortHandler)
		}
	}()
	s.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, "GET", "/voice/api/v1/admin/users", nil))
}

func TestFaultsAreAppliedInOrder(t *testing.T) {
	s := NewServer(t)
	client := inMemory(s)
	issued := client.signIn(t)
	s.Fault(Users, Status(500, "a"), 2)
	s.Fault(Users, Status(503, "b"), 1)
	var got []int
	for range 4 {
		got = append(got, client.users(issued.access, "").status)
	}
	if diff := cmp.Diff([]int{500, 500, 503, 200}, got); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
}

// TestPass checks that Pass lets requests pass before the next fault, is in no entry of the log,
// and does not turn off the comparison with openapi.yaml.
func TestPass(t *testing.T) {
	tb := &recordingTB{TB: t}
	s := NewServer(tb)
	client := inMemory(s)
	issued := client.signIn(t)
	pass, err := ParseFault("pass")
	if err != nil {
		t.Fatal(err)
	}
	s.Fault(Users, pass, 2)
	s.Fault(Users, Status(500, ""), 1)
	var got []string
	for _, query := range []string{"", "?flatten=maybe", "", ""} {
		client.users(issued.access, query)
		last := s.Log()[len(s.Log())-1]
		got = append(got, strings.TrimSpace(fmt.Sprint(last.Status, " ", last.Fault)))
	}
	if diff := cmp.Diff([]string{"200", "400", "500 status 500", "200"}, got); diff != "" {
		t.Errorf("status and fault (-want +got):\n%s", diff)
	}
	if got := reportedViolations(tb); len(got) != 1 || !strings.Contains(got[0], "flatten") {
		t.Errorf("violations: %q, want one, of flatten", got)
	}
}

func TestClearFaults(t *testing.T) {
	s := NewServer(t)
	s.Fault(Login, Refuse, 2)
	s.ClearFaults()
	if resp := inMemory(s).login(); resp.status != 200 {
		t.Errorf("after ClearFaults: %+v, want status 200", resp)
	}
}

func TestInvalidFault(t *testing.T) {
	tests := []struct {
		name     string
		endpoint Endpoint
		fault    Fault
		n        int
		want     string
	}{
		{"unknown endpoint", "listRobots", DropAnswer, 1, `there is no endpoint "listRobots": use an operationId of docs/operations.md`},
		{"another case", "LoadLeads", DropAnswer, 1, `there is no endpoint "LoadLeads": use "loadLeads"`},
		{"empty endpoint", "", DropAnswer, 1, `there is no endpoint ""`},
		{"token fault at a call", Users, NoRefreshToken, 1, `fault "no-refresh-token" cannot occur at endpoint "listUsers"`},
		{"same refresh token at an exchange", Exchange, SameRefreshToken, 1, "cannot occur"},
		{"lifetime at a logout", Logout, Lifetime(0), 1, "cannot occur"},
		{"truncate without a body", Logout, Truncate, 1, "cannot occur"},
		{"penalty at RingCX", Exchange, Penalty, 1, "cannot occur"},
		{"invalid status", Users, Status(99, ""), 1, "cannot occur"},
		{"invalid redirect", Users, Redirect(200, "x"), 1, "cannot occur"},
		{"negative length", Users, CutBody(-1), 1, "cannot occur"},
		{"no requests", Users, Refuse, 0, "at least once"},
		{"zero Fault", Users, Fault{}, 1, "zero Fault"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tb := &recordingTB{TB: t}
			NewServer(tb).Fault(tt.endpoint, tt.fault, tt.n)
			if !strings.Contains(tb.fatal, tt.want) {
				t.Errorf("Fatalf with %q, want %q", tb.fatal, tt.want)
			}
			defer func() {
				if got := fmt.Sprint(recover()); !strings.Contains(got, tt.want) {
					t.Errorf("without a test: panic with %q, want %q", got, tt.want)
				}
			}()
			New().Fault(tt.endpoint, tt.fault, tt.n)
		})
	}
}

func TestParseFault(t *testing.T) {
	for _, tt := range faultTests {
		got, err := ParseFault(" " + tt.fault.String())
		if err != nil || got.String() != tt.fault.String() {
			t.Errorf("ParseFault(%q) = %q, %v", tt.fault, got, err)
		}
	}
	for _, text := range []string{"", "refuse me", "status", "status x", "slow", "slow 5", "lifetime x", "cut-body", "cut-body x", "nothing"} {
		if got, err := ParseFault(text); err == nil {
			t.Errorf("ParseFault(%q) = %q, want an error", text, got)
		}
	}
}
