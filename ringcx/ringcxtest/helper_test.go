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

// A wire is a plain HTTP client and the two addresses that it uses.
type wire struct {
	*http.Client
	ringCentral string
	ringCX      string
}

func inMemory(s *Server) wire {
	return wire{s.Client(), "https://" + ringCentralHost, "https://" + ringCXHost}
}

func overLoopback(t *testing.T, s *Server) wire {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return wire{&http.Client{Transport: transport}, s.URL(), s.URL()}
}

// An answer is a response that has been read.
type answer struct {
	status int
	header http.Header
	body   string
	err    error
}

func (a answer) field(name string) string {
	var m map[string]any
	_ = json.Unmarshal([]byte(a.body), &m)
	if m[name] == nil {
		return ""
	}
	return fmt.Sprint(m[name])
}

func (w wire) send(method, address string, form url.Values, header ...string) answer {
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequest(method, address, body)
	if err != nil {
		return answer{err: err}
	}
	if form != nil {
		req.Header.Set("Content-Type", formType)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := w.Do(req)
	if err != nil {
		return answer{err: err}
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, string(data), err}
}

func (w wire) login() answer {
	req, _ := http.NewRequest("POST", w.ringCentral, nil)
	req.SetBasicAuth(ClientID, ClientSecret)
	form := url.Values{"grant_type": {jwtGrant}, "assertion": {JWT}}
	return w.send("POST", w.ringCentral+loginPath, form, "Authorization", req.Header.Get("Authorization"))
}

func (w wire) revoke(token string) answer {
	req, _ := http.NewRequest("POST", w.ringCentral, nil)
	req.SetBasicAuth(ClientID, ClientSecret)
	return w.send("POST", w.ringCentral+revokePath, url.Values{"token": {token}}, "Authorization", req.Header.Get("Authorization"))
}

func (w wire) exchange(token string) answer {
	form := url.Values{"rcAccessToken": {token}, "rcTokenType": {"Bearer"}}
	return w.send("POST", w.ringCX+"/api/auth/login/rc/accesstoken?includeRefresh=true", form)
}

func (w wire) refresh(token string) answer {
	return w.send("POST", w.ringCX+"/api/auth/token/refresh", url.Values{"refresh_token": {token}, "rcTokenType": {"Bearer"}})
}

func (w wire) logout(token string) answer {
	return w.send("DELETE", w.ringCX+"/api/auth/logout/"+token, nil)
}

func (w wire) users(token, query string) answer {
	return w.send("GET", w.ringCX+"/voice/api/v1/admin/users"+query, nil, "Authorization", "Bearer "+token)
}

func (w wire) accounts(token string) answer {
	return w.send("GET", w.ringCX+"/voice/api/v1/admin/accounts", nil, "Authorization", "Bearer "+token)
}

// tokens are what a client holds after it signed in.
type tokens struct{ ringCentral, access, refresh string }

func (w wire) signIn(t *testing.T) tokens {
	t.Helper()
	rc := w.login().field("access_token")
	a := w.exchange(rc)
	got := tokens{rc, a.field("accessToken"), a.field("refreshToken")}
	if got.ringCentral == "" || got.access == "" || got.refresh == "" {
		t.Fatalf("no session: %+v", a)
	}
	return got
}

// ask sends a good request to e.
func (w wire) ask(e Endpoint, have tokens) answer {
	switch e {
	case Login:
		return w.login()
	case Revoke:
		return w.revoke(have.ringCentral)
	case Exchange:
		return w.exchange(have.ringCentral)
	case Refresh:
		return w.refresh(have.refresh)
	case Logout:
		return w.logout(have.refresh)
	case Accounts:
		return w.accounts(have.access)
	case Users:
		return w.users(have.access, "")
	}
	return answer{err: fmt.Errorf("no endpoint %q", e)}
}

// recordingTB is a testing.TB that keeps what is reported.
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

// end does what happens at the end of a test.
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
