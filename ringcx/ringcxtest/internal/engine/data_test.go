package engine

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// set calls Set, and fails the test on an error.
func (c client) set(t *testing.T, path, data string, foreign bool) {
	t.Helper()
	if err := c.Set(path, []byte(data), foreign); err != nil {
		t.Errorf("Set(%q): %v", path, err)
	}
}

func TestSet(t *testing.T) {
	const own = `{"shelfId":7,"name":"Own"}`
	tests := []struct {
		name  string
		set   func(*testing.T, client)
		steps []step
	}{
		{"a collection", func(t *testing.T, c client) { c.set(t, prefix+"/shelves", "["+own+"]", false) }, []step{
			{"GET /shelves", "", "200 [" + own + "]"},
			{"GET /shelves/7", "", "200 " + own},
			{"GET /shelves/1", "", "404 There is no resource with this shelfId"},
			{"GET /shelves/7/books", "", "200 []"},
		}},
		{"a path without prefix, and nothing", func(t *testing.T, c client) { c.set(t, "/shelves", "[]", false) }, []step{
			{"GET /shelves", "", "200 []"},
			{"POST /shelves", `{"shelfId":0,"name":"Maps"}`, `200 {"color":"red","name":"Maps","shelfId":100001}`},
		}},
		{"a collection below a resource that does not exist", func(t *testing.T, c client) {
			c.set(t, "/shelves/9/books", `[{"bookId":5,"title":"Own"}]`, false)
		}, []step{
			{"GET /shelves/9", "", strings.Replace("200 "+fiction, ":1}", ":9}", 1)},
			{"GET /shelves/9/books", "", `200 [{"bookId":5,"title":"Own"}]`},
			{"PUT /shelves/9/books/5", `{"bookId":5,"title":"New"}`, `200 {"bookId":5,"title":"New"}`},
			{"GET /shelves/9/books", "", `200 [{"bookId":5,"title":"New"}]`},
		}},
		{"one resource", func(t *testing.T, c client) {
			c.set(t, "/shelves/7", own, false)
			c.set(t, "/shelves/1", `{"name":"Changed"}`, false)
			c.set(t, "/staff/3", `{"personId":3,"name":"Changed"}`, false)
			c.set(t, prefix+"/languages/x%2Fy", `{"text":"Own"}`, false) // the document has no path of one
		}, []step{
			{"GET /languages", "", `200 [{"size":12,"text":"Read me"},{"text":"Own"}]`},
			{"GET /shelves", "", `200 [{"name":"Changed","shelfId":1},` + poetry + "," + own + "]"},
			{"GET /staff/2/children", "", `200 [{"name":"Changed","personId":3}]`},
		}},
		{"a resource without an id", func(t *testing.T, c client) {
			c.set(t, "/shelves/1/label", `{"text":"Own"}`, false)
			c.set(t, "/shelves/2/label", `{"text":7}`, true)
		}, []step{
			{"GET /shelves/1/label", "", `200 {"text":"Own"}`},
			{"GET /shelves/2/label", "", `200 {"text":7}`},
		}},
		{"responses of operations without resources", func(t *testing.T, c client) {
			c.set(t, "/reports/yearly", `{"text":"Own"}`, false)
			c.set(t, "/reports/daily", `{"text": 7}`, true)
			c.set(t, "/shelves/1/books/11/preview", `"Own text"`, false)
		}, []step{
			{"GET /reports/yearly", "", `200 {"text":"Own"}`},
			{"GET /reports/daily", "", `200 {"text": 7}`},
			{"GET /reports/weekly", "", `200 {"size":12,"text":"Read me"}`},
			{"GET /shelves/1/books/11/preview", "", "200 Own text"},
			{"GET /shelves/2/books/11/preview", "", "200 Once upon a time"},
		}},
		{"nothing is below what was set", func(t *testing.T, c client) {
			c.run(t, []step{{"GET /shelves/1/books", "", "200 [" + emma + "]"}})
			c.set(t, "/shelves", "["+fiction+"]", false)
		}, []step{
			{"GET /shelves/1/books", "", "200 []"},
		}},
		{"nothing is left of a resource that was deleted", func(t *testing.T, c client) {
			c.run(t, []step{
				{"PUT /shelves/1/books/11", `{"bookId":11,"title":"Old"}`, `200 {"added":"2024-01-15","bookId":11,"title":"Old"}`},
				{"PUT /shelves/1/label", `{"text":"Old"}`, `200 {"text":"Old"}`},
				{"DELETE /shelves/1", "", "200 true"},
			})
			c.set(t, "/shelves/1", fiction, false)
		}, []step{
			{"GET /shelves/1/books", "", "200 []"},
			{"GET /shelves/1/label", "", `200 {"size":12,"text":"Read me"}`},
		}},
		{"new ids differ from those that were set", func(t *testing.T, c client) {
			c.set(t, "/shelves", `[{"shelfId":100001,"name":"A"},{"shelfId":100002,"name":"B"}]`, false)
		}, []step{
			{"POST /shelves", `{"shelfId":0,"name":"Maps"}`, `200 {"color":"red","name":"Maps","shelfId":100003}`},
		}},
		{"data that the document does not allow", func(t *testing.T, c client) {
			c.set(t, "/shelves", `[{"name": 7,  "x":1, "shelfId": "1"}]`, true)
		}, []step{
			{"GET /shelves", "", `200 [{"name": 7,  "x":1, "shelfId": "1"}]`},
			{"GET /shelves/1", "", `200 {"name": 7,  "x":1, "shelfId": "1"}`},
			{"PATCH /shelves/1", `{"color":"red"}`, "204"},
			{"GET /shelves", "", `200 [{"color":"red","name":7,"shelfId":"1","x":1}]`},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := newClient(library())
			tt.set(t, c)
			c.run(t, tt.steps)
		})
	}
}

