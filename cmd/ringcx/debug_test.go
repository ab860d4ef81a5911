package main

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

// debugged sends a request through a debugTransport and returns what it printed. It
// checks that the server and the caller see the bodies unchanged.
func debugged(t *testing.T, requestBody, responseType, responseBody string, h http.Header) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || string(body) != requestBody {
			t.Errorf("the server got %q, %v", body, err)
		}
		w.Header()["Date"] = nil
		w.Header().Set("Content-Type", responseType)
		w.Header().Set("Set-Cookie", "s=hunter2hunter2")
		_, _ = io.WriteString(w, responseBody)
	}))
	defer server.Close()
	var b bytes.Buffer
	rt := newDebugTransport(&b, ringcx.Config{RingCentral: &ringcx.JWTLogin{ClientSecret: "hunter2 client/secret", JWT: "hunter2.jwt"}})
	defer rt.CloseIdleConnections()
	req, err := http.NewRequest(http.MethodPost, server.URL+"/api/auth/logout/hunter2token?x=1&apiKey=hunter2", strings.NewReader(requestBody))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = h
	resp, err := (&http.Client{Transport: rt}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil || string(got) != responseBody {
		t.Errorf("the caller got %q, %v", got, err)
	}
	if strings.Contains(b.String(), "hunter2") {
		t.Errorf("the output contains a secret:\n%s", &b)
	}
	assertPrintable(t, b.String())
	_, path, _ := strings.Cut(b.String(), server.URL)
	return path
}

func TestDebugTransport(t *testing.T) {
	form, jsonType := http.Header{"Content-Type": {formType}}, http.Header{"Content-Type": {"application/json"}}
	tests := []struct {
		name          string
		header        http.Header
		request       string
		kind, body    string
		sent, arrived string // the printed bodies
	}{
		{"form", form, "a=1&token=hunter2a&client%5Fsecret=hunter2+b&x", "text/plain", "plain", "a=1&token=***&client%5Fsecret=***&x", "plain"},
		{"JSON", jsonType, `{"password":"hunter2","n":1.0}`, "application/json", `{"a":[{"accessToken":"hunter2"}]}`,
			`{"password":"***","n":1.0}`, `{"a":[{"accessToken":"***"}]}`},
		{"repeated secrets", form, "token=hunter2%2Fabc", "text/html", "hunter2/abc hunter2%2Fabc hunter2 client/secret hunter2+client%2Fsecret hunter2%20client%2Fsecret hunter2.jwt hunter2x hunter2token",
			"token=***", "*** *** *** *** *** *** *** ***"},
		{"invalid JSON", nil, "x", "application/json", `{"refreshToken": "hunter2\"x", "pin":12345, "n":1, "jwt":"hunter2 cut`, "x",
			`{"refreshToken": "***", "pin":"***", "n":1, "jwt":"***"`},
		{"a JWT", nil, "x", "text/plain", "Jwt eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjE3MDAwMDB9.c2lnbmF0dXJl is expired, www.ringcentral.example.org is not",
			"x", "Jwt *** is expired, www.ringcentral.example.org is not"},
		{"cookie", http.Header{"Cookie": {"access_token=hunter2cookie"}}, "x", "text/plain", "hunter2cookie", "x", "***"},
		{"binary", nil, "x", "audio/wav", "RIFF\x00\x00", "x", "(6 bytes of audio/wav)"},
		{"control characters", nil, "x", "text/plain", "a\x1b[31m", "x", `a\u001b[31m`},
		{"long", nil, "x", "text/plain", strings.Repeat("y", maxDebugBody+10), "x", strings.Repeat("y", maxDebugBody) + "\n#1 < … and 10 more bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := http.Header{"Authorization": {"Bearer hunter2x"}, "X-Api-Key": {"hunter2"}}
			for name, values := range tt.header {
				h[name] = values
			}
			got := debugged(t, tt.request, tt.kind, tt.body, h)
			if _, sent, _ := strings.Cut(got, "#1 >\n#1 > "); !strings.HasPrefix(sent, tt.sent+"\n#1 < 200 OK in ") {
				t.Errorf("printed request body: want %q in\n%s", tt.sent, got)
			}
			if _, arrived, _ := strings.Cut(got, "#1 <\n#1 < "); arrived != tt.arrived+"\n" {
				t.Errorf("printed response body (-want +got):\n%s", cmp.Diff(tt.arrived+"\n", arrived))
			}
			for _, want := range []string{"/api/auth/logout/***?x=1&apiKey=***\n", "#1 > Authorization: Bearer ***\n", "#1 > X-Api-Key: ***\n", "#1 < Set-Cookie: ***\n"} {
				if !strings.Contains(got, want) {
					t.Errorf("the output does not contain %q:\n%s", want, got)
				}
			}
		})
	}
}

// TestURLText checks that a URL is shown without the parameter of its path that is a secret.
func TestURLText(t *testing.T) {
	for path, want := range map[string]string{
		"/p/voice/api/v1/admin/token/a%2Fb": "/p/voice/api/v1/admin/token/***",
		"/api/auth/logout/a%2Fb":            "/api/auth/logout/***",
		"/voice/api/v1/admin/users/a%2Fb":   "/voice/api/v1/admin/users/a%2Fb",
	} {
		u, err := url.Parse("https://cx.example" + path)
		if err != nil {
			t.Fatal(err)
		}
		if got := urlText(u); got != "https://cx.example"+want {
			t.Errorf("urlText(%s) = %s", u, got)
		}
	}
}

// TestDebugHidesAPIToken sends an API token in a path and in a header, to a server that repeats
// it.
func TestDebugHidesAPIToken(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, r.URL.Path+r.Header.Get("X-Auth-Token"), http.StatusNotFound)
	}))
	defer server.Close()
	var b bytes.Buffer
	rt := newDebugTransport(&b, ringcx.Config{})
	defer rt.CloseIdleConnections()
	req, err := http.NewRequest(http.MethodDelete, server.URL+"/voice/api/v1/admin/token/hunter2path", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Auth-Token", "hunter2head")
	resp, err := rt.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	if err != nil || strings.Contains(b.String(), "hunter2") || !strings.Contains(b.String(), "/admin/token/******") {
		t.Errorf("error %v, output:\n%s", err, &b)
	}
}

// brokenBody returns an error after some bytes.
type brokenBody struct{ err error }

func (b brokenBody) Read(p []byte) (int, error) { return copy(p, "some"), b.err }
func (b brokenBody) Close() error               { return nil }

// TestDebugBodyOfABrokenResponse checks that the caller gets the error of the body, and
// that the bytes before it are printed once.
func TestDebugBodyOfABrokenResponse(t *testing.T) {
	lost := errors.New("connection lost")
	var printed []string
	body := &debugBody{ReadCloser: brokenBody{lost}, done: func(seen []byte, total int64) { printed = append(printed, string(seen)) }}
	got, err := io.ReadAll(body)
	if string(got) != "some" || !errors.Is(err, lost) {
		t.Errorf("got %q and error %v, want %q and %v", got, err, "some", lost)
	}
	body.Close()
	if diff := cmp.Diff([]string{"some"}, printed); diff != "" {
		t.Errorf("printed bodies (-want +got):\n%s", diff)
	}
}
