package ringcx

import (
	"net/url"
	"testing"
)

// TestAddsToken checks which requests are sent with the token.
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

// TestMaskURL expects no query and no logout token in the URL of an error.
func TestMaskURL(t *testing.T) {
	tests := []struct{ raw, want string }{
		{"https://cx.example/api/auth/logout/s3cret", "https://cx.example/api/auth/logout/***"},
		{"https://cx.example/p/api/auth/logout/s3cret?x=s3cret", "https://cx.example/p/api/auth/logout/***"},
		{"https://cx.example/voice?x=1#y", "https://cx.example/voice"},
		{"::", "::"},
	}
	for _, tt := range tests {
		if got := maskURL(tt.raw); got != tt.want {
			t.Errorf("maskURL(%s) = %s, want %s", tt.raw, got, tt.want)
		}
	}
}
