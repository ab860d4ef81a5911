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

var full = sync.OnceValue(func() *contract.Document {
	d, err := contract.New(fullspec.Document())
	if err != nil {
		panic(err)
	}
	return d
})

func TestX(t *testing.T) {
	a := Compile(full())
	count := map[string]int{}
	for _, o := range names.Operations() {
		if !o.Published {
			continue
		}
		got := a.Serves(o.ID)
		count[got]++
		if got != o.Served {
			t.Logf("%-8s want %-8s %s %s %s [%s]", got, o.Served, o.Method, o.Path, o.ID, a.planOf(a.operations[o.ID]).action)
		}
	}
	t.Log(count)
}

// exampleRequest returns the request of the examples of an operation.
func exampleRequest(t testing.TB, a *API, o *contract.Operation) (*Request, *http.Request) {
	t.Helper()
	d := a.details(a.operations[o.ID])
	r := &Request{Query: make(url.Values)}
	pathValues := make(map[string]string)
	r.PathValue = func(name string) string { return pathValues[name] }
	path := o.Path
	for _, p := range d.parameters {
		switch p.In {
		case "path":
			pathValues[p.Name] = a.exampleOf(p)
			path = strings.ReplaceAll(path, "{"+p.Name+"}", url.PathEscape(pathValues[p.Name]))
		case "query":
			if strings.HasPrefix(string(p.Example), "[") {
				r.Query.Set(p.Name, text(value(p.Example).([]any)[0]))
			} else {
				r.Query.Set(p.Name, a.exampleOf(p))
			}
		}
	}
	if d.body != nil {
		r.ContentType = jsonType
		example := a.examples(d.body)[0]
		r.Body = encode(example)
		if object, ok := example.(map[string]any); ok && d.bodyType == formType {
			r.ContentType = formType
			form := make(url.Values)
			for name, v := range object {
				form.Set(name, text(v))
			}
			r.Body = []byte(form.Encode())
		}
	}
	h := httptest.NewRequest(o.Method, path+"?"+r.Query.Encode(), bytes.NewReader(r.Body))
	for name, v := range pathValues {
		h.SetPathValue(name, v)
	}
	if r.ContentType != "" {
		h.Header.Set("Content-Type", r.ContentType)
	}
	return r, h
}

// TestResponsesAreValid calls every operation with its examples.
func TestResponsesAreValid(t *testing.T) {
	a := Compile(full())
	e := New(a)
	for _, o := range full().Operations() {
		if true {
			e = New(a)
		}
		r, h := exampleRequest(t, a, o)
		got := e.Serve(o, r)
		if got.Problem != nil {
			t.Errorf("%s: %d %s", o.ID, got.Status, got.Problem.Message)
			continue
		}
		if strings.Contains(string(o.JSON()), "multipart") {
			t.Log("file", o.ID)
		}
		t.Logf("%s %s %s -> %d %.200s", o.ID, h.URL.RequestURI(), r.Body, got.Status, got.Body)
		header := http.Header{}
		if got.ContentType != "" {
			header.Set("Content-Type", got.ContentType)
		}
		for _, v := range o.Response(h, got.Status, header, got.Body, true) {
			t.Errorf("%s\n%s", v, got.Body)
		}
		if !strings.Contains(string(o.JSON()), "multipart") {
			for _, v := range o.Request(h, r.Body, func(s string) string { return s }) {
				t.Errorf("request %s\n%s", v, r.Body)
			}
		}
	}
}
