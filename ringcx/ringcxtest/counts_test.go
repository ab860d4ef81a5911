package ringcxtest

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// TestRefreshReused sends the same refresh token three times, with a fault the first time.
func TestRefreshReused(t *testing.T) {
	busy := Fault{name: "503 with Retry-After", serve: func(c *call, _ func()) {
		c.w.Header().Set("Retry-After", "1")
		c.respond(http.StatusServiceUnavailable, textType, "busy")
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
			client := inMemory(s)
			issued := client.signIn(t)
			s.Fault(Refresh, tt.fault, 1)
			for range 3 {
				client.refresh(issued.refresh)
			}
			if got := s.Counts().RefreshReused; got != tt.want {
				t.Errorf("RefreshReused is %d, want %d", got, tt.want)
			}
		})
	}
}

// TestRateLimitDoesNotResetRefreshReused sends a rejected token again and gets a 429, which
// must not make the token valid again.
func TestRateLimitDoesNotResetRefreshReused(t *testing.T) {
	s := NewServer(t)
	client := inMemory(s)
	issued := client.signIn(t)
	s.Fault(Refresh, Refuse, 1)
	s.Fault(Refresh, RateLimit(0), 1)
	for range 3 {
		client.refresh(issued.refresh)
	}
	if got := s.Counts().RefreshReused; got != 2 {
		t.Errorf("RefreshReused is %d, want 2", got)
	}
}

func TestPeaks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New()
		defer s.Close()
		client := inMemory(s)
		for _, wait := range []time.Duration{0, 30 * time.Second, 30 * time.Second, time.Second, 58 * time.Second} {
			time.Sleep(wait)
			client.login()
		}
		if got := s.Counts().Peaks[Login]; got != 3 {
			t.Errorf("peak is %d, want 3: arrivals at 0, 30, 60, 61 and 119 s", got)
		}
	})
}
