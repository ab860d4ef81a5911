package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// TestControlRejectsWebPages sends the requests of programs, and the requests that
// browsers send for web pages of other origins.
func TestControlRejectsWebPages(t *testing.T) {
	const revoke, counts = "/_control/revoke", "/_control/counts"
	tests := []struct {
		name, method, path, host string
		header                   [2]string
		public                   bool
		want                     int
		body                     string // a part of the response
	}{
		{name: "curl", method: "POST", path: revoke, host: "127.0.0.1:8080", want: 204},
		{name: "host name", method: "POST", path: revoke, host: "LOCALHOST:8080", want: 204},
		{name: "IPv6", method: "POST", path: revoke, host: "[::1]:8080", want: 204},
		{name: "IPv6 without a port", method: "GET", path: counts, host: "[::1]", want: 200},
		{name: "host name without a port", method: "POST", path: revoke, host: "localhost", want: 204},
		{name: "fetch in Node.js", method: "POST", path: revoke, host: "localhost:1", header: [2]string{"Sec-Fetch-Mode", "cors"}, want: 204},
		{name: "same origin", method: "POST", path: revoke, host: "localhost:1", header: [2]string{"Origin", "http://localhost:1"}, want: 204},

		{name: "cross-site", method: "POST", path: revoke, host: "localhost:1", header: [2]string{"Sec-Fetch-Site", "cross-site"}, want: 403, body: "another origin"},
		{name: "same-site", method: "POST", path: revoke, host: "localhost:1", header: [2]string{"Sec-Fetch-Site", "same-site"}, want: 403, body: "another origin"},
		{name: "other origin", method: "POST", path: revoke, host: "localhost:1", header: [2]string{"Origin", "https://evil.example"}, want: 403, body: "another origin"},
		{name: "opaque origin", method: "POST", path: revoke, host: "localhost:1", header: [2]string{"Origin", "null"}, want: 403, body: "another origin"},
		{name: "other port", method: "POST", path: revoke, host: "localhost:1", header: [2]string{"Origin", "http://localhost:2"}, want: 403, body: "another origin"},
		{name: "fault from an opaque origin", method: "POST", path: "/_control/fault", host: "localhost:1", header: [2]string{"Origin", "null"}, want: 403, body: "another origin"},

		{name: "DNS rebinding", method: "POST", path: revoke, host: "evil.example:1", want: 403, body: "--public"},
		{name: "DNS rebinding, same origin", method: "POST", path: revoke, host: "evil.example", header: [2]string{"Origin", "http://evil.example"}, want: 403, body: "--public"},
		{name: "DNS rebinding, GET", method: "GET", path: counts, host: "evil.example", want: 403, body: "--public"},
		{name: "host with the prefix 127.0.0.1", method: "POST", path: revoke, host: "127.0.0.1.evil.example", want: 403, body: "--public"},
		{name: "no Host", method: "POST", path: revoke, want: 403, body: "--public"},
		{name: "other address", method: "POST", path: revoke, host: "192.0.2.1:1", want: 403, body: "--public"},

		{name: "public", method: "POST", path: revoke, host: "mock:8080", public: true, want: 204},
		{name: "public, cross-site", method: "POST", path: revoke, host: "mock:8080", header: [2]string{"Sec-Fetch-Site", "cross-site"}, public: true, want: 403, body: "another origin"},
		{name: "not a control endpoint", method: "GET", path: "/voice/api/v1/admin/accounts", host: "engage.ringcentral.com", want: 401},
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
			if w.Code != tt.want || !strings.Contains(w.Body.String(), tt.body) {
				t.Errorf("status %d, body %s; want status %d and a body that contains %q", w.Code, w.Body, tt.want, tt.body)
			}
		})
	}
}

// TestControlOfProcess sends requests with two values of Host to a mock in its own
// process.
func TestControlOfProcess(t *testing.T) {
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
