package contract

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const checkDocument = `{
"openapi": "3.1.0",
"paths": {"/probe/{id}": {"post": {
	"operationId": "probe",
	"parameters": [
		{"name": "id", "in": "path", "required": true, "schema": {"type": "integer"}},
		{"name": "size", "in": "query", "required": true, "schema": {"type": "integer", "maximum": 10}},
		{"name": "X-Kind", "in": "header", "schema": {"type": "boolean"}}
	],
	"requestBody": {"required": true, "content": {
		"application/json": {"schema": {"$ref": "#/components/schemas/Kind"}},
		"application/x-www-form-urlencoded": {"schema": {"$ref": "#/components/schemas/Text"}},
		"multipart/form-data": {"schema": {"$ref": "#/components/schemas/Form"}},
		"application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
		"text/plain": {"schema": {"type": "integer"}}
	}},
	"responses": {
		"200": {
			"description": "x",
			"headers": {"X-Left": {"required": true, "schema": {"type": "integer"}}},
			"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Kind"}}}
		},
		"201": {"description": "x", "content": {"text/plain": {"schema": {"type": "boolean"}}}},
		"202": {"description": "x", "content": {"text/csv": {"schema": {"type": "string"}}}},
		"204": {"description": "x"},
		"default": {"description": "x", "content": {"text/plain": {"schema": {"type": ["number", "null"]}}}}
	}
}}, "/plain": {"get": {"operationId": "plain", "responses": {"200": {"description": "x"}}}},
"/shared": {
	"get": {"operationId": "shared", "responses": {"200": {"description": "x"}}},
	"parameters": [{"name": "size", "in": "query", "schema": {"type": "integer"}}]
}},
"components": {"schemas": {
	"Kind": {"type": "object", "required": ["kind"], "properties": {
		"kind": {"type": "string", "enum": ["A", "B"]},
		"within": {"type": "array", "items": {"$ref": "#/components/schemas/Kind"}}}},
	"Text": {"type": "object", "required": ["name", "size"], "properties": {
		"name": {"type": "string", "minLength": 2},
		"size": {"type": "number"},
		"ids": {"type": "array", "items": {"type": "integer"}}}},
	"Form": {"type": "object", "required": ["name", "file"], "properties": {
		"name": {"type": "string", "minLength": 2},
		"file": {"type": "string", "format": "binary", "maxLength": 1},
		"count": {"type": "integer"},
		"ids": {"type": "array", "items": {"type": "integer"}},
		"kind": {"$ref": "#/components/schemas/Kind"}}}
}}}`

// form is a multipart form: fields, and files with a name that begins with "@".
func form(fields ...string) string {
	var b strings.Builder
	for i := 0; i < len(fields); i += 2 {
		name, isFile := strings.CutPrefix(fields[i], "@")
		b.WriteString("--X\r\nContent-Disposition: form-data; name=\"" + name + `"`)
		if isFile {
			b.WriteString("; filename=\"f.bin\"\r\nContent-Type: application/octet-stream")
		}
		b.WriteString("\r\n\r\n" + fields[i+1] + "\r\n")
	}
	return b.String() + "--X--\r\n"
}

func TestRequest(t *testing.T) {
	d := newDocument(t, checkDocument)
	const multipartX, octets = "multipart/form-data; boundary=X", "application/octet-stream"
	tests := []struct {
		name, target, contentType, body string
		want                            []string
	}{
		{"valid", "/probe/7?size=1", jsonType, `{"kind":"A","within":[{"kind":"B"}]}`, nil},
		{
			"wrong parameters", "/probe/x?size=11&more=1", jsonType, `{"kind":"A"}`,
			[]string{"path id: cannot be parsed", "query [more]: not declared", "query size: maximum"},
		},
		{"missing parameter", "/probe/7", jsonType, `{"kind":"A"}`, []string{"query size: required"}},
		{
			"wrong JSON", "/probe/7?size=1", jsonType, `{"kind":1,"within":[{}]}`,
			[]string{"/kind: enum: want one of [A B]", "/within/0/kind: required"},
		},
		{"not JSON", "/probe/7?size=1", jsonType, `{`, []string{"body: cannot be parsed"}},
		{"no body", "/probe/7?size=1", jsonType, ``, []string{"body: required"}},
		{"wrong Content-Type", "/probe/7?size=1", "text/html", `x`, []string{"header Content-Type: not declared"}},
		{"form", "/probe/7?size=1", formType, "name=ab&size=1.5&ids=1&ids=2", nil},
		{
			"wrong form", "/probe/7?size=1", formType, "name=a",
			[]string{"/name: minLength", "/size: required"},
		},
		{"wrong number in a form", "/probe/7?size=1", formType, "name=ab&size=x", []string{"/size: cannot be parsed"}},
		{"multipart", "/probe/7?size=1", multipartX, form("name", "ab", "@file", "\x00\xff", "count", "1", "ids", "1", "ids", "2", "kind", `{"kind":"A"}`), nil},
		{
			"wrong multipart", "/probe/7?size=1", multipartX, form("name", "a", "count", "x", "ids", "x", "kind", `{"kind":"C"}`),
			[]string{
				"/count: type: want integer, got string", "/file: required", "/ids/0: type: want integer, got string",
				"/kind/kind: enum: want one of [A B]", "/name: minLength",
			},
		},
		{"cut multipart", "/probe/7?size=1", multipartX, form("name", "ab")[:54], []string{"body: cannot be parsed"}},
		{"multipart without boundary", "/probe/7?size=1", multipartType, form(), []string{"body: cannot be parsed"}},
		{"binary", "/probe/7?size=1", octets, "\x00\xff", nil},
		{"number as text", "/probe/7?size=1", textType, "12\n", nil},
		{"wrong text", "/probe/7?size=1", textType, "x", []string{"body: type: want integer, got string"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest("POST", tt.target, nil)
			r.Header.Set("Content-Type", tt.contentType)
			o, params := d.Find("POST", r.URL.Path)
			r.SetPathValue("id", params["id"])
			got := o.Request(r, []byte(tt.body), func(name string) string { return "[" + name + "]" })
			if diff := cmp.Diff(withPrefix("probe: request: ", tt.want), got); diff != "" {
				t.Errorf("violations (-want +got):\n%s", diff)
			}
		})
	}
}

