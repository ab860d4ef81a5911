package ringcx

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/ringcx-go/ringcx-go/ringcx/internal/keepalive"
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

// TestDefaultKeyIgnoresSpelling requires equal keys for equivalent base URLs, and different
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
			t.Errorf("key of %q and %q is %s, want another key than for the base URLs before", s.ringCentral, s.ringCX, got)
		}
		seen[got] = true
	}
}

// TestParseBaseURLNormalizes checks the normalized text of base URLs, and that URLs without a
// host, and http URLs without a loopback host, are rejected.
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

// TestEmbeddedLogin resolves sources that embed a built-in login. They have all methods of
// a builtinLogin, but must not be replaced by the login that they embed.
func TestEmbeddedLogin(t *testing.T) {
	for _, source := range []oauth2.TokenSource{
		struct{ *JWTLogin }{&JWTLogin{ClientID: "id", ClientSecret: "secret", JWT: "a.b.c"}},
		struct{ *CodeLogin }{&CodeLogin{ClientID: "id"}},
	} {
		cfg, _, err := Config{RingCentral: source}.resolve()
		if err != nil || cfg.RingCentral != source {
			t.Errorf("RingCentral is %T, %v, want %T", cfg.RingCentral, err, source)
		}
		if _, ok := asBuiltinLogin(source); ok {
			t.Errorf("%T is a builtinLogin", source)
		}
	}
}

// TestAddsToken checks which requests are sent with the bearer token.
func TestAddsToken(t *testing.T) {
	base, err := parseBaseURL("f", "https://cx.example/prefix/", DefaultBaseURL)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		url  string
		want bool // whether the token is added
	}{
		{"https://cx.example/prefix/voice/api/v1/admin/accounts", true},
		{"https://cx.example:443/prefix/voice", true},
		{"https://CX.example/voice", true},
		{"http://cx.example/prefix/voice", false},
		{"https://cx.example:8443/prefix/voice", false},
		{"https://cx.example.evil/prefix/voice", false},
		{"https://evil@cx.example.evil/prefix", false},
		{"https://cx.example/prefix/api/auth/token/refresh", false},
		{"https://cx.example/prefix/voice/../api/auth/token/refresh", false},
		{"https://cx.example/prefix/voice/%2e%2e/api/auth/token/refresh", false},
		{"https://cx.example/prefix/api/auth", false},
		{"https://cx.example/prefix/api/authors", true},
	}
	tr := &transport{cache: &tokenCache{settings: &settings{base: base}}}
	for _, tt := range tests {
		u, err := url.Parse(tt.url)
		if err != nil {
			t.Fatal(err)
		}
		if got := tr.addsToken(u); got != tt.want {
			t.Errorf("addsToken(%s) = %v, want %v", tt.url, got, tt.want)
		}
	}
}

// TestMaskURL checks that maskURL removes the query, the fragment and a token in the
// path.
func TestMaskURL(t *testing.T) {
	tests := []struct{ raw, want string }{
		{"https://cx.example/api/auth/logout/s3cret", "https://cx.example/api/auth/logout/***"},
		{"https://cx.example/p/api/auth/logout/s3cret?x=s3cret", "https://cx.example/p/api/auth/logout/***"},
		{"https://cx.example/p/voice/api/v1/admin/token/s3%2Fcret", "https://cx.example/p/voice/api/v1/admin/token/***"},
		{"https://cx.example/voice/api/v1/admin/token", "https://cx.example/voice/api/v1/admin/token"},
		{"https://cx.example/voice?x=1#y", "https://cx.example/voice"},
		{"::", "::"},
	}
	for _, tt := range tests {
		if got := maskURL(tt.raw); got != tt.want {
			t.Errorf("maskURL(%s) = %s, want %s", tt.raw, got, tt.want)
		}
	}
}

// TestReplacedDefaultTransport assigns a RoundTripper to http.DefaultTransport, which a
// Config without an HTTPClient must use.
func TestReplacedDefaultTransport(t *testing.T) {
	original, own := http.DefaultTransport, &noTransport{}
	http.DefaultTransport = own
	defer func() { http.DefaultTransport = original }()
	ts, err := NewTokenSource(Config{RingCentral: &JWTLogin{ClientID: "a", ClientSecret: "b", JWT: "c"}})
	if err != nil {
		t.Fatal(err)
	}
	if got := ts.cache.cfg.transport(); got != own {
		t.Errorf("got %v, want http.DefaultTransport", got)
	}
}

// TestOneConnectionPool requires one transport for the token requests, the sign-ins and the
// calls of all Clients with the same original transport, so that they share connections.
func TestOneConnectionPool(t *testing.T) {
	original := &http.Transport{}
	for range 2 {
		cfg := Config{RingCentral: &JWTLogin{ClientID: "a", ClientSecret: "b", JWT: "c"}, HTTPClient: &http.Client{Transport: original}}
		c, err := New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		cache, want := c.Tokens.cache, keepalive.Transport(original)
		for name, got := range map[string]http.RoundTripper{
			"token requests": cache.client.Transport,
			"sign-ins":       cache.cfg.RingCentral.(*JWTLogin).HTTPClient.Transport,
			"calls":          c.doer.Transport.(*transport).base,
			"Transport":      c.Tokens.Transport(nil).(*transport).base,
		} {
			if got != want {
				t.Errorf("transport of %s is %v, want %v", name, got, want)
			}
		}
	}
}

// noTransport is a RoundTripper of a program.
type noTransport struct{ http.RoundTripper }

func TestShownURL(t *testing.T) {
	tests := []struct{ raw, want string }{
		{"cx.example", `: it is "cx.example"`},
		{"https://%zz", `: it is "https://%zz"`},
		{"http://ringcx.example/a\nb", `: it is "http://ringcx.example/a\nb"`},
		{"https://u:pw@cx.example/a", `: it is "https://***@cx.example/a"`},
		{"https://u:p?w/@#@cx.example/a", `: it is "https://***@cx.example/a"`},
		{"u:pw@cx.example", `: it is "***@cx.example"`},
		{"https://cx.example?token=secret", `: it is "https://cx.example?***"`},
		{"https://cx.example#secret", `: it is "https://cx.example?***"`},
		{"https://" + strings.Repeat("a", 200), `: it is "https://` + strings.Repeat("a", maxShownURL-len("https://")) + `…"`},
		{"eyJhbGciOi.eyJzdWIiOi.c2lnbmF0", ""},
		{"0123456789abcdef", ""},
	}
	for _, tt := range tests {
		if got := shownURL(tt.raw); got != tt.want {
			t.Errorf("shownURL(%q) is %s, want %s", tt.raw, got, tt.want)
		}
	}
}
