package ringcx_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx"
)

// sentinel is part of every secret in these tests.
const sentinel = "s3ntinel"

// sentinelLogin returns a login whose secrets contain the sentinel.
func sentinelLogin() *ringcx.JWTLogin {
	return &ringcx.JWTLogin{ClientID: "client", ClientSecret: sentinel + "-secret", JWT: sentinel + ".a.jwt"}
}

// network is a RoundTripper that responds as RingCentral and RingCX. Its tokens contain
// the sentinel. It redirects requests to one path to evil.example.
type network struct {
	path   string // prefix of the redirected path; empty: none
	status int    // of the redirect

	mu   sync.Mutex
	evil []string // the requests to evil.example
}

func (n *network) RoundTrip(r *http.Request) (*http.Response, error) {
	body := ""
	if r.Body != nil {
		b, _ := io.ReadAll(r.Body)
		r.Body.Close()
		body = string(b)
	}
	switch {
	case r.URL.Host == "evil.example":
		n.mu.Lock()
		defer n.mu.Unlock()
		n.evil = append(n.evil, fmt.Sprintf("%s %s %v %s", r.Method, r.URL, r.Header, body))
		return response(200, "application/json", `[]`), nil
	case strings.HasPrefix(r.URL.Path, n.path) && n.path != "":
		resp := response(n.status, "text/plain", "moved")
		resp.Header.Set("Location", "https://evil.example/take")
		return resp, nil
	case strings.HasPrefix(r.URL.Path, "/restapi/"):
		return response(200, "application/json", `{"access_token":"`+sentinel+`-rc","token_type":"bearer","expires_in":3600}`), nil
	case strings.HasPrefix(r.URL.Path, "/api/auth/"):
		return response(200, "application/json", `{"accessToken":"`+sentinel+`.access","refreshToken":"`+sentinel+`-refresh","tokenType":"Bearer"}`), nil
	}
	return response(200, "application/json", `[]`), nil
}

// TestRedirects checks that only a call follows a redirect to another host, and that it
// sends no secret there. Other redirects are errors.
func TestRedirects(t *testing.T) {
	paths := map[string]string{
		"call":     "/voice/",
		"login":    "/restapi/oauth/token",
		"exchange": "/api/auth/login/",
		"refresh":  "/api/auth/token/refresh",
		"logout":   "/api/auth/logout/",
		"revoke":   "/restapi/oauth/revoke",
	}
	for name, path := range paths {
		for _, status := range []int{301, 302, 303, 307, 308} {
			t.Run(fmt.Sprint(name, status), func(t *testing.T) {
				n := &network{path: path, status: status}
				err := sendAll(t, n)
				if strings.Contains(strings.Join(n.evil, "\n"), sentinel) {
					t.Errorf("the other host received a secret: %s", n.evil)
				}
				if followed := len(n.evil) > 0; followed != (name == "call") {
					t.Errorf("redirect followed: %v, want %v", followed, name == "call")
				}
				if (err == nil) != (name == "call") {
					t.Errorf("error is %v, want an error %v", err, name != "call")
				}
				if err != nil && strings.Contains(err.Error(), sentinel) {
					t.Errorf("the error contains a secret: %v", err)
				}
			})
		}
	}
}

// sendAll sends each kind of request that a Client sends, and returns the first error.
func sendAll(t *testing.T, n *network) error {
	client := newClient(t, ringcx.Config{RingCentral: sentinelLogin(), HTTPClient: &http.Client{Transport: n}})
	if _, err := ringcx.Get(client.ListAccountsWithResponse(t.Context())); err != nil {
		return err
	}
	if _, err := client.RefreshTokenWithFormdataBodyWithResponse(t.Context(), gen.TokenRefresh{RefreshToken: sentinel}); err != nil {
		return err
	}
	if _, err := client.LogoutWithResponse(t.Context(), sentinel); err != nil {
		return err
	}
	return client.Tokens.Logout(t.Context())
}
