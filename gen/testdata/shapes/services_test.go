package gen_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/wire"
)

// response is what the server sends.
type response struct {
	status      int
	ctype, body string
}

// serve returns services whose server sends r, and the last request that it received, in one
// line.
func serve(t *testing.T, r response) (gen.Services, *string) {
	t.Helper()
	got := new(string)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		*got = describe(t, req)
		w.Header().Set("Content-Type", r.ctype)
		w.WriteHeader(r.status)
		_, _ = io.WriteString(w, r.body)
	}))
	t.Cleanup(server.Close)
	return services(t, server.URL), got
}

func services(t *testing.T, url string) gen.Services {
	t.Helper()
	client, err := gen.NewClient(url)
	if err != nil {
		t.Fatal(err)
	}
	return gen.NewServices(client)
}

func describe(t *testing.T, req *http.Request) string {
	t.Helper()
	text := req.Method + " " + req.URL.RequestURI()
	if strings.HasPrefix(req.Header.Get("Content-Type"), "multipart/") {
		if err := req.ParseMultipartForm(1 << 20); err != nil {
			t.Error(err)
		}
		file, header, err := req.FormFile("file")
		if err != nil {
			t.Error(err)
			return text
		}
		content, _ := io.ReadAll(file)
		return fmt.Sprint(text, " ", req.MultipartForm.Value, " ", header.Filename, ": ", string(content))
	}
	if body, _ := io.ReadAll(req.Body); len(body) > 0 {
		text += fmt.Sprintf(" %s: %s", req.Header.Get("Content-Type"), body)
	}
	return text
}

// result is what a method returns, as JSON; the kind and the text of the error if there is one.
func result[T any](v T, err error) string {
	_, isDecode := errors.AsType[*wire.DecodeError](err)
	switch {
	case isDecode:
		return "DecodeError: " + err.Error()
	case errors.Is(err, wire.ErrFalse):
		return "ErrFalse: " + err.Error()
	case err != nil:
		return "error: " + err.Error()
	}
	data, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(data)
}

// outcome is result for a method that returns only an error.
func outcome(err error) string { return result("ok", err) }

