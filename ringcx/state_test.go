package ringcx

import (
	"encoding/base64"
	"testing"
	"time"
)

// jwt returns an unsigned JWT with the given claims.
func jwt(payload string) string {
	return "e30." + base64.RawURLEncoding.EncodeToString([]byte(payload)) + ".c2ln"
}

// TestLifetimeOf checks the lifetime of tokens with, without and with invalid claims.
func TestLifetimeOf(t *testing.T) {
	tests := []struct {
		name, access string
		date         time.Time // the Date of the response; zero: none
		want         time.Duration
	}{
		{"five minutes", jwt(`{"iat":1700000000,"exp":1700000300}`), time.Time{}, 5 * time.Minute},
		{"two minutes", jwt(`{"iat":1700000000,"exp":1700000120}`), time.Time{}, 2 * time.Minute},
		{"padded Base64", "e30." + base64.URLEncoding.EncodeToString([]byte(`{"iat":10,"exp":130}`)) + ".c2ln", time.Time{}, 2 * time.Minute},
		{"fractions of seconds", jwt(`{"iat":1700000000.5,"exp":1700000060.5}`), time.Time{}, time.Minute},
		{"more than an hour", jwt(`{"iat":1700000000,"exp":1700009999}`), time.Time{}, time.Hour},
		{"huge", jwt(`{"iat":0,"exp":1e300}`), time.Time{}, time.Hour},
		{"no iat", jwt(`{"exp":1700000120}`), time.Time{}, 5 * time.Minute},
		{"no exp", jwt(`{"iat":1700000120}`), time.Time{}, 5 * time.Minute},
		{"exp equal to iat", jwt(`{"iat":1700000000,"exp":1700000000}`), time.Time{}, 5 * time.Minute},
		{"exp before iat", jwt(`{"iat":1700000000,"exp":1600000000}`), time.Time{}, 5 * time.Minute},
		{"iat and exp are strings", jwt(`{"iat":"a","exp":"b"}`), time.Time{}, 5 * time.Minute},
		{"null payload", jwt(`null`), time.Time{}, 5 * time.Minute},
		{"not JSON", jwt(`hello`), time.Time{}, 5 * time.Minute},
		{"not Base64", "a.!!!.c", time.Time{}, 5 * time.Minute},
		{"no iat, with a Date", jwt(`{"exp":1700000120}`), time.Unix(1700000000, 0), 2 * time.Minute},
		{"no iat, 20 minutes after the Date", jwt(`{"exp":1700001200}`), time.Unix(1700000000, 0), 20 * time.Minute},
		{"iat long before the Date", jwt(`{"iat":1699996400,"exp":1700000300}`), time.Unix(1700000000, 0), 5 * time.Minute},
		{"Date one second after iat", jwt(`{"iat":1700000000,"exp":1700000300}`), time.Unix(1700000001, 0), 5 * time.Minute},
		{"Date after exp", jwt(`{"iat":1700000000,"exp":1700000120}`), time.Unix(1700000500, 0), 2 * time.Minute},
		{"not a JWT", "0123456789", time.Time{}, 5 * time.Minute},
		{"empty", "", time.Time{}, 5 * time.Minute},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := lifetimeOf(tt.access, tt.date, 0); got != tt.want {
				t.Errorf("lifetime = %v, want %v", got, tt.want)
			}
		})
	}
}

// FuzzLifetimeOf checks that the lifetime of any token is from 1 s to 1 h.
func FuzzLifetimeOf(f *testing.F) {
	f.Add(`{"iat":1700000000,"exp":1700000300}`, "")
	f.Add(`{"iat":-1e308,"exp":1e308}`, "a.b.c")
	f.Fuzz(func(t *testing.T, payload, token string) {
		for _, access := range []string{jwt(payload), token} {
			if d := lifetimeOf(access, time.Time{}, 0); d < time.Second || d > time.Hour {
				t.Errorf("lifetimeOf(%q) = %v, want 1 s to 1 h", access, d)
			}
		}
	})
}

