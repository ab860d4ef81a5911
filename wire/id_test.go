package wire_test

import (
	"encoding/json"
	"testing"

	"github.com/ringcx-go/ringcx-go/wire"
)

func TestIDReads(t *testing.T) {
	testReads(t, "old", []read[wire.ID]{
		{"string", `"99990001"`, "99990001"},
		{"number", `99990001`, "99990001"},
		{"zero", `0`, "0"},
		{"negative", `-12`, "-12"},
		{"largest int64", `9223372036854775807`, "9223372036854775807"},
		{"smallest int64", `-9223372036854775808`, "-9223372036854775808"},
		{"too large for a float64", `9007199254740993`, "9007199254740993"},
		{"too large for an int64", `123456789012345678901234567890`, "123456789012345678901234567890"},
		{"not a number", `"~"`, "~"},
		{"leading zeros", `"007"`, "007"},
		{"escapes", `"a\u00e9<\/\""`, `aé</"`},
		{"null", `null`, ""},
		{"string null", `"null"`, ""},
		{"empty", `""`, ""},
	})
}

func TestIDRefuses(t *testing.T) {
	testRefuses(t, wire.ID("old"), `true`, `false`, `{}`, `[]`, `["1"]`, `1.0`, `1e3`, `1E3`, `-0.5`)
}

func TestIDWritesString(t *testing.T) {
	got, err := json.Marshal(map[wire.ID]wire.ID{"1": "9223372036854775807"})
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"1":"9223372036854775807"}`; string(got) != want {
		t.Errorf("written %s, want %s", got, want)
	}
}

func FuzzID(f *testing.F) {
	fuzzReads[wire.ID](f, `"99990001"`, `99990001`, `9223372036854775807`, `-9223372036854775808`, `-0`, `"\ud800"`, "\"\xff\"", `"\u0000"`)
}
