package ringcx_test

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx"
)

// hostile is a server for RingCentral and RingCX over HTTP/1.1. Its responses to requests
// of one path contain the secrets of the request.
type hostile struct {
	path  string
	place string              // the response, with %s for the secrets
	form  func(string) string // encodes each secret

	mu   sync.Mutex
	seen map[string]bool // the secrets received so far
}

// client returns an HTTP client that can only connect to this server.
func (h *hostile) client() *http.Client {
	return &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(_ context.Context, _, address string) (net.Conn, error) {
			if address != "localhost:80" {
				return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("no route to " + address)}
			}
			here, there := net.Pipe()
			go h.serve(there)
			return here, nil
		},
	}}
}

func (h *hostile) serve(conn net.Conn) {
	defer conn.Close()
	r, err := http.ReadRequest(bufio.NewReader(conn))
	if err != nil {
		return
	}
	body, _ := io.ReadAll(r.Body)
	var secrets []string
	for _, s := range h.secrets(r, string(body)) {
		secrets = append(secrets, h.form(s))
	}
	response := `[]`
	switch path := r.URL.Path; {
	case strings.HasPrefix(path, h.path):
		_, _ = io.WriteString(conn, strings.ReplaceAll(h.place, "%s", strings.Join(secrets, ",")))
		return
	case strings.HasPrefix(path, "/restapi/"):
		response = `{"access_token":"` + sentinel + `/rc+token=="}`
	case strings.HasPrefix(path, "/api/auth/"):
		response = `{"accessToken":"` + sentinel + `.acc+ess/token==","refreshToken":"` + sentinel + `+re/fresh="}`
	}
	fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(response), response)
}

// secrets returns the secrets of r, and adds them to h.seen.
func (h *hostile) secrets(r *http.Request, body string) []string {
	_, credentials, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	_, password, _ := r.BasicAuth()
	all := []string{credentials, password}
	values, _ := url.ParseQuery(body)
	for _, v := range values {
		all = append(all, v...)
	}
	if _, token, ok := strings.Cut(r.URL.Path, "/api/auth/logout/"); ok {
		all = append(all, token)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	var secrets []string
	for _, s := range all {
		if strings.Contains(s, sentinel) || s == credentials && s != "" {
			secrets = append(secrets, s)
			h.seen[s] = true
		}
	}
	return secrets
}

// assertClean asserts that no text of err, or of an error that it wraps, contains a
// secret.
func (h *hostile) assertClean(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	text := fmt.Sprintf("%v\n%+v\n%#v\n%q\n%s", err, err, err, err, err)
	if strings.Contains(text, sentinel) {
		t.Errorf("%T contains a part of a secret: %s", err, text)
	}
	h.mu.Lock()
	for s := range h.seen {
		for name, form := range hostileForms {
			if strings.Contains(text, strings.TrimRight(form(s), "=")) {
				t.Errorf("%T contains %s as %s: %s", err, s, name, text)
			}
		}
	}
	h.mu.Unlock()
	switch u := err.(type) { //nolint:errorlint // visits each error of the tree
	case interface{ Unwrap() error }:
		h.assertClean(t, u.Unwrap())
	case interface{ Unwrap() []error }:
		for _, err := range u.Unwrap() {
			h.assertClean(t, err)
		}
	}
	if u := (*url.Error)(nil); errors.As(err, &u) && error(u) != err { //nolint:errorlint // err itself is not meant
		h.assertClean(t, u)
	}
}

// hostileForms are encodings of a secret.
var hostileForms = map[string]func(string) string{
	"text":  func(s string) string { return s },
	"query": url.QueryEscape,
	"path":  url.PathEscape,
	"lower escape": func(s string) string {
		return strings.ReplaceAll(strings.ReplaceAll(url.QueryEscape(s), "%2F", "%2f"), "%2B", "%2b")
	},
	"JSON": func(s string) string {
		b, _ := json.Marshal(s)
		return strings.Trim(string(b), `"`)
	},
	"Base64":     func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
	"Base64 URL": func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) },
	"hex":        func(s string) string { return hex.EncodeToString([]byte(s)) },
}

