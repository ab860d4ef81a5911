package ringcxtest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// faultTests are all faults, each seen once from a client's side.
var faultTests = []struct {
	endpoint Endpoint
	fault    Fault
	see      func(t *testing.T, a answer, have tokens)
}{
	{Login, Refuse, refusedWith(400, "OAU-213")},
	{Revoke, Refuse, refusedWith(401, "OAU-146")},
	{Exchange, Refuse, refusedWith(403, "access.denied.exception")},
	{Refresh, Refuse, refusedWith(401, "invalid.token")},
	{Logout, Refuse, refusedWith(404, "not.found")},
	{Users, Refuse, refusedWith(403, "access.denied.exception")},
	{Login, RateLimit(0), limitedFor("", "CMN-301")},
	{Login, RateLimit(30 * time.Second), limitedFor("30", "CMN-301")},
	{Exchange, RateLimit(0), limitedFor("", "Too many requests")},
	{Users, RateLimit(1500 * time.Millisecond), limitedFor("2", "Too many requests")},
	{Login, Penalty, limitedFor("60", "CMN-301")},
	{Users, Status(502, "<html>down</html>"), refusedWith(502, "<html>down</html>")},
	{Refresh, Status(200, `{"tokenType":`), refusedWith(200, `{"tokenType":`)},
	{Accounts, Status(418, "I am a teapot"), refusedWith(418, "I am a teapot")},
	{Users, Redirect(307, "/voice/api/v1/admin/accounts"), refusedWith(200, "RingForce")},
	{Exchange, HTML, func(t *testing.T, a answer, _ tokens) {
		if a.status != 200 || !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
			t.Errorf("got %+v, want 200 with HTML", a)
		}
	}},
	{Login, Truncate, cutJSON},
	{Refresh, Truncate, cutJSON},
	{Accounts, Truncate, cutJSON},
	{Exchange, NoRefreshToken, func(t *testing.T, a answer, _ tokens) {
		if a.status != 200 || a.field("accessToken") == "" || a.field("refreshToken") != "" {
			t.Errorf("got %+v, want no refresh token", a)
		}
	}},
	{Refresh, SameRefreshToken, func(t *testing.T, a answer, have tokens) {
		if a.field("refreshToken") != have.refresh || a.field("accessToken") == have.access {
			t.Errorf("got %+v, want the refresh token %s", a, have.refresh)
		}
	}},
	{Exchange, Lifetime(0), livesFor(0)},
	{Refresh, Lifetime(-time.Minute), livesFor(-60)},
	{Refresh, Lifetime(1 << 62), livesFor(4611686018)},
	{Login, Lifetime(-time.Second), func(t *testing.T, a answer, _ tokens) {
		if got := a.field("expires_in"); got != "-1" {
			t.Errorf("expires_in is %s, want -1", got)
		}
	}},
	{Users, Slow(time.Millisecond), refusedWith(200, "userId")},
	{Refresh, DropAnswer, dropped},
	{Users, DropAnswer, dropped},
	{Login, Unreachable, unreachable},
	{Users, Unreachable, unreachable},
	{Login, EchoSecret, func(t *testing.T, a answer, _ tokens) {
		for _, secret := range []string{ClientSecret, JWT} {
			if a.status != 400 || !strings.Contains(a.body, secret) {
				t.Errorf("got %+v, want 400 with %s", a, secret)
			}
		}
	}},
	{Exchange, EchoSecret, func(t *testing.T, a answer, h tokens) { refusedWith(403, h.ringCentral)(t, a, h) }},
	{Refresh, EchoSecret, func(t *testing.T, a answer, h tokens) { refusedWith(401, h.refresh)(t, a, h) }},
	{Logout, EchoSecret, func(t *testing.T, a answer, h tokens) { refusedWith(404, h.refresh)(t, a, h) }},
	{Users, EchoSecret, func(t *testing.T, a answer, h tokens) { refusedWith(403, h.access)(t, a, h) }},
	{Exchange, SkewDate(time.Hour), skewed},
	{Users, RevokedOutside, refusedWith(401, "Jwt verification fails")},
	{Refresh, RevokedOutside, refusedWith(401, "invalid.token")},
}

