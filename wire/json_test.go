package wire_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/wire"
)

// read is one JSON text and what a T makes of it.
type read[T any] struct {
	name string
	in   string
	want T
}

// testReads decodes each case, over an old value that must not shine through,
// and checks that what it is written as is read as the same value.
func testReads[T any](t *testing.T, old T, tests []read[T]) {
	t.Helper()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := old
			if err := json.Unmarshal([]byte(tt.in), &got); err != nil {
				t.Fatalf("reading %s: %v", tt.in, err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("reading %s (-want +got):\n%s", tt.in, diff)
			}
			checkStable(t, got)
		})
	}
}

// testRefuses decodes each text and checks that the error names the field and
// that the old value is kept.
func testRefuses[T any](t *testing.T, old T, texts ...string) {
	t.Helper()
	type account struct {
		Field T `json:"field"`
	}
	for _, text := range texts {
		t.Run(text, func(t *testing.T) {
			got := struct {
				Accounts []account `json:"accounts"`
			}{[]account{{old}}}
			err := json.Unmarshal([]byte(`{"accounts":[{"field":`+text+`}]}`), &got)
			var typeErr *json.UnmarshalTypeError
			if !errors.As(err, &typeErr) {
				t.Fatalf("error is %T (%v), want %T", err, err, typeErr)
			}
			if !strings.HasPrefix(typeErr.Field, "accounts.field") {
				t.Errorf("error is in field %q, want accounts.field: %v", typeErr.Field, err)
			}
			if typeErr.Value == "" || typeErr.Type == nil || typeErr.Struct == "" {
				t.Errorf("error is not complete: %#v", typeErr)
			}
			if diff := cmp.Diff(old, got.Accounts[0].Field); diff != "" {
				t.Errorf("value after an error (-want +got):\n%s", diff)
			}
		})
	}
}

// checkStable checks that v is written, and read again, as the same value.
func checkStable[T any](t *testing.T, v T) {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatalf("writing %v: %v", v, err)
	}
	var again T
	if err := json.Unmarshal(text, &again); err != nil {
		t.Fatalf("reading %s again: %v", text, err)
	}
	if diff := cmp.Diff(v, again); diff != "" {
		t.Errorf("read again from %s (-want +got):\n%s", text, diff)
	}
}

// fuzzReads feeds any bytes to T, directly and through encoding/json.
func fuzzReads[T any, P interface {
	*T
	json.Unmarshaler
}](f *testing.F, seeds ...string) {
	for _, s := range append(seeds, `null`, ``, ` `, `"`, `"\u`, `{`, `{"`, `[`, `[]`, `{}`, `-`, `t`, `1e3`, `1.5`, `""`, `"null"`) {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var direct, v T
		directErr := P(&direct).UnmarshalJSON(data) // must not panic, even on what is no JSON
		if err := json.Unmarshal(data, &v); err != nil {
			var syntax *json.SyntaxError
			var typeErr *json.UnmarshalTypeError
			if !errors.As(err, &syntax) && !errors.As(err, &typeErr) {
				t.Fatalf("reading %q: error is %T: %v", data, err, err)
			}
			return
		}
		checkStable(t, v)
		if directErr == nil {
			checkStable(t, direct)
		}
	})
}

// Only a direct call can hand over what is no JSON. It must be an error.
func TestNotJSON(t *testing.T) {
	for _, v := range []json.Unmarshaler{new(wire.Time), new(wire.ID), new(wire.Flag), new(wire.Role), new(wire.Secret)} {
		for _, in := range []string{"", " ", "-", "t", "n", "\"", "\"a", "{", `{"`, "[", "x"} {
			if err := v.UnmarshalJSON([]byte(in)); err == nil {
				t.Errorf("%T reads %q, want an error", v, in)
			}
		}
	}
}

func TestErrorText(t *testing.T) {
	type Account struct {
		StartDate wire.Time   `json:"startDate"`
		AccountID wire.ID     `json:"accountId"`
		IsActive  wire.Flag   `json:"isActive"`
		Roles     []wire.Role `json:"roles"`
		PIN       wire.Secret `json:"phoneRecordingPin"`
	}
	const long = "123456789012345678901234567890123456789012345678901234567890"
	tests := []struct{ in, want string }{
		{`{"startDate":"tomorrow"}`, "json: cannot unmarshal string into Go struct field Account.startDate of type wire.Time"},
		{`{"startDate":` + long + `}`, "json: cannot unmarshal number " + long[:40] + "... into Go struct field Account.startDate of type wire.Time"},
		{`{"startDate":{"millis":"1"}}`, "json: cannot unmarshal string into Go struct field Account.startDate.millis of type int64"},
		{`{"accountId":1.5}`, "json: cannot unmarshal number 1.5 into Go struct field Account.accountId of type wire.ID"},
		{`{"isActive":"yes"}`, "json: cannot unmarshal string into Go struct field Account.isActive of type wire.Flag"},
		{`{"roles":[{"roleType":"USER"},[]]}`, "json: cannot unmarshal array into Go struct field Account.roles of type wire.Role"},
		{`{"roles":[{"roleType":7}]}`, "json: cannot unmarshal number into Go struct field Account.roles.roleType of type string"},
		{`{"phoneRecordingPin":47.11}`, "json: cannot unmarshal number into Go struct field Account.phoneRecordingPin of type wire.Secret"},
	}
	for _, tt := range tests {
		err := json.Unmarshal([]byte(tt.in), new(Account))
		if err == nil || err.Error() != tt.want {
			t.Errorf("reading %s:\n got %v\nwant %s", tt.in, err, tt.want)
		}
	}
}
