package wire_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/wire"
)

// settings is a struct with required and optional fields.
type settings struct {
	Zone   string  `json:"zone"`
	Active bool    `json:"active"`
	Note   *string `json:"note,omitempty"`
}

// base is embedded.
type base struct {
	Kind string `json:"kind"`
}

type campaign struct {
	base

	ID       wire.ID           `json:"id"`
	Name     string            `json:"name"`
	Note     *string           `json:"note,omitempty"`
	Count    *int64            `json:"count,omitempty"`
	At       *wire.Time        `json:"at,omitempty"`
	Settings *settings         `json:"settings,omitempty"`
	Phones   []phone           `json:"phones,omitempty"`
	Labels   map[string]string `json:"labels,omitempty"`
	Even     evenNumbers       `json:"even,omitempty"`
}

// evenNumbers reads a list without its odd numbers.
type evenNumbers []int

func (e *evenNumbers) UnmarshalJSON(data []byte) error {
	err := json.Unmarshal(data, (*[]int)(e))
	*e = slices.DeleteFunc(*e, func(n int) bool { return n%2 != 0 })
	return err
}

type phone struct {
	Number string `json:"number"`
}

const receivedCampaign = `{"id": 7, "name": "Spring", "kind": "A", "note": "old", "count": 1, "new": {"a": 1e400},
	"at": "2020-05-15T20:38:13.686+0000", "settings": {"zone": "US/Pacific", "active": true, "new": [1]},
	"phones": [{"number": "1", "new": 1}, {"number": "2", "new": 2}, {"number": "2", "new": 3}], "labels": {"a": "b"}, "empty": null, "even": [1, 2, 4]}`

// changed returns the received campaign after change.
func changed(change func(*campaign)) campaign {
	var c campaign
	if err := json.Unmarshal([]byte(receivedCampaign), &c); err != nil {
		panic(err)
	}
	change(&c)
	return c
}

var mergeTests = []struct {
	name   string
	change any
	want   map[string]string // fields that differ from received, and new ones
}{
	{"nothing", struct{}{}, nil},
	{"a struct without changes", changed(func(*campaign) {}), nil},
	{"a pointer to a struct", new(changed(func(c *campaign) { c.Name = "Summer" })), map[string]string{"name": `"Summer"`}},
	{"an optional field", changed(func(c *campaign) { c.Note = new("new") }), map[string]string{"note": `"new"`}},
	{"an optional field is zero", changed(func(c *campaign) { c.Count, c.Note = new(int64(0)), new("") }), map[string]string{"count": `0`, "note": `""`}},
	{"an optional field is nil", changed(func(c *campaign) { c.Count, c.Settings, c.Phones = nil, nil, nil }), nil},
	{"a time", changed(func(c *campaign) { c.At = &wire.Time{} }), map[string]string{"at": `null`}},
	{"a field of an object", changed(func(c *campaign) { c.Settings.Zone = "Europe/Berlin" }), map[string]string{"settings": `{"zone":"Europe/Berlin","active":true,"new":[1]}`}},
	{"a key of a map", changed(func(c *campaign) { c.Labels["c"] = "d" }), map[string]string{"labels": `{"a":"b","c":"d"}`}},
	{"an element is added", changed(func(c *campaign) { c.Phones = append([]phone{{"0"}}, c.Phones...) }), map[string]string{
		"phones": `[{"number":"0"},{"number":"1","new":1},{"number":"2","new":2},{"number":"2","new":3}]`,
	}},
	{"an element is removed", changed(func(c *campaign) { c.Phones = c.Phones[1:] }), map[string]string{"phones": `[{"number":"2","new":2},{"number":"2","new":3}]`}},
	{"an element is changed", changed(func(c *campaign) { c.Phones[1].Number = "4" }), map[string]string{
		"phones": `[{"number":"1","new":1},{"number":"4","new":2},{"number":"2","new":3}]`,
	}},
	{"only some fields", campaign{Note: new("new")}, map[string]string{"note": `"new"`}},
	{"only some fields of an object", campaign{Settings: &settings{Note: new("new")}}, map[string]string{
		"settings": `{"zone":"US/Pacific","active":true,"new":[1],"note":"new"}`,
	}},
	{"a list only", campaign{Phones: []phone{{"1"}, {"5"}}}, map[string]string{"phones": `[{"number":"1","new":1},{"number":"5"}]`}}, // of another length
	{"a list with fewer elements than received", changed(func(c *campaign) { c.Even[1] = 6 }), map[string]string{"even": `[2,6]`}},
	{"null", map[string]any{"note": nil, "settings": map[string]any{"zone": nil}}, map[string]string{
		"note": `null`, "settings": `{"zone":null,"active":true,"new":[1]}`,
	}},
	{"zero values in a map", map[string]any{"name": "", "settings": map[string]any{"active": false}}, map[string]string{
		"name": `""`, "settings": `{"zone":"US/Pacific","active":false,"new":[1]}`,
	}},
	{"a list in a map", map[string]any{"phones": []phone{{"1"}}}, map[string]string{"phones": `[{"number":"1"}]`}},
	{"JSON", json.RawMessage(` {"count": 9007199254740993, "new": {"b": 2}} `), map[string]string{"count": `9007199254740993`, "new": `{"a":1e400,"b":2}`}},
	{"another type of value", json.RawMessage(`{"settings": [], "labels": null, "phones": {}, "name": {"a": 1}}`), map[string]string{
		"settings": `[]`, "labels": `null`, "phones": `{}`, "name": `{"a":1}`,
	}},
	{"a new object", json.RawMessage(`{"more": {"a": {"b": 1}}, "empty": {"c": 2}}`), map[string]string{"more": `{"a":{"b":1}}`, "empty": `{"c":2}`}},
}

