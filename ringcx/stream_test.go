package ringcx_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
	"github.com/ringcx-go/ringcx-go/wire"
)

type row struct{ ID int }

var streamTests = []struct {
	name, body string
	want       []row
	err        string // part of it
}{
	{"rows", `[{"id":1}, {"id":2}]`, []row{{1}, {2}}, ""},
	{"empty", `[]`, nil, ""},
	{"null", `null`, nil, ""},
	{"object", `{"id":1}`, nil, "the body is not a JSON array"},
	{"text", `"x"`, nil, "the body is not a JSON array"},
	{"HTML", `<html>`, nil, "the body is not valid JSON: invalid character '<'"},
	{"no body", ``, nil, "the body is empty"},
	{"truncated in an element", `[{"id":1},{"id":`, []row{{1}}, "the body ended early"},
	{"truncated after an element", `[{"id":1}`, []row{{1}}, "the body ended early"},
	{"more after the list", `[{"id":1}] x`, []row{{1}}, "the body continues after the list"},
	{"a second list", `[{"id":1}][]`, []row{{1}}, "the body continues after the list"},
	{"more after null", `null null`, nil, "the body continues after the list"},
	{"white space after the list", "[{\"id\":1}]\n ", []row{{1}}, ""},
	{"zero element", `[{"id":0},{}]`, []row{{}, {}}, ""},
	{"null element", `[{"id":1},null,{"id":3}]`, []row{{1}}, "an element of the list is null"},
	{"wrong type", `[{"id":1},{"id":"x"},{"id":3}]`, []row{{1}}, "row.ID"},
}

// TestStream checks the elements that Stream yields before an error, the error, and
// that the body is closed.
func TestStream(t *testing.T) {
	for _, tt := range streamTests {
		t.Run(tt.name, func(t *testing.T) {
			body := &trackedBody{Reader: strings.NewReader(tt.body)}
			var got []row
			var failed error
			for v, err := range ringcx.Stream[row](&http.Response{StatusCode: 200, Body: body}, nil) {
				if failed != nil {
					t.Errorf("Stream yields %v, %v after an error", v, err)
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
			if !body.closed.Load() {
				t.Error("the body is not closed")
			}
		})
	}
}

// TestStreamYieldsNull reads null elements into a type that can represent null.
func TestStreamYieldsNull(t *testing.T) {
	body := io.NopCloser(strings.NewReader(`[null,{"id":1}]`))
	got, err := collect(ringcx.Stream[*row](&http.Response{StatusCode: 200, Body: body}, nil))
	if diff := cmp.Diff([]*row{nil, {ID: 1}}, got); err != nil || diff != "" {
		t.Errorf("error is %v, rows (-want +got):\n%s", err, diff)
	}
}

// TestStreamEndsEarlyAndOnce leaves the loop after one element and ranges again.
func TestStreamEndsEarlyAndOnce(t *testing.T) {
	body := &trackedBody{Reader: strings.NewReader(`[{"id":1},{"id":2}]`)}
	rows := ringcx.Stream[row](&http.Response{StatusCode: 200, Body: body}, nil)
	for range rows {
		break
	}
	if !body.closed.Load() {
		t.Error("the body is not closed after break")
	}
	for _, err := range rows {
		if err == nil {
			t.Error("a second range yields an element without an error")
		}
	}
}

// TestStreamPassesTheError gives Stream the error of a call.
func TestStreamPassesTheError(t *testing.T) {
	want := &ringcx.Error{StatusCode: 403}
	for _, err := range ringcx.Stream[row](nil, want) {
		if !errors.Is(err, ringcx.ErrForbidden) {
			t.Errorf("error is %v, want %v", err, want)
		}
	}
}

// TestStreamBehindABasePath gets a status that the operation does not declare, with a base URL
// that has a path.
func TestStreamBehindABasePath(t *testing.T) {
	for _, path := range []string{"", "/proxy"} {
		fake := ringcxtest.New()
		defer fake.Close()
		cfg := fake.Config()
		cfg.BaseURL += path
		base := cfg.HTTPClient.Transport
		cfg.HTTPClient = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, "/accounts") {
				return &http.Response{StatusCode: http.StatusCreated, Header: http.Header{"Content-Type": {"application/json"}},
					Body: io.NopCloser(strings.NewReader("[]")), Request: r}, nil
			}
			below := r.Clone(r.Context())
			below.URL.Path = strings.TrimPrefix(r.URL.Path, path)
			return base.RoundTrip(below)
		})}
		client, err := ringcx.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		var got error
		for _, got = range ringcx.Stream[gen.Account](client.ListAccounts(t.Context())) {
		}
		if _, ok := errors.AsType[*wire.DecodeError](got); !ok {
			t.Errorf("base path %q: error is %v, want a *wire.DecodeError for status 201", path, got)
		}
	}
}
