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

// freshSource is a source that has a good token.
func freshSource(t *testing.T) *TokenSource {
	t.Helper()
	ts, err := NewTokenSource(Config{RingCentral: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "a"})})
	if err != nil {
		t.Fatal(err)
	}
	ts.cache.current.state.Store(newState("an.access.token", nil, time.Now(), defaultLifetime, 0))
	return ts
}

// cost is what one call of f allocates: the least of a few tries, because what
// goroutines of other tests allocate is counted too.
func cost(f func()) (allocs, bytes float64) {
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

// TestTokenAllocations holds a good token to no allocation inside the engine,
// and to the caller's own copy outside.
func TestTokenAllocations(t *testing.T) {
	ts, ctx := freshSource(t), context.Background()
	tests := []struct {
		name          string
		call          func()
		allocs, bytes float64
	}{
		{"engine", func() { _, _ = ts.cache.get(ctx) }, 0, 0},
		{"Token", func() { _, _ = ts.Token() }, 1, 112},
		{"TokenContext", func() { _, _ = ts.TokenContext(ctx) }, 1, 112},
	}
	for _, tt := range tests {
		if allocs, bytes := cost(tt.call); allocs > tt.allocs || bytes > tt.bytes {
			t.Errorf("%s: %.0f allocations, %.1f bytes, want at most %.0f and %.0f", tt.name, allocs, bytes, tt.allocs, tt.bytes)
		}
	}
}

type nothing struct{}

// RoundTrip answers 200.
func (nothing) RoundTrip(req *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: req}, nil
}

// TestTransportAllocations holds the signing of a request with 5 headers to 4
// allocations and 800 bytes, also where the path is long, and of one whose Header
// was never made to no more.
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
		var allocs, bytes [2]float64
		for i, rt := range []http.RoundTripper{nothing{}, freshSource(t).Transport(nothing{})} {
			allocs[i], bytes[i] = cost(func() { _, _ = rt.RoundTrip(req) })
		}
		if a, b := allocs[1]-allocs[0], bytes[1]-bytes[0]; a > 4 || b > 800 {
			t.Errorf("%s with %d headers: +%.0f allocations, +%.0f bytes, want at most +4 and +800", tt.path, len(tt.header), a, b)
		}
		if len(req.Header) != len(tt.header) {
			t.Errorf("the caller's headers were changed: %v", req.Header)
		}
	}
}
