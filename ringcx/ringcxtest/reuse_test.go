package ringcxtest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestRefreshReused sends a refresh token three times, the first time with a
// fault.
func TestRefreshReused(t *testing.T) {
	busy := Fault{name: "503 with Retry-After", serve: func(c *call, _ func()) {
		c.w.Header().Set("Retry-After", "1")
		c.answer(http.StatusServiceUnavailable, textType, "busy")
	}}
	tests := []struct {
		fault Fault
		want  int
	}{
		{Status(500, ""), 2}, {Status(503, "no Retry-After"), 2}, {Status(200, "{}"), 2}, {HTML, 2},
		{Refuse, 2}, {EchoSecret, 2}, {Redirect(307, "https://elsewhere.test/"), 2}, {DropAnswer, 2},
		{Truncate, 2}, {NoRefreshToken, 2}, {Slow(0), 2}, {RevokedOutside, 2},
		{RateLimit(0), 1}, {RateLimit(time.Second), 1}, {busy, 1}, {Unreachable, 1}, {SameRefreshToken, 1},
	}
	for _, tt := range tests {
		t.Run(tt.fault.String(), func(t *testing.T) {
			s := NewServer(t)
			w := inMemory(s)
			have := w.signIn(t)
			s.Fault(Refresh, tt.fault, 1)
			for range 3 {
				w.refresh(have.refresh)
			}
			if got := s.Counts().RefreshReused; got != tt.want {
				t.Errorf("RefreshReused is %d, want %d", got, tt.want)
			}
		})
	}
}

// TestRateLimitForgivesNothing sends a token again that was refused before the
// rate limit.
func TestRateLimitForgivesNothing(t *testing.T) {
	s := NewServer(t)
	w := inMemory(s)
	have := w.signIn(t)
	s.Fault(Refresh, Refuse, 1)
	s.Fault(Refresh, RateLimit(0), 1)
	for range 3 {
		w.refresh(have.refresh)
	}
	if got := s.Counts().RefreshReused; got != 2 {
		t.Errorf("RefreshReused is %d, want 2", got)
	}
}

func TestSlowCutsTheConnection(t *testing.T) {
	s := NewServer(t)
	s.Fault(Users, Slow(time.Hour), 1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	defer func() {
		if got := recover(); got != http.ErrAbortHandler {
			t.Errorf("panic %v, want %v", got, http.ErrAbortHandler)
		}
	}()
	s.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, "GET", "/voice/api/v1/admin/users", nil))
}

func TestUndeclaredQuery(t *testing.T) {
	tests := []struct {
		query string
		want  []string
	}{
		{"?flatten=true&activeOnly=false", nil},
		{"?page=2", []string{"listUsers: request: query page: not declared"}},
		{
			"?page=2&flaten=true&flatten=x",
			[]string{
				"listUsers: request: query flaten: not declared",
				"listUsers: request: query flatten: cannot be read",
				"listUsers: request: query page: not declared",
			},
		},
	}
	for _, tt := range tests {
		tb := &recordingTB{TB: t}
		w := inMemory(NewServer(tb))
		have := w.signIn(t)
		w.users(have.access, tt.query)
		if diff := cmp.Diff(tt.want, rules(tb)); diff != "" {
			t.Errorf("%s: breaches (-want +got):\n%s", tt.query, diff)
		}
		w.users(have.access, "?"+have.access+"=1")
		if text := strings.Join(rules(tb), "\n"); strings.Contains(text, have.access) {
			t.Errorf("a secret is reported: %s", text)
		}
		tb.end()
	}
}
