package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

// listOf returns a list of JSON texts that ends with err, unless err is nil.
func listOf(err error, list ...string) elements {
	return func(yield func(json.RawMessage, error) bool) {
		for _, v := range list {
			if !yield(json.RawMessage(v), nil) {
				return
			}
		}
		if err != nil {
			yield(nil, err)
		}
	}
}

// printed returns what the flags print for a list.
func printed(t *testing.T, o outputFlags, list elements) (string, error) {
	t.Helper()
	var b bytes.Buffer
	cmd := newRoot()
	cmd.SetOut(&b)
	cmd.SetContext(t.Context())
	p, err := o.printer(cmd)
	if err != nil {
		return "", err
	}
	err = p.list(list)
	return b.String(), err
}

const (
	// unusual has an unknown field, numbers that a float64 cannot represent, spellings
	// that encoding/json would change, and strings that YAML could read as other types.
	unusual = `{"userId":9007199254740993,"rate":1.10,"big":1e400,"new":{"z":[1,{"a":null}],"b":{}},` +
		`"name":"\u00e9 <b>\/","flag":"yes","no":"012","at":"2020-05-15","text":"a,\"b\"\nc"}`
	boss = `{"userId":1,"userName":"boss","roles":[{"roleType":"USER"}],"children":[` +
		`{"userId":2,"userName":"child","children":[],"team":"A"},{"userId":3,"userName":"=1+1","enabled":false}]}`
)

