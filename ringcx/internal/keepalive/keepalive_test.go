package keepalive

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

// TestTransport checks which RoundTrippers are copied, and that a copy has the ping
// times that the original does not set.
func TestTransport(t *testing.T) {
	other := map[string]func(string, *tls.Conn) http.RoundTripper{"h2": func(string, *tls.Conn) http.RoundTripper { return nil }}
	tests := []struct {
		name string
		rt   http.RoundTripper
		want *http.HTTP2Config // of the copy; nil: rt is returned
	}{
		{"nil", nil, pings(pingAfter, pingTimeout)},
		{"no field set", &http.Transport{}, pings(pingAfter, pingTimeout)},
		{"HTTP/2 without pings", &http.Transport{HTTP2: &http.HTTP2Config{MaxReadFrameSize: 1 << 20}}, &http.HTTP2Config{
			MaxReadFrameSize: 1 << 20, SendPingTimeout: pingAfter, PingTimeout: pingTimeout,
		}},
		{"SendPingTimeout", &http.Transport{HTTP2: pings(time.Minute, 0)}, pings(time.Minute, pingTimeout)},
		{"PingTimeout", &http.Transport{HTTP2: pings(0, time.Second)}, pings(pingAfter, time.Second)},
		{"both ping times", &http.Transport{HTTP2: pings(time.Minute, time.Second)}, nil},
		{"HTTP/1 only", &http.Transport{TLSNextProto: map[string]func(string, *tls.Conn) http.RoundTripper{}}, nil},
		{"HTTP/1 because of a TLS configuration", &http.Transport{TLSClientConfig: &tls.Config{}}, nil},
		{"another HTTP/2 client", &http.Transport{TLSNextProto: other}, nil},
		{"another RoundTripper", &roundTripper{}, nil},
		{"nil *http.Transport", (*http.Transport)(nil), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			checkCopy(t, tt.rt, tt.want)
		})
	}
	if shared := http.DefaultTransport.(*http.Transport); shared.HTTP2 != nil {
		t.Errorf("HTTP2 of http.DefaultTransport is %+v, want nil", shared.HTTP2)
	}
}

// checkCopy checks the Transport of rt: a copy with these HTTP/2 settings, or rt itself if
// want is nil.
func checkCopy(t *testing.T, rt http.RoundTripper, want *http.HTTP2Config) {
	t.Helper()
	got := Transport(rt)
	if want == nil {
		if got != rt {
			t.Errorf("got %v, want the RoundTripper itself", got)
		}
		return
	}
	c := got.(*http.Transport)
	if diff := cmp.Diff(want, c.HTTP2); diff != "" {
		t.Errorf("HTTP2 (-want +got):\n%s", diff)
	}
	if got == rt || !c.ForceAttemptHTTP2 || c.IdleConnTimeout != idleTimeout {
		t.Errorf("not a copy that uses HTTP/2 and closes idle connections: %p, %t, %v", c, c.ForceAttemptHTTP2, c.IdleConnTimeout)
	}
	if Transport(c) != got || Transport(rt) != got {
		t.Error("another call returns another copy")
	}
}

// TestDetectionTime expects a connection to be closed before the next token request,
// which is given up after 10 s.
func TestDetectionTime(t *testing.T) {
	if d := pingAfter + pingTimeout; d >= 10*time.Second {
		t.Errorf("a connection that does not respond is closed after %v, want less than 10s", d)
	}
}

// TestChangedTransport expects a new copy after a field of the original has changed.
func TestChangedTransport(t *testing.T) {
	original := &http.Transport{ForceAttemptHTTP2: true}
	first := Transport(original)
	original.TLSClientConfig = &tls.Config{ServerName: "changed"}
	second := Transport(original).(*http.Transport)
	if second == first || second.TLSClientConfig.ServerName != "changed" {
		t.Errorf("TLSClientConfig of the copy is %+v", second.TLSClientConfig)
	}
}

// TestCopyIsDropped expects no copy of an original that the garbage collector has freed.
func TestCopyIsDropped(t *testing.T) {
	original := &http.Transport{}
	Transport(original)
	key := weak.Make(original)
	found := func() bool {
		copies.mu.Lock()
		defer copies.mu.Unlock()
		_, ok := copies.byOriginal[key]
		return ok
	}
	if !found() {
		t.Fatal("there is no copy")
	}
	runtime.KeepAlive(original)
	for end := time.Now().Add(10 * time.Second); found(); runtime.GC() {
		if time.Now().After(end) {
			t.Fatal("the copy still exists")
		}
	}
}

// roundTripper is a RoundTripper of a program.
type roundTripper struct{ http.RoundTripper }
