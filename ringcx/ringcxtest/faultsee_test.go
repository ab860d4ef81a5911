package ringcxtest

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// What a client sees of a fault.

func refusedWith(status int, text string) func(*testing.T, answer, tokens) {
	return func(t *testing.T, a answer, _ tokens) {
		if a.err != nil || a.status != status || !strings.Contains(a.body, text) {
			t.Errorf("got %+v, want %d with %q", a, status, text)
		}
	}
}

func limitedFor(after, text string) func(*testing.T, answer, tokens) {
	return func(t *testing.T, a answer, _ tokens) {
		if a.status != 429 || a.header.Get("Retry-After") != after || !strings.Contains(a.body, text) {
			t.Errorf("got %+v, want 429 with Retry-After %q and %q", a, after, text)
		}
	}
}

func cutJSON(t *testing.T, a answer, _ tokens) {
	if a.err != nil || a.status != 200 || len(a.body) < 20 || json.Valid([]byte(a.body)) {
		t.Errorf("got %+v, want 200 with half of the JSON", a)
	}
}

func dropped(t *testing.T, a answer, _ tokens) {
	if !errors.Is(a.err, io.ErrUnexpectedEOF) {
		t.Errorf("got %+v, want an unexpected EOF", a)
	}
}

func unreachable(t *testing.T, a answer, _ tokens) {
	if strings.Contains(t.Name(), "loopback") {
		dropped(t, a, tokens{})
		return
	}
	var dial *net.OpError
	if !errors.As(a.err, &dial) || dial.Op != "dial" {
		t.Errorf("got %+v, want a dial error", a)
	}
}

// claims returns iat and exp of an access token.
func claims(t *testing.T, token string) (iat, exp int64) {
	t.Helper()
	data, err := base64.RawURLEncoding.DecodeString(strings.Split(token+"..", ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	c := mustJSON[struct{ Iat, Exp int64 }](t, string(data))
	return c.Iat, c.Exp
}

func livesFor(seconds int64) func(*testing.T, answer, tokens) {
	return func(t *testing.T, a answer, _ tokens) {
		if iat, exp := claims(t, a.field("accessToken")); exp-iat != seconds {
			t.Errorf("the token lives %d s, want %d", exp-iat, seconds)
		}
	}
}

func skewed(t *testing.T, a answer, _ tokens) {
	date, err := http.ParseTime(a.header.Get("Date"))
	if err != nil {
		t.Fatal(err)
	}
	iat, exp := claims(t, a.field("accessToken"))
	for name, at := range map[string]time.Time{
		"Date": date, "iat": time.Unix(iat, 0), "exp": time.Unix(exp, 0).Add(-5 * time.Minute),
	} {
		if ahead := time.Until(at); ahead < 59*time.Minute || ahead > 61*time.Minute {
			t.Errorf("%s is %v ahead, want an hour", name, ahead)
		}
	}
}
