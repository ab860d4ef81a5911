package ringcx_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// rejecting is the network of a process in which something else responds 401 to token
// requests.
type rejecting struct {
	http.RoundTripper
	sick bool
	sent []string // the last elements of their paths
}

func (r *rejecting) RoundTrip(req *http.Request) (*http.Response, error) {
	if !r.sick {
		return r.RoundTripper.RoundTrip(req)
	}
	r.sent = append(r.sent, req.URL.Path[strings.LastIndex(req.URL.Path, "/")+1:])
	return replies(http.StatusUnauthorized, "text/plain", "Unauthorized", "")(req)
}

// TestRejectedProcessSignsNobodyIn has token requests of one process be rejected while
// the shared token is valid. Each renewal of it sends one. A second process, which is
// rejected too, signs in.
func TestRejectedProcessSignsNobodyIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, process := fleet(t)
		cfg := fake.Config()
		link := &rejecting{RoundTripper: cfg.HTTPClient.Transport}
		cfg.Store, cfg.HTTPClient = store, &http.Client{Transport: link}
		sick, other := newTokenSource(t, cfg), process()
		for _, ts := range []*ringcx.TokenSource{sick, other} {
			must(ts.Token())
			synctest.Wait()
		}
		link.sick = true
		time.Sleep(164 * time.Second)
		for _, want := range [][]string{{"refresh"}, {"refresh", "accesstoken"}} {
			time.Sleep(62 * time.Second)
			must(sick.Token())
			synctest.Wait()
			if diff := cmp.Diff(want, link.sent); diff != "" {
				t.Fatalf("requests of the sick process (-want +got):\n%s", diff)
			}
		}
		fake.Fault(ringcxtest.Exchange, ringcxtest.Status(http.StatusUnauthorized, "no"), 1)
		must(other.Token()) // it is still valid
		synctest.Wait()
		spent{2, 3, 0}.check(t, fake)
	})
}

// TestRejectedSignInOutlivesLogout has RingCentral reject a sign-in: there is no other
// for a minute.
func TestRejectedSignInOutlivesLogout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		fake.Fault(ringcxtest.Login, ringcxtest.Refuse, 1)
		ts := newTokenSource(t, fake.Config())
		if _, err := ts.Token(); err == nil {
			t.Fatal("no error")
		}
		if err := ts.Logout(t.Context()); err != nil {
			t.Fatal(err)
		}
		_, err := ts.Token()
		want := ringcx.Error{Stage: ringcx.StageLogin, StatusCode: 429, Code: "local_limit"}
		if diff := cmp.Diff(want, errorOf(t, err)); diff != "" {
			t.Errorf("error (-want +got):\n%s", diff)
		}
		time.Sleep(time.Minute)
		must(ts.Token())
	})
}
