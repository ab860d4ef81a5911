//go:build !race

package ringcx

import (
	"context"
	"math"
	"net/http"
	"runtime"
	"testing"
	"time"

	"golang.org/x/oauth2"
)

// freshSource returns a TokenSource with a fresh token.
func freshSource(t *testing.T) *TokenSource {
	t.Helper()
	ts, err := NewTokenSource(Config{RingCentral: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "a"})})
	if err != nil {
		t.Fatal(err)
	}
	ts.cache.current.state.Store(newState("an.access.token", nil, time.Now(), defaultLifetime, 0))
	return ts
}

// allocated returns how often and how many bytes one call of f allocates. It returns the
// least of several measurements, because they include other goroutines.
func allocated(f func()) (allocs, bytes float64) {
	const tries, runs = 5, 200
	allocs, bytes = math.Inf(1), math.Inf(1)
	for range tries {
		allocs = min(allocs, testing.AllocsPerRun(runs, f))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range runs {
			f()
		}
		runtime.ReadMemStats(&after)
		bytes = min(bytes, float64(after.TotalAlloc-before.TotalAlloc)/runs)
	}
	return allocs, bytes
}

// TestTokenAllocations checks that a fresh token costs no allocation in the tokenCache, and
// only the caller's copy in Token and TokenContext.
func TestTokenAllocations(t *testing.T) {
	ts, ctx := freshSource(t), context.Background()
	tests := []struct {
		name          string
		call          func()
		allocs, bytes float64
	}{
		{"tokenCache.get", func() { _, _ = ts.cache.get(ctx) }, 0, 0},
		{"Token", func() { _, _ = ts.Token() }, 1, 112},
		{"TokenContext", func() { _, _ = ts.TokenContext(ctx) }, 1, 112},
	}
	for _, tt := range tests {
		if allocs, bytes := allocated(tt.call); allocs > tt.allocs || bytes > tt.bytes {
			t.Errorf("%s: %.0f allocations, %.1f bytes, want at most %.0f and %.0f", tt.name, allocs, bytes, tt.allocs, tt.bytes)
		}
	}
}

// okTransport is a RoundTripper that sends nothing and returns status 200.
type okTransport struct{}

// RoundTrip implements http.RoundTripper.
func (okTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: req}, nil
}

// TestTransportAllocations checks that adding the token to a request with 5 headers, or
// with a nil Header, takes at most 4 allocations and 800 bytes, also if the path is long.
// Without a base that may call CallFromContext, it is one allocation and 48 bytes less.
func TestTransportAllocations(t *testing.T) {
	header := http.Header{}
	for _, name := range []string{"Accept", "Accept-Language", "User-Agent", "X-Request-Id", "Traceparent"} {
		header.Set(name, "a value")
	}
	tests := []struct {
		path   string
		header http.Header
	}{
		{"/voice/api/v1/admin/users", header},
		{"/voice/api/v1/admin/accounts/333333/agentGroups/1/agents/2", header},
		{"/voice/api/v1/admin/users", nil},
	}
	for _, tt := range tests {
		req, err := http.NewRequest(http.MethodGet, DefaultBaseURL+tt.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header = tt.header
		informs, plain := newTransport(freshSource(t).cache, okTransport{}), newTransport(freshSource(t).cache, &http.Transport{})
		plain.base = okTransport{}
		var allocs, bytes [3]float64
		for i, rt := range []http.RoundTripper{okTransport{}, informs, plain} {
			allocs[i], bytes[i] = allocated(func() { _, _ = rt.RoundTrip(req) })
		}
		if a, b := allocs[1]-allocs[0], bytes[1]-bytes[0]; a > 4 || b > 800 {
			t.Errorf("%s with %d headers: +%.0f allocations, +%.0f bytes, want at most +4 and +800", tt.path, len(tt.header), a, b)
		}
		if a, b := allocs[2]-allocs[0], bytes[2]-bytes[0]; a > 3 || b > 752 {
			t.Errorf("%s with %d headers and an *http.Transport: +%.0f allocations, +%.0f bytes, want at most +3 and +752", tt.path, len(tt.header), a, b)
		}
		if len(req.Header) != len(tt.header) {
			t.Errorf("the request of the caller has other headers now: %v", req.Header)
		}
	}
}
