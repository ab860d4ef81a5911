package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// jsClient sends what RingCentral's JavaScript SDK sends, as traced from its
// version 1.40.0: it puts tokens into forms as they are, sends a Content-Type
// with a GET, no Authorization to the token endpoints, and refreshes where an
// answer of 401 says "expired".
type jsClient struct {
	t                       *testing.T
	base                    string
	accessToken, refreshing string // refreshing is the refresh token
}

func (c *jsClient) send(method, path, contentType, authorization, body string) (int, string) {
	c.t.Helper()
	req, err := http.NewRequest(method, c.base+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

const formType = "application/x-www-form-urlencoded"

// answer decodes an answer that must be a good one.
func (c *jsClient) answer(what string, status int, body string) map[string]any {
	c.t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(body), &v); status != http.StatusOK || err != nil {
		c.t.Fatalf("%s: status %d, %v: %s", what, status, err, body)
	}
	return v
}

func (c *jsClient) signIn() {
	c.t.Helper()
	req, _ := http.NewRequest(http.MethodPost, c.base, nil)
	req.SetBasicAuth(ringcxtest.ClientID, ringcxtest.ClientSecret)
	status, body := c.send("POST", "/restapi/oauth/token", formType, req.Header.Get("Authorization"), url.Values{
		"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {ringcxtest.JWT},
	}.Encode())
	rc := c.answer("sign-in", status, body)["access_token"].(string)
	status, body = c.send("POST", "/api/auth/login/rc/accesstoken?includeRefresh=true", formType, "",
		"rcAccessToken="+rc+"&rcTokenType=Bearer")
	c.adopt(c.answer("exchange", status, body))
}

func (c *jsClient) refresh() (int, string) {
	c.t.Helper()
	return c.send("POST", "/api/auth/token/refresh", formType, "", "refresh_token="+c.refreshing+"&rcTokenType=Bearer")
}

func (c *jsClient) adopt(session map[string]any) {
	c.accessToken, c.refreshing = session["accessToken"].(string), session["refreshToken"].(string)
}

// get calls, and refreshes as the SDK does.
func (c *jsClient) get(path string) (status int, body string, refreshed bool) {
	c.t.Helper()
	status, body = c.send("GET", path, "application/json", "Bearer "+c.accessToken, "")
	if status != http.StatusUnauthorized || !strings.Contains(body, "expired") {
		return status, body, false
	}
	refreshStatus, session := c.refresh()
	c.adopt(c.answer("refresh", refreshStatus, session))
	status, body = c.send("GET", path, "application/json", "Bearer "+c.accessToken, "")
	return status, body, true
}

func TestJavaScriptShapedClient(t *testing.T) {
	mock := startMock(t)
	c := &jsClient{t: t, base: mock.url}
	c.signIn()
	c.list(false)

	if status, body := c.send("POST", "/_control/expire", formType, "", ""); status != http.StatusNoContent {
		t.Fatalf("expire: status %d: %s", status, body)
	}
	spent := c.refreshing
	c.list(true)
	if c.refreshing == spent {
		t.Error("the refresh token is the old one after a refresh")
	}

	c.refreshing = spent
	if status, body := c.refresh(); status/100 != 4 || strings.Contains(body, "expired") {
		t.Errorf("a spent refresh token: status %d: %s; want a refusal that does not say expired", status, body)
	}
	_, body := c.send("GET", "/_control/counts", "", "", "")
	counts := c.answer("counts", http.StatusOK, body)
	for name, want := range map[string]float64{"logins": 1, "exchanges": 1, "refreshes": 2, "refreshReused": 1, "unauthorized": 1} {
		if counts[name] != want {
			t.Errorf("%s is %v, want %v", name, counts[name], want)
		}
	}
}

// list lists the accounts, after a refresh or without one.
func (c *jsClient) list(wantRefresh bool) {
	c.t.Helper()
	status, body, refreshed := c.get("/voice/api/v1/admin/accounts")
	var accounts []map[string]any
	if err := json.Unmarshal([]byte(body), &accounts); status != http.StatusOK || err != nil || len(accounts) == 0 {
		c.t.Fatalf("accounts: status %d, %v: %s", status, err, body)
	}
	if refreshed != wantRefresh {
		c.t.Errorf("refreshed is %t, want %t", refreshed, wantRefresh)
	}
}
