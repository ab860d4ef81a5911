package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// varying matches the output that differs between two runs of the demo: latencies, and
// tokens that contain the time.
var varying = regexp.MustCompile(`\d+\.\d\d ms *|RingCX token …\S{6}`)

func TestDemoOutputIsReproducible(t *testing.T) {
	first, second := output(t, "demo"), output(t, "demo")
	if a, b := varying.ReplaceAllString(first, "*"), varying.ReplaceAllString(second, "*"); a != b {
		t.Errorf("the outputs of two runs differ:\n%s\n---\n%s", a, b)
	}
}

func TestDemoShowsAllSteps(t *testing.T) {
	got := output(t, "demo")
	rest := got
	for _, want := range []string{
		"1. Sign in", "POST /restapi/oauth/token", "200", "2. Exchange", "POST /api/auth/login/rc/accesstoken",
		"3. List the accounts", "333333", "RingForce", "4. List the users", "987654",
		"5. The RingCX token expires", "401", "Jwt is expired", "POST /api/auth/token/refresh", "old …", "new …",
		"6. Many calls share one refresh", "50 calls at once", "1 refresh", "7. Log out", "DELETE /api/auth/logout/…", "204",
		"sign-ins 1, exchanges 1, refreshes 2, refresh tokens that were sent twice 0", "ringcx mock",
	} {
		_, after, found := strings.Cut(rest, want)
		if !found {
			t.Fatalf("the output lacks %q or has it too early:\n%s", want, got)
		}
		rest = after
	}
}

// TestDemoMasksTokens checks that the output contains no word that is long enough to
// be a complete token.
func TestDemoMasksTokens(t *testing.T) {
	got := output(t, "demo")
	if long := regexp.MustCompile(`[A-Za-z0-9_-]{30,}`).FindString(got); long != "" {
		t.Errorf("the demo shows %q", long)
	}
	for _, secret := range []string{ringcxtest.ClientSecret, ringcxtest.JWT, "refresh-2-"} {
		if strings.Contains(got, secret) {
			t.Errorf("the demo shows %q", secret)
		}
	}
}
