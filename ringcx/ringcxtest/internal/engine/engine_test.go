package engine

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest/internal/contract"
)

// library is the document of testdata/library.yaml.
var library = sync.OnceValue(func() *contract.Document {
	data, err := os.ReadFile("testdata/library.yaml")
	if err != nil {
		panic(err)
	}
	return fromYAML(data)
})

func fromYAML(data []byte) *contract.Document {
	var v any
	if err := yaml.Unmarshal(data, &v); err != nil {
		panic(err)
	}
	compact, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	d, err := contract.New(compact)
	if err != nil {
		panic(err)
	}
	return d
}

// client sends requests to an Engine.
type client struct {
	*Engine
	*contract.Document
}

func newClient(d *contract.Document) client { return client{New(Compile(d)), d} }

const prefix = "/voice/api/v1/admin"

// send sends a request such as "POST /shelves". The prefix of the path may be omitted. A body
// that begins with a brace or a bracket is JSON; another one is a form.
func (c client) send(t testing.TB, request, body string) *Response {
	t.Helper()
	method, target, _ := strings.Cut(request, " ")
	if !strings.HasPrefix(target, "/voice") {
		target = prefix + target
	}
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	o, values := c.Find(method, u.EscapedPath())
	if o == nil {
		t.Fatalf("%s: the document has no such operation", request)
	}
	r := &Request{PathValue: func(name string) string { return values[name] }, Query: u.Query(), Body: []byte(body)}
	r.ContentType = "application/json; charset=utf-8"
	if body != "" && !strings.ContainsAny(body[:1], `{["0123456789`) {
		r.ContentType = formType
	}
	return c.Serve(o, r)
}

// step is a request and the wanted response: the status, and its body or the message of the
// rejection.
type step struct{ request, body, want string }

// run sends the requests of steps one after the other.
func (c client) run(t *testing.T, steps []step) {
	t.Helper()
	for _, s := range steps {
		r := c.send(t, s.request, s.body)
		got := fmt.Sprintf("%d %s", r.Status, r.Body)
		if r.Problem != nil {
			got = fmt.Sprint(r.Status, " ", strings.TrimSpace(r.Problem.Field+" "+r.Problem.Message))
		}
		if diff := cmp.Diff(s.want, strings.TrimSpace(got)); diff != "" {
			t.Errorf("%s %s (-want +got):\n%s", s.request, s.body, diff)
		}
	}
}

const (
	fiction = `{"color":"red","name":"Fiction","shelfId":1}`
	poetry  = `{"color":"blue","name":"Poetry","shelfId":2}`
	emma    = `{"added":"2024-01-15","author":"Austen","bookId":11,"isActive":true,"shelfId":1,"title":"Emma"}`
)

