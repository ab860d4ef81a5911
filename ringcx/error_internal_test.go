package ringcx

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/ringcx-go/ringcx-go/internal/redact"
)

// TestRetryAfter checks the values of Retry-After: seconds, dates and invalid ones.
func TestRetryAfter(t *testing.T) {
	const date = "Mon, 02 Jan 2006 15:04:05 GMT"
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	tests := []struct {
		name, value, date string
		want              time.Duration
	}{
		{name: "no header", value: "", want: 0},
		{name: "seconds", value: "30", want: 30 * time.Second},
		{name: "spaces", value: " 7 ", want: 7 * time.Second},
		{name: "zero", value: "0", want: time.Second},
		{name: "negative", value: "-5", want: time.Second},
		{name: "longer than an hour", value: "7200", want: time.Hour},
		{name: "longer than an int64", value: "99999999999999999999", want: time.Hour},
		{name: "negative beyond an int64", value: "-99999999999999999999", want: time.Second},
		{name: "nanoseconds would overflow", value: "9223372036854775807", want: time.Hour},
		{name: "fraction", value: "1.5", want: 0},
		{name: "no number", value: "soon", want: 0},
		{name: "date", value: now.Add(90 * time.Second).Format(http.TimeFormat), want: 90 * time.Second},
		{name: "date relative to the Date header", value: "Mon, 02 Jan 2006 15:05:05 GMT", date: date, want: time.Minute},
		{name: "date in 9999", value: "Fri, 31 Dec 9999 23:59:59 GMT", want: time.Hour},
		{name: "date in the past", value: date, want: time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := http.Header{"Retry-After": {tt.value}, "Date": {tt.date}}
			if got := retryAfter(h, now); got != tt.want {
				t.Errorf("retryAfter(%q) = %v, want %v", tt.value, got, tt.want)
			}
		})
	}
}

// FuzzRetryAfter checks that any result is 0 or from 1 s to 1 h.
func FuzzRetryAfter(f *testing.F) {
	for _, s := range []string{"30", "-5", "99999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT", "+", "1e9"} {
		f.Add(s, "Mon, 02 Jan 2006 15:04:05 GMT")
	}
	f.Fuzz(func(t *testing.T, value, date string) {
		h := http.Header{"Retry-After": {value}, "Date": {date}}
		if d := retryAfter(h, time.Unix(0, 0)); d != 0 && (d < time.Second || d > time.Hour) {
			t.Errorf("retryAfter(%q, Date %q) = %v, want 0 or 1 s to 1 h", value, date, d)
		}
	})
}

// TestErrorFieldsHoldNoSecret checks that no field of an Error contains a token that the
// response and the path of the request contain.
func TestErrorFieldsHoldNoSecret(t *testing.T) {
	const token = "opaque-token-0123456789"
	req := httptest.NewRequest(http.MethodPost, "https://ringcx.test/back/"+token+"/x", nil)
	body := fmt.Sprintf(`{"errorCode":%q,"generalMessage":%[1]q,"validationErrors":[{"attributeName":%[1]q,"message":%[1]q}]}`, token)
	e := newError(StageCall, req, &http.Response{StatusCode: http.StatusBadRequest}, []byte(body), token)
	if len(e.Validation) != 1 || e.Path != "/back/"+redact.Mask+"/x" {
		t.Errorf("Path = %q, Validation = %v, want a masked path and one field", e.Path, e.Validation)
	}
	if text := fmt.Sprintf("%+v %v", *e, e); strings.Contains(text, token) {
		t.Errorf("the Error contains the token: %s", text)
	}
}

// noResult is the result of a generated method that failed.
type noResult struct{}

func (noResult) GetJSON200() *string { return nil }

// TestGetRedactsErrors passes an error to Get whose text contains a JWT.
func TestGetRedactsErrors(t *testing.T) {
	const token = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.c2ln"
	_, err := Get[string](noResult{}, fmt.Errorf("invalid value %q", token))
	if err == nil || strings.Contains(err.Error(), token) {
		t.Errorf("error is %v, want one without the token", err)
	}
}

// TestOwnErrorsAreNotRedacted checks that redact.Error returns an error of this package
// unchanged, and so with its type, if its text contains no secret.
func TestOwnErrorsAreNotRedacted(t *testing.T) {
	for _, err := range []error{&Error{Message: "m"}, storeError{"write", "m", &io.EOF}} {
		if got := redact.Error(err, "s3ntinel"); got != err { //nolint:errorlint // the same error is returned
			t.Errorf("redact.Error(%v) = %v, want the same error", err, got)
		}
	}
}

// TestInvalidResponseHidesSecretsInHeaders lets a server return a token in the headers of a
// response that cannot be used.
func TestInvalidResponseHidesSecretsInHeaders(t *testing.T) {
	const token = "opaque-token-0123456789"
	for _, name := range []string{"X-Request-Id", "RCRequestId", "Retry-After"} {
		res := tokenResult{
			request: tokenRequest{stage: StageExchange, request: httptest.NewRequest(http.MethodPost, "https://ringcx.test/x", nil), secrets: []string{token}},
			resp:    &http.Response{StatusCode: http.StatusFound, Header: http.Header{http.CanonicalHeaderKey(name): {"echo " + token}}},
		}
		if e := res.invalid("a redirect"); strings.Contains(fmt.Sprintf("%v %+v", e, e.Header), token) {
			t.Errorf("%s: the token is in %+v", name, e.Header)
		}
	}
}
