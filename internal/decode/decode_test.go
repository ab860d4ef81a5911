package decode_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"

	"github.com/ringcx-go/ringcx-go/internal/decode"
	"github.com/ringcx-go/ringcx-go/wire"
)

var (
	list = decode.Operation{Method: "GET", Path: "/things/{id}", Success: []int{200}}
	none = decode.Operation{Method: "POST", Path: "/things/{id}", Success: []int{200, 204}}
)

// trackedBody is a body that remembers that it was closed.
type trackedBody struct {
	io.Reader
	closed bool
}

func (b *trackedBody) Close() error {
	b.closed = true
	return nil
}

func response(op decode.Operation, status int, ctype string, body *trackedBody) *http.Response {
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {ctype}}, Body: body,
		Request: &http.Request{Method: op.Method, URL: &url.URL{Path: "/base/things/7"}},
	}
}

// calls are the functions that read a body to its end.
var calls = map[string]func(op decode.Operation, resp *http.Response, err error) error{
	"Value": func(op decode.Operation, resp *http.Response, err error) error {
		v, err := decode.Value[[]string](op, resp, err)
		return withValue(v, err)
	},
	"None":    decode.None,
	"Deleted": decode.Deleted,
	"All": func(op decode.Operation, resp *http.Response, err error) (failed error) {
		for v, err := range decode.All[string](op, func() (*http.Response, error) { return resp, err }) {
			if err != nil {
				failed = withValue([]string{v}, err)
			}
		}
		return failed
	},
}

// withValue returns err, or another error if v is not zero although there is an error.
func withValue(v []string, err error) error {
	if err != nil && strings.Join(v, "") != "" {
		return fmt.Errorf("%q with the error %w", v, err)
	}
	return err
}

// TestBrokenBody checks the error for a body that breaks off: it is about the response, unless
// the context ended.
func TestBrokenBody(t *testing.T) {
	tests := []struct {
		cause    error
		isDecode bool
	}{
		{io.ErrUnexpectedEOF, true},
		{syscall.ECONNRESET, true},
		{context.Canceled, false},
		{context.DeadlineExceeded, false},
	}
	for name, call := range calls {
		for _, tt := range tests {
			t.Run(fmt.Sprint(name, " ", tt.cause), func(t *testing.T) {
				body := &trackedBody{Reader: io.MultiReader(strings.NewReader(`["a"`), iotest.ErrReader(tt.cause))}
				err := call(list, response(list, 200, "application/json", body), nil)
				_, isDecode := errors.AsType[*wire.DecodeError](err)
				if !errors.Is(err, tt.cause) || isDecode != tt.isDecode {
					t.Errorf("error is %v, a DecodeError: %t", err, isDecode)
				}
				if err != nil && !strings.Contains(err.Error(), "ringcx: call: GET /base/things/7: ") {
					t.Errorf("error is %v, want the request in it", err)
				}
				if !body.closed {
					t.Error("the body is not closed")
				}
			})
		}
	}
}

// TestErrorOfRequest checks that an error without a response is returned unchanged.
func TestErrorOfRequest(t *testing.T) {
	cause := errors.New("ringcx: call: x")
	for name, call := range calls {
		if err := call(list, nil, cause); err != cause { //nolint:errorlint // it is not wrapped
			t.Errorf("%s: error is %v, want %v", name, err, cause)
		}
	}
	if _, err := decode.Download(list, nil, nil, cause); err != cause { //nolint:errorlint // it is not wrapped
		t.Errorf("Download: error is %v, want %v", err, cause)
	}
}

// TestValueIsZero checks that no part of a response that does not match is returned.
func TestValueIsZero(t *testing.T) {
	body := &trackedBody{Reader: strings.NewReader(`["a", null]`)}
	got, err := decode.Value[[]string](list, response(list, 200, "application/json", body), nil)
	e, _ := errors.AsType[*wire.DecodeError](err)
	if got != nil || e == nil || e.Field != "1" {
		t.Errorf("value is %q, error %v", got, err)
	}
}

