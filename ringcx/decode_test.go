package ringcx_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/wire"
)

const jsonType = "application/json"

// reasonText has cmp.Diff compare the Err of a *wire.DecodeError by its text.
var reasonText = cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Err" },
	cmp.Transformer("text", func(err error) string { return fmt.Sprint(err) }))

// wrongLists are responses to listAccounts that do not match openapi.yaml. The errors of
// Get and of Stream are the same except for their reasons, and in unknown: Get does not
// know the Content-Type of a response that the generated client could not decode.
var wrongLists = []struct {
	name        string
	status      int
	ctype, body string
	get, stream string // the reasons
	field       string
	unknown     bool
}{
	{name: "no content", status: 204, get: "the response has no content"},
	{name: "undeclared status", status: 202, ctype: jsonType, body: `{"id":1}`, get: "want status 200"},
	{name: "undeclared status with a list", status: 206, ctype: jsonType, body: `[]`, get: "want status 200"},
	{name: "redirect", status: 304, get: "want status 200"},
	{name: "HTML", status: 200, ctype: "text/html", body: "<html>\n login</html>", get: "the body is not JSON: <html> login</html>"},
	{name: "list as text", status: 200, ctype: "text/plain", body: `[]`, get: "the body is not JSON: []"},
	{name: "empty text", status: 200, ctype: "text/plain", get: "the body is empty"},
	{name: "HTML called JSON", status: 200, ctype: jsonType, body: "<html>", unknown: true,
		get: "the body is not valid JSON: invalid character '<' looking for beginning of value"},
	{name: "empty", status: 200, ctype: jsonType, unknown: true, get: "the body is empty"},
	{name: "truncated", status: 200, ctype: jsonType, body: `[{"accountName":"R`, unknown: true, field: "0", get: "the body ended early: unexpected EOF"},
	{name: "truncated at the end", status: 200, ctype: jsonType, body: `[{"accountId":1,"accountName":"R"}`, unknown: true, get: "the body ended early: unexpected EOF"},
	{name: "object", status: 200, ctype: jsonType, body: `{"accounts":[]}`, unknown: true,
		get: "json: cannot unmarshal object into Go value of type []gen.Account", stream: "the body is not a JSON array"},
	{name: "truncated in the second element", status: 200, ctype: jsonType, body: `[{"accountId":1,"accountName":"R"},{"accountId":2`, unknown: true,
		field: "1", get: "the body ended early: unexpected EOF"},
	{name: "invalid JSON in an element", status: 200, ctype: jsonType, body: `[{"accountId":1,"accountName":"R"},{"accountId":2]`, unknown: true,
		field: "1", get: "the body is not valid JSON: invalid character ']' after object key:value pair"},
	{name: "wrong type", status: 200, ctype: jsonType, body: `[{"accountId":1,"accountName":"R"},{"accountName":7}]`, unknown: true, field: "1.accountName",
		get: "json: cannot unmarshal number into Go struct field Account.accountName of type string"},
	{name: "wrong type of an inner field", status: 200, ctype: jsonType, body: `[{"mainAccount":{"mainAccountId":true}}]`, unknown: true,
		field: "0.mainAccount.mainAccountId", get: "json: cannot unmarshal bool into Go struct field MainAccount.mainAccount.mainAccountId of type wire.ID"},
	{name: "null element", status: 200, ctype: jsonType, body: `[{"accountId":1,"accountName":""},null]`, field: "1", get: "an element of the list is null"},
	{name: "no required field", status: 200, ctype: jsonType, body: `[{"accountId":1,"accountName":"R"},{"foo":1}]`, field: "1.accountId",
		get: "the required field is missing"},
	{name: "null required field", status: 200, ctype: jsonType, body: `[{"accountId":1,"accountName":null}]`, field: "0.accountName",
		get: "the required field is null"},
}

