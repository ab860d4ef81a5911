package main

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const testBase = "https://ringcx.test/proxy"

func TestAPIRequest(t *testing.T) {
	tests := []struct {
		name    string
		request apiRequest
		stdin   string
		url     string
		body    string
	}{
		{name: "path", request: apiRequest{method: "get", path: "/voice/api"}, url: testBase + "/voice/api"},
		{name: "path without a slash", request: apiRequest{method: "GET", path: "voice/api"}, url: testBase + "/voice/api"},
		{name: "complete URL", request: apiRequest{method: "GET", path: "HTTPS://RingCX.test:443/x?a=b#c"}, url: "https://RingCX.test:443/x?a=b"},
		{name: "escaped path", request: apiRequest{method: "GET", path: "/a%2Fb?q=%20"}, url: testBase + "/a%2Fb?q=%20"},
		{
			name:    "query",
			request: apiRequest{method: "GET", path: "/x?a=1", fields: []string{"b=true", "b=x y"}, rawFields: []string{"c=&"}},
			url:     testBase + "/x?a=1&b=true&b=x+y&c=%26",
		},
		{
			name: "typed fields",
			request: apiRequest{
				method: "POST", path: "/x",
				fields:    []string{"t=true", "f=false", "n=null", "i=12", "d=-1.5e3", "zero=007", "s=a=b", "empty=", `q="x"`, "o={}", "sp= 1"},
				rawFields: []string{"phone=12125550100", "raw=true"},
			},
			url: testBase + "/x",
			body: `{"t":true,"f":false,"n":null,"i":12,"d":-1.5e3,"zero":"007","s":"a=b","empty":"","q":"\"x\"","o":"{}","sp":" 1",` +
				`"phone":"12125550100","raw":"true"}`,
		},
		{name: "body from stdin", request: apiRequest{method: "PUT", path: "/x", input: "-"}, stdin: ` {"a": 1}`, url: testBase + "/x", body: ` {"a": 1}`},
		{name: "DELETE with a body", request: apiRequest{method: "DELETE", path: "/x", fields: []string{"a=1"}}, url: testBase + "/x", body: `{"a":1}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			req, err := tt.request.build(t.Context(), testBase, strings.NewReader(tt.stdin))
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(req.Body)
			if err != nil {
				t.Fatal(err)
			}
			if req.URL.String() != tt.url || string(body) != tt.body {
				t.Errorf("got %s %s, want %s %s", req.URL, body, tt.url, tt.body)
			}
			if req.Method != strings.ToUpper(tt.request.method) {
				t.Errorf("method is %s, want %s", req.Method, strings.ToUpper(tt.request.method))
			}
			if isJSON := req.Header.Get("Content-Type") == "application/json"; isJSON != (tt.body != "") {
				t.Errorf("Content-Type is %q with the body %q", req.Header.Get("Content-Type"), body)
			}
		})
	}
}

func TestAPIRequestRejectsInvalidInput(t *testing.T) {
	tests := []struct {
		name    string
		request apiRequest
		stdin   string
		want    string
	}{
		{"unknown method", apiRequest{method: "FETCH", path: "/x"}, "", "must be one of GET"},
		{"no method", apiRequest{path: "/x"}, "", "must be one of GET"},
		{"other host", apiRequest{method: "GET", path: "https://example.com/x"}, "", "is not at https://ringcx.test"},
		{"other scheme", apiRequest{method: "GET", path: "http://ringcx.test/x"}, "", "is not at"},
		{"other port", apiRequest{method: "GET", path: "https://ringcx.test:8443/x"}, "", "is not at"},
		{"host without a scheme", apiRequest{method: "GET", path: "//example.com/x"}, "", "is not at"},
		{"user in the URL", apiRequest{method: "GET", path: "https://me:secret@ringcx.test/x"}, "", "me:xxxxx@"},
		{"file URL", apiRequest{method: "GET", path: "file:///etc/passwd"}, "", "is not at"},
		{"no path", apiRequest{method: "GET", path: ""}, "", "the path is empty"},
		{"only a query", apiRequest{method: "GET", path: "?a=b"}, "", "the path is empty"},
		{"malformed path", apiRequest{method: "GET", path: "/%zz"}, "", "is not valid"},
		{"field without a value", apiRequest{method: "POST", path: "/x", fields: []string{"a"}}, "", "name=value"},
		{"field without a name", apiRequest{method: "GET", path: "/x", rawFields: []string{"=a"}}, "", "name=value"},
		{"repeated field", apiRequest{method: "POST", path: "/x", fields: []string{"a=1", "a=2"}}, "", "twice"},
		{"missing file", apiRequest{method: "POST", path: "/x", input: "no-such-file"}, "", "no-such-file"},
		{"body that is not JSON", apiRequest{method: "POST", path: "/x", input: "-"}, "a=b", "not valid JSON"},
		{"empty body", apiRequest{method: "POST", path: "/x", input: "-"}, "", "not valid JSON"},
		{"JSON in place of a file name", apiRequest{method: "POST", path: "/x", input: ` {"a":1}`}, "", "not the JSON itself"},
		{"input and field", apiRequest{method: "POST", path: "/x", input: "-", fields: []string{"a=1"}}, "{}", "cannot be combined"},
		{"GET with a body", apiRequest{method: "GET", path: "/x", input: "-"}, "{}", "GET has no body"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := tt.request.build(t.Context(), testBase, strings.NewReader(tt.stdin))
			if _, ok := errors.AsType[*usageError](err); !ok {
				t.Fatalf("error is %T (%v), want a usageError", err, err)
			}
			if !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "secret") {
				t.Errorf("error is %q, want one that contains %q and not the secret", err, tt.want)
			}
		})
	}
}

func TestResponseError(t *testing.T) {
	tests := []struct{ name, kind, body, want string }{
		{"text", "text/plain; charset=utf-8", "Jwt is\x1b[31m expired\nmore", "401 Jwt is?[31m expired"},
		{"JSON", "application/json", `{"errorCode":"a.b","generalMessage":"No\u001b[0m"}`, "401 a.b No?[0m"},
		{"JSON with a time in text", "application/json", `{"errorCode":"a.b","timestamp":"2026-03-01T10:00:00Z"}`, "401 a.b Unauthorized"},
		{"JSON without a message", "application/json", `{"errorCode":"a.b"}`, "401 a.b Unauthorized"},
		{"HTML", "text/html", "<html>", "401 Unauthorized"},
		{"HTML with the Content-Type of JSON", "application/json", "<html>", "401 Unauthorized"},
		{"empty body", "", "", "401 Unauthorized"},
		{"long text", "text/plain", strings.Repeat("é", 300), "401 " + strings.Repeat("é", 200) + "…"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			req, _ := http.NewRequest(http.MethodGet, testBase, nil)
			resp := &http.Response{StatusCode: 401, Request: req, Header: http.Header{"Content-Type": {tt.kind}}}
			if got, want := responseError(resp, []byte(tt.body)).Error(), "ringcx: call: GET /proxy: "+tt.want; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

// TestResponseErrorHidesAPIToken checks the error of a request with an API token in its path.
func TestResponseErrorHidesAPIToken(t *testing.T) {
	const path = "/voice/api/v1/admin/token/"
	req, err := http.NewRequest(http.MethodDelete, testBase+path+"hunter2%2Fx", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp := &http.Response{StatusCode: 404, Request: req, Header: http.Header{"Content-Type": {"text/plain"}}}
	got := responseError(resp, []byte("no "+strings.Repeat("x", maxMessage-6)+" hunter2/x")).Error()
	if want := "ringcx: call: DELETE /proxy" + path + "***: 404 no " + strings.Repeat("x", maxMessage-6) + " **…"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSetHeaders(t *testing.T) {
	h := http.Header{"Accept": {"application/json"}, "Content-Type": {"application/json"}}
	if err := setHeaders(h, []string{"accept: text/csv", "X-A:1", "x-a:  2 ", "X-Empty:"}); err != nil {
		t.Fatal(err)
	}
	want := http.Header{"Accept": {"text/csv"}, "Content-Type": {"application/json"}, "X-A": {"1", "2"}, "X-Empty": {""}}
	if diff := cmp.Diff(want, h); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
	for _, tt := range []struct{ header, want string }{
		{"authorization: Bearer hunter2", "--header Authorization: it is not allowed, because it contains a secret"},
		{"Proxy-Authorization : hunter2", "--header Proxy-Authorization: it is not allowed"},
		{"cookie:hunter2", "--header Cookie: it is not allowed"},
		{"content-length: 3", "--header Content-Length: it is not allowed, because the program sets it"},
		{"X-A: hunter2\r\nX-B: 1", "--header X-A: the value contains a control character"},
		{"hunter2", "--header: write it as 'Name: value'"},
		{": hunter2", "--header: write it as"},
		{"a b: hunter2", "--header: write it as"},
	} {
		err := setHeaders(make(http.Header), []string{tt.header})
		if err == nil || !strings.Contains(err.Error(), tt.want) || exitCode(err) != exitUsage {
			t.Errorf("%q: error is %v, want the usage error %q", tt.header, err, tt.want)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: the error contains the value: %v", tt.header, err)
		}
	}
}
