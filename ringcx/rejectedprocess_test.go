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

// rejectingTransport is the network of one process. If rejects is true, it returns 401
// to every request, as a broken proxy may.
type rejectingTransport struct {
	http.RoundTripper
	rejects bool
	sent    []string // the rejected requests: the last elements of their paths
}

func (r *rejectingTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	if !r.rejects {
		return r.RoundTripper.RoundTrip(req)
	}
	r.sent = append(r.sent, req.URL.Path[strings.LastIndex(req.URL.Path, "/")+1:])
	return replies(http.StatusUnauthorized, "text/plain", "Unauthorized", "")(req)
}

// TestRejectedProcessDoesNotSignIn has the token requests of one process rejected while
// the shared token is valid. Each of its renewals sends one request, and none signs in.
// When the exchange of a second process is rejected, too, that one signs in.
func TestRejectedProcessDoesNotSignIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, store, process := fleet(t)
		cfg := fake.Config()
		transport := &rejectingTransport{RoundTripper: cfg.HTTPClient.Transport}
		cfg.Store, cfg.HTTPClient = store, &http.Client{Transport: transport}
		rejected, other := newTokenSource(t, cfg), process()
		for _, ts := range []*ringcx.TokenSource{rejected, other} {
			must(ts.Token())
			synctest.Wait()
		}
		transport.rejects = true
		time.Sleep(164 * time.Second)
		for _, want := range [][]string{{"refresh"}, {"refresh", "accesstoken"}} {
			time.Sleep(62 * time.Second)
			must(rejected.Token())
			synctest.Wait()
			if diff := cmp.Diff(want, transport.sent); diff != "" {
				t.Fatalf("requests of the rejected process (-want +got):\n%s", diff)
			}
		}
		fake.Fault(ringcxtest.Exchange, ringcxtest.Status(http.StatusUnauthorized, "no"), 1)
		must(other.Token()) // the token is still valid; the renewal is in the background
		synctest.Wait()
		spent{2, 3, 0}.check(t, fake)
	})
}
