package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

func TestPrintJSON(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"object", `{"a":1,"b":[true,false,null,"x"]}`, "{\n  \"a\": 1,\n  \"b\": [\n    true,\n    false,\n    null,\n    \"x\"\n  ]\n}\n"},
		{"numbers as they were sent", `[12345678901234567890,1.0,-0,1E5]`, "[\n  12345678901234567890,\n  1.0,\n  -0,\n  1E5\n]\n"},
		{"empty values", ` { } `, "{}\n"},
		{"nested empty values", `[{},[ ],""]`, "[\n  {},\n  [],\n  \"\"\n]\n"},
		{"white space", "\r\n{ \"a\" :\t1 }\n", "{\n  \"a\": 1\n}\n"},
		{"text in strings", `["a: {b}, [c]","\"\\","é\ud800\/"]`, "[\n  \"a: {b}, [c]\",\n  \"\\\"\\\\\",\n  \"é\\ud800\\/\"\n]\n"},
		{"control characters", "[\"\u009b31m\x9b\u202e\"]", "[\n  \"\\u009b31m\\ufffd\\u202e\"\n]\n"},
		{"scalar", `"a"`, "\"a\"\n"},
		{"several values", "{\"a\":1}\n{}\n2 3", "{\n  \"a\": 1\n}\n{}\n2\n3\n"},
		{"empty body", "", ""},
		{"not JSON", `[1,<b>oops`, "[\n  1,\n  <b>oops\n"},
		{"cut in a string", `{"a":"b`, "{\n  \"a\": \"b\n"},
		{"cut after an escape", `["\`, "[\n  \"\\\n"},
		{"cut after a bracket", `[`, "[\n"},
		{"closed too often", `]}`, "\n]\n}\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, r := range []io.Reader{strings.NewReader(tt.text), iotest.OneByteReader(strings.NewReader(tt.text))} {
				var got bytes.Buffer
				if err := printJSON(&got, r, false); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tt.want, got.String()); diff != "" {
					t.Errorf("output (-want +got):\n%s", diff)
				}
			}
		})
	}
}

func TestPrintJSONInColor(t *testing.T) {
	var got bytes.Buffer
	if err := printJSON(&got, strings.NewReader(`{"a" :"b","c":[1,true,null]}`), true); err != nil {
		t.Fatal(err)
	}
	const want = "\x1b[1m{\x1b[0m\n  \x1b[1;34m\"a\"\x1b[0m\x1b[1m:\x1b[0m \x1b[32m\"b\"\x1b[0m\x1b[1m,\x1b[0m\n" +
		"  \x1b[1;34m\"c\"\x1b[0m\x1b[1m:\x1b[0m \x1b[1m[\x1b[0m\n    1\x1b[1m,\x1b[0m\n" +
		"    \x1b[33mtrue\x1b[0m\x1b[1m,\x1b[0m\n    \x1b[36mnull\x1b[0m\n  \x1b[1m]\x1b[0m\n\x1b[1m}\x1b[0m\n"
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("output (-want +got):\n%s", diff)
	}
}

// TestPrintJSONIsStreaming checks that a value is printed before the next one arrives.
func TestPrintJSONIsStreaming(t *testing.T) {
	in, out := io.Pipe()
	shown, screen := io.Pipe()
	go func() { screen.CloseWithError(printJSON(screen, in, false)) }()
	for _, x := range []struct{ sent, want string }{{`[{"a":1},`, "[\n  {\n    \"a\": 1\n  },\n  "}, {`{}]`, "{}\n]"}} {
		if _, err := io.WriteString(out, x.sent); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, len(x.want))
		if _, err := io.ReadFull(shown, got); err != nil || string(got) != x.want {
			t.Errorf("after %q: output %q, %v, want %q", x.sent, got, err, x.want)
		}
	}
	out.CloseWithError(io.ErrUnexpectedEOF)
	if rest, err := io.ReadAll(shown); string(rest) != "\n" || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("after an error of the reader: output %q and error %v, want a newline and %v", rest, err, io.ErrUnexpectedEOF)
	}
}

// FuzzPrintJSON checks that only white space changes and that nothing controls the
// terminal.
func FuzzPrintJSON(f *testing.F) {
	f.Add(`{"a":[1,2.50,{}],"b":"\u001b\"é"}`)
	f.Fuzz(func(t *testing.T, text string) {
		var got bytes.Buffer
		if err := printJSON(&got, strings.NewReader(text), false); err != nil {
			t.Fatal(err)
		}
		assertPrintable(t, got.String())
		if !json.Valid([]byte(text)) {
			return
		}
		var want, compact bytes.Buffer
		_ = json.Compact(&want, []byte(printable(text))) // valid, as text is
		if err := json.Compact(&compact, got.Bytes()); err != nil || compact.String() != want.String() {
			t.Errorf("got %s (%v), want %s", &compact, err, &want)
		}
	})
}

func TestPrintText(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"empty", "", ""},
		{"no newline", "Jwt is expired", "Jwt is expired\n"},
		{"newline", "a\n", "a\n"},
		{"lines of Windows", "a\r\nb\r\n", "a\nb\n"},
		{"control characters", "\x1b[2J\u009b\xff\ufffd\rx\u202e", `\u001b[2J\u009b\ufffd` + "\ufffd" + `\u000dx\u202e` + "\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, r := range []io.Reader{strings.NewReader(tt.text), iotest.OneByteReader(strings.NewReader(tt.text))} {
				var got bytes.Buffer
				if err := printText(&got, r); err != nil || got.String() != tt.want {
					t.Errorf("got %q, %v, want %q", &got, err, tt.want)
				}
			}
		})
	}
}
