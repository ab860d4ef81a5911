package wire_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/oapi-codegen/runtime"

	"github.com/ringcx-go/ringcx-go/wire"
)

// style makes a path segment of v as the generated client does.
func style(v any) (string, error) {
	return runtime.StyleParamWithOptions("simple", false, "accountId", v,
		runtime.StyleParamOptions{ParamLocation: runtime.ParamLocationPath, Type: "string"})
}

// address resolves a segment as the generated client does, and returns the path
// that goes over the wire.
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

func TestPathIDRefuses(t *testing.T) {
	for _, id := range []wire.PathID{"", ".", ".."} {
		for _, v := range []any{id, &id} {
			got, err := style(v)
			if err == nil {
				t.Errorf("%T %q becomes the segment %q, want an error", v, id, got)
			} else if !strings.Contains(err.Error(), "wire: ") {
				t.Errorf("%T %q: error is %v, want the one of MarshalText", v, id, err)
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
			t.Errorf("%q becomes %q, %v, want %q", tt.id, got, err, tt.want)
		}
		if got, want := address(t, got), "/voice/api/v1/admin/accounts/"+tt.want+"/agentGroups"; got != want {
			t.Errorf("%q asks for %s, want %s", tt.id, got, want)
		}
	}
}

// The server side of the generated code reads the same value back.
func TestPathIDBinds(t *testing.T) {
	var got wire.PathID
	err := runtime.BindStyledParameterWithOptions("simple", "accountId", "a%2Fb", &got,
		runtime.BindStyledParameterOptions{ParamLocation: runtime.ParamLocationPath, Required: true, Type: "string"})
	if err != nil || got != "a/b" {
		t.Errorf("bound %q, %v, want a/b", got, err)
	}
}

func FuzzPathID(f *testing.F) {
	for _, s := range []string{"333333", "", ".", "..", "../x", "..;", "%2e%2e", "a/../b", "?", "#", "\x00", "\xff", "é"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		segment, err := style(wire.PathID(s))
		if refused := s == "" || s == "." || s == ".."; refused != (err != nil) {
			t.Fatalf("%q: error is %v", s, err)
		}
		if err != nil {
			return
		}
		path := address(t, segment)
		middle, ok := strings.CutPrefix(path, "/voice/api/v1/admin/accounts/")
		middle, ok2 := strings.CutSuffix(middle, "/agentGroups")
		if back, err := url.PathUnescape(middle); !ok || !ok2 || err != nil || back != s {
			t.Errorf("%q asks for %s, which holds %q (%v)", s, path, back, err)
		}
	})
}