func download(resp *http.Response, err error) string {
	if err != nil {
		return result("", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return result(resp.Header.Get("Content-Type")+" "+string(body), err)
}

const asJSON, asText = "application/json", "text/plain;charset=UTF-8"

func TestMethods(t *testing.T) {
	thing := gen.Thing{ThingID: 7}
	file := func() wire.File { return wire.File{Name: "a.csv", Reader: strings.NewReader("1,2")} }
	mismatch := func(request, reason string) string {
		return "DecodeError: ringcx: call: " + request + ": the response does not match openapi.yaml: " + reason
	}
	tests := []struct {
		name     string
		response response
		call     func(ctx context.Context, s gen.Services) string
		request  string
		want     string
	}{
		{
			name: "escaped id", response: response{200, asJSON, `{"thingId": 7}`},
			call:    func(ctx context.Context, s gen.Services) string { return result(s.Things.Get(ctx, "a/b", 7)) },
			request: "GET /accounts/a%2Fb/things/7", want: `{"thingId":7}`,
		},
		{
			name: "empty id", response: response{200, asJSON, `{"thingId": 7}`},
			call: func(ctx context.Context, s gen.Services) string { return result(s.Things.Get(ctx, "", 7)) },
			want: "error: error marshaling '' as text: wire: empty id in a request path: use an id that RingCX sent, such as an accountId",
		},
		{
			name: "a required field is missing", response: response{200, asJSON, `{"thingId": 7, "parts": [{"name": "x"}]}`},
			call:    func(ctx context.Context, s gen.Services) string { return result(s.Things.Get(ctx, "a", 7)) },
			request: "GET /accounts/a/things/7",
			want:    mismatch("GET /accounts/a/things/7", `status 200: "application/json": at parts.0.thingId: the required field is missing`),
		},
		{
			name: "an object that is not JSON", response: response{200, "text/html", "<html>"},
			call:    func(ctx context.Context, s gen.Services) string { return result(s.Things.Get(ctx, "a", 7)) },
			request: "GET /accounts/a/things/7",
			want:    mismatch("GET /accounts/a/things/7", `status 200: "text/html": the body is not JSON: <html>`),
		},
		{
			name: "a status that is not declared", response: response{202, asJSON, `{"thingId": 7}`},
			call:    func(ctx context.Context, s gen.Services) string { return result(s.Things.Get(ctx, "a", 7)) },
			request: "GET /accounts/a/things/7",
			want:    mismatch("GET /accounts/a/things/7", `status 202: "application/json": want status 200`),
		},
		{
			name: "201 only", response: response{201, asJSON, `{"thingId": 7}`},
			call:    func(ctx context.Context, s gen.Services) string { return result(s.Things.Create(ctx, "a", thing)) },
			request: `POST /accounts/a/things application/json: {"thingId":7}`, want: `{"thingId":7}`,
		},
		{
			name: "200 or 201", response: response{201, asJSON, `{"thingId": 7}`},
			call: func(ctx context.Context, s gen.Services) string {
				return result(s.Things.Update(ctx, "a", 7, thing, nil))
			},
			request: `PUT /accounts/a/things/7 application/json: {"thingId":7}`, want: `{"thingId":7}`,
		},
		{
			name: "body and optional parameter", response: response{200, asJSON, `{"thingId": 7}`},
			call: func(ctx context.Context, s gen.Services) string {
				return result(s.Things.Update(ctx, "a", 7, thing, &gen.UpdateThingParams{Force: new(true)}))
			},
			request: `PUT /accounts/a/things/7?force=true application/json: {"thingId":7}`, want: `{"thingId":7}`,
		},
		{
			name: "required parameter", response: response{200, asJSON, `[{"thingId": 7}]`},
			call: func(ctx context.Context, s gen.Services) string {
				return result(s.Things.ListByName(ctx, "a", gen.SearchThingsParams{Name: "x y"}))
			},
			request: "GET /accounts/a/things/search?name=x+y", want: `[{"thingId":7}]`,
		},
		{
			name: "204 of a list", response: response{204, "", ""},
			call: func(ctx context.Context, s gen.Services) string {
				return result(s.Parts.ListSaved(ctx, "x", []gen.Thing{thing}))
			},
			request: `PUT /parts/x/all application/json: [{"thingId":7}]`,
			want:    mismatch("PUT /parts/x/all", `status 204: the response has no content`),
		},
		{
			name: "delete: 204", response: response{204, "", ""},
			call:    func(ctx context.Context, s gen.Services) string { return outcome(s.Things.Delete(ctx, "a", 7)) },
			request: "DELETE /accounts/a/things/7", want: `"ok"`,
		},
		{
			name: "delete: 200 without content", response: response{200, asText, ""},
			call:    func(ctx context.Context, s gen.Services) string { return outcome(s.Things.Delete(ctx, "a", 7)) },
			request: "DELETE /accounts/a/things/7", want: `"ok"`,
		},
		{
			name: "delete: false although there should be no content", response: response{200, asJSON, "false\n"},
			call:    func(ctx context.Context, s gen.Services) string { return outcome(s.Things.Delete(ctx, "a", 7)) },
			request: "DELETE /accounts/a/things/7",
			want:    "ErrFalse: ringcx: call: DELETE /accounts/a/things/7: status 200: RingCX returned false: nothing was deleted",
		},
		{
			name: "delete: a status that is not declared", response: response{202, "", ""},
			call:    func(ctx context.Context, s gen.Services) string { return outcome(s.Things.Delete(ctx, "a", 7)) },
			request: "DELETE /accounts/a/things/7",
			want:    mismatch("DELETE /accounts/a/things/7", "status 202: want status 200 or 204"),
		},
		{
			name: "delete: true", response: response{200, asJSON, "true"},
			call:    func(ctx context.Context, s gen.Services) string { return outcome(s.Things.DeleteName(ctx, "a", 7)) },
			request: "DELETE /accounts/a/things/7/name", want: `"ok"`,
		},
		{
			name: "delete: 204 that is not declared", response: response{204, "", ""},
			call:    func(ctx context.Context, s gen.Services) string { return outcome(s.Things.DeleteName(ctx, "a", 7)) },
			request: "DELETE /accounts/a/things/7/name", want: `"ok"`,
		},
		{
			name: "delete: false", response: response{200, asText, "false"},
			call:    func(ctx context.Context, s gen.Services) string { return outcome(s.Things.DeleteName(ctx, "a", 7)) },
			request: "DELETE /accounts/a/things/7/name",
			want:    "ErrFalse: ringcx: call: DELETE /accounts/a/things/7/name: status 200: RingCX returned false: nothing was deleted",
		},
		{
			name: "delete: neither true nor false", response: response{200, asText, "maybe"},
			call:    func(ctx context.Context, s gen.Services) string { return outcome(s.Things.DeleteName(ctx, "a", 7)) },
			request: "DELETE /accounts/a/things/7/name",
			want:    mismatch("DELETE /accounts/a/things/7/name", `status 200: "text/plain;charset=UTF-8": the body is not valid JSON: invalid character 'm' looking for beginning of value`),
		},
		{
			name: "boolean: false is a value", response: response{200, asText, "false"},
			call:    func(ctx context.Context, s gen.Services) string { return result(s.Things.Exists(ctx, "a", 7)) },
			request: "GET /accounts/a/things/7/exists", want: "false",
		},
		{
			name: "boolean: empty", response: response{200, asText, ""},
			call:    func(ctx context.Context, s gen.Services) string { return result(s.Things.Exists(ctx, "a", 7)) },
			request: "GET /accounts/a/things/7/exists",
			want:    mismatch("GET /accounts/a/things/7/exists", `status 200: "text/plain;charset=UTF-8": the body is empty`),
		},
		{
			name: "number of any type", response: response{200, "text/html", "9007199254740993"},
			call:    func(ctx context.Context, s gen.Services) string { return result(s.Things.Count(ctx, "a", 7)) },
			request: "GET /accounts/a/things/7/count", want: "9007199254740993",
		},
		{
			name: "text", response: response{200, asText, "abc"},
			call: func(ctx context.Context, s gen.Services) string {
				secret, err := s.Things.CreateToken(ctx, "a", 7)
				return result(string(secret), err)
			},
			request: "POST /accounts/a/things/7/token", want: `"abc"`,
		},
		{
			name: "text as JSON", response: response{200, asJSON, `"abc"`},
			call: func(ctx context.Context, s gen.Services) string {
				secret, err := s.Things.CreateToken(ctx, "a", 7)
				return result(string(secret), err)
			},
			request: "POST /accounts/a/things/7/token", want: `"abc"`,
		},
		{
			name: "form", response: response{202, "", ""},
			call: func(ctx context.Context, s gen.Services) string {
				return outcome(s.Things.Start(ctx, "a", 7, gen.Login{UserName: "x&y"}))
			},
			request: "POST /accounts/a/things/7/start application/x-www-form-urlencoded: userName=x%26y", want: `"ok"`,
		},
		{
			name: "multipart", response: response{200, asJSON, `{"thingId": 7}`},
			call: func(ctx context.Context, s gen.Services) string {
				return result(s.Things.Preview(ctx, "a", gen.Upload{File: file(), ListID: new(int64(3))}))
			},
			request: "POST /accounts/a/things/preview map[listId:[3]] a.csv: 1,2", want: `{"thingId":7}`,
		},
		{
			name: "multipart without a file", response: response{200, asJSON, `{"thingId": 7}`},
			call: func(ctx context.Context, s gen.Services) string {
				return result(s.Things.Preview(ctx, "a", gen.Upload{}))
			},
			want: "error: wire: Multipart: field file: the File has no Reader",
		},
		{
			name: "upload", response: response{204, "", ""},
			call:    func(ctx context.Context, s gen.Services) string { return outcome(s.Things.Upload(ctx, "a", 7, file())) },
			request: "PUT /accounts/a/things/7/sound audio/wav: 1,2", want: `"ok"`,
		},
		{
			name: "download", response: response{200, "audio/mpeg", "sound"},
			call:    func(ctx context.Context, s gen.Services) string { return download(s.Things.Download(ctx, "a", 7)) },
			request: "GET /accounts/a/things/7/sound", want: `"audio/mpeg sound"`,
		},
		{
			name: "download: another Content-Type", response: response{200, "text/html", "<html>"},
			call:    func(ctx context.Context, s gen.Services) string { return download(s.Things.Download(ctx, "a", 7)) },
			request: "GET /accounts/a/things/7/sound",
			want:    mismatch("GET /accounts/a/things/7/sound", `status 200: "text/html": want the Content-Type audio/wav`),
		},
		{
			name: "download: no content", response: response{204, "", ""},
			call:    func(ctx context.Context, s gen.Services) string { return download(s.Things.Download(ctx, "a", 7)) },
			request: "GET /accounts/a/things/7/sound",
			want:    mismatch("GET /accounts/a/things/7/sound", "status 204: the response has no content"),
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, got := serve(t, tt.response)
			if diff := cmp.Diff(tt.want, tt.call(t.Context(), s)); diff != "" {
				t.Errorf("result (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.request, *got); diff != "" {
				t.Errorf("request (-want +got):\n%s", diff)
			}
		})
	}
}

// pages serves pages of things, with the ids page*10 and page*10+1. It counts from first.
func pages(t *testing.T, first, n int, requests *[]string) gen.Services {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		*requests = append(*requests, describe(t, req))
		var page int
		if text := req.URL.Query().Get("page"); text != "" {
			_, _ = fmt.Sscan(text, &page)
		} else {
			last := (*requests)[len(*requests)-1]
			_, _ = fmt.Sscanf(last[strings.Index(last, `"page"`):], `"page":%d`, &page)
		}
		w.Header().Set("Content-Type", asJSON)
		if page < first || page >= first+n {
			_, _ = io.WriteString(w, "[]")
			return
		}
		fmt.Fprintf(w, `[{"thingId": %d}, {"thingId": %d}]`, page*10, page*10+1)
	}))
	t.Cleanup(server.Close)
	return services(t, server.URL)
}

