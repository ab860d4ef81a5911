package wire_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/wire"
)

// read is a JSON text and the value that it is decoded to.
type read[T any] struct {
	name string
	in   string
	want T
}

// testReads decodes each text over an old value, no part of which may remain. It also
// checks that encoding and decoding the result gives the same value.
func testReads[T any](t *testing.T, old T, tests []read[T]) {
	t.Helper()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := old
			if err := json.Unmarshal([]byte(tt.in), &got); err != nil {
				t.Fatalf("Unmarshal(%s): %v", tt.in, err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Unmarshal(%s) (-want +got):\n%s", tt.in, diff)
			}
			checkRoundTrip(t, got)
		})
	}
}

// testRejects decodes each text. The error must name the field, and the old value must
// be unchanged.
func testRejects[T any](t *testing.T, old T, texts ...string) {
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
				t.Errorf("field of the error is %q, want accounts.field: %v", typeErr.Field, err)
			}
			if typeErr.Value == "" || typeErr.Type == nil || typeErr.Struct == "" {
				t.Errorf("error has an empty field: %#v", typeErr)
			}
			if diff := cmp.Diff(old, got.Accounts[0].Field); diff != "" {
				t.Errorf("value after an error (-want +got):\n%s", diff)
			}
		})
	}
}

// checkRoundTrip checks that encoding and decoding v gives the same value.
func checkRoundTrip[T any](t *testing.T, v T) {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatalf("Marshal(%v): %v", v, err)
	}
	var again T
	if err := json.Unmarshal(text, &again); err != nil {
		t.Fatalf("Unmarshal(%s): %v", text, err)
	}
	if diff := cmp.Diff(v, again); diff != "" {
		t.Errorf("round trip by %s (-want +got):\n%s", text, diff)
	}
}

// fuzzReads passes arbitrary bytes to UnmarshalJSON of T, directly and through
// encoding/json.
func fuzzReads[T any, P interface {
	*T
	json.Unmarshaler
}](f *testing.F, seeds ...string) {
	for _, s := range append(seeds, `null`, ``, ` `, `"`, `"\u`, `{`, `{"`, `[`, `[]`, `{}`, `-`, `t`, `1e3`, `1.5`, `""`, `"null"`) {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var direct, v T
		directErr := P(&direct).UnmarshalJSON(data) // must not panic, even if data is not valid JSON
		if err := json.Unmarshal(data, &v); err != nil {
			var syntax *json.SyntaxError
			var typeErr *json.UnmarshalTypeError
			if !errors.As(err, &syntax) && !errors.As(err, &typeErr) {
				t.Fatalf("Unmarshal(%q): error is %T: %v", data, err, err)
			}
			return
		}
		checkRoundTrip(t, v)
		if directErr == nil {
			checkRoundTrip(t, direct)
		}
	})
}

// TestInvalidJSON calls UnmarshalJSON directly with invalid JSON, which encoding/json
// never does.
func TestInvalidJSON(t *testing.T) {
	for _, v := range []json.Unmarshaler{new(wire.Time), new(wire.ID), new(wire.Flag), new(wire.Role), new(wire.Secret), new(leadPage)} {
		for _, in := range []string{"", " ", "-", "t", "n", "\"", "\"a", "{", `{"`, "[", "x"} {
			if err := v.UnmarshalJSON([]byte(in)); err == nil {
				t.Errorf("UnmarshalJSON(%q) of %T returned no error", in, v)
			}
		}
	}
}

func TestErrorText(t *testing.T) {
	type Account struct {
		AccountID wire.ID     `json:"accountId"`
		IsActive  wire.Flag   `json:"isActive"`
		Roles     []wire.Role `json:"roles"`
		PIN       wire.Secret `json:"phoneRecordingPin"`
	}
	const long = "123456789012345678901234567890123456789012345678901234567890"
	tests := []struct{ in, want string }{
		{`{"accountId":` + long + `.5}`, "json: cannot unmarshal number " + long[:40] + "... into Go struct field Account.accountId of type wire.ID"},
		{`{"accountId":1.5}`, "json: cannot unmarshal number 1.5 into Go struct field Account.accountId of type wire.ID"},
		{`{"isActive":"yes"}`, "json: cannot unmarshal string into Go struct field Account.isActive of type wire.Flag"},
		{`{"roles":[{"roleType":"USER"},[]]}`, "json: cannot unmarshal array into Go struct field Account.roles of type wire.Role"},
		{`{"roles":[{"roleType":7}]}`, "json: cannot unmarshal number into Go struct field Account.roles.roleType of type string"},
		{`{"phoneRecordingPin":47.11}`, "json: cannot unmarshal number into Go struct field Account.phoneRecordingPin of type wire.Secret"},
	}
	for _, tt := range tests {
		err := json.Unmarshal([]byte(tt.in), new(Account))
		if err == nil || err.Error() != tt.want {
			t.Errorf("Unmarshal(%s):\n got error %v\nwant %s", tt.in, err, tt.want)
		}
	}
}
