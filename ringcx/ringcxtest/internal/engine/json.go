package engine

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// Values of JSON are nil, bool, string, json.Number, []any and map[string]any. They are not
// changed after they were made.

// decodeJSON decodes a value. Numbers are json.Number, so that they stay as they are.
func decodeJSON(data []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var v any
	err := d.Decode(&v)
	return v, err
}

// value returns a value of the document, or nil if it is not valid.
func value(data json.RawMessage) any {
	v, err := decodeJSON(data)
	if err != nil {
		return nil
	}
	return v
}

// encode returns the JSON of a value that was decoded from JSON.
func encode(v any) json.RawMessage {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic("ringcxtest: " + err.Error())
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// complete returns the fields of object and, of those that it lacks, the fields of sample.
func complete(object, sample map[string]any) map[string]any {
	all := maps.Clone(sample)
	if all == nil {
		all = make(map[string]any)
	}
	maps.Copy(all, object)
	return all
}

// equal reports whether two values are the same. Numbers are compared with the texts of
// numbers too, because ids have both forms.
func equal(v, w any) bool {
	switch v := v.(type) {
	case map[string]any:
		other, ok := w.(map[string]any)
		return ok && maps.EqualFunc(v, other, equal)
	case []any:
		other, ok := w.([]any)
		return ok && slices.EqualFunc(v, other, equal)
	case nil:
		return w == nil
	}
	return w != nil && text(v) == text(w)
}

// text returns a scalar as text: the form that it has in a path.
func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

// convert returns a scalar as the type of the schema, or nil.
func convert(s *schema, v any) any {
	text := fmt.Sprint(v)
	_, notNumber := strconv.ParseFloat(text, 64)
	switch {
	case v == nil:
		return nil
	case notNumber == nil && (s.allows("integer") || s.allows("number")) && len(s.Type) > 0:
		return json.Number(text)
	case s.allows("boolean") && (text == "true" || text == "false"):
		return text == "true"
	case s.allows("string"):
		return text
	}
	return nil
}

// isDecimal reports whether a text is an integer in its usual form.
func isDecimal(text string) bool {
	n, err := strconv.ParseInt(text, 10, 64)
	return err == nil && strconv.FormatInt(n, 10) == text
}
