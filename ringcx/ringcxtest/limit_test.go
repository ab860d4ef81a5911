package ringcxtest

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSignInLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewServer(t)
		s.LimitRates(true)
		client := inMemory(s)
		for i := range 5 {
			resp := client.login()
			if resp.status != 200 || resp.header.Get("X-Rate-Limit-Remaining") != string(rune('4'-i)) {
				t.Errorf("sign-in %d: %d %v", i+1, resp.status, resp.header)
			}
			time.Sleep(10 * time.Second)
		}
		resp := client.login() // at 50 s
		if resp.status != 429 || resp.header.Get("Retry-After") != "60" || resp.header.Get("X-Rate-Limit-Group") != "auth" {
			t.Errorf("sixth sign-in: %+v", resp)
		}
		time.Sleep(40 * time.Second)
		if resp := client.login(); resp.status != 429 { // at 90 s: the penalty lasts to 110 s
			t.Errorf("during the penalty: %+v, want status 429", resp)
		}
		time.Sleep(59 * time.Second)
		if resp := client.login(); resp.status != 429 { // at 149 s: it was restarted and lasts to 150 s
			t.Errorf("during the restarted penalty: %+v, want status 429", resp)
		}
		time.Sleep(time.Minute)
		if resp := client.login(); resp.status != 200 {
			t.Errorf("after the penalty: %+v, want status 200", resp)
		}
		if c := s.Counts(); c.RateLimited != 3 || c.Peaks[Login] != 6 {
			t.Errorf("counts: %+v", c)
		}
	})
}

func TestPenalty(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewServer(t)
		s.Fault(Login, Penalty, 1)
		client := inMemory(s)
		var got []int
		for _, wait := range []time.Duration{0, 59 * time.Second, 59 * time.Second, time.Minute} {
			time.Sleep(wait)
			got = append(got, client.login().status)
		}
		if diff := cmp.Diff([]int{429, 429, 429, 200}, got); diff != "" {
			t.Errorf("status (-want +got):\n%s", diff)
		}
	})
}

func TestTokenRequestLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewServer(t)
		s.LimitRates(true)
		client := inMemory(s)
		issued := client.signIn(t)
		for i := range 4 {
			next := client.refresh(issued.refresh)
			if issued.refresh = next.field("refreshToken"); issued.refresh == "" {
				t.Fatalf("refresh %d: %+v", i+1, next)
			}
		}
		for name, resp := range map[string]response{"exchange": client.exchange(issued.ringCentral), "refresh": client.refresh(issued.refresh)} {
			if resp.status != 429 || resp.header.Get("Retry-After") != "" || resp.header.Get("X-Rate-Limit-Group") != "" {
				t.Errorf("%s: %+v, want 429 without headers", name, resp)
			}
		}
		time.Sleep(time.Minute)
		if resp := client.refresh(issued.refresh); resp.status != 200 {
			t.Errorf("a minute later: %+v, want status 200", resp)
		}
		if got := s.Counts().PeakTokenRequests; got != 7 {
			t.Errorf("PeakTokenRequests is %d, want 7", got)
		}
	})
}

func TestCallLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewServer(t)
		s.LimitRates(true)
		client := inMemory(s)
		issued := client.signIn(t)
		for i := range 122 {
			want := 200
			if i >= 120 {
				want = 429
			}
			if resp := client.request([]Endpoint{Users, Accounts}[i%2], issued); resp.status != want {
				t.Fatalf("call %d: %d, want %d", i+1, resp.status, want)
			}
		}
	})
}

// TestOperationLimits calls an operation with two limits, and another one without.
func TestOperationLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const responses = `"responses": {"200": {"description": "x"}}`
		s := newServer(contractOf(t, `"/limited": {"post": {"operationId": "limited", `+responses+`,
			"x-rate-limit": [{"requests": 3, "seconds": 10}, {"requests": 5, "seconds": 30}]}},
			"/other": {"get": {"operationId": "other", `+responses+`}}`))
		client := inMemory(s)
		call := func(method, path string) string {
			resp := client.send(method, client.ringCX+path, nil)
			return resp.header.Get("Retry-After") + " " + fmt.Sprint(resp.status)
		}
		call("POST", "/limited") // at 0 s, before the limits are enforced
		s.LimitRates(true)
		steps := []struct {
			wait time.Duration
			want string
		}{
			{4 * time.Second, " 401"},
			{time.Second, " 401"},
			{2500 * time.Millisecond, "7 429"}, // at 7.5 s, the fourth in 10 s
			{7 * time.Second, " 401"},          // at 14.5 s
			{5 * time.Second, "15 429"},        // at 19.5 s, the sixth in 30 s
			{15 * time.Second, " 401"},
		}
		for i, step := range steps {
			time.Sleep(step.wait)
			if got := call("POST", "/limited"); got != step.want {
				t.Errorf("step %d: Retry-After and status are %q, want %q", i, got, step.want)
			}
		}
		for range callLimit {
			if got := call("GET", "/other"); got != " 401" {
				t.Fatalf("call of another operation: %s, want 401", got)
			}
		}
		if got := call("GET", "/other"); got != " 429" {
			t.Errorf("call over the common limit: %s, want 429 without Retry-After", got)
		}
	})
}
