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

const sentinel = "s3ntinel" // is part of every secret in these tests

func sentinelLogin() *ringcx.JWTLogin {
	return &ringcx.JWTLogin{ClientID: "client", ClientSecret: sentinel + "-secret", JWT: sentinel + ".a.jwt"}
}

// network answers for RingCentral and RingCX with tokens that hold the sentinel,
// redirects one path to another host, and keeps what that host saw.
type network struct {
	path   string // redirected
	status int

	mu   sync.Mutex
	evil []string
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

// TestRedirects shows that no redirect takes a secret to another host.
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
				err := workDay(t, n)
				if strings.Contains(strings.Join(n.evil, "\n"), sentinel) {
					t.Errorf("the other host saw a secret: %s", n.evil)
				}
				if followed := len(n.evil) > 0; followed != (name == "call") {
					t.Errorf("redirect followed: %v", followed)
				}
				if (err == nil) != (name == "call") {
					t.Errorf("error: %v", err)
				}
				if err != nil && strings.Contains(err.Error(), sentinel) {
					t.Errorf("the error holds a secret: %v", err)
				}
			})
		}
	}
}

// workDay does once all that a Client does, and returns the first error.
func workDay(t *testing.T, n *network) error {
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
