package ringcx

import (
	"crypto/tls"
	"net/http"
	"runtime"
	"testing"
	"time"
	"weak"

	"github.com/google/go-cmp/cmp"
)

func pings(after, timeout time.Duration) *http.HTTP2Config {
	return &http.HTTP2Config{SendPingTimeout: after, PingTimeout: timeout}
}

// TestWithPings sets what the program left open, in a copy.
func TestWithPings(t *testing.T) {
	other := map[string]func(string, *tls.Conn) http.RoundTripper{"h2": func(string, *tls.Conn) http.RoundTripper { return nil }}
	tests := []struct {
		name string
		rt   http.RoundTripper
		want *http.HTTP2Config // of the copy; nil: rt itself
	}{
		{"none", nil, pings(pingAfter, pingTimeout)},
		{"no field set", &http.Transport{}, pings(pingAfter, pingTimeout)},
		{"HTTP/2 without pings", &http.Transport{HTTP2: &http.HTTP2Config{MaxReadFrameSize: 1 << 20}}, &http.HTTP2Config{
			MaxReadFrameSize: 1 << 20, SendPingTimeout: pingAfter, PingTimeout: pingTimeout,
		}},
		{"pings after", &http.Transport{HTTP2: pings(time.Minute, 0)}, pings(time.Minute, pingTimeout)},
		{"a time-out of pings", &http.Transport{HTTP2: pings(0, time.Second)}, pings(pingAfter, time.Second)},
		{"both", &http.Transport{HTTP2: pings(time.Minute, time.Second)}, nil},
		{"HTTP/1 only", &http.Transport{TLSNextProto: map[string]func(string, *tls.Conn) http.RoundTripper{}}, nil},
		{"HTTP/1 by the TLS configuration", &http.Transport{TLSClientConfig: &tls.Config{}}, nil},
		{"another HTTP/2", &http.Transport{TLSNextProto: other}, nil},
		{"another RoundTripper", &noTransport{}, nil},
		{"a nil Transport", (*http.Transport)(nil), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := withPings(tt.rt)
			if tt.want == nil {
				if got != tt.rt {
					t.Errorf("got %v, want the same", got)
				}
				return
			}
			c := got.(*http.Transport)
			if diff := cmp.Diff(tt.want, c.HTTP2); diff != "" {
				t.Error(diff)
			}
			if got == tt.rt || !c.ForceAttemptHTTP2 || c.IdleConnTimeout != idleTimeout {
				t.Errorf("not a copy that uses HTTP/2 and closes idle connections: %p, %t, %v", c, c.ForceAttemptHTTP2, c.IdleConnTimeout)
			}
			if withPings(c) != got || withPings(tt.rt) != got {
				t.Error("a second copy")
			}
		})
	}
	if shared := http.DefaultTransport.(*http.Transport); shared.HTTP2 != nil {
		t.Errorf("http.DefaultTransport has %+v", shared.HTTP2)
	}
}

// TestDefaultTransportIsHonored puts another RoundTripper there.
func TestDefaultTransportIsHonored(t *testing.T) {
	original, own := http.DefaultTransport, &noTransport{}
	http.DefaultTransport = own
	defer func() { http.DefaultTransport = original }()
	ts, err := NewTokenSource(Config{RingCentral: &JWTLogin{ClientID: "a", ClientSecret: "b", JWT: "c"}})
	if err != nil {
		t.Fatal(err)
	}
	if got := ts.engine.cfg.transport(); got != own {
		t.Errorf("got %v", got)
	}
}

// TestChangedTransport changes a transport between two sources.
func TestChangedTransport(t *testing.T) {
	original := &http.Transport{ForceAttemptHTTP2: true}
	first := withPings(original)
	original.TLSClientConfig = &tls.Config{ServerName: "changed"}
	second := withPings(original).(*http.Transport)
	if second == first || second.TLSClientConfig.ServerName != "changed" {
		t.Errorf("the copy has %+v", second.TLSClientConfig)
	}
}

// TestOneConnectionPool uses the same copy for the token requests, the sign-in and
// the calls of all sources with the same transport.
func TestOneConnectionPool(t *testing.T) {
	original := &http.Transport{}
	for range 2 {
		cfg := Config{RingCentral: &JWTLogin{ClientID: "a", ClientSecret: "b", JWT: "c"}, HTTPClient: &http.Client{Transport: original}}
		c, err := New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		e, want := c.Tokens.engine, withPings(original)
		for name, got := range map[string]http.RoundTripper{
			"token requests": e.client.Transport,
			"sign-ins":       e.cfg.RingCentral.(*JWTLogin).HTTPClient.Transport,
			"calls":          c.doer.Transport.(*transport).base,
			"Transport":      c.Tokens.Transport(nil).(*transport).base,
		} {
			if got != want {
				t.Errorf("%s use %v, want %v", name, got, want)
			}
		}
	}
}

// TestCopyIsDropped ends the use of a transport.
func TestCopyIsDropped(t *testing.T) {
	original := &http.Transport{}
	withPings(original)
	key := weak.Make(original)
	found := func() bool {
		copies.mu.Lock()
		defer copies.mu.Unlock()
		_, ok := copies.of[key]
		return ok
	}
	if !found() {
		t.Fatal("no copy")
	}
	runtime.KeepAlive(original)
	for end := time.Now().Add(10 * time.Second); found(); runtime.GC() {
		if time.Now().After(end) {
			t.Fatal("the copy was kept")
		}
	}
}

// noTransport is a RoundTripper of a program.
type noTransport struct{ http.RoundTripper }
