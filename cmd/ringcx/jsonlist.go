package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"reflect"

	"github.com/ringcx-go/ringcx-go/wire"
)

// hidden stands for a secret in JSON output.
const hidden = "***"

// writeJSONList writes the elements as an indented JSON array, each as it comes,
// without their secrets. An error of the list leaves the array open, so that no
// reader takes half a list for a whole one.
func writeJSONList[T any](w io.Writer, list iter.Seq2[T, error]) error {
	before := "[\n"
	for v, err := range list {
		if err != nil {
			return err
		}
		text, err := elementJSON(&v)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(w, "%s  %s", before, text); err != nil {
			return err
		}
		before = ",\n"
	}
	end := "\n]\n"
	if before == "[\n" {
		end = "[]\n"
	}
	_, err := io.WriteString(w, end)
	return err
}

// elementJSON encodes what v points to, indented as an element of an array. It may
// be shown on a terminal.
func elementJSON(v any) ([]byte, error) {
	hideSecrets(reflect.ValueOf(v))
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("  ", "  ")
	err := e.Encode(v)
	return []byte(printable(string(bytes.TrimSpace(b.Bytes())))), err
}

// hideSecrets replaces every wire.Secret that v leads to, so that a secret that
// is new in openapi.yaml is hidden without a line here.
func hideSecrets(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		if v.Type() == reflect.TypeFor[wire.Secret]() && v.Len() > 0 {
			v.SetString(hidden)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			hideSecrets(v.Elem())
		}
	case reflect.Struct:
		for _, field := range v.Fields() {
			if field.CanSet() { // exported
				hideSecrets(field)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			hideSecrets(v.Index(i))
		}
	}
}
