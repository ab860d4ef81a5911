package main

import (
	"encoding/base64"
	"encoding/json"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// TestMockHelpListsValidFaults parses the faults and arguments at the end of the help.
func TestMockHelpListsValidFaults(t *testing.T) {
	_, list, found := strings.Cut(mockHelp, "The faults are:")
	if !found {
		t.Fatal("the help lists no faults")
	}
	n := 0
	for text := range strings.SplitSeq(list, ",") {
		text = strings.Trim(strings.TrimSpace(text), `"`)
		if _, err := ringcxtest.ParseFault(text); err != nil {
			t.Errorf("the help lists the fault %q: %v", text, err)
		}
		n++
	}
	if n < 15 {
		t.Errorf("the help lists %d faults, want at least 15", n)
	}
}

func TestMockLifetime(t *testing.T) {
	mock := startMock(t, "--lifetime", "30s")
	token, err := command(mock.env, "token").Output()
	if err != nil {
		t.Fatal(err)
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(string(token), ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims struct{ Iat, Exp int64 }
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	if life := claims.Exp - claims.Iat; life != 30 {
		t.Errorf("the token is valid for %d s, want 30 s", life)
	}
}

func TestReachable(t *testing.T) {
	tests := []struct{ listening, want string }{
		{"127.0.0.1:80", "127.0.0.1:80"},
		{"[::1]:80", "[::1]:80"},
		{"0.0.0.0:80", "127.0.0.1:80"},
		{"[::]:80", "127.0.0.1:80"},
		{"192.0.2.1:80", "192.0.2.1:80"},
	}
	for _, tt := range tests {
		addr := net.TCPAddrFromAddrPort(netip.MustParseAddrPort(tt.listening))
		if got := reachable(addr); got != tt.want {
			t.Errorf("reachable(%s) is %s, want %s", tt.listening, got, tt.want)
		}
	}
}