func TestPages(t *testing.T) {
	params := &gen.ListThingsParams{MaxRows: new(int64(2))}
	tests := []struct {
		name     string
		all      func(ctx context.Context, s gen.Services) func(func(gen.Thing, error) bool)
		first    int
		want     []int64
		requests []string
	}{
		{
			name: "documented first page",
			all: func(ctx context.Context, s gen.Services) func(func(gen.Thing, error) bool) {
				return s.Things.All(ctx, "a", params)
			},
			first: 1, want: []int64{10, 11, 20, 21},
			requests: []string{
				"GET /accounts/a/things?page=1&maxRows=2", "GET /accounts/a/things?page=2&maxRows=2",
				"GET /accounts/a/things?page=3&maxRows=2",
			},
		},
		{
			name: "chosen first page",
			all: func(ctx context.Context, s gen.Services) func(func(gen.Thing, error) bool) {
				return s.Things.All(ctx, "a", &gen.ListThingsParams{Page: new(int64(2))})
			},
			first: 1, want: []int64{20, 21},
			requests: []string{"GET /accounts/a/things?page=2", "GET /accounts/a/things?page=3"},
		},
		{
			name: "required parameter, no documented first page",
			all: func(ctx context.Context, s gen.Services) func(func(gen.Thing, error) bool) {
				return s.Things.AllByName(ctx, "a", gen.SearchThingsParams{Name: "x"})
			},
			want: []int64{0, 1, 10, 11},
			requests: []string{
				"GET /accounts/a/things/search?name=x&page=0", "GET /accounts/a/things/search?name=x&page=1",
				"GET /accounts/a/things/search?name=x&page=2",
			},
		},
		{
			name: "in the body",
			all: func(ctx context.Context, s gen.Services) func(func(gen.Thing, error) bool) {
				return s.Things.AllByBody(ctx, "a", gen.Search{Name: new("x")})
			},
			want: []int64{0, 1, 10, 11},
			requests: []string{
				`POST /accounts/a/things/search application/json: {"name":"x","page":0}`,
				`POST /accounts/a/things/search application/json: {"name":"x","page":1}`,
				`POST /accounts/a/things/search application/json: {"name":"x","page":2}`,
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var requests []string
			var got []int64
			for thing, err := range tt.all(t.Context(), pages(t, tt.first, 2, &requests)) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, thing.ThingID)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("ids (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.requests, requests); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
		})
	}
	if params.Page != nil {
		t.Error("All changes its params")
	}
}