func TestFaults(t *testing.T) {
	for name, connect := range map[string]func(*testing.T, *Server) wire{
		"memory":   func(_ *testing.T, s *Server) wire { return inMemory(s) },
		"loopback": overLoopback,
	} {
		for _, tt := range faultTests {
			t.Run(fmt.Sprintf("%s/%s/%s", name, tt.endpoint, tt.fault), func(t *testing.T) {
				s := NewServer(t)
				w := connect(t, s)
				have := w.signIn(t)
				s.Fault(tt.endpoint, tt.fault, 1)
				tt.see(t, w.ask(tt.endpoint, have), have)
				var marked []string
				for _, e := range s.Log() {
					if e.Fault != "" {
						marked = append(marked, string(e.Endpoint)+" "+e.Fault)
					}
				}
				want := []string{string(tt.endpoint) + " " + tt.fault.String()}
				if diff := cmp.Diff(want, marked); diff != "" {
					t.Errorf("faults in the log (-want +got):\n%s", diff)
				}
			})
		}
	}
}

// TestFaultProcesses shows which faults have the request processed.
func TestFaultProcesses(t *testing.T) {
	tests := []struct {
		fault Fault
		spent bool
	}{
		{DropAnswer, true}, {Truncate, true}, {NoRefreshToken, true}, {Slow(0), true},
		{SkewDate(0), true}, {Lifetime(0), true},
		{SameRefreshToken, false}, {Unreachable, false}, {HTML, false}, {RateLimit(0), false},
		{Refuse, false}, {EchoSecret, false}, {Status(500, ""), false},
	}
	for _, tt := range tests {
		t.Run(tt.fault.String(), func(t *testing.T) {
			s := NewServer(t)
			w := inMemory(s)
			have := w.signIn(t)
			s.Fault(Refresh, tt.fault, 1)
			w.refresh(have.refresh)
			if a := w.refresh(have.refresh); (a.status == 401) != tt.spent {
				t.Errorf("sent again: %+v, want it spent: %t", a, tt.spent)
			}
		})
	}
}

func TestFaultsFollowEachOther(t *testing.T) {
	s := NewServer(t)
	w := inMemory(s)
	have := w.signIn(t)
	s.Fault(Users, Status(500, "a"), 2)
	s.Fault(Users, Status(503, "b"), 1)
	var got []int
	for range 4 {
		got = append(got, w.users(have.access, "").status)
	}
	if diff := cmp.Diff([]int{500, 500, 503, 200}, got); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
}

func TestClearFaults(t *testing.T) {
	s := NewServer(t)
	s.Fault(Login, Refuse, 2)
	s.ClearFaults()
	if a := inMemory(s).login(); a.status != 200 {
		t.Errorf("after ClearFaults: %+v", a)
	}
}

func TestFaultThatCannotHappen(t *testing.T) {
	tests := []struct {
		name     string
		endpoint Endpoint
		fault    Fault
		n        int
		want     string
	}{
		{"endpoint", "listAgents", DropAnswer, 1, `there is no endpoint "listAgents"`},
		{"no endpoint", "", DropAnswer, 1, `there is no endpoint ""`},
		{"token fault of a call", Users, NoRefreshToken, 1, `fault "no-refresh-token" cannot happen at endpoint "listUsers"`},
		{"same token of an exchange", Exchange, SameRefreshToken, 1, "cannot happen"},
		{"lifetime of a logout", Logout, Lifetime(0), 1, "cannot happen"},
		{"truncated nothing", Logout, Truncate, 1, "cannot happen"},
		{"penalty of RingCX", Exchange, Penalty, 1, "cannot happen"},
		{"revoked at RingCentral", Login, RevokedOutside, 1, "cannot happen"},
		{"status", Users, Status(99, ""), 1, "cannot happen"},
		{"redirect", Users, Redirect(200, "x"), 1, "cannot happen"},
		{"never", Users, Refuse, 0, "at least once"},
		{"zero", Users, Fault{}, 1, "zero Fault"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tb := &recordingTB{TB: t}
			NewServer(tb).Fault(tt.endpoint, tt.fault, tt.n)
			if !strings.Contains(tb.fatal, tt.want) {
				t.Errorf("the test ended with %q, want %q", tb.fatal, tt.want)
			}
			defer func() {
				if got := fmt.Sprint(recover()); !strings.Contains(got, tt.want) {
					t.Errorf("without a test: panic %q, want %q", got, tt.want)
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
	for _, text := range []string{"", "refuse me", "status", "status x", "slow", "slow 5", "lifetime x", "nothing"} {
		if got, err := ParseFault(text); err == nil {
			t.Errorf("ParseFault(%q) = %q, want an error", text, got)
		}
	}
}
