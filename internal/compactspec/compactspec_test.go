package compactspec_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/internal/compactspec"
)

func TestCompact(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{
			"texts are omitted, names are not", `
info: {title: x}
paths: {/x: {get: {summary: x, tags: [a], responses: {200: {description: x}}}}}
components: {schemas: {A: {description: x, x-go-name: B, properties: {description: {type: string, summary: x}}}}}`,
			`{"components":{"schemas":{"A":{"properties":{"description":{"type":"string"}}}}},"paths":{"/x":{"get":{"responses":{"200":{}}}}}}`,
		},
		{
			"data are unchanged", `{a: {example: {summary: x}, examples: [{description: 1}], enum: [a], default: {tags: b}}}`,
			`{"a":{"default":{"tags":"b"},"enum":["a"],"example":{"summary":"x"},"examples":[{"description":1}]}}`,
		},
		{
			"scalars", `{a: 2020-05-15, b: 1611847650696, c: null, d: 1.5, e: '1', f: on, g: true, h: <b>}`,
			`{"a":"2020-05-15","b":1611847650696,"c":null,"d":1.5,"e":"1","f":"on","g":true,"h":"<b>"}`,
		},
		{"references", "a: &x [1, {}]\nb: *x", `{"a":[1,{}],"b":[1,{}]}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := compactspec.Compact([]byte(tt.in))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, strings.ReplaceAll(string(got), "\n", "")); diff != "" {
				t.Errorf("JSON (-want +got):\n%s", diff)
			}
		})
	}
	for _, in := range []string{"a: [", "{a: 1, a: 2}", "<<: {a: 1}"} {
		if got, err := compactspec.Compact([]byte(in)); err == nil {
			t.Errorf("%q: %s, want an error", in, got)
		}
	}
}

// TestEmbedded checks that the fake has the current openapi.yaml.
func TestEmbedded(t *testing.T) {
	want, err := compactspec.Compact(read(t, "../../openapi.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, read(t, "../../ringcx/ringcxtest/internal/contract/openapi.json")) {
		t.Error("openapi.json does not match openapi.yaml: run go generate ./...")
	}
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