// TestWrongListIsAnError checks the errors of Get and Stream for responses that do not
// match openapi.yaml.
func TestWrongListIsAnError(t *testing.T) {
	for _, tt := range wrongLists {
		client := newClient(t, ringcx.Config{HTTPClient: respondWith(func(*http.Request) *http.Response {
			return response(tt.status, tt.ctype, tt.body)
		})})
		want := wire.DecodeError{Method: "GET", Path: "/voice/api/v1/admin/accounts", StatusCode: tt.status, ContentType: tt.ctype, Field: tt.field}
		t.Run("Get/"+tt.name, func(t *testing.T) {
			got, err := ringcx.Get(client.ListAccountsWithResponse(t.Context()))
			want := want
			want.Err = errors.New(tt.get)
			if tt.unknown {
				want.ContentType = ""
			}
			if diff := cmp.Diff(&want, decodeErrorOf(t, err), reasonText); diff != "" || got != nil {
				t.Errorf("accounts are %v, error (-want +got):\n%s", got, diff)
			}
		})
		t.Run("Stream/"+tt.name, func(t *testing.T) {
			want := want
			if want.Err = errors.New(tt.get); tt.stream != "" {
				want.Err = errors.New(tt.stream)
			}
			_, err := collect(ringcx.Stream[gen.Account](client.ListAccounts(t.Context())))
			if diff := cmp.Diff(&want, decodeErrorOf(t, err), reasonText); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
		})
	}
}

// TestErrorsNameThePlace has listUsers respond with one wrong value among many users, at any
// depth. Get and Stream must name the same place.
func TestErrorsNameThePlace(t *testing.T) {
	const user, missing, null = `{"userId":1,"userName":"u"}`, "the required field is missing", "the required field is null"
	tests := []struct{ name, wrong, field, reason string }{
		{"no field", `{"foo":1}`, "17.userId", missing},
		{"null id", `{"userId":null,"userName":"u"}`, "17.userId", null},
		{"no name", `{"userId":0}`, "17.userName", missing},
		{"child without a name", `{"userId":1,"userName":"u","children":[` + user + `,{"userId":2}]}`, "17.children.1.userName", missing},
		{"null child", `{"userId":1,"userName":"u","children":[null]}`, "17.children.0", "an element of the list is null"},
		{"grandchild with a wrong type", `{"userId":1,"userName":"u","children":[` + user + `,{"userId":1,"children":[{"userName":7}]}]}`,
			"17.children.1.children.0.userName", "json: cannot unmarshal number into Go struct field User.children.children.userName of type string"},
		{"wrong type of a wire.ID", `{"userId":1,"userName":"u","rcUserId":true}`, "17.rcUserId",
			"json: cannot unmarshal bool into Go struct field User.rcUserId of type wire.ID"},
		{"wrong type of an element", `7`, "17", "json: cannot unmarshal number into Go value of type gen.User"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			client := newClient(t, ringcx.Config{HTTPClient: respondWith(func(*http.Request) *http.Response {
				return response(200, jsonType, "["+strings.Repeat(user+" ,\n", 17)+tt.wrong+strings.Repeat(","+user, 100)+"]")
			})})
			_, get := ringcx.Get(client.ListUsersWithResponse(t.Context(), nil))
			users, stream := collect(ringcx.Stream[gen.User](client.ListUsers(t.Context(), nil)))
			if len(users) != 17 {
				t.Errorf("Stream yields %d users before the error, want 17", len(users))
			}
			for _, err := range []error{get, stream} {
				e := decodeErrorOf(t, err)
				if diff := cmp.Diff([]string{tt.field, tt.reason}, []string{e.Field, e.Err.Error()}); diff != "" {
					t.Errorf("place and reason (-want +got):\n%s", diff)
				}
				if !strings.Contains(err.Error(), "at "+tt.field+": ") {
					t.Errorf("the error does not contain the place: %v", err)
				}
			}
		})
	}
}

// decodeErrorOf returns the *wire.DecodeError that err is.
func decodeErrorOf(t *testing.T, err error) *wire.DecodeError {
	t.Helper()
	e, ok := errors.AsType[*wire.DecodeError](err)
	if !ok {
		t.Fatalf("error is %T %v, want a *wire.DecodeError", err, err)
	}
	return e
}

// collect returns the elements of list before its first error, and the error.
func collect[T any](list func(func(T, error) bool)) (all []T, err error) {
	for v, err := range list {
		if err != nil {
			return all, err
		}
		all = append(all, v)
	}
	return all, nil
}