func TestOutput(t *testing.T) {
	ago, err := timeAgo("2020-05-15T20:38:13.686+0000")
	if err != nil || !strings.HasSuffix(ago, "years ago") {
		t.Fatalf("timeAgo returned %q and %v", ago, err)
	}
	tests := []struct {
		name  string
		flags outputFlags
		list  []string
		want  string
	}{
		{"json", outputFlags{format: formatJSON}, []string{`{"b": 1,"a":[]}`, `2.50`}, "[\n  {\n    \"b\": 1,\n    \"a\": []\n  },\n  2.50\n]\n"},
		{"json empty", outputFlags{format: formatJSON}, nil, "[]\n"},
		{"json unusual", outputFlags{format: formatJSON}, []string{unusual}, `[
  {
    "userId": 9007199254740993,
    "rate": 1.10,
    "big": 1e400,
    "new": {
      "z": [
        1,
        {
          "a": null
        }
      ],
      "b": {}
    },
    "name": "\u00e9 <b>\/",
    "flag": "yes",
    "no": "012",
    "at": "2020-05-15",
    "text": "a,\"b\"\nc"
  }
]
`},
		{"yaml", outputFlags{format: formatYAML}, []string{unusual, `{"a":1}`}, `- userId: 9007199254740993
  rate: 1.10
  big: 1e400
  new:
    z:
      - 1
      - a: null
    b: {}
  name: é <b>/
  flag: "yes"
  "no": "012"
  at: "2020-05-15"
  text: "a,\"b\"\nc"
- a: 1
`},
		{"yaml empty", outputFlags{format: formatYAML}, nil, "[]\n"},
		{"csv", outputFlags{format: formatCSV}, []string{unusual, `{"a":1,"rate":null}`},
			"a,at,big,flag,name,new,no,rate,text,userId\n" +
				`,2020-05-15,1e400,yes,é <b>/,"{""z"":[1,{""a"":null}],""b"":{}}",012,1.10,"a,""b""` + "\nc\",9007199254740993\n1,,,,,,,,,\n"},
		{"csv nested users", outputFlags{format: formatCSV}, []string{boss},
			"enabled,roles,team,userId,userName\n,USER,,1,boss\n,,A,2,child\nfalse,,,3,=1+1\n"},
		{"csv roles", outputFlags{format: formatCSV}, []string{
			`{"roles":["USER","ADMIN"]}`, `{"roles":[{"roleType":"USER","description":"x"},{"roleType":"ADMIN"}]}`, `{"roles":null}`, `{"roles":[]}`,
			`{"roles":["A,B"]}`, `{"roles":[{"name":"A"}]}`, `{"roles":[7]}`, `{"roles":"A"}`,
		}, "roles\n\"USER, ADMIN\"\n\"USER, ADMIN\"\n\n\n\"[\"\"A,B\"\"]\"\n\"[{\"\"name\"\":\"\"A\"\"}]\"\n[7]\nA\n"},
		{"csv times", outputFlags{format: formatCSV}, []string{
			`{"at":{"millis":1589575093686}}`, `{"at":"2020-05-15T20:38:13.686+0000"}`, `{"at":1589575093686}`, `{"at":{"millis":1,"zone":2}}`, `{"at":{"millis":"x"}}`,
		}, "at\n2020-05-15T20:38:13.686+0000\n2020-05-15T20:38:13.686+0000\n1589575093686\n\"{\"\"millis\"\":1,\"\"zone\"\":2}\"\n\"{\"\"millis\"\":\"\"x\"\"}\"\n"},
		{"csv empty", outputFlags{format: formatCSV}, nil, ""},
		{"jq", outputFlags{jq: `.[] | .userId, .new.z, .name`}, []string{unusual}, "9007199254740993\n[1,{\"a\":null}]\né <b>/\n"},
		{"jq arithmetic", outputFlags{jq: `map(.userId + 1) | add`}, []string{unusual, `{"userId":1}`}, "9007199254740996\n"},
		{"jq length", outputFlags{jq: `length`, format: formatJSON}, []string{boss}, "1\n"},
		{"jq csv", outputFlags{jq: `.[0].children[] | [.userId, .userName] | @csv`}, []string{boss}, "2,\"child\"\n3,\"=1+1\"\n"},
		{"jq halt", outputFlags{jq: `1, halt, 2`}, nil, "1\n"},
		{"jq has no environment", outputFlags{jq: `env, $ENV`}, nil, "{}\n{}\n"},
		{"template", outputFlags{template: `{{range .}}{{.userId}} {{.rate}} {{json .new.z}}{{"\n"}}{{end}}`}, []string{unusual}, "9007199254740993 1.10 [1,{\"a\":null}]\n"},
		{"template table", outputFlags{template: `{{range .}}{{tablerow .userId (truncate 5 .userName) (pluck "roleType" .roles | join ", ")}}{{range .children}}{{tablerow .userId .userName .x}}{{end}}{{end}}`},
			[]string{boss}, "1  boss   USER\n2  child  \n3  =1+1   \n"},
		{"template two tables", outputFlags{template: `{{tablerow 1 "long"}}{{tablerow 22 3}}{{tablerender}}-{{tablerow 1 2}}`}, nil, "1   long\n22  3\n-1  2\n"},
		{"template truncate", outputFlags{template: `{{truncate 3 (index . 0).userName}}`}, []string{boss}, "bo…"},
		{"template text", outputFlags{template: `{{with index . 0}}{{contains "os" .userName}} {{hasPrefix "bo" .userName}} {{hasSuffix "x" .userName}}{{end}}`},
			[]string{boss}, "true true false"},
		{"template times", outputFlags{template: `{{range .}}{{timefmt "2006-01-02 15:04" .at}};{{timeago .at}};{{end}}`},
			[]string{`{"at":"2020-05-15T20:38:13.686+0000"}`, `{"at":null}`}, "2020-05-15 20:38;" + ago + ";;;"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := printed(t, tt.flags, listOf(nil, tt.list...))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("output (-want +got):\n%s", diff)
			}
		})
	}
}

// TestYAMLHasTheValuesOfTheJSON reads the YAML again.
func TestYAMLHasTheValuesOfTheJSON(t *testing.T) {
	text := `[{"a":"","b":"null","c":"~","d":"1e3","e":"- x","f":"x: y","g":" lead","h":"#c","i":"\ud83d\ude00","j":"\u0000\u202e","k":"1:30",` +
		`"l":"off","m":"line\n","n":true,"o":null,"p":12,"q":-0.5,"y":"!!x","":"*"}]`
	got, err := printed(t, outputFlags{format: formatYAML}, listOf(nil, text[1:len(text)-1]))
	if err != nil {
		t.Fatal(err)
	}
	var fromYAML, fromJSON any
	if err := yaml.Unmarshal([]byte(got), &fromYAML); err != nil {
		t.Fatalf("%v in\n%s", err, got)
	}
	if err := json.Unmarshal([]byte(text), &fromJSON); err != nil {
		t.Fatal(err)
	}
	fromJSON.([]any)[0].(map[string]any)["p"] = 12 // yaml returns an int
	if diff := cmp.Diff(fromJSON, fromYAML); diff != "" {
		t.Errorf("values (-json +yaml):\n%s\n%s", diff, got)
	}
	for _, want := range []string{`l: "off"`, `k: "1:30"`, `"y": '!!x'`} {
		if !strings.Contains(got, want) {
			t.Errorf("the YAML does not contain %s, so that YAML 1.1 would read another value:\n%s", want, got)
		}
	}
}

