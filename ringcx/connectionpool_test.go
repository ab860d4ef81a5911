package ringcx

import (
	"net/http"
	"testing"

	"github.com/ringcx-go/ringcx-go/ringcx/internal/keepalive"
)

// TestReplacedDefaultTransport expects the RoundTripper that a program has assigned to
// http.DefaultTransport to be used.
func TestReplacedDefaultTransport(t *testing.T) {
	original, own := http.DefaultTransport, &noTransport{}
	http.DefaultTransport = own
	defer func() { http.DefaultTransport = original }()
	ts, err := NewTokenSource(Config{RingCentral: &JWTLogin{ClientID: "a", ClientSecret: "b", JWT: "c"}})
	if err != nil {
		t.Fatal(err)
	}
	if got := ts.cache.cfg.transport(); got != own {
		t.Errorf("got %v, want http.DefaultTransport", got)
	}
}

// TestOneConnectionPool expects the same transport for the token requests, the sign-in
// and the calls of all sources with the same original, so that they share connections.
func TestOneConnectionPool(t *testing.T) {
	original := &http.Transport{}
	for range 2 {
		cfg := Config{RingCentral: &JWTLogin{ClientID: "a", ClientSecret: "b", JWT: "c"}, HTTPClient: &http.Client{Transport: original}}
		c, err := New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		e, want := c.Tokens.cache, keepalive.Transport(original)
		for name, got := range map[string]http.RoundTripper{
			"token requests": e.client.Transport,
			"sign-ins":       e.cfg.RingCentral.(*JWTLogin).HTTPClient.Transport,
			"calls":          c.doer.Transport.(*transport).base,
			"Transport":      c.Tokens.Transport(nil).(*transport).base,
		} {
			if got != want {
				t.Errorf("transport of %s is %v, want %v", name, got, want)
			}
		}
	}
}

// noTransport is a RoundTripper of a program.
type noTransport struct{ http.RoundTripper }
