package main

import (
	"bufio"
	"regexp"
	"strings"
	"testing"
	"time"

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
		"1. The first call signs in", "ringcx.New(cfg)", "POST /restapi/oauth/token", "200", "POST /api/auth/login/rc/accesstoken",
		"333333", "RingForce", "2. List the users", "client.Users.All(ctx, nil)", "987654",
		"3. The RingCX token expires", "client.Users.List(ctx, nil)", "401", "Jwt is expired", "POST /api/auth/token/refresh", "old …", "new …",
		"4. Many calls share one refresh", "wg.Go", "50 calls at once", "1 refresh",
		"5. RingCX limits the calls", "← 429", "Retry-After: 1", "… the client waits 1 s", "← 200",
		"6. Log out", "client.Tokens.Logout(ctx)", "DELETE /api/auth/logout/…", "204",
		"7. The response to a refresh is lost", "POST /api/auth/token/refresh", "← no response", "POST /api/auth/login/rc/accesstoken", "← 200", "got a list of 2",
		"8. Two processes share", "filestore.New(dir)", "A → POST /restapi/oauth/token", "B → GET", "B ← 200", "A → POST /api/auth/token/refresh",
		"A is killed", "B → POST /api/auth/login/rc/accesstoken", "B ← 200", "1 sign-in, 2 exchanges, and 0 refresh tokens that were sent twice",
		"sign-ins 2, exchanges 3, refreshes 3, refresh tokens that were sent twice 0", "ringcx mock",
	} {
		_, after, found := strings.Cut(rest, want)
		if !found {
			t.Fatalf("the output lacks %q or has it too early:\n%s", want, got)
		}
		rest = after
	}
}

// TestDemoPrintsAsItHappens checks that the response with status 429 is printed before
// the client has waited.
func TestDemoPrintsAsItHappens(t *testing.T) {
	cmd := command(nil, "demo")
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	var limited, after time.Time
	for lines := bufio.NewScanner(out); lines.Scan(); {
		switch {
		case strings.Contains(lines.Text(), "← 429"):
			limited = time.Now()
		case strings.Contains(lines.Text(), "a second later"):
			after = time.Now()
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if waited := after.Sub(limited); limited.IsZero() || waited < time.Second/2 {
		t.Errorf("the result after the status 429 was printed after %v, want about a second", waited)
	}
}

// TestDemoShowsCode checks that each step shows code.
func TestDemoShowsCode(t *testing.T) {
	for _, step := range new(demonstration).steps() {
		code := strings.Join(snippet(step.code), "\n")
		if !strings.Contains(code, "client") || strings.Count(code, "\n") > 10 {
			t.Errorf("%s: the code is not a few lines with a client:\n%s", step.title, code)
		}
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
