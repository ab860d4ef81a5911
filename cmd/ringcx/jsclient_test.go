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

// jsClient sends the same requests as version 1.40.0 of RingCentral's JavaScript SDK,
// as recorded from that version. It does not escape tokens in forms, sends a
// Content-Type with GET requests and no Authorization header to the token endpoints, and
// refreshes the tokens after a 401 whose body contains "expired".
type jsClient struct {
	t                         *testing.T
	base                      string
	accessToken, refreshToken string
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

// decode returns the JSON object of a response that must have status 200.
func (c *jsClient) decode(what string, status int, body string) map[string]any {
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
	rc := c.decode("sign-in", status, body)["access_token"].(string)
	status, body = c.send("POST", "/api/auth/login/rc/accesstoken?includeRefresh=true", formType, "",
		"rcAccessToken="+rc+"&rcTokenType=Bearer")
	c.setTokens(c.decode("exchange", status, body))
}

func (c *jsClient) refresh() (int, string) {
	c.t.Helper()
	return c.send("POST", "/api/auth/token/refresh", formType, "", "refresh_token="+c.refreshToken+"&rcTokenType=Bearer")
}

func (c *jsClient) setTokens(session map[string]any) {
	c.accessToken, c.refreshToken = session["accessToken"].(string), session["refreshToken"].(string)
}

// get sends a GET request. After a 401 it refreshes the tokens and sends the request
// again, as the SDK does.
func (c *jsClient) get(path string) (status int, body string, refreshed bool) {
	c.t.Helper()
	status, body = c.send("GET", path, "application/json", "Bearer "+c.accessToken, "")
	if status != http.StatusUnauthorized || !strings.Contains(body, "expired") {
		return status, body, false
	}
	refreshStatus, session := c.refresh()
	c.setTokens(c.decode("refresh", refreshStatus, session))
	status, body = c.send("GET", path, "application/json", "Bearer "+c.accessToken, "")
	return status, body, true
}

func TestMockServesJavaScriptSDK(t *testing.T) {
	mock := startMock(t)
	c := &jsClient{t: t, base: mock.url}
	c.signIn()
	c.list(false)

	if status, body := c.send("POST", "/_control/expire", formType, "", ""); status != http.StatusNoContent {
		t.Fatalf("expire: status %d: %s", status, body)
	}
	used := c.refreshToken
	c.list(true)
	if c.refreshToken == used {
		t.Error("the refresh did not replace the refresh token")
	}

	c.refreshToken = used
	if status, body := c.refresh(); status/100 != 4 || strings.Contains(body, "expired") {
		t.Errorf("used refresh token: status %d: %s; want status 4xx and a body without \"expired\"", status, body)
	}
	_, body := c.send("GET", "/_control/counts", "", "", "")
	counts := c.decode("counts", http.StatusOK, body)
	for name, want := range map[string]float64{"logins": 1, "exchanges": 1, "refreshes": 2, "refreshReused": 1, "unauthorized": 1} {
		if counts[name] != want {
			t.Errorf("%s is %v, want %v", name, counts[name], want)
		}
	}
}

// list lists the accounts. wantRefresh is whether the tokens must be refreshed first.
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