func TestActions(t *testing.T) {
	tests := []struct {
		name  string
		steps []step
	}{
		{"create, list, get, update, delete", []step{
			{"GET /shelves", "", "200 [" + fiction + "," + poetry + "]"},
			{"POST /shelves", `{"shelfId":0,"name":"Maps","x":[1]}`, `200 {"color":"red","name":"Maps","shelfId":100001,"x":[1]}`},
			{"POST /shelves", `{"shelfId":1,"name":"Art"}`, `200 {"color":"red","name":"Art","shelfId":100002}`},
			{"GET /shelves/100001", "", `200 {"color":"red","name":"Maps","shelfId":100001,"x":[1]}`},
			{"PUT /shelves/100001", `{"shelfId":7,"name":"Atlas"}`, `200 {"name":"Atlas","shelfId":100001}`},
			{"DELETE /shelves/1", "", "200 true"},
			{"GET /shelves", "", "200 [" + poetry + `,{"name":"Atlas","shelfId":100001},{"color":"red","name":"Art","shelfId":100002}]`},
			{"GET /shelves/1", "", "404 There is no resource with this shelfId"},
			{"DELETE /shelves/1", "", "404 There is no resource with this shelfId"},
			{"PUT /shelves/1", `{"shelfId":1,"name":"x"}`, "404 There is no resource with this shelfId"},
		}},
		{"patch", []step{
			{"PATCH /shelves/2", `{"color":null}`, "204"},
			{"GET /shelves/2", "", `200 {"color":null,"name":"Poetry","shelfId":2}`},
		}},
		{"an update keeps only what it has, and fields that it cannot have", []step{
			{"PUT /shelves/1/books/11", `{"bookId":11,"title":"Persuasion"}`, `200 {"added":"2024-01-15","bookId":11,"title":"Persuasion"}`},
		}},
		{"resources below others", []step{
			{"GET /shelves/1/books", "", "200 [" + emma + "]"},
			{"GET /shelves/2/books", "", "200 [" + strings.Replace(emma, `"shelfId":1`, `"shelfId":2`, 1) + "]"},
			{"GET /shelves/3/books", "", "404 There is no resource with this shelfId"},
			{"POST /shelves/3/books", `{"title":"x"}`, "404 There is no resource with this shelfId"},
			{"GET /shelves/3/books/11/preview", "", "404 There is no resource with this shelfId"},
			{"GET /shelves/1/books/12/preview", "", "404 There is no resource with this bookId"},
			{"POST /shelves", `{"shelfId":0,"name":"New"}`, `200 {"color":"red","name":"New","shelfId":100001}`},
			{"GET /shelves/100001/books", "", "200 []"},
			{"POST /shelves/100001/books", `{"title":"Ulysses","pin":"1"}`,
				`201 {"added":"2024-01-15","author":"Austen","bookId":100002,"isActive":true,"pin":"1","shelfId":100001,"title":"Ulysses"}`},
			{"GET /shelves/100001/books/count", "", "200 1"},
			{"DELETE /shelves/100001", "", "200 true"},
			{"GET /shelves/100001/books/100002", "", "404 There is no resource with this shelfId"},
		}},
		{"an example comes back neither after it was deleted nor below a new resource", []step{
			{"DELETE /shelves/1/books/11", "", "204"},
			{"GET /shelves/1/books/11", "", "404 There is no resource with this bookId"},
			{"GET /shelves/1/books", "", "200 []"},
			{"POST /shelves", `{"shelfId":0,"name":"New"}`, `200 {"color":"red","name":"New","shelfId":100001}`},
			{"GET /shelves/100001/books/11", "", "404 There is no resource with this bookId"},
		}},
		{"list with children", []step{
			{"PATCH /shelves/2", `{"color":"green"}`, "204"},
			{"DELETE /shelves/2/books/11", "", "204"},
			{"GET /shelves/withChildren", "", `200 [{"books":[` + emma + `],"color":"red","name":"Fiction","shelfId":1},` +
				`{"books":[],"color":"green","name":"Poetry","shelfId":2}]`},
			{"GET /shelves", "", "200 [" + fiction + `,{"color":"green","name":"Poetry","shelfId":2}]`},
		}},
		{"save a list", []step{
			{"PUT /shelves/1/books", `[{"bookId":11,"title":"Emma 2"},{"bookId":0,"title":"Ada"}]`,
				`200 [{"added":"2024-01-15","bookId":11,"title":"Emma 2"},` +
					`{"added":"2024-01-15","author":"Austen","bookId":100001,"isActive":true,"shelfId":1,"title":"Ada"}]`},
			{"GET /shelves/1/books/count", "", "200 2"},
			{"PUT /shelves/1/books", `[1]`, "400 The body is not valid"},
		}},
		{"delete what equals the query", []step{
			{"PUT /shelves/1/books", `[{"bookId":0,"title":"A","author":"X"},{"bookId":0,"title":"B","author":"X"}]`,
				`200 [{"added":"2024-01-15","author":"X","bookId":100001,"isActive":true,"shelfId":1,"title":"A"},` +
					`{"added":"2024-01-15","author":"X","bookId":100002,"isActive":true,"shelfId":1,"title":"B"}]`},
			{"DELETE /shelves/1/books?author=X", "", "200 2"},
			{"GET /shelves/1/books", "", "200 [" + emma + "]"},
			{"DELETE /shelves/1/books?author=X", "", "200 0"},
		}},
		{"clone, also to another parent", []step{
			{"POST /shelves/1/books/11/clone?newBookTitleName=Copy", "",
				`200 {"added":"2024-01-15","author":"Austen","bookId":100001,"isActive":true,"shelfId":1,"title":"Emma","titleName":"Copy"}`},
			{"POST /shelves/1/books/11/clone?newShelfId=2", "",
				`200 {"added":"2024-01-15","author":"Austen","bookId":100002,"isActive":true,"shelfId":2,"title":"Emma"}`},
			{"POST /shelves/1/books/11/clone", `{"author":"A. N. Other"}`,
				`200 {"added":"2024-01-15","author":"A. N. Other","bookId":100003,"isActive":true,"shelfId":1,"title":"Emma"}`},
			{"GET /shelves/1/books/count", "", "200 3"},
			{"GET /shelves/2/books/count", "", "200 2"},
			{"POST /shelves/1/books/11/clone?newShelfId=3", "", "404 There is no resource with this newShelfId"},
		}},
		{"move with everything below", []step{
			{"POST /shelves", `{"shelfId":0,"name":"New"}`, `200 {"color":"red","name":"New","shelfId":100001}`},
			{"POST /shelves/1/books/11/pages", `{"text":"Second"}`, "201"},
			{"POST /shelves/1/books/11/moveToShelf?newShelfId=100001", "", "200 true"},
			{"GET /shelves/1/books", "", "200 []"},
			{"GET /shelves/100001/books", "", "200 [" + strings.Replace(emma, `"shelfId":1`, `"shelfId":100001`, 1) + "]"},
			{"GET /shelves/100001/books/11/pages", "", `200 [{"text":"First page"},{"text":"Second"}]`},
			{"POST /shelves/100001/books/11/moveToShelf?newShelfId=2", "", "200 true"}, // which has a book 11
			{"GET /shelves/2/books/100003", "", "200 " + strings.Replace(emma, `"bookId":11,"isActive":true,"shelfId":1`, `"bookId":100003,"isActive":true,"shelfId":2`, 1)},
			{"GET /shelves/2/books/100003/pages", "", `200 [{"text":"First page"},{"text":"Second"}]`},
			{"POST /shelves/2/books/100003/moveToShelf?newShelfId=5", "", "404 There is no resource with this newShelfId"},
		}},
		{"set active", []step{
			{"PUT /shelves/1/books/11/setIsActive", `{"isActive":false}`, "200 true"},
			{"GET /shelves/1/books/11", "", "200 " + strings.Replace(emma, "true", "false", 1)},
		}},
		{"a resource without an id", []step{
			{"GET /shelves/1/label", "", `200 {"size":12,"text":"Read me"}`},
			{"PUT /shelves/1/label", `{"text":"New"}`, `200 {"text":"New"}`},
			{"GET /shelves/1/label", "", `200 {"text":"New"}`},
			{"GET /shelves/2/label", "", `200 {"size":12,"text":"Read me"}`},
			{"DELETE /shelves/1", "", "200 true"},
			{"GET /shelves/1/label", "", "404 There is no resource with this shelfId"},
		}},
		{"search and envelope", []step{
			{"POST /shelves/1/books", `{"title":"Ulysses","author":"Joyce"}`,
				`201 {"added":"2024-01-15","author":"Joyce","bookId":100001,"isActive":true,"shelfId":1,"title":"Ulysses"}`},
			{"POST /shelves/1/books/search", `{"author":"Austen","bookIds":null}`, "400 bookIds is not valid"},
			{"POST /shelves/1/books/search", `{"author":"Austen"}`, `200 {"records":[` + emma + `],"totalCount":1}`},
			{"POST /shelves/1/books/search", `{"author":null,"bookIds":[11,3]}`, `200 {"records":[` + emma + `],"totalCount":1}`},
			{"POST /shelves/1/books/search", `{"author":"Austen","bookIds":[]}`, `200 {"records":[` + emma + `],"totalCount":1}`},
			{"POST /shelves/1/books/search", `{"page":0,"size":1}`, `200 {"records":[` + emma + `],"totalCount":2}`},
			{"POST /shelves/1/books/search", `{"page":2,"size":1}`, `200 {"records":[],"totalCount":2}`},
			{"POST /shelves/1/books/search", "", `200 {"records":[` + emma + `,{"added":"2024-01-15","author":"Joyce","bookId":100001,"isActive":true,"shelfId":1,"title":"Ulysses"}],"totalCount":2}`},
		}},
		{"pages that count from 1, and a filter", []step{
			{"GET /shelves?page=1&maxRows=1", "", "200 [" + fiction + "]"},
			{"GET /shelves?page=2&maxRows=1", "", "200 [" + poetry + "]"},
			{"GET /shelves?page=3&maxRows=1", "", "200 []"},
			{"GET /shelves?maxRows=1", "", "200 [" + fiction + "]"},
			{"GET /shelves?page=1", "", "200 [" + fiction + "," + poetry + "]"},
			{"GET /shelves?page=2", "", "200 []"},
			{"GET /shelves?page=4000000000&maxRows=4000000000", "", "200 []"},
			{"GET /shelves?phoneNumbersI18nEnabled=true", "", "200 [" + fiction + "," + poetry + "]"},
			{"GET /shelves?color=blue&page=1&maxRows=10", "", "200 [" + poetry + "]"},
		}},
		{"another version with another schema", []step{
			{"GET /voice/api/v2/admin/shelves/1/books", "", `200 [{"language":"en","title":"Emma"}]`},
		}},
		{"ids that are texts, and a form", []step{
			{"GET /readers", "", `200 [{"name":"Ann","readerId":"0f8fad5b-d9cb-469f-a165-70867728950e"}]`},
			{"POST /readers", "name=Bob&age=7&token=secret", "200 00000000-0000-4000-8000-000000100001"},
			{"GET /readers/00000000-0000-4000-8000-000000100001", "",
				`200 {"age":7,"name":"Bob","readerId":"00000000-0000-4000-8000-000000100001"}`},
			{"POST /readers", "name=Eve&readerId=11111111-1111-4111-8111-111111111111", "200 11111111-1111-4111-8111-111111111111"},
			{"POST /readers", "name=Eve&readerId=11111111-1111-4111-8111-111111111111", "200 00000000-0000-4000-8000-000000100002"},
		}},
		{"references to the resources of the path", []step{
			{"GET /shelves/1/signs", "", `200 [{"shelf":{"description":"Fiction","id":1},"signId":1}]`},
			{"GET /shelves/2/signs", "", `200 [{"shelf":{"description":"Poetry","id":2},"signId":1}]`},
			{"POST /shelves/2/signs", `{"signId":2,"shelf":{"id":7}}`, `200 {"shelf":{"id":7},"signId":2}`},
		}},
		{"ids that requests choose, and that have a maximum", []step{
			{"POST /shelves/1/signs", `{"signId":3}`, `200 {"shelf":{"description":"Fiction","id":1},"signId":3}`},
			{"POST /shelves/1/signs", `{"signId":3}`, `200 {"shelf":{"description":"Fiction","id":1},"signId":2}`},
			{"DELETE /shelves/1/signs/2", "", "204"},
			{"POST /shelves/1/signs", `{"signId":2}`, `200 {"shelf":{"description":"Fiction","id":1},"signId":4}`},
		}},
		{"an update without a body", []step{
			{"PUT /shelves/1/signs/2", "", "204"},
			{"PUT /shelves/1/signs/2", "", "204"},
			{"GET /shelves/1/signs", "", `200 [{"shelf":{"description":"Fiction","id":1},"signId":1},{"shelf":{"description":"Fiction","id":1},"signId":2}]`},
			{"PUT /shelves/3/signs/2", "", "404 There is no resource with this shelfId"},
		}},
		{"resources without an id", []step{
			{"POST /notes", `{"topicId":0,"text":"Hush"}`, `200 {"text":"Hush","topicId":0}`},
			{"POST /notes", `{"topicId":0}`, `200 {"text":"Quiet","topicId":0}`},
			{"GET /notes", "", `200 [{"text":"Quiet","topicId":0},{"text":"Hush","topicId":0},{"text":"Quiet","topicId":0}]`},
		}},
		{"resources inside of others", []step{
			{"GET /staff/3", "", `200 {"name":"Assistant","personId":3}`},
			{"GET /staff/1/children", "", `200 [{"children":[{"name":"Assistant","personId":3}],"name":"Deputy","personId":2}]`},
			{"PUT /staff/3", `{"personId":3,"name":"Chief"}`, `200 {"name":"Chief","personId":3}`},
			{"GET /staff", "", `200 [{"children":[{"children":[{"name":"Chief","personId":3}],"name":"Deputy","personId":2}],"name":"Head","personId":1}]`},
			{"DELETE /staff/2", "", "204"},
			{"GET /staff", "", `200 [{"children":[],"name":"Head","personId":1}]`},
			{"GET /staff/3", "", "404 There is no resource with this personId"},
		}},
		{"examples", []step{
			{"GET /reports/yearly", "", `200 {"size":12,"text":"Read me"}`},
			{"POST /reports/run", `{"year":2024}`, "200 title,author"},
			{"GET /shelves/1/books/11/preview", "", "200 Once upon a time"},
			{"GET /languages", "", `200 [{"size":12,"text":"Read me"}]`},
		}},
		{"bodies that are not valid", []step{
			{"POST /shelves", "", "400 The body is missing or not valid JSON"},
			{"POST /shelves", `{"name":`, "400 The body is missing or not valid JSON"},
			{"POST /shelves", `{"name":"x"}`, "400 shelfId is required"},
			{"POST /shelves", `{"shelfId":0,"name":7}`, "400 name is not valid"},
			{"POST /shelves", `[]`, "400 The body is not valid"},
			{"POST /shelves", `a=b`, "400 The body is missing or not valid JSON"},
			{"POST /shelves/1/books", `{"title":""}`, "400 title is not valid"},
			{"POST /reports/run", "", "400 The body is missing or not valid JSON"},
			{"POST /reports/run", `{"year":"x"}`, "400 year is not valid"},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { newClient(library()).run(t, tt.steps) })
	}
}
