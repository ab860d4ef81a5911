package ringcxtest

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// faultTests are all faults, each with a check of what the client gets.
var faultTests = []struct {
	endpoint Endpoint
	fault    Fault
	check    func(t *testing.T, resp response, issued tokens)
}{
	{Login, Refuse, wantResponse(400, "OAU-213")},
	{Revoke, Refuse, wantResponse(401, "OAU-146")},
	{Exchange, Refuse, wantResponse(403, "access.denied.exception")},
	{Refresh, Refuse, wantResponse(401, "invalid.token")},
	{Logout, Refuse, wantResponse(401, "invalid.token")},
	{Users, Refuse, wantResponse(403, "access.denied.exception")},
	{Login, RateLimit(0), wantRateLimited("", "CMN-301")},
	{Login, RateLimit(30 * time.Second), wantRateLimited("30", "CMN-301")},
	{Exchange, RateLimit(0), wantRateLimited("", "Too many requests")},
	{Users, RateLimit(1500 * time.Millisecond), wantRateLimited("2", "Too many requests")},
	{Login, Penalty, wantRateLimited("60", "CMN-301")},
	{Users, Expired, wantResponse(401, "Jwt is expired")},
	{Accounts, Status(200, "null"), func(t *testing.T, resp response, _ tokens) {
		if resp.body != "null" || resp.header.Get("Content-Type") != jsonType {
			t.Errorf("got %+v, want null as JSON", resp)
		}
	}},
	{Users, Status(502, "<html>down</html>"), wantResponse(502, "<html>down</html>")},
	{Refresh, Status(200, `{"tokenType":`), wantResponse(200, `{"tokenType":`)},
	{Accounts, Status(418, "I am a teapot"), wantResponse(418, "I am a teapot")},
	{Users, Redirect(307, "/voice/api/v1/admin/accounts"), wantResponse(200, "RingForce")},
	{Exchange, HTML, func(t *testing.T, resp response, _ tokens) {
		if resp.status != 200 || !strings.HasPrefix(resp.header.Get("Content-Type"), "text/html") {
			t.Errorf("got %+v, want 200 with HTML", resp)
		}
	}},
	{Login, Truncate, wantTruncatedJSON},
	{Refresh, Truncate, wantTruncatedJSON},
	{Accounts, Truncate, wantTruncatedJSON},
	{Users, CutBody(0), wantBodyCut(0)},
	{Refresh, CutBody(10), wantBodyCut(10)},
	{Accounts, CutBody(1 << 20), wantResponse(200, "RingForce")},
	{Exchange, NoRefreshToken, func(t *testing.T, resp response, _ tokens) {
		if resp.status != 200 || resp.field("accessToken") == "" || resp.field("refreshToken") != "" {
			t.Errorf("got %+v, want no refresh token", resp)
		}
	}},
	{Refresh, SameRefreshToken, func(t *testing.T, resp response, issued tokens) {
		if resp.field("refreshToken") != issued.refresh || resp.field("accessToken") == issued.access {
			t.Errorf("got %+v, want the refresh token %s", resp, issued.refresh)
		}
	}},
	{Exchange, Lifetime(0), wantLifetime(0)},
	{Refresh, Lifetime(-time.Minute), wantLifetime(-60)},
	{Refresh, Lifetime(1 << 62), wantLifetime(4611686018)},
	{Login, Lifetime(-time.Second), func(t *testing.T, resp response, _ tokens) {
		if got := resp.field("expires_in"); got != "-1" {
			t.Errorf("expires_in is %s, want -1", got)
		}
	}},
	{Users, Slow(time.Millisecond), wantResponse(200, "userId")},
	{Refresh, DropAnswer, wantConnectionCut},
	{Users, DropAnswer, wantConnectionCut},
	{Login, Unreachable, wantUnreachable},
	{Users, Unreachable, wantUnreachable},
	{Login, EchoSecret, func(t *testing.T, resp response, _ tokens) {
		for _, secret := range []string{ClientSecret, JWT} {
			if resp.status != 400 || !strings.Contains(resp.body, secret) {
				t.Errorf("got %+v, want 400 with %s", resp, secret)
			}
		}
	}},
	{Exchange, EchoSecret, func(t *testing.T, resp response, h tokens) { wantResponse(403, h.ringCentral)(t, resp, h) }},
	{Refresh, EchoSecret, func(t *testing.T, resp response, h tokens) { wantResponse(401, h.refresh)(t, resp, h) }},
	{Logout, EchoSecret, func(t *testing.T, resp response, h tokens) { wantResponse(401, h.refresh)(t, resp, h) }},
	{Users, EchoSecret, func(t *testing.T, resp response, h tokens) { wantResponse(403, h.access)(t, resp, h) }},
	{Exchange, SkewDate(time.Hour), wantSkewed},
	{Users, RevokedOutside, wantResponse(401, "Jwt verification fails")},
	{Refresh, RevokedOutside, wantResponse(401, "invalid.token")},
}