// TestSecretIsNotQuoted reads a secret, and a list of secrets, from responses with any
// Content-Type. None of the errors contains the body.
func TestSecretIsNotQuoted(t *testing.T) {
	const secret = "s3ntinel"
	read := map[string]func(*http.Response) (any, error){
		"a secret": func(r *http.Response) (any, error) { return decode.Value[wire.Secret](list, r, nil) },
		"a list":   func(r *http.Response) (any, error) { return decode.Value[[]wire.Secret](list, r, nil) },
		"an iterator": func(r *http.Response) (v any, failed error) {
			for s, err := range decode.All[wire.Secret](list, func() (*http.Response, error) { return r, nil }) {
				v, failed = s, err
			}
			return v, failed
		},
	}
	for name, read := range read {
		for _, ctype := range []string{"text/plain", "TEXT/PLAIN ; charset=", "text/plainer", "text/html", "application/octet-stream", "application/json", ""} {
			got, err := read(response(list, 200, ctype, &trackedBody{Reader: strings.NewReader(secret)}))
			switch isText := strings.HasPrefix(strings.ToLower(ctype)+" ", "text/plain "); {
			case isText && name == "a secret":
				if got != wire.Secret(secret) || err != nil {
					t.Errorf("%s, Content-Type %q: error %v, want none", name, ctype, err)
				}
			case err == nil || strings.Contains(err.Error(), secret):
				t.Errorf("%s, Content-Type %q: error %v, want one without the body", name, ctype, err)
			}
		}
	}
}

// secretCall is a call that carried a secret.
type secretCall string

func (c secretCall) Secrets() []string { return []string{string(c)} }
func (secretCall) BasePath() string    { return "" }

// TestLongBodyIsNotQuoted checks that the error for a long body that is not JSON contains its
// start, without a secret, of which a part may be at the place at which the body is cut.
func TestLongBodyIsNotQuoted(t *testing.T) {
	secret := strings.Repeat("s3ntinel", 100)
	for _, before := range []string{"<p>", secret} {
		for _, filler := range []string{" ", "x"} {
			for _, size := range []int{0, 64<<10 - 400, 64<<10 - 40, 64 << 10} {
				body := before + strings.Repeat(filler, size) + secret + strings.Repeat(filler, 1<<20)
				resp := response(list, 200, "text/html", &trackedBody{Reader: strings.NewReader(body)})
				decode.Guard(resp, secretCall(secret))
				_, err := decode.Value[[]string](list, resp, nil)
				if err == nil || strings.Contains(err.Error(), "s3nt") {
					t.Errorf("size %d, filler %q: error %v, want one without the secret", size, filler, err)
				}
			}
		}
	}
	resp := response(list, 200, "text/html", &trackedBody{Reader: strings.NewReader("<p>start" + strings.Repeat("x", 1<<20))})
	_, err := decode.Value[[]string](list, resp, nil)
	if err == nil || !strings.Contains(err.Error(), "the body is not JSON: <p>start") {
		t.Errorf("error %v, want the start of the body", err)
	}
}

// TestNone checks which responses without a meaning succeed.
func TestNone(t *testing.T) {
	remove := decode.Operation{Method: "DELETE", Path: "/things/{id}", Success: []int{200, 204}}
	tests := []struct {
		name    string
		op      decode.Operation
		status  int
		body    string
		isFalse bool
		want    string // part of the error
	}{
		{"204", none, 204, "", false, ""},
		{"any body", none, 200, "<html>", false, ""},
		{"false", none, 200, "false", false, ""},
		{"false of a DELETE", remove, 200, " false\n", true, "DELETE /base/things/7: status 200: RingCX returned false"},
		{"true of a DELETE", remove, 200, "true", false, ""},
		{"201", none, 201, "", false, "want status 200 or 204"},
		{"204 that is not declared", list, 204, "", false, "want status 200"},
		{"unknown operation", decode.Operation{}, 201, "", false, ""},
		{"204 of an unknown operation", decode.Operation{}, 204, "", false, "want status 200 or 201"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			body := &trackedBody{Reader: strings.NewReader(tt.body)}
			err := decode.None(tt.op, response(tt.op, tt.status, "text/html", body), nil)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("error is %v, want %q in it", err, tt.want)
			}
			if got := errors.Is(err, wire.ErrFalse); got != tt.isFalse {
				t.Errorf("error is %v, wraps ErrFalse: %t", err, got)
			}
			if !body.closed {
				t.Error("the body is not closed")
			}
		})
	}
}

