package redact

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"html"
	"io"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
)

func TestText(t *testing.T) {
	const secret, jwt = `s3/+ "é&<'=\`, "eyJhbGciOiJub25lIn0.eyJpYXQiOjF9.c2ln"
	tests := []struct{ text, want string }{
		{"a " + secret + " b", "a *** b"},
		{url.QueryEscape(secret) + strings.ToLower(url.PathEscape(secret)), "******"},
		{url.QueryEscape(url.QueryEscape("s3/+ ")), "s3%252F%252B%2B"},
		{strconv.Quote(secret) + strconv.Quote(strconv.Quote(secret)), `"***""\"***""`},
		{html.EscapeString(secret), Mask},
		{`s3\u002f\u002B\u0020\"\u00e9\u0026\u003c\u0027\u003d\\`, Mask},
		{"Basic " + base64.StdEncoding.EncodeToString([]byte("id:"+secret)), "Basic aWQ6***A=="},
		{"a part: " + `"é&<'=\`, "a part: ***"},
		{"no secret: s3/+", "no secret: s3/+"},

		{"an unknown " + jwt + ".", "an unknown ***."},
		{"Authorization: bearer  0123456789abcdef;", "Authorization: bearer  ***;"},
		{"bearer token missing", "bearer token missing"},
		{`{"accessToken" : "x-y", "n": 1, "refresh_token":"é"}`, `{"accessToken" : "***", "n": 1, "refresh_token":"***"}`},
		{`{\"rcAccessToken\":\"x\"}`, `{\"rcAccessToken\":\"***\"}`},
		{"grant_type=x&assertion=y&refresh_token=z", "grant_type=x&assertion=***&refresh_token=***"},
		{"the access token is invalid: password required", "the access token is invalid: password required"},
	}
	for _, tt := range tests {
		if got := New(secret, "").Text(tt.text); got != tt.want {
			t.Errorf("%s\ngot  %s\nwant %s", tt.text, got, tt.want)
		}
	}
	if got := New("abc", "abcdef").Text("abcdef abc"); got != "*** ***" {
		t.Errorf("a secret that is a prefix of another: got %q", got)
	}
}

// temporary is a network error that quotes a secret.
type temporary struct{ secret string }

func (e temporary) Error() string { return "got " + e.secret }
func (temporary) Timeout() bool   { return true }
func (temporary) Temporary() bool { return true }

// TestRedactedErrorMatches checks that errors.Is and errors.As treat a redacted error
// like the error itself, and that no error in its chain shows the secret.
func TestRedactedErrorMatches(t *testing.T) {
	const secret = "s3ntinel"
	causes := []error{context.Canceled, context.DeadlineExceeded, io.ErrUnexpectedEOF, os.ErrDeadlineExceeded, temporary{secret}}
	for _, cause := range causes {
		inner := fmt.Errorf("malformed HTTP response %q: %w", secret, cause)
		for name, err := range map[string]error{
			"plain":        inner,
			"url.Error":    &url.Error{Op: "Get", URL: "https://x/" + secret, Err: inner},
			"wrapped":      fmt.Errorf("a: %w", &url.Error{Op: "Get", URL: "https://x/" + secret, Err: inner}),
			"joined":       errors.Join(io.EOF, inner),
			"only inside":  hiding{inner},
			"url inside":   &url.Error{Op: "Get", URL: "https://x/", Err: hiding{inner}},
			"not the text": &url.Error{Op: "Get", URL: "https://x/" + secret, Err: cause},
		} {
			checkRedacted(t, name, err, cause, secret)
		}
	}
	for _, err := range []error{nil, io.EOF, fmt.Errorf("a: %w", io.EOF), hiding{io.EOF}, temporary{"nothing"}} {
		if redacted := Error(err, secret); redacted != err { //nolint:errorlint // the same error is returned
			t.Errorf("%v became %v", err, redacted)
		}
	}
}

// checkRedacted checks the redacted form of err, which wraps cause and contains secret.
func checkRedacted(t *testing.T, name string, err, cause error, secret string) {
	t.Helper()
	redacted := Error(err, secret)
	if !errors.Is(redacted, cause) || !errors.Is(redacted, redacted) {
		t.Errorf("%s: %v is not %v", name, redacted, cause)
	}
	var u *url.Error
	if errors.As(redacted, &u) != errors.As(err, new(*url.Error)) {
		t.Errorf("%s: %v has no *url.Error", name, redacted)
	}
	var n, was net.Error
	if errors.As(err, &was) && (!errors.As(redacted, &n) || n.Timeout() != was.Timeout()) {
		t.Errorf("%s: %v does not have the Timeout of the error", name, redacted)
	}
	for err := redacted; err != nil; err = errors.Unwrap(err) {
		if text := fmt.Sprintf("%v %+v %#v %q %s %x %d", err, err, err, err, err, err, err); strings.Contains(text, secret) {
			t.Errorf("%s: %T shows the secret: %s", name, err, text)
		}
	}
	if u != nil && strings.Contains(u.Error()+u.Err.Error(), secret) {
		t.Errorf("%s: the *url.Error shows the secret: %v", name, u)
	}
}

// hiding is an error whose text does not contain that of its cause.
type hiding struct{ cause error }

func (hiding) Error() string    { return "hidden" }
func (hiding) GoString() string { return "hidden" }
func (e hiding) Unwrap() error  { return e.cause }

// TestLongSecret redacts secrets too long for a regular expression.
func TestLongSecret(t *testing.T) {
	for _, n := range []int{500, 2000, 100_000} {
		secret := strings.Repeat("+a", n)
		if got := New(secret).Text("a " + secret + " b"); got != "a *** b" {
			t.Errorf("a secret of %d bytes: got %d bytes", 2*n, len(got))
		}
	}
}