// TestDecodeErrorWraps checks that errors.Is and errors.As find the reason.
func TestDecodeErrorWraps(t *testing.T) {
	for _, body := range []string{`[{"accountName":7}]`, `[{`} {
		client := newClient(t, ringcx.Config{HTTPClient: respondWith(func(*http.Request) *http.Response {
			return response(200, jsonType, body)
		})})
		_, get := ringcx.Get(client.ListAccountsWithResponse(t.Context()))
		_, stream := collect(ringcx.Stream[gen.Account](client.ListAccounts(t.Context())))
		for _, err := range []error{get, stream} {
			_, isType := errors.AsType[*json.UnmarshalTypeError](err)
			if isType == errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%s: type error is %t, unexpected EOF is %t, want one of them: %v", body, isType, !isType, err)
			}
		}
	}
}

// cutBody is a body that ends with an error.
type cutBody struct {
	io.Reader
	err error
}

func (b cutBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err == io.EOF {
		err = b.err
	}
	return n, err
}

func (cutBody) Close() error { return nil }

// TestBodyWithReadError has the body of a list end with an error of the connection. It is a
// *wire.DecodeError, also after the last element, unless the context ended. Every error
// names the request and wraps the cause.
func TestBodyWithReadError(t *testing.T) {
	tests := []struct {
		name string
		err  error
		is   bool
	}{
		{"early end", io.ErrUnexpectedEOF, true},
		{"connection reset", syscall.ECONNRESET, true},
		{"another error", errors.New("stream error"), true},
		{"canceled", context.Canceled, false},
		{"deadline", context.DeadlineExceeded, false},
	}
	for _, tt := range tests {
		for _, body := range []string{`[{"accountId":1,"accountName":""}`, `[{"accountId":1,"accountName":""}]`, `null`, ``} {
			t.Run(tt.name+" after "+body, func(t *testing.T) {
				client := newClient(t, ringcx.Config{HTTPClient: respondWith(func(*http.Request) *http.Response {
					resp := response(200, jsonType, "")
					resp.Body = cutBody{strings.NewReader(body), tt.err}
					return resp
				})})
				_, get := ringcx.Get(client.ListAccountsWithResponse(t.Context()))
				_, stream := collect(ringcx.Stream[gen.Account](client.ListAccounts(t.Context())))
				for name, err := range map[string]error{"Get": get, "Stream": stream} {
					_, is := errors.AsType[*wire.DecodeError](err)
					if is != tt.is || !errors.Is(err, tt.err) {
						t.Errorf("error of %s is %v; a *wire.DecodeError: %t, want %t", name, err, is, tt.is)
					}
					if !strings.HasPrefix(err.Error(), "ringcx: call: GET /voice/api/v1/admin/accounts: ") {
						t.Errorf("error of %s is %v, want the request in it", name, err)
					}
				}
			})
		}
	}
}

// TestRequestErrorIsNoDecodeError has Get return errors from before the response that
// look like errors of decoding it.
func TestRequestErrorIsNoDecodeError(t *testing.T) {
	_, marshal := json.Marshal(json.RawMessage(`{`))
	for name, want := range map[string]error{
		"request body":     marshal,
		"transport":        &url.Error{Op: "Get", URL: "https://example.com/", Err: io.ErrUnexpectedEOF},
		"another step":     fmt.Errorf("ringcx: exchange: %w", io.ErrUnexpectedEOF),
		"rejected request": &ringcx.Error{StatusCode: 403},
	} {
		_, err := ringcx.Get((*gen.ListAccountsResult)(nil), want)
		if !errors.Is(err, want) || err.Error() != want.Error() {
			t.Errorf("%s: error is %v, want %v", name, err, want)
		}
	}
}

// objectResult is like a result of the generated client for an operation that openapi.yaml
// does not have.
type objectResult struct {
	v      *gen.Session
	status int
	body   string
}

func (r objectResult) GetJSON200() *gen.Session { return r.v }
func (r objectResult) StatusCode() int          { return r.status }
func (r objectResult) GetBody() []byte          { return []byte(r.body) }