// TestNewState checks from when on a token is renewed, and when it expires.
func TestNewState(t *testing.T) {
	sent := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	tests := []struct {
		name          string
		access        string
		renewBefore   time.Duration
		renew, expire time.Duration // after sent
	}{
		{"default", jwt(`{"iat":0,"exp":300}`), 0, 225 * time.Second, 290 * time.Second},
		{"RenewBefore of a minute", jwt(`{"iat":0,"exp":300}`), time.Minute, 240 * time.Second, 290 * time.Second},
		{"capped at half the lifetime", jwt(`{"iat":0,"exp":300}`), time.Hour, 150 * time.Second, 290 * time.Second},
		{"at expiry at the latest", jwt(`{"iat":0,"exp":300}`), time.Second, 290 * time.Second, 290 * time.Second},
		{"short lifetime", jwt(`{"iat":0,"exp":20}`), 0, 15 * time.Second, 18 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			st := newState(tt.access, nil, sent, lifetimeOf(tt.access, time.Time{}, 0), tt.renewBefore)
			if got := st.renewAt.mono.Sub(sent); got != tt.renew {
				t.Errorf("renewAt = %v after the request, want %v", got, tt.renew)
			}
			if got := st.token.Expiry.Sub(sent); got != tt.expire {
				t.Errorf("Expiry = %v after the request, want %v", got, tt.expire)
			}
		})
	}
}

// TestHeadStart checks by how much earlier a token is renewed in a shared session.
func TestHeadStart(t *testing.T) {
	sent := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	tests := []struct {
		name                  string
		lifetime, renewBefore time.Duration
		share                 float64
		want                  time.Duration // after sent
	}{
		{"of the last process", 5 * time.Minute, 0, 0, 225 * time.Second},
		{"of the process that obtained it", 5 * time.Minute, 0, 1, 221 * time.Second},
		{"of another process", 5 * time.Minute, 0, 0.5, 223 * time.Second},
		{"long lifetime", time.Hour, 0, 1, 45*time.Minute - 4*time.Second},
		{"RenewBefore of a minute", 5 * time.Minute, time.Minute, 1, 240*time.Second - 50*time.Second/16},
		{"short lifetime", 16 * time.Second, 0, 1, 12*time.Second - 150*time.Millisecond},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			st := newState("token", nil, sent, tt.lifetime, tt.renewBefore)
			got := st.withHeadStart(tt.share)
			if renew := got.renewAt.mono.Sub(sent); renew != tt.want {
				t.Errorf("renewAt = %v after the request, want %v", renew, tt.want)
			}
			if got.expireAt != st.expireAt {
				t.Errorf("expireAt = %v, want %v", got.expireAt, st.expireAt)
			}
		})
	}
}

// TestDeadline checks that a deadline is reached as soon as one of the two clocks reaches it.
func TestDeadline(t *testing.T) {
	now := time.Now()
	d := deadlineAt(now.Add(time.Minute))
	tests := []struct {
		name string
		now  time.Time
		want bool
	}{
		{"before the deadline on both clocks", now, false},
		{"at the deadline on both clocks", now.Add(time.Minute), true},
	}
	for _, tt := range tests {
		if got := d.reached(tt.now); got != tt.want {
			t.Errorf("%s: reached = %v, want %v", tt.name, got, tt.want)
		}
	}
	if d := (deadline{mono: now.Add(time.Hour), wall: now.UnixNano()}); !d.reached(now) { // as after a suspend of an hour
		t.Error("at the deadline on the wall clock only: reached = false")
	}
	monotonic := deadline{mono: now, wall: now.Add(time.Hour).UnixNano()} // as after the wall clock was set back by an hour
	if !monotonic.reached(now) {
		t.Error("at the deadline on the monotonic clock only: reached = false")
	}
}

// TestLifetimeOfASlowResponse has a response that took 9 s, so that its Date is 9 s later
// than iat. The lifetime is exp − iat.
func TestLifetimeOfASlowResponse(t *testing.T) {
	issued, token := time.Unix(1700000000, 0), jwt(`{"iat":1700000000,"exp":1700000300}`)
	if got := lifetimeOf(token, issued.Add(9*time.Second), 9*time.Second); got != 5*time.Minute {
		t.Errorf("lifetime = %v, want 5m0s", got)
	}
}

// TestInvalidateTwice invalidates a token after a 401 that names it and after one that does
// not, in both orders. Afterwards the token is no last resort.
func TestInvalidateTwice(t *testing.T) {
	for _, named := range []bool{true, false} {
		c := &currentToken{now: time.Now}
		c.state.Store(newState("an.access.token", nil, time.Now(), defaultLifetime, 0))
		for _, named := range []bool{named, !named} {
			c.invalidate("an.access.token", named)
		}
		if st := c.state.Load(); !st.got401() || c.lastResort() != nil {
			t.Errorf("named first: %v: got401 = %v, last resort: %v, want true, false", named, st.got401(), c.lastResort() != nil)
		}
	}
}
