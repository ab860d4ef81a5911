package ringcxtest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// testClient is an HTTP client with the base URLs of both services.
type testClient struct {
	*http.Client
	ringCentral string
	ringCX      string
}

func inMemory(s *Server) testClient {
	return testClient{s.Client(), "https://" + ringCentralHost, "https://" + ringCXHost}
}

func overLoopback(t *testing.T, s *Server) testClient {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return testClient{&http.Client{Transport: transport}, s.URL(), s.URL()}
}

// response is a response with its body read, or the error of the request.
type response struct {
	status int
	header http.Header
	body   string
	err    error
}

func (resp response) field(name string) string {
	var m map[string]any
	_ = json.Unmarshal([]byte(resp.body), &m)
	if m[name] == nil {
		return ""
	}
	return fmt.Sprint(m[name])
}

func (client testClient) send(method, address string, form url.Values, header ...string) response {
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequest(method, address, body)
	if err != nil {
		return response{err: err}
	}
	if form != nil {
		req.Header.Set("Content-Type", formType)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	return client.receive(req)
}

// receive sends a request and reads the response.
func (client testClient) receive(req *http.Request) response {
	resp, err := client.Do(req)
	if err != nil {
		return response{err: err}
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	return response{resp.StatusCode, resp.Header, string(data), err}
}

// basicAuth returns an Authorization header.
func basicAuth(id, secret string) string {
	req, _ := http.NewRequest("POST", "/", nil)
	req.SetBasicAuth(id, secret)
	return req.Header.Get("Authorization")
}

func (client testClient) login() response {
	form := url.Values{"grant_type": {jwtGrant}, "assertion": {JWT}}
	return client.send("POST", client.ringCentral+loginPath, form, "Authorization", basicAuth(ClientID, ClientSecret))
}

func (client testClient) revoke(token string) response {
	return client.send("POST", client.ringCentral+revokePath, url.Values{"token": {token}}, "Authorization", basicAuth(ClientID, ClientSecret))
}

func (client testClient) exchange(token string) response {
	form := url.Values{"rcAccessToken": {token}, "rcTokenType": {"Bearer"}}
	return client.send("POST", client.ringCX+"/api/auth/login/rc/accesstoken?includeRefresh=true", form)
}

func (client testClient) refresh(token string) response {
	return client.send("POST", client.ringCX+"/api/auth/token/refresh", url.Values{"refresh_token": {token}, "rcTokenType": {"Bearer"}})
}

func (client testClient) logout(token string) response {
	return client.send("DELETE", client.ringCX+"/api/auth/logout/"+token, nil)
}

func (client testClient) users(token, query string) response {
	return client.send("GET", client.ringCX+"/voice/api/v1/admin/users"+query, nil, "Authorization", "Bearer "+token)
}

func (client testClient) accounts(token string) response {
	return client.send("GET", client.ringCX+"/voice/api/v1/admin/accounts", nil, "Authorization", "Bearer "+token)
}

// tokens are the tokens of a client that has signed in.
type tokens struct{ ringCentral, access, refresh string }

func (client testClient) signIn(t testing.TB) tokens {
	t.Helper()
	rc := client.login().field("access_token")
	resp := client.exchange(rc)
	got := tokens{rc, resp.field("accessToken"), resp.field("refreshToken")}
	if got.ringCentral == "" || got.access == "" || got.refresh == "" {
		t.Fatalf("sign-in failed: %+v", resp)
	}
	return got
}

// request sends a valid request to e.
func (client testClient) request(e Endpoint, issued tokens) response {
	switch e {
	case Login:
		return client.login()
	case Revoke:
		return client.revoke(issued.ringCentral)
	case Exchange:
		return client.exchange(issued.ringCentral)
	case Refresh:
		return client.refresh(issued.refresh)
	case Logout:
		return client.logout(issued.refresh)
	case Accounts:
		return client.accounts(issued.access)
	case Users:
		return client.users(issued.access, "")
	}
	return response{err: fmt.Errorf("no endpoint %q", e)}
}

// recordingTB is a testing.TB that records errors and logs.
type recordingTB struct {
	testing.TB
	mu       sync.Mutex
	errors   []string
	logs     []string
	fatal    string
	cleanups []func()
}

func (r *recordingTB) Helper() {}

func (r *recordingTB) Cleanup(f func()) { r.cleanups = append(r.cleanups, f) }

func (r *recordingTB) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}

func (r *recordingTB) Logf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.logs = append(r.logs, fmt.Sprintf(format, args...))
}

func (r *recordingTB) Fatalf(format string, args ...any) { r.fatal = fmt.Sprintf(format, args...) }

// end runs the cleanups, as at the end of a test.
func (r *recordingTB) end() {
	for i := len(r.cleanups) - 1; i >= 0; i-- {
		r.cleanups[i]()
	}
}

func (r *recordingTB) reported() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.errors
}

func mustJSON[T any](t *testing.T, data string) (v T) {
	t.Helper()
	if err := json.Unmarshal([]byte(data), &v); err != nil {
		t.Fatalf("%v in %q", err, data)
	}
	return v
}
