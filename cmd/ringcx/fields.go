package main

import (
	"encoding/json"
	"net/url"
	"strings"
)

// field is one --field or --raw-field.
type field struct {
	name string
	text string
	json json.RawMessage // the typed value
}

func (r apiRequest) parseFields() ([]field, error) {
	var fields []field
	for _, f := range r.fields {
		parsed, err := parseField("--field", f)
		if err != nil {
			return nil, err
		}
		if isTyped(parsed.text) {
			parsed.json = json.RawMessage(parsed.text)
		}
		fields = append(fields, parsed)
	}
	for _, f := range r.rawFields {
		parsed, err := parseField("--raw-field", f)
		if err != nil {
			return nil, err
		}
		fields = append(fields, parsed)
	}
	return fields, nil
}

// parseField reads name=value, the value as text.
func parseField(flag, text string) (field, error) {
	name, value, ok := strings.Cut(text, "=")
	if !ok || name == "" {
		return field{}, usagef("%s %q: write it as name=value", flag, text)
	}
	quoted, err := json.Marshal(value)
	return field{name: name, text: value, json: quoted}, err
}

// isTyped reports whether text is true, false, null or a number of JSON.
func isTyped(text string) bool {
	if text == "" || strings.ContainsAny(text[:1], "\"[{ \t\r\n") || strings.TrimSpace(text) != text {
		return false
	}
	return json.Valid([]byte(text))
}

// joinQuery adds fields to a query.
func joinQuery(query string, fields []field) string {
	parts := []string{query}
	if query == "" {
		parts = nil
	}
	for _, f := range fields {
		parts = append(parts, url.QueryEscape(f.name)+"="+url.QueryEscape(f.text))
	}
	return strings.Join(parts, "&")
}

// fieldsJSON is the JSON object of the fields, in their order.
func fieldsJSON(fields []field) ([]byte, error) {
	seen := make(map[string]bool)
	var parts []string
	for _, f := range fields {
		if seen[f.name] {
			return nil, usagef("field %q is there twice: a body has one of each", f.name)
		}
		seen[f.name] = true
		name, err := json.Marshal(f.name)
		if err != nil {
			return nil, err
		}
		parts = append(parts, string(name)+":"+string(f.json))
	}
	return []byte("{" + strings.Join(parts, ",") + "}"), nil
}
