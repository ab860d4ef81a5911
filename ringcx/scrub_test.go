package ringcx

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

func TestScrub(t *testing.T) {
	const secret, jwt = `s3/+ "é&<'=\`, "eyJhbGciOiJub25lIn0.eyJpYXQiOjF9.c2ln"
	tests := []struct{ text, want string }{
		{"a " + secret + " b", "a *** b"},
		{url.QueryEscape(secret) + strings.ToLower(url.PathEscape(secret)), "******"},
		{url.QueryEscape(url.QueryEscape("s3/+ ")), "s3%252F%252B%2B"},
		{strconv.Quote(secret) + strconv.Quote(strconv.Quote(secret)), `"***""\"***""`},
		{html.EscapeString(secret), mask},
		{`s3\u002f\u002B\u0020\"\u00e9\u0026\u003c\u0027\u003d\\`, mask},
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
		if got := scrubber([]string{secret, ""}).Replace(tt.text); got != tt.want {
			t.Errorf("%s\nbecame %s\nwant   %s", tt.text, got, tt.want)
		}
	}
	if got := scrubber([]string{"abc", "abcdef"}).Replace("abcdef abc"); got != "*** ***" {
		t.Errorf("one secret that begins another: %s", got)
	}
}

// temporary is a network error that quotes a secret.
type temporary struct{ secret string }

func (e temporary) Error() string { return "got " + e.secret }
func (temporary) Timeout() bool   { return true }
func (temporary) Temporary() bool { return true }

// TestCleanErrorMatches shows that a clean error is for errors.Is and errors.As what
// the error itself is.
func TestCleanErrorMatches(t *testing.T) {
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
			clean := cleanError(err, secret)
			if !errors.Is(clean, cause) || !errors.Is(clean, clean) {
				t.Errorf("%s: %v is not %v", name, clean, cause)
			}
			var u *url.Error
			if errors.As(clean, &u) != errors.As(err, new(*url.Error)) {
				t.Errorf("%s: %v has no *url.Error", name, clean)
			}
			var n, was net.Error
			if errors.As(err, &was) && (!errors.As(clean, &n) || n.Timeout() != was.Timeout()) {
				t.Errorf("%s: %v has lost its time-out", name, clean)
			}
			for err := clean; err != nil; err = errors.Unwrap(err) {
				if text := fmt.Sprintf("%v %+v %#v %q %s %x %d", err, err, err, err, err, err, err); strings.Contains(text, secret) {
					t.Errorf("%s: %T shows the secret: %s", name, err, text)
				}
			}
			if u != nil && strings.Contains(u.Error()+u.Err.Error(), secret) {
				t.Errorf("%s: the *url.Error shows the secret: %v", name, u)
			}
		}
	}
	for _, err := range []error{nil, io.EOF, &Error{Message: "m"}, fmt.Errorf("a: %w", io.EOF), storeError{"write", "m", &io.EOF}} {
		if clean := cleanError(err, secret); clean != err {
			t.Errorf("%v became %v", err, clean)
		}
	}
}

// hiding is an error that shows its cause in its chain only.
type hiding struct{ cause error }

func (hiding) Error() string    { return "hidden" }
func (hiding) GoString() string { return "hidden" }
func (e hiding) Unwrap() error  { return e.cause }