// FuzzYAML checks that a string and a field name have the same value in YAML.
func FuzzYAML(f *testing.F) {
	for _, seed := range []string{"", "yes", "1:30", "- a", "\u0085\ufeff", "a\n b\n", "\x00", "'\"", "2020-05-15", "0x1_0", "!!int", "|\n", "\t\n\n\t", "=", "<<"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		text, err := json.Marshal([]any{s, map[string]string{s: "v"}})
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := writeYAML(&b, text); err != nil {
			t.Fatal(err)
		}
		var fromYAML, fromJSON []any
		if err := yaml.Unmarshal(b.Bytes(), &fromYAML); err != nil {
			t.Fatalf("%q became %q: %v", s, &b, err)
		}
		if err := json.Unmarshal(text, &fromJSON); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(fromJSON, fromYAML); diff != "" {
			t.Errorf("%q became %q (-json +yaml):\n%s", s, &b, diff)
		}
	})
}

// TestOutputOfABrokenList checks that a part of a list cannot be mistaken for all of it.
func TestOutputOfABrokenList(t *testing.T) {
	lost := errors.New("connection lost")
	tests := []struct {
		flags outputFlags
		want  string
	}{
		{outputFlags{format: formatJSON}, "[\n  {}"},
		{outputFlags{format: formatYAML}, ""},
		{outputFlags{format: formatCSV}, ""},
		{outputFlags{jq: "."}, ""},
		{outputFlags{template: "{{.}}"}, ""},
	}
	for _, tt := range tests {
		got, err := printed(t, tt.flags, listOf(lost, `{}`))
		if !errors.Is(err, lost) || got != tt.want {
			t.Errorf("%+v: got %q and error %v, want %q and %v", tt.flags, got, err, tt.want, lost)
		}
	}
}

func TestOutputErrors(t *testing.T) {
	tests := []struct {
		flags outputFlags
		want  string
		usage bool
	}{
		{outputFlags{jq: ".[", format: formatJSON}, "--jq: the expression '.[' is incomplete", true},
		{outputFlags{jq: ".a | ]"}, "--jq: the expression '.a | ]' is not valid: unexpected token", true},
		{outputFlags{jq: "nosuch"}, "--jq: the expression 'nosuch' is not valid: function not defined: nosuch/0", true},
		{outputFlags{jq: ".", format: formatCSV}, "end the expression with @csv", true},
		{outputFlags{template: "{{timefmt \"2006\" \"x\"}}"}, "cannot read \"x\" as a time", false},
		{outputFlags{template: "{{"}, "--template", true},
		{outputFlags{jq: ".", template: "x"}, "cannot be combined", true},
		{outputFlags{jq: ".", format: formatYAML}, "cannot be combined with --output yaml", true},
		{outputFlags{jq: ".[0].userId.x"}, "--jq: expected an object but got: number", false},
		{outputFlags{jq: `"secret" | halt_error`}, "--jq: ", false},
		{outputFlags{template: "{{template \"x\"}}"}, `template "x" not defined`, false},
		{outputFlags{format: formatCSV}, "--output csv: it is not a JSON object: \"7\"", false},
	}
	for _, tt := range tests {
		_, err := printed(t, tt.flags, listOf(nil, boss, "7"))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: error %v, want %q", tt.flags, err, tt.want)
			continue
		}
		if got := exitCode(err) == exitUsage; got != tt.usage {
			t.Errorf("%+v: a usage error: %t, want %t", tt.flags, got, tt.usage)
		}
	}
}

