package route_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/internal/route"
)

// table returns the table of routes of the form "GET /path".
func table(routes []string) route.Table {
	return route.Table{Len: len(routes), At: func(i int) (string, string) {
		method, template, _ := strings.Cut(routes[i], " ")
		return method, template
	}}
}

func find(routes []string, method, path string) string {
	i := table(routes).Find(method, path)
	if i < 0 {
		return ""
	}
	return routes[i]
}

var routes = sorted(
	"GET /users", "POST /users", "GET /users-old", "GET /users/{userId}", "DELETE /users/{userId}", "GET /users/root",
	"POST /users/root/{userId}/assign", "POST /users/{userId}/roles/{role}", "GET /users/{id}/{field}",
	"GET /a/{x}/{y}/c", "GET /a/{z}/b/c", "GET /a/{x}/b/{y}", "GET /a/{x}.csv", "GET /",
)

// sorted sorts routes by template.
func sorted(routes ...string) []string {
	slices.SortFunc(routes, func(a, b string) int {
		_, x, _ := strings.Cut(a, " ")
		_, y, _ := strings.Cut(b, " ")
		return strings.Compare(x, y)
	})
	return routes
}

// TestFind checks the route for a method and a path.
func TestFind(t *testing.T) {
	tests := []struct{ method, path, want string }{
		{"GET", "/users", "GET /users"},
		{"POST", "/users", "POST /users"},
		{"PUT", "/users", ""},
		{"GET", "/users-old", "GET /users-old"},
		{"GET", "/users-older", ""},
		{"GET", "/user", ""},
		{"GET", "/users/", ""},
		{"GET", "/users//roles", ""},
		{"GET", "/users/7", "GET /users/{userId}"},
		{"GET", "/users/7/", ""},
		{"GET", "/users/a%2Fb", "GET /users/{userId}"},
		{"GET", "/users/{userId}", "GET /users/{userId}"},
		{"GET", "/users/root", "GET /users/root"},
		{"DELETE", "/users/root", "DELETE /users/{userId}"}, // the static template has no DELETE
		{"POST", "/users/root/7/assign", "POST /users/root/{userId}/assign"},
		{"POST", "/users/root/roles/admin", "POST /users/{userId}/roles/{role}"},
		{"GET", "/users/7/name", "GET /users/{id}/{field}"}, // a parameter with another name
		{"GET", "/a/1/b/c", "GET /a/{z}/b/c"},
		{"GET", "/a/1/2/c", "GET /a/{x}/{y}/c"},
		{"GET", "/a/1/b/2", "GET /a/{x}/b/{y}"},
		{"GET", "/a/1.csv", ""}, // a parameter is a whole segment
		{"GET", "/", "GET /"},
		{"GET", "", ""},
		{"GET", "users", ""},
		{"get", "/users", ""},
	}
	for _, tt := range tests {
		t.Run(tt.method+" "+tt.path, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, find(routes, tt.method, tt.path)); diff != "" {
				t.Errorf("route (-want +got):\n%s", diff)
			}
		})
	}
}

// TestFindAllocatesNothing finds a route with two parameters.
func TestFindAllocatesNothing(t *testing.T) {
	list := table(routes)
	if n := testing.AllocsPerRun(100, func() { list.Find("GET", "/a/1/b/c") }); n != 0 {
		t.Errorf("Find allocates %v times", n)
	}
}

// simpleFind compares the path with every template, as a check of Find.
func simpleFind(routes []string, method, path string) string {
	best, bestKey := "", ""
	for _, r := range routes {
		m, template, _ := strings.Cut(r, " ")
		if m != method || !matches(strings.Split(template, "/"), strings.Split(path, "/")) {
			continue
		}
		key := ""
		for s := range strings.SplitSeq(template, "/") {
			key += map[bool]string{true: "1", false: "0"}[strings.HasPrefix(s, "{")]
		}
		if best == "" || key < bestKey {
			best, bestKey = r, key
		}
	}
	return best
}

func matches(template, path []string) bool {
	if len(template) != len(path) {
		return false
	}
	for i, s := range template {
		if s != path[i] && (!strings.HasPrefix(s, "{") || path[i] == "") {
			return false
		}
	}
	return true
}

// TestFindLikeSimpleFind compares Find with simpleFind for every path of up to four segments of
// a small alphabet, in a table that has templates of the same alphabet.
func TestFindLikeSimpleFind(t *testing.T) {
	var list, paths []string
	var grow func(template, path string, depth int)
	grow = func(template, path string, depth int) {
		if depth > 0 {
			paths = append(paths, path)
			if n := len(paths); n%3 == 0 {
				list = append(list, "GET "+template)
			} else if n%5 == 0 {
				list = append(list, "POST "+template)
			}
		}
		if depth == 4 {
			return
		}
		for _, s := range []string{"a", "a-b", "{x}"} {
			grow(template+"/"+s, path+"/"+strings.Trim(s, "{}"), depth+1)
		}
		grow(template+"/{y}", path+"/", depth+1)
	}
	grow("", "", 0)
	list = sorted(list...)
	for _, path := range paths {
		for _, method := range []string{"GET", "POST"} {
			want, got := simpleFind(list, method, path), find(list, method, path)
			if shape(want) != shape(got) {
				t.Errorf("%s %s: Find = %q, want %q", method, path, got, want)
			}
		}
	}
	t.Log(fmt.Sprint(len(list), " routes, ", len(paths), " paths"))
}

// shape replaces the names of parameters: of two templates that differ only in them, Find
// may return either.
func shape(r string) string { return strings.NewReplacer("{x}", "{}", "{y}", "{}").Replace(r) }