// TestMerge compares all fields of the result, also those that must not change.
func TestMerge(t *testing.T) {
	for _, tt := range mergeTests {
		t.Run(tt.name, func(t *testing.T) {
			received := []byte(receivedCampaign)
			merged, err := wire.Merge(received, tt.change)
			if err != nil {
				t.Fatal(err)
			}
			want := compactFields(t, received)
			for name, value := range tt.want {
				want[name] = canonical(t, []byte(value))
			}
			if diff := cmp.Diff(want, compactFields(t, merged)); diff != "" {
				t.Errorf("fields (-want +got):\n%s", diff)
			}
			if string(received) != receivedCampaign {
				t.Errorf("received has changed: %s", received)
			}
		})
	}
}

// compactFields returns the fields of an object, as canonical does.
func compactFields(t *testing.T, data []byte) map[string]string {
	t.Helper()
	fields := make(map[string]json.RawMessage)
	if err := json.Unmarshal(data, &fields); err != nil {
		t.Fatalf("%v in %s", err, data)
	}
	texts := make(map[string]string)
	for name, value := range fields {
		texts[name] = canonical(t, value)
	}
	return texts
}

// canonical returns JSON without white space and with the names of fields in order.
// Numbers are unchanged.
func canonical(t *testing.T, data []byte) string {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var v any
	if err := decoder.Decode(&v); err != nil {
		t.Fatalf("%v in %s", err, data)
	}
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestMergeReturnsErrors checks what cannot be merged.
func TestMergeReturnsErrors(t *testing.T) {
	tests := []struct {
		name     string
		received string
		change   any
		want     string
	}{
		{"received is empty", ``, struct{}{}, "received: unexpected end"},
		{"received is empty, with a map", ``, map[string]any{}, "received is not a JSON object"},
		{"received is null", `null`, struct{}{}, "received is not a JSON object"},
		{"received is a list", `[{}]`, map[string]any{}, "received is not a JSON object"},
		{"received is not valid", `{"a":}`, map[string]any{}, "received is not a JSON object"},
		{"received continues", `{} {}`, map[string]any{}, "received is not a JSON object"},
		{"received has another type", `{"name": 1}`, campaign{}, "received: json: cannot unmarshal number"},
		{"change is nil", `{}`, nil, "change, a <nil>, is not a JSON object"},
		{"change is a nil pointer", `{}`, (*campaign)(nil), "change, a *wire_test.campaign, is not a JSON object"},
		{"change is text", `{}`, "{}", "change, a string, is not a JSON object"},
		{"change is bytes", `{}`, []byte("{}"), "change, a []uint8, is not a JSON object"},
		{"change cannot be encoded", `{}`, map[string]any{"a": make(chan int)}, "change: json: unsupported type"},
		{"one of several required fields is zero", receivedCampaign, campaign{ID: "7"}, "in change: to set the zero value"},
		{"a required field was cleared", receivedCampaign, changed(func(c *campaign) { c.Name = "" }), `name is "" in change`},
		{"a required field of an object was cleared", receivedCampaign, changed(func(c *campaign) { c.Settings.Active = false }), `settings.active is false in change`},
		{"a required field of an embedded struct was cleared", receivedCampaign, changed(func(c *campaign) { c.Kind = "" }), `kind is "" in change`},
	}
	for _, tt := range tests {
		merged, err := wire.Merge([]byte(tt.received), tt.change)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %s, error %v, want %q in it", tt.name, merged, err, tt.want)
		}
	}
}