// TestDeleted checks that only true and a 204 succeed.
func TestDeleted(t *testing.T) {
	tests := []struct {
		status  int
		body    string
		isFalse bool
		want    string // part of the error
	}{
		{200, "true", false, ""},
		{204, "", false, ""},
		{200, "false", true, "GET /base/things/7: status 200: RingCX returned false"},
		{200, "", false, "the body is empty"},
		{200, "null", false, "the body is null"},
		{202, "true", false, "want status 200"},
	}
	for _, tt := range tests {
		body := &trackedBody{Reader: strings.NewReader(tt.body)}
		err := decode.Deleted(list, response(list, tt.status, "text/html", body), nil)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%d %q: error is %v, want %q in it", tt.status, tt.body, err, tt.want)
		}
		if got := errors.Is(err, wire.ErrFalse); got != tt.isFalse || !body.closed {
			t.Errorf("%d %q: wraps ErrFalse: %t; closed: %t", tt.status, tt.body, got, body.closed)
		}
	}
}

// TestDownload checks which responses are downloads, and that the body stays open, unless there is
// an error.
func TestDownload(t *testing.T) {
	sound := decode.Operation{Method: "GET", Path: "/things/{id}", Success: []int{200, 206}}
	media := []string{"audio/mpeg", "audio/wav"}
	const wrongMedia = "want the Content-Type audio/mpeg or audio/wav"
	tests := []struct {
		status int
		ctype  string
		want   string // part of the error
	}{
		{200, "audio/wav", ""},
		{200, "Audio/MPEG; x=y", ""},
		{206, "audio/wav", ""},
		{200, "audio/x-wav", ""},
		{200, "application/octet-stream", ""},
		{200, "", ""},
		{206, "multipart/byteranges; boundary=x", ""},
		{200, "multipart/byteranges; boundary=x", wrongMedia},
		{200, "text/html; charset=utf-8", `status 200: "text/html; charset=utf-8": ` + wrongMedia},
		{206, "text/html", wrongMedia},
		{200, "application/json", wrongMedia},
		{200, "audio", wrongMedia},
		{200, "audio/wav; =", wrongMedia},
		{201, "audio/wav", "want status 200"},
		{204, "", "the response has no content"},
	}
	for _, tt := range tests {
		body := &trackedBody{Reader: strings.NewReader("sound")}
		resp, err := decode.Download(sound, media, response(sound, tt.status, tt.ctype, body), nil)
		if isOpen := resp != nil && !body.closed; isOpen != (tt.want == "") {
			t.Errorf("%d %q: the body is open: %t", tt.status, tt.ctype, isOpen)
		}
		_, isDecode := errors.AsType[*wire.DecodeError](err)
		if isDecode != (tt.want != "") || !strings.Contains(fmt.Sprint(err), tt.want) {
			t.Errorf("%d %q: error is %v, want %q in it", tt.status, tt.ctype, err, tt.want)
		}
	}
}

// call is the call that a response belongs to.
type call struct{ secret string }

func (c call) Secrets() []string { return []string{c.secret} }
func (call) BasePath() string    { return "/base" }

// TestGuard checks that no error of a guarded response contains a secret of its call.
func TestGuard(t *testing.T) {
	const secret = "s3cret/value"
	guarded := func(status int, reader io.Reader) *http.Response {
		resp := response(list, status, "text/"+secret, &trackedBody{Reader: reader})
		decode.Guard(resp, call{secret})
		return resp
	}
	if got := decode.BasePath(guarded(200, nil)); got != "/base" {
		t.Errorf("BasePath is %q, want /base", got)
	}
	_, read := io.ReadAll(guarded(200, iotest.ErrReader(errors.New("sent "+secret))).Body)
	errs := []error{read}
	for _, call := range calls {
		errs = append(errs,
			call(list, guarded(200, iotest.ErrReader(errors.New("sent "+secret))), nil),
			call(list, guarded(200, iotest.ErrReader(fmt.Errorf("sent %s: %w", secret, context.Canceled))), nil),
			call(list, guarded(203, strings.NewReader(secret)), nil))
	}
	for _, err := range errs {
		if err == nil || strings.Contains(fmt.Sprintf("%+v", err), secret) {
			t.Errorf("error is %v, want one without the secret", err)
		}
	}
}
