package ringcxtest

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestSignInRefused(t *testing.T) {
	basic := func(id, secret string) []string {
		r, _ := http.NewRequest("POST", "/", nil)
		r.SetBasicAuth(id, secret)
		return []string{"Authorization", r.Header.Get("Authorization")}
	}
	good := url.Values{"grant_type": {jwtGrant}, "assertion": {JWT}}
	tests := []struct {
		name   string
		form   url.Values
		header []string
		status int
		code   string
	}{
		{"wrong client", good, basic("x", ClientSecret), 401, "OAU-146"},
		{"wrong secret", good, basic(ClientID, "x"), 401, "OAU-146"},
		{"wrong grant", url.Values{"grant_type": {"password"}}, basic(ClientID, ClientSecret), 400, "OAU-112"},
		{"wrong JWT", url.Values{"grant_type": {jwtGrant}, "assertion": {"x"}}, basic(ClientID, ClientSecret), 400, "OAU-213"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := inMemory(NewServer(t))
			a := w.send("POST", w.ringCentral+loginPath, tt.form, tt.header...)
			if a.status != tt.status || !strings.Contains(a.body, tt.code) {
				t.Errorf("got %d %s, want %d with %s", a.status, a.body, tt.status, tt.code)
			}
			if strings.Contains(a.body, "expired") {
				t.Errorf("the answer says expired: %s", a.body)
			}
		})
	}
}