// TestGetObject checks the errors for an operation that returns an object.
func TestGetObject(t *testing.T) {
	tests := []struct {
		name   string
		result objectResult
		want   string // the reason, or ""
	}{
		{"object", objectResult{&gen.Session{AccessToken: "a", TokenType: "b"}, 200, `{"accessToken":"a","tokenType":"b"}`}, ""},
		{"null", objectResult{&gen.Session{}, 200, ` null `}, "the body is null"},
		{"no content", objectResult{nil, 204, ``}, "the response has no content"},
		{"undeclared status", objectResult{nil, 202, `{}`}, "want status 200 or 201"},
		{"not JSON", objectResult{nil, 200, `<html>`}, "the body is not JSON: <html>"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ringcx.Get(tt.result, nil)
			if tt.want == "" {
				if err != nil {
					t.Errorf("error is %v, want nil", err)
				}
				return
			}
			want := &wire.DecodeError{StatusCode: tt.result.status, Err: errors.New(tt.want)}
			if diff := cmp.Diff(want, decodeErrorOf(t, err), reasonText); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
		})
	}
}

// logoutResult is a result of the operation logout, which declares status 204, as if it
// returned JSON.
type logoutResult[T any] struct{ gen.LogoutResult }

func (logoutResult[T]) GetJSON200() *T           { return nil }
func (logoutResult[T]) Operation() gen.Operation { return (*gen.LogoutResult)(nil).Operation() }
func (logoutResult[T]) StatusCode() int          { return 204 }

// TestGetDeclaredNoContent checks that a declared 204 is a zero object, and is an error
// for a list.
func TestGetDeclaredNoContent(t *testing.T) {
	object, err := ringcx.Get(logoutResult[gen.Session]{}, nil)
	if diff := cmp.Diff(gen.Session{}, object, cmpopts.EquateEmpty()); err != nil || diff != "" {
		t.Errorf("object: error is %v (-want +got):\n%s", err, diff)
	}
	_, err = ringcx.Get(logoutResult[[]gen.User]{}, nil)
	want := &wire.DecodeError{Method: "DELETE", Path: "/api/auth/logout/{refreshToken}", StatusCode: 204, Err: errors.New("the response has no content")}
	if diff := cmp.Diff(want, decodeErrorOf(t, err), reasonText); diff != "" {
		t.Errorf("list: error (-want +got):\n%s", diff)
	}
}

// TestDecodeErrorContainsNoSecret has a response repeat the bearer token in its
// Content-Type and in its body, and a redirect repeat it in the path.
func TestDecodeErrorContainsNoSecret(t *testing.T) {
	client := newClient(t, ringcx.Config{HTTPClient: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		if !strings.HasPrefix(r.URL.Path, "/voice/") {
			return (&network{}).RoundTrip(r)
		}
		token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		if strings.HasSuffix(r.URL.Path, "/accounts") {
			resp := response(302, "text/plain", "")
			resp.Header.Set("Location", "/voice/"+url.PathEscape(token))
			return resp, nil
		}
		return response(200, "text/"+token, "you sent "+token), nil
	})}})
	_, get := ringcx.Get(client.ListAccountsWithResponse(t.Context()))
	_, stream := collect(ringcx.Stream[gen.Account](client.ListAccounts(t.Context())))
	_, list := client.Accounts.List(t.Context())
	_, all := collect(client.Accounts.All(t.Context()))
	want := &wire.DecodeError{Method: "GET", Path: "/voice/***", StatusCode: 200, ContentType: "text/***", Err: errors.New("the body is not JSON: you sent ***")}
	for _, err := range []error{get, stream, list, all} {
		if diff := cmp.Diff(want, decodeErrorOf(t, err), reasonText); diff != "" {
			t.Errorf("error (-want +got):\n%s", diff)
		}
		assertNoSecret(t, err)
	}
}

// declaredResult is a result of an operation that declares the given statuses.
type declaredResult struct {
	objectResult
	statuses []int
}

func (r declaredResult) Operation() gen.Operation {
	return gen.Operation{Method: "POST", Path: "/x/{id}", Success: r.statuses}
}

