package engine

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest/internal/contract"
)

// FuzzServe sends any body and query to an operation of openapi.yaml, and then lists the
// resources of its path. The contract must allow all responses, whatever was stored.
func FuzzServe(f *testing.F) {
	d := contract.OpenAPI()
	a := Compile(d)
	operations := d.Operations()
	for i, o := range operations {
		r, _ := exampleRequest(f, a, o)
		f.Add(uint16(i), r.Query.Encode(), string(r.Body))
		f.Add(uint16(i), "page=1&maxRows=2", `[{"x": null}]`)
	}
	f.Add(uint16(0), "%", `{"isActive": "x", "dialGroupId": -1, "children": [1, {}]}`)
	f.Fuzz(func(t *testing.T, n uint16, query, body string) {
		o := operations[int(n)%len(operations)]
		e := New(a)
		example, h := exampleRequest(t, a, o)
		r := *example
		r.Body = []byte(body)
		if q, err := url.ParseQuery(query); err == nil {
			r.Query = q
		}
		checkResponse(t, o, h, e.Serve(o, &r))
		c := a.planOf(a.operations[o.ID]).collection
		if c == nil {
			return
		}
		for _, list := range c.node.ops[http.MethodGet] {
			example, h := exampleRequest(t, a, list.Operation)
			example.Query = nil
			checkResponse(t, list.Operation, h, e.Serve(list.Operation, example))
		}
	})
}

// checkResponse reports what the contract does not allow in a response.
func checkResponse(t *testing.T, o *contract.Operation, h *http.Request, r *Response) {
	t.Helper()
	if r.Problem != nil {
		return
	}
	header := make(http.Header)
	if r.ContentType != "" {
		header.Set("Content-Type", r.ContentType)
	}
	for _, v := range o.Response(h, r.Status, header, r.Body, true) {
		t.Errorf("%s\n%s", v, r.Body)
	}
}
