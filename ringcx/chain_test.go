package ringcx_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

type faults map[ringcxtest.Endpoint]ringcxtest.Fault

// chainTest is one failure in the renewal of an expired token.
type chainTest struct {
	name   string
	faults faults
	times  int           // how often each endpoint fails; 0: once
	revoke bool          // the session
	after  spent         // requests after the renewal, with the first login and exchange
	err    *ringcx.Error // of the renewal; nil: none; StatusCode 0: any error
	wait   time.Duration // after an error, until the next renewal
	then   spent         // requests after that
}

var chainTests = []chainTest{
	{name: "no failure", after: spent{1, 1, 1}},
	{name: "refresh rejected", faults: faults{ringcxtest.Refresh: ringcxtest.Refuse}, after: spent{1, 2, 1}},
	{name: "refresh response lost", faults: faults{ringcxtest.Refresh: ringcxtest.DropAnswer}, after: spent{1, 2, 1}},
	{name: "refresh response late", faults: faults{ringcxtest.Refresh: ringcxtest.Slow(time.Minute)}, after: spent{1, 2, 1}},
	{name: "refresh response truncated", faults: faults{ringcxtest.Refresh: ringcxtest.Truncate}, after: spent{1, 2, 1}},
	{name: "refresh response HTML", faults: faults{ringcxtest.Refresh: ringcxtest.HTML}, after: spent{1, 2, 1}},
	{name: "refresh response empty", faults: faults{ringcxtest.Refresh: ringcxtest.Status(200, "")}, after: spent{1, 2, 1}},
	{name: "refresh response without a token", faults: faults{ringcxtest.Refresh: ringcxtest.Status(200, "{}")}, after: spent{1, 2, 1}},
	{name: "refresh response above 1 MiB", faults: faults{ringcxtest.Refresh: ringcxtest.Status(200, `{"accessToken":"`+strings.Repeat("x", 1<<20)+`"}`)}, after: spent{1, 2, 1}},
	{name: "refresh 500", faults: faults{ringcxtest.Refresh: ringcxtest.Status(500, "oops")}, after: spent{1, 2, 1}},
	{name: "refresh redirected", faults: faults{ringcxtest.Refresh: ringcxtest.Redirect(307, "https://evil.test/")}, after: spent{1, 2, 1}},
	{name: "refresh unreachable", faults: faults{ringcxtest.Refresh: ringcxtest.Unreachable}, after: spent{1, 1, 0},
		err: &ringcx.Error{}, wait: 2 * time.Second, then: spent{1, 1, 1}},
	{name: "refresh limited", faults: faults{ringcxtest.Refresh: ringcxtest.RateLimit(7 * time.Second)}, after: spent{1, 1, 1},
		err: &ringcx.Error{Stage: ringcx.StageRefresh, StatusCode: 429, Code: "too.many.requests"}, wait: 8 * time.Second, then: spent{1, 1, 2}},
	{name: "refresh limited without a Retry-After", faults: faults{ringcxtest.Refresh: ringcxtest.RateLimit(0)}, after: spent{1, 1, 1},
		err: &ringcx.Error{Stage: ringcx.StageRefresh, StatusCode: 429, Code: "too.many.requests"}, wait: 61 * time.Second, then: spent{1, 1, 2}},
	{name: "session revoked", revoke: true, after: spent{2, 3, 1}},
	{name: "user no longer linked", faults: faults{ringcxtest.Refresh: ringcxtest.Refuse, ringcxtest.Exchange: ringcxtest.Refuse}, after: spent{1, 2, 1},
		err: &ringcx.Error{Stage: ringcx.StageExchange, StatusCode: 403, Code: "access.denied.exception"}, wait: 301 * time.Second, then: spent{2, 3, 1}},
	{name: "RingCentral token rejected", faults: faults{ringcxtest.Refresh: ringcxtest.Refuse, ringcxtest.Exchange: ringcxtest.Status(401, "no")}, after: spent{2, 3, 1}},
	{name: "new RingCentral token rejected too", faults: faults{ringcxtest.Refresh: ringcxtest.Refuse, ringcxtest.Exchange: ringcxtest.Status(401, "no")}, times: 2, after: spent{2, 3, 1},
		err: &ringcx.Error{Stage: ringcx.StageExchange, StatusCode: 401}, wait: 301 * time.Second, then: spent{2, 4, 1}},
	{name: "RingCentral token rejected with 400", faults: faults{ringcxtest.Refresh: ringcxtest.Refuse, ringcxtest.Exchange: ringcxtest.Status(400, "no")}, after: spent{1, 2, 1},
		err: &ringcx.Error{Stage: ringcx.StageExchange, StatusCode: 400}, wait: 301 * time.Second, then: spent{2, 3, 1}},
	{name: "401 of a proxy", faults: faults{ringcxtest.Refresh: ringcxtest.Refuse, ringcxtest.Exchange: ringcxtest.Status(401, "<html>")}, after: spent{1, 2, 1},
		err: &ringcx.Error{Stage: ringcx.StageExchange, StatusCode: 401}, wait: 2 * time.Second, then: spent{1, 3, 1}},
	{name: "exchange response lost", faults: faults{ringcxtest.Refresh: ringcxtest.Refuse, ringcxtest.Exchange: ringcxtest.DropAnswer}, after: spent{1, 2, 1},
		err: &ringcx.Error{}, wait: 2 * time.Second, then: spent{1, 3, 1}},
	{name: "exchange response HTML", faults: faults{ringcxtest.Refresh: ringcxtest.Refuse, ringcxtest.Exchange: ringcxtest.HTML}, after: spent{1, 2, 1},
		err: &ringcx.Error{Stage: ringcx.StageExchange, StatusCode: 200, Code: "bad_answer"}, wait: 2 * time.Second, then: spent{1, 3, 1}},
	{name: "sign-in rejected", revoke: true, faults: faults{ringcxtest.Login: ringcxtest.Refuse}, after: spent{2, 2, 1},
		err: &ringcx.Error{Stage: ringcx.StageLogin, StatusCode: 400, Code: "OAU-213"}, wait: 61 * time.Second, then: spent{3, 3, 1}},
	{name: "sign-in limited", revoke: true, faults: faults{ringcxtest.Login: ringcxtest.Penalty}, after: spent{2, 2, 1},
		err: &ringcx.Error{Stage: ringcx.StageLogin, StatusCode: 429, Code: "CMN-301"}, wait: 61 * time.Second, then: spent{3, 3, 1}},
}