// TestGetParserError checks the status in the error of a response that the generated
// client could not decode. It is known if only one status comes with JSON.
func TestGetParserError(t *testing.T) {
	reason := json.Unmarshal([]byte(`[`), new(gen.Session))
	for status, statuses := range map[int][]int{200: {200, 204}, 201: {201}, 0: {200, 201}} {
		_, err := ringcx.Get(declaredResult{statuses: statuses}, reason)
		want := &wire.DecodeError{Method: "POST", Path: "/x/{id}", StatusCode: status, Err: errors.New("the body ended early: unexpected EOF")}
		if diff := cmp.Diff(want, decodeErrorOf(t, err), reasonText); diff != "" {
			t.Errorf("declared %v: error (-want +got):\n%s", statuses, diff)
		}
	}
}

// TestDecodeErrorIsOneLine has a redirect lead to a path with control characters, and a
// response with a long Content-Type.
func TestDecodeErrorIsOneLine(t *testing.T) {
	client := newClient(t, ringcx.Config{HTTPClient: respondWith(func(r *http.Request) *http.Response {
		if strings.HasSuffix(r.URL.Path, "/accounts") {
			resp := response(302, "text/plain", "")
			resp.Header.Set("Location", "/a%0Ab")
			return resp
		}
		return response(200, "text/"+strings.Repeat("x", 2000), "")
	})})
	_, err := ringcx.Get(client.ListAccountsWithResponse(t.Context()))
	e := decodeErrorOf(t, err)
	if e.Path != "/a\ufffdb" || len(e.ContentType) > 600 {
		t.Errorf("path is %q, want /a\ufffdb; the Content-Type has %d bytes, want at most 600", e.Path, len(e.ContentType))
	}
}

// TestStreamHidesLogoutToken streams the response to a logout, whose path contains a token.
func TestStreamHidesLogoutToken(t *testing.T) {
	client := &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
		return response(200, "text/html", "<html>"), nil
	})}
	req := must(http.NewRequestWithContext(t.Context(), http.MethodDelete, ringcx.DefaultBaseURL+"/api/auth/logout/"+sentinel, nil))
	resp, err := client.Do(req)
	if err == nil {
		resp.Request = req
	}
	_, err = collect(ringcx.Stream[row](resp, err))
	if e := decodeErrorOf(t, err); e.Path != "/api/auth/logout/***" {
		t.Errorf("path is %q, want it without the token", e.Path)
	}
}

// FuzzGetAndStream has listAccounts respond with any body. Get and Stream must return the
// same accounts, or both an error, which is a *wire.DecodeError in one line.
func FuzzGetAndStream(f *testing.F) {
	for _, tt := range wrongLists {
		f.Add(tt.status, tt.ctype, tt.body)
	}
	for _, body := range []string{`[]`, ` null `, `[{"accountId":1,"startDate":"soon"},{}]`, `[] []`, `[{}null]`, "\ufeff[]", `[{"accountId":"\ud800"}]`} {
		f.Add(200, jsonType, body)
	}
	f.Fuzz(func(t *testing.T, status int, ctype, body string) {
		redirects := status/100 == 3
		if status < 200 || status > 399 || redirects || ctype == "" {
			t.Skip()
		}
		client := newClient(t, ringcx.Config{HTTPClient: respondWith(func(*http.Request) *http.Response {
			return response(status, ctype, body)
		})})
		got, getErr := ringcx.Get(client.ListAccountsWithResponse(t.Context()))
		streamed, streamErr := collect(ringcx.Stream[gen.Account](client.ListAccounts(t.Context())))
		if (getErr == nil) != (streamErr == nil) {
			t.Fatalf("error of Get is %v, of Stream %v", getErr, streamErr)
		}
		if getErr == nil {
			if diff := cmp.Diff(got, streamed, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("accounts (-Get +Stream):\n%s", diff)
			}
			return
		}
		for _, err := range []error{getErr, streamErr} {
			if decodeErrorOf(t, err); strings.ContainsAny(err.Error(), "\r\n\x00") {
				t.Errorf("the error is not one line: %q", err)
			}
		}
	})
}