// TestMergeLosesNoField changes one field of a user with unknown fields at all depths.
func TestMergeLosesNoField(t *testing.T) {
	const received = `{"userId":1,"userName":"kim@example.com","firstName":"Kim","x":1,
		"roles":[{"roleType":"AGENT","x":{"y":2}},"ADMIN"],"regionalSettings":{"timezone":3,"x":4},
		"children":[{"userId":2,"userName":"a","x":5,"children":[{"userId":3,"userName":"b","x":6}]}],
		"creationDate":"a while ago","rcUserId":900719925474099312345}`
	var user gen.User
	if err := json.Unmarshal([]byte(received), &user); err != nil {
		t.Fatal(err)
	}
	user.FirstName = new("Alex")
	merged, err := wire.Merge([]byte(received), user)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Replace(received, "Kim", "Alex", 1)
	if diff := cmp.Diff(canonical(t, []byte(want)), canonical(t, merged)); diff != "" {
		t.Errorf("user (-want +got):\n%s", diff)
	}
}

// TestMergeListKeepsUnknownFields changes lists whose elements have fields that the struct lacks.
func TestMergeListKeepsUnknownFields(t *testing.T) {
	type element struct {
		ID      int     `json:"id,omitempty"`
		GroupID int     `json:"groupId,omitempty"`
		Name    string  `json:"name"`
		Note    *string `json:"note,omitempty"`
		Active  bool    `json:"active"`
	}
	type object struct {
		List []element `json:"list,omitempty"`
	}
	const ids = `[{"id":1,"name":"a","active":true,"note":"n","x":1},{"id":2,"name":"b","active":true,"x":2}]`
	const groups = `[{"groupId":7,"id":1,"name":"a","active":true,"x":1},{"groupId":7,"id":2,"name":"b","active":true,"x":2}]`
	const plain = `[{"name":"a","active":true,"note":"n","x":1},{"name":"b","active":true,"x":2}]`
	tests := []struct {
		name, received string
		change         func([]element) []element
		want           string
	}{
		{"a field", ids, func(l []element) []element { l[0].Name = "c"; return l }, `[{"id":1,"name":"c","active":true,"note":"n","x":1},{"id":2,"name":"b","active":true,"x":2}]`},
		{"zero values", ids, func(l []element) []element { l[0].Note, l[0].Active = nil, false; return l }, `[{"id":1,"name":"a","active":false,"x":1},{"id":2,"name":"b","active":true,"x":2}]`},
		{"another order", ids, func(l []element) []element { l[0].Name = "c"; return []element{l[1], l[0]} }, `[{"id":2,"name":"b","active":true,"x":2},{"id":1,"name":"c","active":true,"note":"n","x":1}]`},
		{"one removed", ids, func(l []element) []element { l[1].Name = "c"; return l[1:] }, `[{"id":2,"name":"c","active":true,"x":2}]`},
		{"another id", ids, func(l []element) []element { l[1].ID = 3; return l }, `[{"id":1,"name":"a","active":true,"note":"n","x":1},{"id":3,"name":"b","active":true}]`},
		{"a new one in place of another", ids, func(l []element) []element { l[1] = element{Name: "c"}; return l }, `[{"id":1,"name":"a","active":true,"note":"n","x":1},{"name":"c","active":false}]`},
		{"several ids", groups, func(l []element) []element { l[1].Name = "c"; return l[1:] }, `[{"groupId":7,"id":2,"name":"c","active":true,"x":2}]`},
		{"without ids", plain, func(l []element) []element { l[0].Name, l[1].Name = "c", "d"; return l }, `[{"name":"c","active":true,"note":"n","x":1},{"name":"d","active":true,"x":2}]`},
		{"without ids, another length", plain, func(l []element) []element { l[1].Name = "d"; return l[1:] }, `[{"name":"d","active":true}]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			received := []byte(`{"list":` + tt.received + `}`)
			var o object
			if err := json.Unmarshal(received, &o); err != nil {
				t.Fatal(err)
			}
			merged, err := wire.Merge(received, object{tt.change(o.List)})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(canonical(t, []byte(`{"list":`+tt.want+`}`)), canonical(t, merged)); diff != "" {
				t.Errorf("object (-want +got):\n%s", diff)
			}
		})
	}
}

// FuzzMerge merges arbitrary objects. No field of either may be lost, and a struct that was
// not changed changes nothing.
func FuzzMerge(f *testing.F) {
	f.Add(receivedCampaign, `{"note": null, "settings": {"zone": {}}, "phones": []}`)
	f.Add(`{"userId": 1, "children": [{"userId": 2, "x": 1}, {"userId": 2}], "roles": ["A", {"x": 1}]}`, `{"children": [{}]}`)
	f.Add(`{"USERID": 1, "userId": 2, "userId": 3, "firstname": "a"}`, `{"a": {"b": 1}}`)
	f.Add(`{"creationDate": "x", "enabled": null, "regionalSettings": null}`, `{}`)
	f.Fuzz(func(t *testing.T, received, change string) {
		merged, err := wire.Merge([]byte(received), json.RawMessage(change))
		if isObject(received) != (err == nil) && isObject(change) {
			t.Fatalf("Merge(%q, %q): %v", received, change, err)
		}
		if err == nil {
			checkMerged(t, "", decode(received), decode(change), decode(string(merged)))
		}
		var user gen.User
		if !isObject(received) || json.Unmarshal([]byte(received), &user) != nil {
			return
		}
		merged, err = wire.Merge([]byte(received), user)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(decode(received), decode(string(merged))); diff != "" {
			t.Errorf("a user that was not changed (-want +got):\n%s", diff)
		}
		checkChangedChildren(t, received, user)
	})
}

// checkChangedChildren renames the children of a user, and checks that none loses a field.
func checkChangedChildren(t *testing.T, received string, user gen.User) {
	t.Helper()
	for i := range user.Children {
		user.Children[i].FirstName = new("another name")
	}
	merged, err := wire.Merge([]byte(received), user)
	if err != nil {
		t.Fatal(err)
	}
	before, _ := decode(received).(map[string]any)["children"].([]any)
	after, _ := decode(string(merged)).(map[string]any)["children"].([]any)
	if len(before) != len(after) {
		return // received has the field in another case, too
	}
	for i, child := range before {
		fields, _ := child.(map[string]any)
		kept, _ := after[i].(map[string]any)
		for name := range fields {
			if _, ok := kept[name]; !ok {
				t.Errorf("child %d lost its field %q: %v", i, name, kept)
			}
		}
	}
}

func isObject(text string) bool {
	_, ok := decode(text).(map[string]any)
	return ok && json.Valid([]byte(text))
}

// decode returns the value of JSON, or nil.
func decode(text string) (v any) {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	_ = decoder.Decode(&v)
	return v
}

// checkMerged checks that merged has the fields of change, and those of received that change
// does not have.
func checkMerged(t *testing.T, path string, received, change, merged any) {
	t.Helper()
	r, isObject := received.(map[string]any)
	c, changes := change.(map[string]any)
	if !isObject || !changes {
		if diff := cmp.Diff(change, merged); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
		return
	}
	m, _ := merged.(map[string]any)
	all := maps.Clone(r)
	maps.Copy(all, c)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(all)), slices.Sorted(maps.Keys(m))); diff != "" {
		t.Errorf("%s: fields (-want +got):\n%s", path, diff)
	}
	for name := range all {
		if value, ok := c[name]; ok {
			checkMerged(t, path+"."+name, r[name], value, m[name])
		} else {
			checkMerged(t, path+"."+name, nil, r[name], m[name])
		}
	}
}
