package ringcxtest

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestTokenFields sends the fields of an exchange and a refresh in other forms than those of
// openapi.yaml. In the forms, RC and R are a RingCentral token and a refresh token.
func TestTokenFields(t *testing.T) {
	const exchange, refresh = "/api/auth/login/rc/accesstoken", "/api/auth/token/refresh"
	tests := []struct {
		name        string
		path        string
		contentType string
		body        string
		status      int
		text        string // of the response
		warning     string
		bad         []string // violations
	}{
		{
			name: "exchange in the query", path: exchange + "?includeRefresh=true&rcAccessToken=RC&rcTokenType=Bearer",
			status: 200, text: "refreshToken",
			warning: "rcAccessToken is in the query, which servers log: send it in the form; " +
				"rcTokenType is in the query, which servers log: send it in the form",
			bad: []string{
				"exchangeToken: request: body: required",
				"exchangeToken: request: query rcAccessToken: not declared",
				"exchangeToken: request: query rcTokenType: not declared",
			},
		},
		{
			name: "exchange with an unknown token in the query", path: exchange + "?rcAccessToken=x&rcTokenType=Bearer",
			contentType: formType, body: "rcTokenType=Bearer", status: 401, text: "RingCentral token is not valid",
			warning: "rcAccessToken is in the query, which servers log: send it in the form",
			bad: []string{
				"exchangeToken: request: /rcAccessToken: required",
				"exchangeToken: request: query rcAccessToken: not declared",
				"exchangeToken: request: query rcTokenType: not declared",
			},
		},
		{
			name: "exchange without rcTokenType", path: exchange, contentType: formType, body: "rcAccessToken=RC",
			status: 400, text: `{"attributeName":"rcTokenType","message":"is required"}`,
			bad: []string{"exchangeToken: request: /rcTokenType: required"},
		},
		{
			name: "exchange without a token", path: exchange, contentType: formType, body: "rcTokenType=Bearer",
			status: 400, text: `{"attributeName":"rcAccessToken","message":"is required"}`,
			bad: []string{"exchangeToken: request: /rcAccessToken: required"},
		},
		{
			name: "exchange with another rcTokenType", path: exchange, contentType: formType, body: "rcAccessToken=RC&rcTokenType=bearer",
			status: 400, text: `"attributeName":"rcTokenType"`,
			bad: []string{"exchangeToken: request: /rcTokenType: enum: want one of [Bearer]"},
		},
		{
			name: "exchange as JSON", path: exchange, contentType: jsonType, body: `{"rcAccessToken":"RC","rcTokenType":"Bearer"}`,
			status: 400, text: `{"attributeName":"rcAccessToken","message":"is required, in a body of the type application/x-www-form-urlencoded"}`,
			bad: []string{"exchangeToken: request: header Content-Type: not declared"},
		},
		{
			name: "refresh in the query", path: refresh + "?refresh_token=R", status: 200, text: "refreshToken",
			warning: "refresh_token is in the query, which servers log: send it in the form",
			bad: []string{
				"refreshToken: request: body: required",
				"refreshToken: request: query refresh_token: not declared",
			},
		},
		{
			name: "refresh as JSON", path: refresh, contentType: jsonType, body: `{"refresh_token":"R"}`,
			status: 400, text: `{"attributeName":"refresh_token","message":"is required, in a body of the type`,
			bad: []string{"refreshToken: request: header Content-Type: not declared"},
		},
		{
			name: "valid exchange", path: exchange + "?includeRefresh=true", contentType: formType,
			body: "rcAccessToken=RC&rcTokenType=Bearer", status: 200, text: "refreshToken",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tb := &recordingTB{TB: t}
			s := NewServer(tb)
			client := inMemory(s)
			issued := client.signIn(t)
			fill := strings.NewReplacer("=RC", "="+issued.ringCentral, `"RC"`, `"`+issued.ringCentral+`"`, "=R", "="+issued.refresh, `"R"`, `"`+issued.refresh+`"`).Replace
			req, err := http.NewRequest("POST", client.ringCX+fill(tt.path), strings.NewReader(fill(tt.body)))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", tt.contentType)
			if resp := client.receive(req); resp.status != tt.status || !strings.Contains(resp.body, tt.text) {
				t.Errorf("got %+v, want status %d and %q", resp, tt.status, tt.text)
			}
			if diff := cmp.Diff(tt.bad, reportedViolations(tb)); diff != "" {
				t.Errorf("violations (-want +got):\n%s", diff)
			}
			entry := s.Log()[2]
			if diff := cmp.Diff(tt.warning, entry.Warning); diff != "" {
				t.Errorf("warning (-want +got):\n%s", diff)
			}
			if strings.Contains(entry.URL, issued.ringCentral) || strings.Contains(entry.URL, issued.refresh) {
				t.Errorf("the log shows a token: %s", entry.URL)
			}
			tb.end()
		})
	}
}

// TestReuseInQuery sends a refresh token in the query, first in a request that does not
// arrive.
func TestReuseInQuery(t *testing.T) {
	s := New()
	defer s.Close()
	client := inMemory(s)
	address := client.ringCX + "/api/auth/token/refresh?refresh_token=" + url.QueryEscape(client.signIn(t).refresh)
	s.Fault(Refresh, Unreachable, 1)
	var got []int
	for range 3 {
		got = append(got, client.send("POST", address, nil).status)
	}
	if diff := cmp.Diff([]int{0, 200, 401}, got); diff != "" || s.Counts().RefreshReused != 1 {
		t.Errorf("RefreshReused is %d, want 1; status (-want +got):\n%s", s.Counts().RefreshReused, diff)
	}
}

func TestSecretsInQueryAreEchoed(t *testing.T) {
	s := New()
	defer s.Close()
	client := inMemory(s)
	s.Fault(Exchange, EchoSecret, 1)
	resp := client.send("POST", client.ringCX+"/api/auth/login/rc/accesstoken?rcAccessToken=secret-value", nil)
	wantResponse(403, "secret-value")(t, resp, tokens{})
}

func TestSessionHasMainAccount(t *testing.T) {
	client := inMemory(NewServer(t))
	resp := client.exchange(client.login().field("access_token"))
	for name, resp := range map[string]response{"exchange": resp, "refresh": client.refresh(resp.field("refreshToken"))} {
		if got := resp.field("mainAccountId"); got != "333000" {
			t.Errorf("%s: mainAccountId is %q, want 333000, the main account of the agent's account", name, got)
		}
	}
}
