package strictjson_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/internal/strictjson"
)

type base struct {
	ID int `json:"id"`
}

type shape struct {
	base

	Name     string         `json:"name"`
	Optional string         `json:"optional,omitempty"`
	Zero     string         `json:"zero,omitzero"`
	Nullable *string        `json:"nullable"`
	Inner    *inner         `json:"inner,omitempty"`
	Below    []shape        `json:"below,omitempty"`
	ByKey    map[string]int `json:"byKey,omitempty"`
	Inners   map[string]*inner
	Hidden   string `json:"-"`
}

type inner struct {
	On  bool `json:"on"`
	Own own  `json:"own,omitempty"`
}

// own decodes itself.
type own struct{ v int }

func (o *own) UnmarshalJSON(data []byte) error { return json.Unmarshal(data, &o.v) }

// valid is the JSON of a shape without more fields.
const valid = `"id":0,"name":"","nullable":null,"Inners":null`

// TestMissing checks the place and the reason of required fields. Every value is zero, so
// that Complete cannot decide.
func TestMissing(t *testing.T) {
	tests := []struct{ name, data, place, reason string }{
		{"all fields", `{` + valid + `}`, "", ""},
		{"other case", `{"ID":0,"Name":"","NULLABLE":null,"inners":{}}`, "", ""},
		{"null and a value", `{` + valid + `,"name":null,"NAME":""}`, "", ""},
		{"embedded field", `{"name":"","nullable":null,"Inners":null}`, "id", strictjson.Missing},
		{"field that may be null", `{"id":0,"name":"","Inners":null}`, "nullable", strictjson.Missing},
		{"null", `{"id":0,"name":null,"nullable":null,"Inners":null}`, "name", strictjson.Null},
		{"inner struct", `{` + valid + `,"inner":{"off":1e999}}`, "inner.on", strictjson.Missing},
		{"null inner struct", `{` + valid + `,"inner":null}`, "", ""},
		{"list", `{` + valid + `,"below":[{` + valid + `},{` + valid + `,"below":[{}]}]}`, "below.1.below.0.id", strictjson.Missing},
		{"null in a list", `{` + valid + `,"below":[null]}`, "below.0", strictjson.NullElement},
		{"map", `{"id":0,"name":"","nullable":null,"Inners":{"b":{},"a":{"on":false},"c":null}}`, "Inners.b.on", strictjson.Missing},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var v shape
			if err := json.Unmarshal([]byte(tt.data), &v); err != nil {
				t.Fatal(err)
			}
			fields := checkerOf[shape]().Of(reflect.TypeFor[*shape]())
			if fields.Complete(reflect.ValueOf(&v)) {
				t.Error("Complete is true for a value with zero fields")
			}
			place, reason := fields.Missing([]byte(tt.data))
			if diff := cmp.Diff([]string{tt.place, tt.reason}, []string{place, reason}); diff != "" {
				t.Errorf("place and reason (-want +got):\n%s", diff)
			}
		})
	}
}

// TestComplete checks values whose required fields are all set, except one in a list, in a map,
// and behind a pointer.
func TestComplete(t *testing.T) {
	full := func() shape {
		return shape{base: base{1}, Name: "n", Nullable: new("x"), Inners: map[string]*inner{"a": {On: true}}}
	}
	tests := []struct {
		name   string
		change func(*shape)
		want   bool
	}{
		{"full", func(*shape) {}, true},
		{"nil inner struct", func(s *shape) { s.Inner = nil }, true},
		{"embedded", func(s *shape) { s.ID = 0 }, false},
		{"pointer", func(s *shape) { s.Inner = &inner{} }, false},
		{"list", func(s *shape) { s.Below = []shape{full(), {}} }, false},
		{"map", func(s *shape) { s.Inners["b"] = &inner{} }, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := full()
			tt.change(&v)
			checker := checkerOf[shape]()
			if got := checker.Of(reflect.TypeFor[shape]()).Complete(reflect.ValueOf(v)); got != tt.want {
				t.Errorf("Complete = %t, want %t", got, tt.want)
			}
		})
	}
}

