package wire_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/oapi-codegen/runtime"

	"github.com/ringcx-go/ringcx-go/wire"
)

// hidden must not be in any output. It consists of digits, so that it is also a valid
// number.
const hidden = "314159"

func TestSecretReads(t *testing.T) {
	testReads(t, "old", []read[wire.Secret]{
		{"string", `"hunter2"`, "hunter2"},
		{"number", `314159`, hidden},
		{"negative number", `-1`, "-1"},
		{"long number", `123456789012345678901234567890`, "123456789012345678901234567890"},
		{"string null", `"null"`, "null"},
		{"empty", `""`, ""},
		{"null", `null`, ""},
	})
}

func TestSecretRejects(t *testing.T) {
	testRejects(t, wire.Secret("old"), `true`, `{}`, `[]`, `["a"]`, `1.5`, `1e3`)
}

func TestSecretErrorDoesNotContainValue(t *testing.T) {
	for _, in := range []string{`314159.5`, `314159e1`, `["314159"]`, `{"pin":314159}`} {
		err := json.Unmarshal([]byte(in), new(wire.Secret))
		if err == nil || strings.Contains(err.Error(), hidden) {
			t.Errorf("Unmarshal(%s): error is %v, want an error without the value", in, err)
		}
	}
}

func TestSecretWritesRealValue(t *testing.T) {
	got, err := json.Marshal([]wire.Secret{hidden, ""})
	if err != nil {
		t.Fatal(err)
	}
	if want := `["314159",""]`; string(got) != want {
		t.Errorf("Marshal = %s, want %s", got, want)
	}
}

func TestSecretFmt(t *testing.T) {
	type account struct {
		PIN  wire.Secret
		Next *wire.Secret
		All  map[string][]wire.Secret
	}
	secret := wire.Secret(hidden)
	values := map[string]any{
		"value": secret, "pointer": &secret, "slice": []wire.Secret{secret}, "key": map[wire.Secret]int{secret: 1},
		"struct": account{secret, &secret, map[string][]wire.Secret{"a": {secret}}},
	}
	verbs := []string{
		"%v", "%+v", "%#v", "%s", "%q", "%+q", "%#q", "%x", "%X", "% x", "%#x", "%d", "%o", "%b", "%c", "%U", "%e", "%f", "%g",
		"%t", "%z", "%20s", "%-20v", "%.3s", "%020d", "%[1]v", "no verb",
	}
	for name, v := range values {
		for _, verb := range verbs {
			if got := fmt.Sprintf(verb, v); leaks(got) {
				t.Errorf("%s printed with %s contains the secret: %s", name, verb, got)
			}
		}
	}
	for _, verb := range verbs[:len(verbs)-1] {
		if got := fmt.Sprintf(verb, secret); got != "***" {
			t.Errorf("%s prints %s, want ***", verb, got)
		}
		if got := fmt.Sprintf(verb, wire.Secret("")); got != "" {
			t.Errorf("%s prints %s for the empty secret, want nothing", verb, got)
		}
	}
}

// leaks reports whether out contains the hidden secret, as text or in hexadecimal.
func leaks(out string) bool {
	out = strings.ToLower(strings.ReplaceAll(out, " ", ""))
	return strings.Contains(out, hidden) || strings.Contains(out, fmt.Sprintf("%x", hidden))
}

func TestSecretOtherPrinters(t *testing.T) {
	secret := wire.Secret(hidden)
	for _, got := range []string{
		secret.String(), secret.GoString(), secret.LogValue().String(), fmt.Sprint(secret), fmt.Sprintln(&secret),
		fmt.Errorf("invalid %s", secret).Error(), errors.Join(fmt.Errorf("invalid %v", secret)).Error(),
	} {
		if leaks(got) || !strings.Contains(got, "***") {
			t.Errorf("output is %s, want ***", got)
		}
	}
	var none *wire.Secret
	if got := fmt.Sprint(none); got != "<nil>" {
		t.Errorf("a nil pointer is printed as %s, want <nil>", got)
	}
}

func TestSecretSlog(t *testing.T) {
	secret := wire.Secret(hidden)
	var buf bytes.Buffer
	for _, h := range []slog.Handler{slog.NewTextHandler(&buf, nil), slog.NewJSONHandler(&buf, nil)} {
		buf.Reset()
		slog.New(h).With("a", secret).Info("login", "b", secret, "c", &secret, slog.Group("d", "e", secret))
		if got := buf.String(); leaks(got) || strings.Count(got, "***") != 4 {
			t.Errorf("%T wrote %s, want *** four times", h, got)
		}
	}
	buf.Reset()
	slog.New(slog.NewTextHandler(&buf, nil)).Info("login", "account", struct{ PIN wire.Secret }{secret})
	if got := buf.String(); leaks(got) {
		t.Errorf("the text handler wrote a struct as %s", got)
	}
}

// TestSecretInRequests checks what the doc comment of Secret says: the runtime of the
// generated client encodes forms with fmt, but not parameters.
func TestSecretInRequests(t *testing.T) {
	form, err := runtime.MarshalForm(struct {
		Token wire.Secret `form:"token"`
	}{hidden}, nil)
	if err != nil || form.Get("token") != "***" {
		t.Errorf("form is %v, %v, want ***", form, err)
	}
	query, err := runtime.StyleParamWithOptions("form", true, "pin", wire.Secret(hidden),
		runtime.StyleParamOptions{ParamLocation: runtime.ParamLocationQuery})
	if err != nil || query != "pin="+hidden {
		t.Errorf("query is %s, %v, want the real value", query, err)
	}
}

func FuzzSecret(f *testing.F) {
	fuzzReads[wire.Secret](f, `"hunter2"`, `4711`, `-0`, `123456789012345678901234567890`, `"\ud800"`, "\"\xff\"")
}