// allForms returns all encodings of s, separated by commas.
func allForms(s string) string {
	var all []string
	for _, form := range hostileForms {
		all = append(all, form(s))
	}
	return strings.Join(all, ",")
}

// hostilePlaces are responses, with %s for the secrets.
var hostilePlaces = map[string]string{
	"status line":        "%s\r\n\r\n",
	"protocol":           "%s 200 OK\r\n\r\n",
	"version":            "HTTP/%s 200 OK\r\n\r\n",
	"status":             "HTTP/1.1 %s OK\r\n\r\n",
	"status text":        "HTTP/1.1 404 %s\r\nContent-Length: 0\r\n\r\n",
	"header line":        "HTTP/1.1 200 OK\r\n%s\r\n\r\n",
	"header name":        "HTTP/1.1 200 OK\r\n%s : x\r\n\r\n",
	"header":             "HTTP/1.1 404 Not Found\r\nX-Echo: %s\r\nSet-Cookie: %s\r\nWWW-Authenticate: %s\r\nContent-Length: 0\r\n\r\n",
	"length":             "HTTP/1.1 200 OK\r\nContent-Length: %s\r\n\r\n",
	"encoding":           "HTTP/1.1 200 OK\r\nTransfer-Encoding: %s\r\n\r\n",
	"early hints":        "HTTP/1.1 103 Early\r\n%s\r\n\r\n",
	"upgrade":            "HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: %s\r\n\r\n",
	"retry after":        "HTTP/1.1 503 Busy\r\nRetry-After: %s\r\nContent-Length: 0\r\n\r\n",
	"location":           "HTTP/1.1 307 Moved\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n",
	"location, port":     "HTTP/1.1 302 Moved\r\nLocation: http://localhost:%s/\r\nContent-Length: 0\r\n\r\n",
	"location, host":     "HTTP/1.1 302 Moved\r\nLocation: http://%s/\r\nContent-Length: 0\r\n\r\n",
	"location, scheme":   "HTTP/1.1 302 Moved\r\nLocation: %s://x/\r\nContent-Length: 0\r\n\r\n",
	"location, path":     "HTTP/1.1 302 Moved\r\nLocation: http://elsewhere.example/%s\r\nContent-Length: 0\r\n\r\n",
	"location, query":    "HTTP/1.1 302 Moved\r\nLocation: http://elsewhere.example/?a=%s#%s\r\nContent-Length: 0\r\n\r\n",
	"location, user":     "HTTP/1.1 302 Moved\r\nLocation: http://%s@elsewhere.example/\r\nContent-Length: 0\r\n\r\n",
	"location, here":     "HTTP/1.1 302 Moved\r\nLocation: /voice/%s\r\nContent-Length: 0\r\n\r\n",
	"text":               "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n%s",
	"text, bearer":       "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nAuthorization: Bearer %s",
	"HTML":               "HTTP/1.1 203 OK\r\nContent-Type: text/html\r\n\r\n<html>%s</html>",
	"content type":       "HTTP/1.1 200 OK\r\nContent-Type: %s\r\n\r\n<",
	"content type, JSON": "HTTP/1.1 200 OK\r\nContent-Type: application/json; a=%s\r\n\r\n[1,<",
	"JSON string":        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n\"%s\"",
	"JSON field":         "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n[{\"userId\":\"%s\",\"accountId\":{\"%s\":1},\"creationDate\":\"%s\"}]",
	"JSON syntax":        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n[%s",
	"error text":         "HTTP/1.1 400 Bad\r\nContent-Type: text/plain\r\n\r\n%s",
	"error, cut":         "HTTP/1.1 400 Bad\r\nContent-Type: text/plain\r\n\r\n" + strings.Repeat(" ", 64<<10-30) + "%s",
	"error HTML":         "HTTP/1.1 500 Bad\r\nContent-Type: text/html\r\n\r\n<a href=\"%s\">",
	"error JSON":         "HTTP/1.1 403 No\r\nContent-Type: application/json\r\n\r\n{\"errorCode\":\"%s\",\"generalMessage\":\"no %s\",\"validationErrors\":[{\"attributeName\":\"%s\",\"message\":\"%s\"}]}",
	"unauthorized":       "HTTP/1.1 401 No\r\nContent-Type: text/plain\r\n\r\nJwt %s",
	"chunk size":         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%s\r\n",
	"chunk extension":    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;%s\r\nx%s\r\n",
	"trailer":            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Echo\r\n\r\n1\r\n[\r\n0\r\n%s\r\n\r\n",
	"trailer name":       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: %s\r\n\r\n1\r\n[\r\n0\r\n%s : x\r\n\r\n",
	"gzip":               "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n%s",
	"broken off":         "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n%s",
}

// hostileSteps are the paths of all requests that contain a secret.
var hostileSteps = []string{
	"/restapi/oauth/token", "/api/auth/login/", "/api/auth/token/refresh", "/api/auth/logout/", "/restapi/oauth/revoke", "/voice/",
}

// TestHostileServer uses a server that puts the secrets of a request into its response,
// at many places and in many encodings. No error may contain a secret.
func TestHostileServer(t *testing.T) {
	failed := map[string]int{}
	for _, path := range hostileSteps {
		for place, response := range hostilePlaces {
			for name, form := range map[string]func(string) string{"text": hostileForms["text"], "query": hostileForms["query"], "all": allForms} {
				t.Run(path+" "+place+" "+name, func(t *testing.T) {
					h := &hostile{path: path, place: response, form: form, seen: map[string]bool{}}
					for _, err := range h.runProgram(t) {
						if err != nil {
							failed[path]++
							h.assertClean(t, err)
						}
					}
				})
			}
		}
	}
	for _, path := range hostileSteps {
		if failed[path] < len(hostilePlaces) {
			t.Errorf("%s: %d errors, want at least %d", path, failed[path], len(hostilePlaces))
		}
	}
}

// runProgram sends every kind of request that contains a secret, and returns the errors.
func (h *hostile) runProgram(t *testing.T) (errs []error) {
	note := func(err error) {
		if err != nil {
			errs = append(errs, err)
		}
	}
	client := newClient(t, ringcx.Config{
		RingCentral: &ringcx.JWTLogin{ClientID: "client", ClientSecret: sentinel + `/ "é&<+'`, JWT: sentinel + ".a+/=.jwt", BaseURL: "http://localhost"},
		BaseURL:     "http://localhost", HTTPClient: h.client(), MaxReplays: -1,
		OnEvent: func(e ringcx.Event) { note(e.Err) },
	})
	ctx := t.Context()
	_, err := ringcx.Get(client.ListAccountsWithResponse(ctx))
	note(err)
	for _, err := range ringcx.Stream[gen.User](client.ListUsers(ctx, nil)) {
		note(err)
	}
	errs = append(errs, raw(client, ctx)...)
	if token, err := client.Tokens.Token(); err == nil {
		client.Tokens.Invalidate(token)
		_, err = client.Tokens.Token()
		note(err)
	}
	_, err = client.RefreshTokenWithFormdataBodyWithResponse(ctx, gen.TokenRefresh{RefreshToken: sentinel + "+own/"})
	note(err)
	_, err = client.LogoutWithResponse(ctx, sentinel+"-own")
	note(err)
	note(client.Tokens.Logout(ctx))
	return errs
}

// raw makes calls whose responses the program reads itself.
func raw(client *ringcx.Client, ctx context.Context) (errs []error) {
	resp, err := client.ListUsers(ctx, nil)
	if errs = append(errs, err); err == nil {
		_, err = io.ReadAll(resp.Body)
		errs = append(errs, err, resp.Body.Close())
	}
	req, _ := http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost/voice/", nil)
	resp, err = client.Tokens.Transport(nil).RoundTrip(req)
	if err == nil {
		resp.Body.Close()
	}
	return append(errs, err)
}