// TestOtherPackages checks that structs of other packages have no required fields of
// their own.
func TestOtherPackages(t *testing.T) {
	checker := checkerOf[strictjson.Error]()
	if f := checker.Of(reflect.TypeFor[[]inner]()); f != nil {
		t.Errorf("required fields of another package: %+v", f)
	}
	var none *strictjson.Fields
	if place, reason := none.Missing([]byte(`[{}]`)); place+reason != "" {
		t.Errorf("Missing without required fields is %q, %q", place, reason)
	}
}

// TestUnmarshal checks the place of an error.
func TestUnmarshal(t *testing.T) {
	deep := strings.Repeat(`{"below":[`, 1000) + strings.Repeat(`]}`, 1000)
	tests := []struct{ name, data, want string }{
		{"field", `[{"name":"a"},{"id":1,"name":7}]`, "1.name"},
		{"embedded field", `[{"id":"x"}]`, "0.id"},
		{"first of two", `[{"name":7,"id":"x"}]`, "0.name"},
		{"own decoding", `[{"inner":{"own":[1]}}]`, "0.inner.own"},
		{"map", `[{"byKey":{"a":1,"b":"x"}}]`, "0.byKey.b"},
		{"unknown field", `[{"unknown":{"a":7},"name":true}]`, "0.name"},
		{"object", `{"name":7}`, ""},
		{"number", `7`, ""},
		{"list as an object", `[{"inner":[{"own":[1]}]}]`, "0.inner"},
		{"early end", `[{},{"id":`, "1"},
		{"invalid JSON", `[{},{"id":]`, "1"},
		{"empty", ``, ""},
		{"deep", "[" + strings.Replace(deep, `[]`, `[7]`, 1) + "]", "0" + strings.Repeat(".below.0", 49) + ".below"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := strictjson.Unmarshal([]byte(tt.data), new([]shape))
			want := json.Unmarshal([]byte(tt.data), new([]shape))
			located, ok := errors.AsType[*strictjson.Error](err)
			if !ok || err.Error() != want.Error() {
				t.Fatalf("error is %v, want %v", err, want)
			}
			if diff := cmp.Diff(tt.want, located.Field); diff != "" {
				t.Errorf("place (-want +got):\n%s", diff)
			}
		})
	}
	var v []shape
	if err := strictjson.Unmarshal([]byte(`[{"name":"a"}]`), &v); err != nil || v[0].Name != "a" {
		t.Errorf("Unmarshal = %+v, %v", v, err)
	}
}

// TestMarshal checks that Marshal is that of encoding/json.
// page decodes itself, and names the place of an error.
type page struct{}

func (*page) UnmarshalJSON([]byte) error {
	return &json.UnmarshalTypeError{Value: "string", Type: reflect.TypeFor[int](), Field: "3.id"}
}

func TestUnmarshalByType(t *testing.T) {
	tests := []struct {
		name, data, want string
		v                any
	}{
		{"body", `{}`, "3.id", new(page)},
		{"element", `[{}]`, "0.3.id", new([]page)},
	}
	for _, tt := range tests {
		located, ok := errors.AsType[*strictjson.Error](strictjson.Unmarshal([]byte(tt.data), tt.v))
		if !ok || located.Field != tt.want {
			t.Errorf("%s: error is %+v, want one with Field %q", tt.name, located, tt.want)
		}
	}
}

func TestMarshal(t *testing.T) {
	data, err := strictjson.Marshal(map[string]strictjson.RawMessage{"a": strictjson.RawMessage(`[1]`)})
	if err != nil || string(data) != `{"a":[1]}` {
		t.Errorf("Marshal = %s, %v", data, err)
	}
}

// checkerOf returns a Checker for the structs of the package of T.
func checkerOf[T any]() *strictjson.Checker {
	return &strictjson.Checker{Package: reflect.TypeFor[T]().PkgPath()}
}
