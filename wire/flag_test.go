package wire_test

import (
	"encoding/json"
	"testing"

	"github.com/ringcx-go/ringcx-go/wire"
)

func TestFlagReads(t *testing.T) {
	for _, old := range []wire.Flag{true, false} {
		testReads(t, old, []read[wire.Flag]{
			{"true", `true`, true},
			{"false", `false`, false},
			{"0", `0`, false},
			{"1", `1`, true},
			{"minus 0", `-0`, false},
			{"minus 1", `-1`, true},
			{"2", `2`, true},
			{"10", `10`, true},
			{"huge", `123456789012345678901234567890`, true},
			{"null", `null`, false},
		})
	}
}

func TestFlagRejects(t *testing.T) {
	testRejects(t, wire.Flag(true), `"true"`, `"1"`, `""`, `"null"`, `1.0`, `0.0`, `0e1`, `{}`, `[]`, `[true]`)
}

func TestFlagWritesBool(t *testing.T) {
	got, err := json.Marshal([]wire.Flag{true, false})
	if err != nil {
		t.Fatal(err)
	}
	if want := `[true,false]`; string(got) != want {
		t.Errorf("Marshal = %s, want %s", got, want)
	}
}

func FuzzFlag(f *testing.F) {
	fuzzReads[wire.Flag](f, `true`, `false`, `0`, `1`, `-0`, `-1`, `9223372036854775808`, `"true"`, `0.0`)
}
