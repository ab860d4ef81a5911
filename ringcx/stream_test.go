package ringcx_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

// tracked is a body that knows whether it was closed.
type tracked struct {
	io.Reader
	closed bool
}

func (b *tracked) Close() error {
	b.closed = true
	return nil
}

type row struct{ ID int }

var streamTests = []struct {
	name, body string
	want       []row
	err        string // part of it
}{
	{"rows", `[{"id":1}, {"id":2}]`, []row{{1}, {2}}, ""},
	{"empty", `[]`, nil, ""},
	{"null", `null`, nil, ""},
	{"object", `{"id":1}`, nil, "it is not an array"},
	{"text", `"x"`, nil, "it is not an array"},
	{"HTML", `<html>`, nil, "invalid character '<'"},
	{"no body", ``, nil, "unexpected EOF"},
	{"broken off in an element", `[{"id":1},{"id":`, []row{{1}}, "unexpected EOF"},
	{"broken off after an element", `[{"id":1}`, []row{{1}}, "unexpected EOF"},
	{"another type", `[{"id":1},{"id":"x"},{"id":3}]`, []row{{1}}, "row.ID"},
}

func TestStream(t *testing.T) {
	for _, tt := range streamTests {
		t.Run(tt.name, func(t *testing.T) {
			body := &tracked{Reader: strings.NewReader(tt.body)}
			var got []row
			var failed error
			for v, err := range ringcx.Stream[row](&http.Response{StatusCode: 200, Body: body}, nil) {
				if failed != nil {
					t.Errorf("%v, %v after the error", v, err)
				}
				if failed = err; err == nil {
					got = append(got, v)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
			if (tt.err == "") != (failed == nil) || failed != nil && !strings.Contains(failed.Error(), tt.err) {
				t.Errorf("error is %v, want %q in it", failed, tt.err)
			}
			if !body.closed {
				t.Error("the body is still open")
			}
		})
	}
}

func TestStreamEndsEarlyAndOnce(t *testing.T) {
	body := &tracked{Reader: strings.NewReader(`[{"id":1},{"id":2}]`)}
	rows := ringcx.Stream[row](&http.Response{StatusCode: 200, Body: body}, nil)
	for range rows {
		break
	}
	if !body.closed {
		t.Error("the body is still open after break")
	}
	for _, err := range rows {
		if err == nil {
			t.Error("a second range yields an element")
		}
	}
}

func TestStreamPassesTheError(t *testing.T) {
	want := &ringcx.Error{StatusCode: 403}
	for _, err := range ringcx.Stream[row](nil, want) {
		if !errors.Is(err, ringcx.ErrForbidden) {
			t.Errorf("error is %v, want %v", err, want)
		}
	}
}
