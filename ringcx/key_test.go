package ringcx

import (
	"context"
	"testing"
)

// unusedStore is a Store that is not called.
type unusedStore struct{}

func (unusedStore) Load(context.Context, string) ([]byte, string, error) { return nil, "", nil }

func (unusedStore) CompareAndSwap(context.Context, string, string, []byte) (string, error) {
	return "", nil
}

// defaultKey returns the default Key for these base URLs.
func defaultKey(t *testing.T, ringCentral, ringCX string) string {
	t.Helper()
	cfg, _, err := Config{
		RingCentral: &JWTLogin{ClientID: "id", ClientSecret: "secret", JWT: "a.b.c", BaseURL: ringCentral},
		BaseURL:     ringCX, Store: unusedStore{},
	}.resolve()
	if err != nil {
		t.Fatal(err)
	}
	return cfg.Key
}

// TestDefaultKeyIgnoresSpelling expects equal keys for equivalent base URLs, and different
// keys for different ones.
func TestDefaultKeyIgnoresSpelling(t *testing.T) {
	const want = "4e5f002aed7ae8becc51b939c0c09446" // must not change: programs with different versions of this library share a record
	if got := defaultKey(t, "", ""); got != want {
		t.Errorf("key of the default base URLs is %s, want %s", got, want)
	}
	same := []struct{ ringCentral, ringCX string }{
		{ringCentralURL, DefaultBaseURL},
		{ringCentralURL + "/", DefaultBaseURL},
		{"https://platform.ringcentral.com//", DefaultBaseURL + "/"},
		{"HTTPS://Platform.RingCentral.COM", "https://Engage.ringcentral.com"},
		{"https://platform.ringcentral.com:443", "https://engage.ringcentral.com:443/"},
		{"https://platform.ringcentral.com:", "https://engage.ringcentral.com/./"},
		{"https://platform.ringcentral.com?", "https://engage.ringcentral.com/a/../"},
	}
	for _, s := range same {
		if got := defaultKey(t, s.ringCentral, s.ringCX); got != want {
			t.Errorf("key of %q and %q is %s, want %s", s.ringCentral, s.ringCX, got, want)
		}
	}
	others := []struct{ ringCentral, ringCX string }{
		{"https://platform.devtest.ringcentral.com", ""},
		{"https://platform.ringcentral.com:8443", ""},
		{"https://platform.ringcentral.com/x", ""},
		{"", CurrentBaseURL},
		{"", "https://engage.ringcentral.com:80"},
		{"", "https://engage.ringcentral.com/X"},
		{"", "https://engage.ringcentral.com/x"},
	}
	seen := map[string]bool{want: true}
	for _, s := range others {
		got := defaultKey(t, s.ringCentral, s.ringCX)
		if seen[got] {
			t.Errorf("key of %q and %q is %s, like that of other base URLs", s.ringCentral, s.ringCX, got)
		}
		seen[got] = true
	}
}

func TestParseBaseURLNormalizes(t *testing.T) {
	tests := []struct{ raw, want string }{
		{"https://CX.example:443/Prefix//a/./b/../", "https://cx.example/Prefix/a"},
		{"http://LOCALHOST:80", "http://localhost"},
		{"http://localhost:443/", "http://localhost:443"},
		{"https://[::1]:443", "https://[::1]"},
		{"http://[::1]:8080/x", "http://[::1]:8080/x"},
		{"https://cx.example/../..", "https://cx.example"},
	}
	for _, tt := range tests {
		u, err := parseBaseURL("f", tt.raw, DefaultBaseURL)
		if err != nil || u.String() != tt.want {
			t.Errorf("parseBaseURL(%s) is %v, %v, want %s", tt.raw, u, err, tt.want)
		}
	}
	for _, raw := range []string{"https://:443", "https://", "http://cx.example"} {
		if u, err := parseBaseURL("f", raw, DefaultBaseURL); err == nil {
			t.Errorf("parseBaseURL(%s) is %s, want an error", raw, u)
		}
	}
}

// TestEmbeddedLogin resolves a source that embeds a *JWTLogin. It has all methods of a
// builtinLogin, but must not be replaced by the login that it embeds.
func TestEmbeddedLogin(t *testing.T) {
	source := struct{ *JWTLogin }{&JWTLogin{ClientID: "id", ClientSecret: "secret", JWT: "a.b.c"}}
	cfg, _, err := Config{RingCentral: source}.resolve()
	if err != nil || cfg.RingCentral != source {
		t.Errorf("RingCentral is %T, %v, want %T", cfg.RingCentral, err, source)
	}
	if _, ok := asBuiltinLogin(source); ok {
		t.Error("it is a builtinLogin")
	}
}