func TestForeignData(t *testing.T) {
	c := newClient(library())
	c.set(t, "/shelves/1/books", `[{"bookId":5}]`, true)
	c.set(t, "/shelves/2/label", `{"text":7}`, true)
	c.run(t, []step{{"GET /voice/api/v2/admin/shelves/1/books", "", `200 [{"bookId":5}]`}})
	for request, want := range map[string]bool{
		"GET /shelves":              false,
		"GET /shelves/1/books":      true,
		"GET /shelves/1/books/5":    true,
		"GET /shelves/2/books":      false,
		"GET /shelves/withChildren": true,
		"GET /shelves/2/label":      true,
	} {
		if got := c.send(t, request, "").Foreign; got != want {
			t.Errorf("%s: Foreign is %t, want %t", request, got, want)
		}
	}
}

func TestSetRejects(t *testing.T) {
	tests := []struct{ path, data, want string }{
		{"/nothing", "[]", "the API has no such path"},
		{"", "[]", "the API has no such path"},
		{"/reports/run", "{}", "it is not the path of a collection or of a resource, and no operation gets it"},
		{"/reports/yearly", "{", "not valid JSON: unexpected end of JSON input"},
		{"/shelves", "[", "not valid JSON: unexpected end of JSON input"},
		{"/shelves", "{}", "not a JSON array"},
		{"/shelves", "null", "not a JSON array"},
		{"/shelves", "[{}, 1]", "element 1 of the JSON array is not an object"},
		{"/shelves/1", "[]", "not a JSON object"},
		{"/shelves/1", "{", "not valid JSON: unexpected end of JSON input"},
		{"/shelves/1/label", "7", "not a JSON object"},
	}
	for _, tt := range tests {
		c := newClient(library())
		if err := c.Set(tt.path, []byte(tt.data), false); err == nil || err.Error() != tt.want {
			t.Errorf("Set(%q, %s): %v, want %s", tt.path, tt.data, err, tt.want)
		}
		c.run(t, []step{{"GET /shelves", "", "200 [" + fiction + "," + poetry + "]"}})
	}
}

// TestSetAll checks that resources are read when they are needed.
func TestSetAll(t *testing.T) {
	c := newClient(library())
	reads := 0
	c.SetAll(prefix+"/shelves", func(yield func(json.RawMessage) bool) {
		reads++
		for i := range 1000 {
			if !yield(fmt.Appendf(nil, `{"shelfId":%d,"name":"x"}`, i+1)) {
				return
			}
		}
	}, true)
	for range 2 {
		elements, foreign := c.All(prefix + "/shelves")
		if n := len(slices.Collect(elements)); n != 1000 || !foreign {
			t.Errorf("%d elements, foreign %t", n, foreign)
		}
	}
	if reads != 2 {
		t.Errorf("read %d times for two lists, want 2", reads)
	}
	c.run(t, []step{
		{"GET /shelves/1000", "", `200 {"shelfId":1000,"name":"x"}`},
		{"DELETE /shelves/999", "", "200 true"},
	})
	elements, foreign := c.All("/shelves")
	if n := len(slices.Collect(elements)); n != 999 || !foreign || reads != 3 {
		t.Errorf("after a change: %d elements, foreign %t, read %d times", n, foreign, reads)
	}
	if elements, _ := c.All("/nothing"); len(slices.Collect(elements)) != 0 {
		t.Error("a path that the document does not have lists resources")
	}
	c.SetAll("/nothing", elements, false)
}

// TestDeterminism checks that the same requests get the same responses, also the ids.
func TestDeterminism(t *testing.T) {
	a := Compile(full())
	run := func() string {
		c := client{New(a), full()}
		var log strings.Builder
		for _, o := range full().Operations() {
			r, _ := exampleRequest(t, a, o)
			response := c.Serve(o, r)
			fmt.Fprintf(&log, "%s %d %s\n", o.ID, response.Status, response.Body)
		}
		return log.String()
	}
	if diff := cmp.Diff(run(), run()); diff != "" {
		t.Errorf("two runs differ:\n%s", diff)
	}
}

// TestConcurrentUse creates and deletes resources in several goroutines. It is for the race
// detector too.
func TestConcurrentUse(t *testing.T) {
	c := newClient(library())
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				created := c.send(t, "POST /shelves", `{"shelfId":0,"name":"x"}`)
				var shelf struct{ ShelfID int }
				if err := json.Unmarshal(created.Body, &shelf); err != nil {
					t.Error(err)
				}
				path := fmt.Sprint("/shelves/", shelf.ShelfID)
				c.send(t, "POST "+path+"/books", `{"title":"x"}`)
				c.send(t, "GET /shelves/withChildren", "")
				if got := c.send(t, "GET "+path+"/books/count", "").Body; string(got) != "1" {
					t.Errorf("%s has %s books, want 1", path, got)
				}
				c.send(t, "DELETE "+path, "")
			}
		})
	}
	wg.Wait()
	c.run(t, []step{{"GET /shelves", "", "200 [" + fiction + "," + poetry + "]"}})
}
