package engine

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/ringcx-go/ringcx-go/internal/fullspec"
	"github.com/ringcx-go/ringcx-go/internal/names"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest/internal/contract"
)

// full is a document with the size of the whole API.
var full = sync.OnceValue(func() *contract.Document {
	d, err := contract.New(fullspec.Document())
	if err != nil {
		panic(err)
	}
	return d
})

// TestServesTheAPI checks how many operations of the whole API keep resources, and that all
// others are declared: in the column "served" of the table of names.
func TestServesTheAPI(t *testing.T) {
	a := Compile(full())
	declared := make(map[string]string)
	for _, o := range names.Operations() {
		declared[o.ID] = o.Served
	}
	count := make(map[string]int)
	for _, o := range full().Operations() {
		by := a.Serves(o.ID)
		count[by]++
		if want := declared[o.ID]; by != want && want != "hand" && want != "" {
			t.Errorf("%s (%s %s) is served by %q, the table says %q", o.ID, o.Method, o.Path, by, want)
		}
	}
	t.Log(count)
	if count["engine"] < 195 || count["engine"]+count["table"] < 230 {
		t.Errorf("too few operations keep resources: %v, want 230, of these 195 by the shape of their paths", count)
	}
	if by := a.Serves("noSuchOperation"); by != "" {
		t.Errorf("an operation that the document does not have is served by %q", by)
	}
}

// exampleRequest returns the request with the examples of an operation, for the engine and for
// the contract. A file is omitted.
func exampleRequest(t testing.TB, a *API, o *contract.Operation) (*Request, *http.Request) {
	t.Helper()
	values, query, path := make(map[string]string), make(url.Values), o.Path
	d := a.details(a.operations[o.ID])
	for _, p := range d.parameters {
		switch p.In {
		case "path":
			values[p.Name] = a.exampleOf(p)
			path = strings.ReplaceAll(path, "{"+p.Name+"}", url.PathEscape(values[p.Name]))
		case "query":
			example := value(p.Example)
			if list, ok := example.([]any); ok {
				example = list[0]
			}
			query.Set(p.Name, text(example))
		}
	}
	r := &Request{PathValue: func(name string) string { return values[name] }, Query: query, ContentType: d.bodyType}
	if d.body != nil {
		example := a.examples(d.body)[0]
		r.Body = encode(example)
		if d.bodyType == formType {
			form := make(url.Values)
			for name, v := range example.(map[string]any) {
				form.Set(name, text(v))
			}
			r.Body = []byte(form.Encode())
		}
	}
	h := httptest.NewRequest(o.Method, path+"?"+query.Encode(), bytes.NewReader(r.Body))
	h.Header.Set("Content-Type", r.ContentType)
	for name, v := range values {
		h.SetPathValue(name, v)
	}
	return r, h
}

// TestResponsesAreValid calls every operation with its examples, twice. The contract must allow
// the responses; the second call may find that the resource is deleted or moved.
func TestResponsesAreValid(t *testing.T) {
	a := Compile(full())
	for _, o := range full().Operations() {
		e := New(a)
		r, h := exampleRequest(t, a, o)
		for i := range 2 {
			got := e.Serve(o, r)
			isGone := i == 1 && (o.Method == http.MethodDelete || o.ID == "moveQueue") && got.Status == http.StatusNotFound
			if got.Problem != nil {
				if !isGone {
					t.Errorf("%s: call %d: %d %s %s", o.ID, i+1, got.Status, got.Problem.Field, got.Problem.Message)
				}
				continue
			}
			header := http.Header{}
			if got.ContentType != "" {
				header.Set("Content-Type", got.ContentType)
			}
			for _, v := range o.Response(h, got.Status, header, got.Body, true) {
				t.Errorf("call %d: %s\n%s", i+1, v, got.Body)
			}
		}
	}
}

// TestOtherIDsAreNotFound replaces a path parameter in the examples of operations.
func TestOtherIDsAreNotFound(t *testing.T) {
	a := Compile(full())
	tests := []struct {
		operation, parameter string
		want                 int
	}{
		{"getCampaign", "campaignId", 404},
		{"getCampaign", "dialGroupId", 404},
		{"getCampaign", "accountId", 404},
		{"createCampaign", "dialGroupId", 404},
		{"listAccountAgentGroups", "subAccountId", 404}, // another name of accountId
		{"listAccountUsers", "mainAccountId", 200},      // not the id of a user
		{"getRecording", "dialogId", 200},               // dialogs are no resources
	}
	for _, tt := range tests {
		o := full().ByID(tt.operation)
		r, _ := exampleRequest(t, a, o)
		example := r.PathValue
		r.PathValue = func(name string) string {
			if name == tt.parameter {
				return "999999"
			}
			return example(name)
		}
		if got := New(a).Serve(o, r).Status; got != tt.want {
			t.Errorf("%s of another %s: %d, want %d", tt.operation, tt.parameter, got, tt.want)
		}
	}
}
