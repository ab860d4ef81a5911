package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx"
)

// controls contains the characters that control a terminal.
var controls = func() string {
	var b strings.Builder
	for r := range rune(0xa0) {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			b.WriteRune(r)
		}
	}
	return b.String() + "\u061c\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
}()

func assertPrintable(t *testing.T, text string) {
	t.Helper()
	for _, r := range text {
		if strings.ContainsRune(controls, r) {
			t.Errorf("text contains %U: %q", r, text)
			return
		}
	}
}

func TestPrintable(t *testing.T) {
	tests := []struct{ text, want string }{
		{"plain Zoë 👩‍👩‍👧 \ufffd", "plain Zoë 👩‍👩‍👧 \ufffd"},
		{"a\tb\nc", "a\tb\nc"},
		{"\x1b[31m\x7f\u009b", `\u001b[31m\u007f\u009b`},
		{"a\u202eb\u2069", `a\u202eb\u2069`},
		{"\x9b2J\xff", `\ufffd2J\ufffd`},
		{"\r", `\u000d`},
	}
	for _, tt := range tests {
		if got := printable(tt.text); got != tt.want {
			t.Errorf("printable(%q) is %q, want %q", tt.text, got, tt.want)
		}
	}
	assertPrintable(t, printable(controls))
}

// TestJSONListIsPrintable checks that the control characters are escaped and that the
// JSON has the same value.
func TestJSONListIsPrintable(t *testing.T) {
	want := gen.User{UserID: 1, UserName: "Zoë <b>" + controls, FullName: &controls}
	var b bytes.Buffer
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	p := &outputPrinter{w: &b, format: formatJSON}
	if err := p.list(listOf(nil, string(text))); err != nil {
		t.Fatal(err)
	}
	assertPrintable(t, b.String())
	var got []gen.User
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]gen.User{want}, got); diff != "" {
		t.Errorf("user (-want +got):\n%s", diff)
	}
}

func TestReportIsPrintable(t *testing.T) {
	for _, err := range []error{
		errors.New(controls),
		usagef("unknown flag: --%s", controls),
		&ringcx.Error{Stage: ringcx.StageCall, StatusCode: 404, Method: "GET", Path: "/" + controls, Code: controls, Message: controls},
	} {
		var b bytes.Buffer
		report(&b, err)
		assertPrintable(t, b.String()+describe(err))
		if strings.Count(b.String(), "\n") != 1 || !strings.Contains(b.String(), `\u009b`) {
			t.Errorf("got %q, want one line that contains %s", b.String(), `\u009b`)
		}
	}
}

// TestCommandErrorsArePrintable runs command lines that fail with an error that
// contains an argument, and one with an error that contains the path of a redirect.
func TestCommandErrorsArePrintable(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.Path, "/restapi/"), strings.HasPrefix(r.URL.Path, "/api/auth/"):
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"access_token":"a","accessToken":"b"}`)
		case r.URL.Path == "/go":
			w.Header().Set("Location", "/%C2%9B31m%7F%E2%80%AE%0Aringcx:%20forged")
			w.WriteHeader(http.StatusFound)
		default:
			http.Error(w, "no\u009b", http.StatusNotFound)
		}
	}))
	defer server.Close()
	for name, value := range map[string]string{
		"RC_CLIENT_ID": "id", "RC_CLIENT_SECRET": "secret", "RC_JWT": "jwt", "RINGCX_BASE_URL": server.URL,
		"RINGCENTRAL_BASE_URL": server.URL, "XDG_CACHE_HOME": t.TempDir(),
	} {
		t.Setenv(name, value)
	}
	for _, args := range [][]string{
		{"users", "--\u009b31m"}, {"users", "-\x7f"}, {"\u009bx"}, {"mock", "--addr", "\u202e"}, {"accounts", "-o", "\u009b"},
		{"help", "\u202e"}, {"api", "GET", "/go"}, {"api", "GET", "/%C2%9B"}, {"api", "GET", "//\u202e"},
	} {
		var out, errs bytes.Buffer
		if status := run(args, strings.NewReader(""), &out, &errs); status == exitOK {
			t.Errorf("%q: exit status 0, want an error", args)
		}
		assertPrintable(t, errs.String())
		if strings.Contains(errs.String(), "\nringcx: forged") {
			t.Errorf("%q: the server added a line to standard error: %q", args, errs.String())
		}
	}
}