// TestChain checks which requests a renewal sends after each failure.
func TestChain(t *testing.T) {
	for _, tt := range chainTests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fake := ringcxtest.NewServer(t)
				ts := newTokenSource(t, fake.Config())
				first := must(ts.Token())
				time.Sleep(291 * time.Second) // the token has expired, and no request counts against a limit
				tt.setFaults(fake)
				second, err := ts.Token()
				tt.after.check(t, fake)
				if tt.err != nil {
					second, err = tt.fails(t, fake, ts, err)
				}
				if err != nil {
					t.Fatal(err)
				}
				if second.AccessToken == first.AccessToken {
					t.Error("Token returns the expired token")
				}
			})
		})
	}
}

// setFaults makes the requests of the renewal fail.
func (tt chainTest) setFaults(fake *ringcxtest.Server) {
	for endpoint, fault := range tt.faults {
		fake.Fault(endpoint, fault, max(tt.times, 1))
	}
	if tt.revoke {
		fake.RevokeSession()
	}
}

// fails checks err, checks that it is remembered, and calls Token again after tt.wait.
func (tt chainTest) fails(t *testing.T, fake *ringcxtest.Server, ts *ringcx.TokenSource, err error) (*oauth2.Token, error) {
	t.Helper()
	if tt.err.StatusCode != 0 {
		if diff := cmp.Diff(*tt.err, errorOf(t, err)); diff != "" {
			t.Errorf("error (-want +got):\n%s", diff)
		}
	}
	if _, again := ts.Token(); again == nil || again.Error() != err.Error() && tt.err.StatusCode == 0 {
		t.Errorf("the failure was not remembered: %v", again)
	}
	if tt.wait > 5*time.Second { // a cooldown: no request is sent 2 s before its end
		time.Sleep(tt.wait - 2*time.Second)
		_, _ = ts.Token()
		tt.wait = 2 * time.Second
	}
	tt.after.check(t, fake)
	time.Sleep(tt.wait)
	token, err := ts.Token()
	tt.then.check(t, fake)
	return token, err
}