func TestHideSecrets(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"fields", `{ "crmPwd" : "a" ,"n": 1.50,"phoneRecordingPin":4444}`, `{ "crmPwd" : "***" ,"n": 1.50,"phoneRecordingPin":"***"}`},
		{"nested", `[{"a":[{"b":{"accessToken":"x"}}]},"y"]`, `[{"a":[{"b":{"accessToken":"***"}}]},"y"]`},
		{"not secret", `{"password":"","securityKey":null,"adminPasswordReset":true,"tokenType":"Bearer","spin":"x","apiKey":[]}`,
			`{"password":"","securityKey":null,"adminPasswordReset":true,"tokenType":"Bearer","spin":"x","apiKey":[]}`},
		{"containers", `{"password":["x",{"y":1}],"secret":{"id":1,"value":"v","token":"t"},"z":2}`,
			`{"password":"***","secret":{"id":1,"value":"v","token":"***"},"z":2}`},
		{"escaped name", `{"access\u0054oken":"x"}`, `{"access\u0054oken":"***"}`},
		{"scalar", ` 12 `, ` 12 `},
		{"last number", "{\"pin\":12\n}", "{\"pin\":\"***\"\n}"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := hideSecrets([]byte(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, string(got)); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
		})
	}
	for _, text := range []string{"", "{", "1 2", "<html>"} {
		if got, err := hideSecrets([]byte(text)); err == nil {
			t.Errorf("hideSecrets(%q) returned %q, want an error", text, got)
		}
	}
}

func FuzzHideSecrets(f *testing.F) {
	for _, seed := range []string{unusual, boss, `{"token":[1],"a":{"pin":{"pin":5}}}`, ` [ ] `} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := hideSecrets(text)
		if err != nil {
			if json.Valid(text) {
				t.Errorf("error %v for valid JSON %q", err, text)
			}
			return
		}
		var before, after any
		if json.Unmarshal(text, &before) != nil {
			return // a number that float64 cannot represent
		}
		if err := json.Unmarshal(got, &after); err != nil {
			t.Fatalf("%q became %q: %v", text, got, err)
		}
		if diff := cmp.Diff(withoutSecrets(before), withoutSecrets(after)); diff != "" {
			t.Errorf("%q became %q, which changes more than secrets:\n%s", text, got, diff)
		}
	})
}

// withoutSecrets removes the fields with the names of secrets from v.
func withoutSecrets(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = withoutSecrets(v[i])
		}
	case map[string]any:
		for name, value := range v {
			if isSecretField(name) {
				delete(v, name)
			} else {
				v[name] = withoutSecrets(value)
			}
		}
	}
	return v
}

// TestSecretsOfOpenAPI checks that the output hides every field that openapi.yaml
// declares as a secret, and no other field that it declares.
func TestSecretsOfOpenAPI(t *testing.T) {
	data, err := os.ReadFile("../../openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(data)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for schema, ref := range doc.Components.Schemas {
		for name, property := range ref.Value.Properties {
			isSecret := isSecretSchema(property.Value)
			if isSecret {
				found++
			}
			isText := !property.Value.Type.Is("boolean")
			if got := isSecretField(name) && isText; got != isSecret {
				t.Errorf("%s.%s: hidden: %t, want %t: see secretName", schema, name, got, isSecret)
			}
		}
	}
	if found < 8 {
		t.Errorf("openapi.yaml has %d secrets, want at least 8", found)
	}
}

// isSecretSchema reports whether the values of a schema, or of one of its alternatives,
// are secrets.
func isSecretSchema(s *openapi3.Schema) bool {
	isSecret := func(s *openapi3.SchemaRef) bool { return isSecretSchema(s.Value) }
	return s.Extensions["x-go-type"] == "wire.Secret" || s.Format == "password" || slices.ContainsFunc(s.AnyOf, isSecret)
}

// TestJQStopsWithTheContext runs an expression that never ends.
func TestJQStopsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	run, err := compileJQ(ctx, "last(repeat(1))")
	if err != nil {
		t.Fatal(err)
	}
	if err := run(io.Discard, []byte("null")); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v, want %v", err, context.Canceled)
	}
}

// TestTextOnATerminalIsPrintable checks that formats other than JSON escape control
// characters on a terminal only.
func TestTextOnATerminalIsPrintable(t *testing.T) {
	value, err := json.Marshal(map[string]string{"name": controls})
	if err != nil {
		t.Fatal(err)
	}
	render, err := compileJQ(t.Context(), ".[].name")
	if err != nil {
		t.Fatal(err)
	}
	for _, isTerminal := range []bool{true, false} {
		for _, p := range []outputPrinter{{format: formatCSV}, {format: formatYAML}, {format: formatJSON, render: render}} {
			var b bytes.Buffer
			p.w, p.isTerminal = &b, isTerminal
			if err := p.list(listOf(nil, string(value))); err != nil {
				t.Fatal(err)
			}
			if isTerminal {
				assertPrintable(t, b.String())
			} else if p.format != formatYAML && !strings.Contains(b.String(), controls) {
				t.Errorf("%s: the output changes the text of the server: %q", p.format, &b)
			}
		}
	}
}