// TestAll ranges twice over a list without pages, and ends one loop early.
func TestAll(t *testing.T) {
	s, _ := serve(t, response{200, asJSON, `["a", "b", 3]`})
	all := s.Parts.All(t.Context())
	for range 2 {
		var got []string
		for part, err := range all {
			if err != nil {
				part = err.Error()
			}
			got = append(got, part)
		}
		want := []string{"a", "b", `ringcx: call: GET /parts: the response does not match openapi.yaml: status 200: "application/json": at 2: json: cannot unmarshal number into Go value of type string`}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("parts (-want +got):\n%s", diff)
		}
	}
	for range all {
		break
	}
}

// TestAllOfComponent reads a list whose schema is a component.
func TestAllOfComponent(t *testing.T) {
	s, _ := serve(t, response{200, asJSON, `[{"thingId": 7}]`})
	var ids []int64
	for thing, err := range s.Parts.AllSaved(t.Context(), "x", nil) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, thing.ThingID)
	}
	if diff := cmp.Diff([]int64{7}, ids); diff != "" {
		t.Errorf("ids (-want +got):\n%s", diff)
	}
}

func TestAllErrorOfRequest(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s, _ := serve(t, response{200, asJSON, `[]`})
	n := 0
	for _, err := range s.Parts.All(ctx) {
		if n++; !errors.Is(err, context.Canceled) {
			t.Errorf("error is %v, want context.Canceled", err)
		}
	}
	if n != 1 {
		t.Errorf("%d values, want 1", n)
	}
}