func withPrefix(prefix string, lines []string) []string {
	var all []string
	for _, line := range lines {
		all = append(all, prefix+line)
	}
	return all
}

func TestResponse(t *testing.T) {
	o := newDocument(t, checkDocument).ByID("probe")
	tests := []struct {
		name                      string
		status                    int
		header, contentType, body string
		want                      []string
	}{
		{"valid", 200, "1", jsonType, `{"kind":"A"}`, nil},
		{"wrong enum", 200, "1", jsonType, `{"kind":"C"}`, []string{"response 200: /kind: enum: want one of [A B]"}},
		{"wrong header", 200, "x", jsonType, `{"kind":"A"}`, []string{"response 200: header X-Left: cannot be parsed"}},
		{"missing header", 200, "", jsonType, `{"kind":"A"}`, []string{"response 200: header X-Left: required"}},
		{"wrong Content-Type", 200, "1", "text/plain", `x`, []string{"response 200: header Content-Type: not declared"}},
		{"no body", 200, "1", jsonType, ``, []string{"response 200: body: cannot be parsed"}},
		{"boolean as text", 201, "", "text/plain;charset=UTF-8", `true`, nil},
		{"wrong text", 201, "", "text/plain", `yes`, []string{"response 201: type: want boolean, got string"}},
		{"download", 202, "", "text/csv", `a,b`, nil},
		{"body that is not declared", 204, "", "", `x`, nil},
		{"number by default", 203, "", "text/plain", `1.5`, nil},
		{"null by default", 203, "", "text/plain", `null`, nil},
		{"text by default", 203, "", "text/plain", `x`, []string{"response 203: type: want number or null, got string"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := http.Header{"Content-Type": {tt.contentType}}
			if tt.header != "" {
				h.Set("X-Left", tt.header)
			}
			got := o.Response(httptest.NewRequest("POST", "/probe/7", nil), tt.status, h, []byte(tt.body), true)
			if diff := cmp.Diff(withPrefix("probe: ", tt.want), got); diff != "" {
				t.Errorf("violations (-want +got):\n%s", diff)
			}
		})
	}
}

// TestResponseWithoutBody checks that a body that is not complete is not checked, but the
// status and the header are.
func TestResponseWithoutBody(t *testing.T) {
	d := newDocument(t, checkDocument)
	r := httptest.NewRequest("POST", "/probe/7", nil)
	h := http.Header{"Content-Type": {jsonType}, "X-Left": {"x"}}
	want := []string{"probe: response 200: header X-Left: cannot be parsed"}
	if diff := cmp.Diff(want, d.ByID("probe").Response(r, 200, h, []byte("{"), false)); diff != "" {
		t.Errorf("violations (-want +got):\n%s", diff)
	}
	want = []string{"plain: response 418: the status is not declared"}
	if diff := cmp.Diff(want, d.ByID("plain").Response(r, 418, h, nil, false)); diff != "" {
		t.Errorf("violations (-want +got):\n%s", diff)
	}
}

func TestBadParameter(t *testing.T) {
	d := newDocument(t, checkDocument)
	tests := []struct {
		target, header, name string
		bad                  bool
	}{
		{"/probe/7?size=1", "true", "", false},
		{"/probe/7?size=11&more=1", "", "", false}, // violations, but of the right type
		{"/probe/x?size=1", "", "id", true},
		{"/probe/7?size=x", "", "size", true},
		{"/probe/7?size=", "", "size", true},
		{"/probe/7?size=1", "x", "X-Kind", true},
		{"/probe/7", "", "", true},
	}
	for _, tt := range tests {
		r := httptest.NewRequest("POST", tt.target, nil)
		if tt.header != "" {
			r.Header.Set("X-Kind", tt.header)
		}
		o, params := d.Find("POST", r.URL.Path)
		r.SetPathValue("id", params["id"])
		if name, bad := o.BadParameter(r); name != tt.name || bad != tt.bad {
			t.Errorf("%s: BadParameter = %q, %t, want %q, %t", tt.target, name, bad, tt.name, tt.bad)
		}
	}
	if name, bad := d.ByID("shared").BadParameter(httptest.NewRequest("GET", "/shared?size=x", nil)); name != "size" || !bad {
		t.Errorf("a parameter of the path: BadParameter = %q, %t", name, bad)
	}
	if _, bad := d.ByID("plain").BadParameter(httptest.NewRequest("GET", "/plain", nil)); bad || d.ByID("plain").loaded != nil {
		t.Errorf("an operation without parameters: bad = %t, and it was decoded", bad)
	}
}

// FuzzScanner checks that New returns or reports an error for any text, and that it finds
// what encoding/json finds.
func FuzzScanner(f *testing.F) {
	f.Add([]byte(testDocument))
	f.Add([]byte(`{"paths":{"a\u0041":{"get":{"operationId":"x"}}}}`))
	f.Add([]byte(`{"components":{"schemas":{"x":[{"a":"]}"},1,null]}}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if d, err := New(text); err == nil {
			for r, component := range d.components {
				if len(bytes.TrimSpace(component)) == 0 {
					t.Errorf("%v is empty", r)
				}
			}
		}
	})
}