func TestFaults(t *testing.T) {
	for name, connect := range map[string]func(*testing.T, *Server) testClient{
		"memory":   func(_ *testing.T, s *Server) testClient { return inMemory(s) },
		"loopback": overLoopback,
	} {
		for _, tt := range faultTests {
			t.Run(fmt.Sprintf("%s/%s/%s", name, tt.endpoint, tt.fault), func(t *testing.T) {
				s := NewServer(t)
				client := connect(t, s)
				issued := client.signIn(t)
				s.Fault(tt.endpoint, tt.fault, 1)
				tt.check(t, client.request(tt.endpoint, issued), issued)
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

// TestFaultUsesRefreshToken checks which faults process a refresh and so use up its token.
func TestFaultUsesRefreshToken(t *testing.T) {
	tests := []struct {
		fault Fault
		used  bool
	}{
		{DropAnswer, true}, {Truncate, true}, {CutBody(0), true}, {NoRefreshToken, true}, {Slow(0), true},
		{SkewDate(0), true}, {Lifetime(0), true},
		{SameRefreshToken, false}, {Unreachable, false}, {HTML, false}, {RateLimit(0), false},
		{Refuse, false}, {EchoSecret, false}, {Status(500, ""), false},
	}
	for _, tt := range tests {
		t.Run(tt.fault.String(), func(t *testing.T) {
			s := NewServer(t)
			client := inMemory(s)
			issued := client.signIn(t)
			s.Fault(Refresh, tt.fault, 1)
			client.refresh(issued.refresh)
			if resp := client.refresh(issued.refresh); (resp.status == 401) != tt.used {
				t.Errorf("second refresh: %+v, want the token used up: %t", resp, tt.used)
			}
		})
	}
}

// The functions below check the response to a request with a fault.

func wantResponse(status int, text string) func(*testing.T, response, tokens) {
	return func(t *testing.T, resp response, _ tokens) {
		if resp.err != nil || resp.status != status || !strings.Contains(resp.body, text) {
			t.Errorf("got %+v, want %d with %q", resp, status, text)
		}
	}
}

func wantRateLimited(after, text string) func(*testing.T, response, tokens) {
	return func(t *testing.T, resp response, _ tokens) {
		if resp.status != 429 || resp.header.Get("Retry-After") != after || !strings.Contains(resp.body, text) {
			t.Errorf("got %+v, want 429 with Retry-After %q and %q", resp, after, text)
		}
	}
}

func wantTruncatedJSON(t *testing.T, resp response, _ tokens) {
	if resp.err != nil || resp.status != 200 || len(resp.body) < 20 || json.Valid([]byte(resp.body)) {
		t.Errorf("got %+v, want 200 with half of the JSON", resp)
	}
}

func wantConnectionCut(t *testing.T, resp response, _ tokens) {
	if !errors.Is(resp.err, io.ErrUnexpectedEOF) {
		t.Errorf("got %+v, want an unexpected EOF", resp)
	}
}

func wantBodyCut(n int) func(*testing.T, response, tokens) {
	return func(t *testing.T, resp response, _ tokens) {
		if resp.status != 200 || len(resp.body) != n || !errors.Is(resp.err, io.ErrUnexpectedEOF) {
			t.Errorf("got %+v, want 200 and an unexpected EOF after %d bytes", resp, n)
		}
	}
}

func wantUnreachable(t *testing.T, resp response, _ tokens) {
	if strings.Contains(t.Name(), "loopback") {
		wantConnectionCut(t, resp, tokens{})
		return
	}
	var dial *net.OpError
	if !errors.As(resp.err, &dial) || dial.Op != "dial" {
		t.Errorf("got %+v, want a dial error", resp)
	}
}

// claims returns the iat and exp claims of an access token.
func claims(t *testing.T, token string) (iat, exp int64) {
	t.Helper()
	data, err := base64.RawURLEncoding.DecodeString(strings.Split(token+"..", ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	c := mustJSON[struct{ Iat, Exp int64 }](t, string(data))
	return c.Iat, c.Exp
}

func wantLifetime(seconds int64) func(*testing.T, response, tokens) {
	return func(t *testing.T, resp response, _ tokens) {
		if iat, exp := claims(t, resp.field("accessToken")); exp-iat != seconds {
			t.Errorf("the lifetime is %d s, want %d", exp-iat, seconds)
		}
	}
}

func wantSkewed(t *testing.T, resp response, _ tokens) {
	date, err := http.ParseTime(resp.header.Get("Date"))
	if err != nil {
		t.Fatal(err)
	}
	iat, exp := claims(t, resp.field("accessToken"))
	for name, at := range map[string]time.Time{
		"Date": date, "iat": time.Unix(iat, 0), "exp": time.Unix(exp, 0).Add(-5 * time.Minute),
	} {
		if ahead := time.Until(at); ahead < 59*time.Minute || ahead > 61*time.Minute {
			t.Errorf("%s is %v ahead of the clock, want 1h", name, ahead)
		}
	}
}
