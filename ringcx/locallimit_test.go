package ringcx_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// TestLocalLimit has tokens with a lifetime of 10 s. A source sends at most four token
// requests in a minute.
func TestLocalLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		fake.SetLifetime(10 * time.Second)
		ts := newTokenSource(t, fake.Config())
		for range 4 {
			must(ts.Token())
			time.Sleep(9 * time.Second)
		}
		_, err := ts.Token()
		want := ringcx.Error{Stage: ringcx.StageRefresh, StatusCode: 429, Code: "local_limit"}
		if diff := cmp.Diff(want, errorOf(t, err)); diff != "" {
			t.Errorf("error (-want +got):\n%s", diff)
		}
		if !errors.Is(err, ringcx.ErrRateLimited) || fake.Counts().PeakTokenRequests != 4 {
			t.Errorf("error is %v after %d token requests in a minute, want %v after 4", err, fake.Counts().PeakTokenRequests, ringcx.ErrRateLimited)
		}
		var limit *ringcx.Error
		errors.As(err, &limit)
		time.Sleep(limit.RetryAfter)
		if _, err := ts.Token(); err != nil {
			t.Errorf("after the RetryAfter of the error: %v", err)
		}
	})
}

// TestDay makes a call every 30 s for a day.
func TestDay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.New()
		defer fake.Close()
		fake.LimitRates(true)
		client := newClient(t, fake.Config())
		for range 24 * 60 * 2 {
			if _, err := ringcx.Get(client.ListAccountsWithResponse(t.Context())); err != nil {
				t.Fatal(err)
			}
			time.Sleep(30 * time.Second)
		}
		c := fake.Counts()
		if c.Logins != 1 || c.Exchanges != 1 || c.Refreshes > 400 || c.RateLimited > 0 || c.Unauthorized > 0 {
			t.Errorf("requests of a day: %+v, want 1 login, 1 exchange, at most 400 refreshes and no 401 or 429", c)
		}
	})
}
