package ringcx_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

// TestErrorsContainNoAuthorization has RingCentral return the Authorization header of a
// sign-in, which contains the client secret in Base64.
func TestErrorsContainNoAuthorization(t *testing.T) {
	login := sentinelLogin()
	sent := ""
	login.HTTPClient = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		sent = strings.TrimPrefix(r.Header.Get("Authorization"), "Basic ")
		return response(400, "text/plain", "cannot read "+r.Header.Get("Authorization")), nil
	})}
	_, err := login.Token()
	var e *ringcx.Error
	if !errors.As(err, &e) || sent == "" || strings.Contains(e.Message, sent) || strings.Contains(err.Error(), sent) {
		t.Errorf("error is %v, want one without %q", err, sent)
	}
}

// TestUserAgent has a caller set the header, set it to no value, and not set it.
func TestUserAgent(t *testing.T) {
	for _, c := range []struct {
		name      string
		set, want []string
	}{
		{"set", []string{"mine/1"}, []string{"mine/1"}},
		{"empty", []string{}, []string{}},
		{"not set", nil, []string{"job/2 ringcx-go"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			source := newTokenSource(t, ringcx.Config{UserAgent: "job/2", RingCentral: staticLogin, HTTPClient: respondWith(func(r *http.Request) *http.Response {
				got = r.Header["User-Agent"]
				return status(200, "")
			})})
			req := must(http.NewRequestWithContext(t.Context(), http.MethodGet, "https://engage.ringcentral.com/voice/x", nil))
			if c.set != nil {
				req.Header["User-Agent"] = c.set
			}
			if _, err := source.Transport(nil).RoundTrip(req); err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(strings.Join(got, ","), strings.Join(c.want, ",")) || len(got) != len(c.want) {
				t.Errorf("User-Agent is %q, want %q", got, c.want)
			}
		})
	}
}
