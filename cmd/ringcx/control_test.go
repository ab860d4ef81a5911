package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// TestControlRejectsWebPages sends what programs send, and what browsers send for
// pages of other origins.
func TestControlRejectsWebPages(t *testing.T) {
	const control, counts = "/_control/revoke", "/_control/counts"
	tests := []struct {
		name, method, path, host string
		header                   [2]string
		public                   bool
		want                     int
		says                     string
	}{
		{name: "curl", method: "POST", path: control, host: "127.0.0.1:8080", want: 204},
		{name: "a name", method: "POST", path: control, host: "LOCALHOST:8080", want: 204},
		{name: "IPv6", method: "POST", path: control, host: "[::1]:8080", want: 204},
		{name: "IPv6 without a port", method: "GET", path: counts, host: "[::1]", want: 200},
		{name: "no port", method: "POST", path: control, host: "localhost", want: 204},
		{name: "fetch of Node.js", method: "POST", path: control, host: "localhost:1", header: [2]string{"Sec-Fetch-Mode", "cors"}, want: 204},
		{name: "own origin", method: "POST", path: control, host: "localhost:1", header: [2]string{"Origin", "http://localhost:1"}, want: 204},

		{name: "cross-site", method: "POST", path: control, host: "localhost:1", header: [2]string{"Sec-Fetch-Site", "cross-site"}, want: 403, says: "another origin"},
		{name: "same-site", method: "POST", path: control, host: "localhost:1", header: [2]string{"Sec-Fetch-Site", "same-site"}, want: 403, says: "another origin"},
		{name: "another origin", method: "POST", path: control, host: "localhost:1", header: [2]string{"Origin", "https://evil.example"}, want: 403, says: "another origin"},
		{name: "an opaque origin", method: "POST", path: control, host: "localhost:1", header: [2]string{"Origin", "null"}, want: 403, says: "another origin"},
		{name: "another port", method: "POST", path: control, host: "localhost:1", header: [2]string{"Origin", "http://localhost:2"}, want: 403, says: "another origin"},
		{name: "a fault", method: "POST", path: "/_control/fault", host: "localhost:1", header: [2]string{"Origin", "null"}, want: 403, says: "another origin"},

		{name: "rebinding", method: "POST", path: control, host: "evil.example:1", want: 403, says: "--public"},
		{name: "rebinding, own origin", method: "POST", path: control, host: "evil.example", header: [2]string{"Origin", "http://evil.example"}, want: 403, says: "--public"},
		{name: "rebinding reads", method: "GET", path: counts, host: "evil.example", want: 403, says: "--public"},
		{name: "a name that begins well", method: "POST", path: control, host: "127.0.0.1.evil.example", want: 403, says: "--public"},
		{name: "no host", method: "POST", path: control, want: 403, says: "--public"},
		{name: "another address", method: "POST", path: control, host: "192.0.2.1:1", want: 403, says: "--public"},

		{name: "public", method: "POST", path: control, host: "mock:8080", public: true, want: 204},
		{name: "public, cross-site", method: "POST", path: control, host: "mock:8080", header: [2]string{"Sec-Fetch-Site", "cross-site"}, public: true, want: 403, says: "another origin"},
		{name: "not the control", method: "GET", path: "/voice/api/v1/admin/accounts", host: "engage.ringcentral.com", want: 401},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fake := ringcxtest.New()
			defer fake.Close()
			req := httptest.NewRequest(tt.method, tt.path, nil)
			req.Host = tt.host
			if tt.header[0] != "" {
				req.Header.Set(tt.header[0], tt.header[1])
			}
			w := httptest.NewRecorder()
			newControl(fake, tt.public).ServeHTTP(w, req)
			if w.Code != tt.want || !strings.Contains(w.Body.String(), tt.says) {
				t.Errorf("got %d %s, want %d and %q", w.Code, w.Body, tt.want, tt.says)
			}
		})
	}
}

// TestControlOverASocket meets the check where a test program does.
func TestControlOverASocket(t *testing.T) {
	mock := startMock(t)
	for host, want := range map[string]int{"": 204, "evil.example": 403} {
		req, err := http.NewRequest(http.MethodPost, mock.url+"/_control/expire", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = host
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("Host %q: status %d, want %d", host, resp.StatusCode, want)
		}
	}
}
