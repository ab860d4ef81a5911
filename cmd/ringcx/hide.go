package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
)

// hidden replaces secrets in the output.
const hidden = "***"

// secretName matches the names of fields whose strings and numbers are secrets, in JSON,
// in forms and in queries. A test compares it with the secrets of openapi.yaml. It also
// matches similar names, because an operation that openapi.yaml does not have may
// return secrets too.
var secretName = regexp.MustCompile(`(?i:password|passwd|passphrase|pwd|secret|securityKey|apiKey|api_key|privateKey|private_key|` +
	`token|jwt|assertion|hashcode)$|(?i:^pin|_pin)$|[a-z]P(in|IN)$`)

// isSecretField reports whether the value of a field with this name is a secret.
func isSecretField(name string) bool { return secretName.MatchString(name) }

// hideSecrets returns the JSON text with each secret replaced by [hidden]. All other
// bytes stay as they are. It returns an error if text is not one JSON value.
func hideSecrets(text []byte) ([]byte, error) { return newHider(text).run() }

// notJSON returns the error for text that is not valid JSON.
func notJSON(text []byte) error {
	var v json.RawMessage
	return fmt.Errorf("it is not valid JSON: %w", json.Unmarshal(text, &v))
}

// hider copies JSON text and replaces the secrets.
type hider struct {
	text, out []byte
	in        *json.Decoder // reads text
	copied    int           // how much of text is in out
	found     []json.RawMessage
}

func newHider(text []byte) *hider {
	return &hider{text: text, in: json.NewDecoder(bytes.NewReader(text))}
}

func (h *hider) run() ([]byte, error) {
	if !json.Valid(h.text) {
		return nil, notJSON(h.text)
	}
	h.in.UseNumber() // Token returns an error for a number that a float64 cannot represent
	if err := h.value(); err != nil {
		return nil, err
	}
	return append(h.out, h.text[h.copied:]...), nil
}

// value reads one value.
func (h *hider) value() error {
	start, err := h.in.Token()
	if err != nil {
		return err
	}
	isObject := start == json.Delim('{')
	if !isObject && start != json.Delim('[') {
		return nil
	}
	for h.in.More() {
		if err := h.element(isObject); err != nil {
			return err
		}
	}
	_, err = h.in.Token() // the closing bracket
	return err
}

// element reads one element of an array, or one field of an object.
func (h *hider) element(isField bool) error {
	if !isField {
		return h.value()
	}
	name, err := h.in.Token()
	if err != nil {
		return err
	}
	if !isSecretField(name.(string)) {
		return h.value()
	}
	return h.secret()
}

// secret reads a value of a field with the name of a secret, and replaces what is
// secret in it.
func (h *hider) secret() error {
	var raw json.RawMessage
	if err := h.in.Decode(&raw); err != nil {
		return err
	}
	replacement := hideValue(raw)
	h.found = append(h.found, raw)
	end := int(h.in.InputOffset())
	h.out = append(append(h.out, h.text[h.copied:end-len(raw)]...), replacement...)
	h.copied = end
	return nil
}

// hideValue returns the replacement of a secret value. Booleans, null, empty strings and
// empty arrays are not secret, and an object only if it has a secret field.
func hideValue(raw json.RawMessage) []byte {
	switch raw[0] {
	case 't', 'f', 'n':
		return raw
	case '{':
		text, err := hideSecrets(raw)
		if err != nil {
			return []byte(`"` + hidden + `"`)
		}
		return text
	}
	if s := string(raw); s == `""` || s == "[]" {
		return raw
	}
	return []byte(`"` + hidden + `"`)
}
