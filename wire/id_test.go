package wire_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/oapi-codegen/runtime"

	"github.com/ringcx-go/ringcx-go/wire"
)

func TestIDReads(t *testing.T) {
	testReads(t, "old", []read[wire.ID]{
		{"string", `"99990001"`, "99990001"},
		{"number", `99990001`, "99990001"},
		{"zero", `0`, "0"},
		{"negative", `-12`, "-12"},
		{"largest int64", `9223372036854775807`, "9223372036854775807"},
		{"smallest int64", `-9223372036854775808`, "-9223372036854775808"},
		{"too large for a float64", `9007199254740993`, "9007199254740993"},
		{"too large for an int64", `123456789012345678901234567890`, "123456789012345678901234567890"},
		{"not digits", `"~"`, "~"},
		{"leading zeros", `"007"`, "007"},
		{"escapes", `"a\u00e9<\/\""`, `aé</"`},
		{"null", `null`, ""},
		{"string null", `"null"`, ""},
		{"empty", `""`, ""},
	})
}

func TestIDRejects(t *testing.T) {
	testRejects(t, wire.ID("old"), `true`, `false`, `{}`, `[]`, `["1"]`, `1.0`, `1e3`, `1E3`, `-0.5`)
}

func TestIDWritesString(t *testing.T) {
	got, err := json.Marshal(map[wire.ID]wire.ID{"1": "9223372036854775807"})
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"1":"9223372036854775807"}`; string(got) != want {
		t.Errorf("Marshal = %s, want %s", got, want)
	}
}

func FuzzID(f *testing.F) {
	fuzzReads[wire.ID](f, `"99990001"`, `99990001`, `9223372036854775807`, `-9223372036854775808`, `-0`, `"\ud800"`, "\"\xff\"", `"\u0000"`)
}

// style returns v as a path segment, as the generated client does.
func style(v any) (string, error) {
	return runtime.StyleParamWithOptions("simple", false, "accountId", v,
		runtime.StyleParamOptions{ParamLocation: runtime.ParamLocationPath, Type: "string"})
}

// address resolves a segment as the generated client does, and returns the path of the
// request.
func address(t *testing.T, segment string) string {
	t.Helper()
	base, err := url.Parse("https://engage.ringcentral.com/")
	if err != nil {
		t.Fatal(err)
	}
	u, err := base.Parse("./voice/api/v1/admin/accounts/" + segment + "/agentGroups")
	if err != nil {
		t.Fatalf("segment %q: %v", segment, err)
	}
	return u.EscapedPath()
}

func TestPathIDRejects(t *testing.T) {
	for _, id := range []wire.PathID{"", ".", ".."} {
		for _, v := range []any{id, &id} {
			got, err := style(v)
			if err == nil {
				t.Errorf("%T %q: segment is %q, want an error", v, id, got)
			} else if !strings.Contains(err.Error(), "wire: ") {
				t.Errorf("%T %q: error is %v, want the error of MarshalText", v, id, err)
			}
		}
	}
}

func TestPathIDStaysOneSegment(t *testing.T) {
	tests := []struct{ id, want string }{
		{"333333", "333333"},
		{"~", "~"},
		{"...", "..."},
		{"../x", "..%2Fx"},
		{"..;", "..%3B"},
		{"..;/x", "..%3B%2Fx"},
		{`..\x`, "..%5Cx"},
		{"%2e%2e", "%252e%252e"},
		{"a/../b", "a%2F..%2Fb"},
		{"/", "%2F"},
		{"a?b=c#d", "a%3Fb=c%23d"},
		{" ", "%20"},
		{"\r\n", "%0D%0A"},
		{"..\x00", "..%00"},
		{"é", "%C3%A9"},
	}
	for _, tt := range tests {
		got, err := style(wire.PathID(tt.id))
		if err != nil || got != tt.want {
			t.Errorf("segment of %q is %q, error %v, want %q", tt.id, got, err, tt.want)
		}
		if got, want := address(t, got), "/voice/api/v1/admin/accounts/"+tt.want+"/agentGroups"; got != want {
			t.Errorf("path of %q is %s, want %s", tt.id, got, want)
		}
	}
}

// TestPathIDBinds checks that a server that oapi-codegen generates decodes the same value.
func TestPathIDBinds(t *testing.T) {
	var got wire.PathID
	err := runtime.BindStyledParameterWithOptions("simple", "accountId", "a%2Fb", &got,
		runtime.BindStyledParameterOptions{ParamLocation: runtime.ParamLocationPath, Required: true, Type: "string"})
	if err != nil || got != "a/b" {
		t.Errorf("value is %q, error %v, want a/b", got, err)
	}
}

func FuzzPathID(f *testing.F) {
	for _, s := range []string{"333333", "", ".", "..", "../x", "..;", "%2e%2e", "a/../b", "?", "#", "\x00", "\xff", "é"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		segment, err := style(wire.PathID(s))
		if rejected := s == "" || s == "." || s == ".."; rejected != (err != nil) {
			t.Fatalf("%q: error is %v", s, err)
		}
		if err != nil {
			return
		}
		path := address(t, segment)
		middle, ok := strings.CutPrefix(path, "/voice/api/v1/admin/accounts/")
		middle, ok2 := strings.CutSuffix(middle, "/agentGroups")
		if back, err := url.PathUnescape(middle); !ok || !ok2 || err != nil || back != s {
			t.Errorf("path of %q is %s, which contains %q (%v)", s, path, back, err)
		}
	})
}