// TestFlatClient calls the flat client, whose results have no fields for errors.
func TestFlatClient(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", asJSON)
		_, _ = io.WriteString(w, `{"thingId": 7}`)
	}))
	t.Cleanup(server.Close)
	client, err := gen.NewClientWithResponses(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	got, err := client.GetHiddenWithResponse(t.Context())
	if err != nil || got.JSON200 == nil || got.JSON200.ThingID != 7 {
		t.Errorf("result is %+v, error %v", got, err)
	}
}

func TestTable(t *testing.T) {
	want := gen.Operation{
		ID: "listThings", Method: "GET", Path: "/accounts/{accountId}/things", Success: []int{200}, Idempotent: true,
		Service: "Things.List", Permission: "READ Thing",
		Limits: []gen.RateLimit{{Requests: 15, Window: 10 * time.Second}, {Requests: 9, Window: 15 * time.Minute}},
		Paging: &gen.Paging{Page: "page", Rows: "maxRows", First: 1},
	}
	got, ok := gen.FindOperation("GET", "/accounts/1/things")
	if diff := cmp.Diff(want, got); !ok || diff != "" {
		t.Errorf("operation (-want +got):\n%s", diff)
	}
	got, _ = gen.FindOperation("POST", "/accounts/1/things/search")
	if !got.Paging.InBody || !got.Idempotent {
		t.Errorf("operation is %+v, want pages in the body, and idempotent", got)
	}
}
