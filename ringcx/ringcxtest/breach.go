package ringcxtest

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
)

// A breach is one place where an exchange breaks the contract. It holds no
// value of the exchange.
type breach struct {
	where string // for example "/0/userId" or "query flatten"
	rule  string // for example "type: want integer, got string"
}

var (
	errContentType = breach{"header Content-Type", "is not declared"}
	errUnreadable  = breach{"body", "cannot be read"}
)

// Error returns the place and the rule.
func (b breach) Error() string {
	return strings.TrimPrefix(b.where+": "+b.rule, ": ")
}

// breachesOf takes an error of openapi3filter apart.
func breachesOf(err error) []breach {
	switch e := err.(type) {
	case nil:
		return nil
	case openapi3.MultiError:
		var all []breach
		for _, one := range e {
			all = append(all, breachesOf(one)...)
		}
		return all
	case *openapi3filter.RequestError:
		return requestBreaches(e)
	case *openapi3filter.ResponseError:
		return answerBreaches(e)
	case *openapi3.SchemaError:
		return []breach{schemaBreach(e)}
	case breach:
		return []breach{e}
	}
	return []breach{{rule: "the check failed"}}
}

func requestBreaches(e *openapi3filter.RequestError) []breach {
	where := "body"
	if e.Parameter != nil {
		where = e.Parameter.In + " " + e.Parameter.Name
	}
	if errors.Is(e.Err, openapi3filter.ErrInvalidRequired) {
		return []breach{{where, "required"}}
	}
	if e.Err == nil {
		return []breach{errContentType}
	}
	return within(where, e.Err)
}

func answerBreaches(e *openapi3filter.ResponseError) []breach {
	where := headerIn(e.Reason)
	switch {
	case where == "":
		return []breach{{rule: "the status is not declared"}}
	case e.Err != nil:
		return within(where, e.Err)
	}
	return []breach{{where, "required"}}
}

// headerIn returns the header that a reason of openapi3filter names, such as
// `response header "Retry-After" missing`, or "".
func headerIn(reason string) string {
	_, rest, ok := strings.Cut(reason, `header "`)
	if !ok {
		return ""
	}
	name, _, _ := strings.Cut(rest, `"`)
	return "header " + name
}

// within returns the breaches of err, which lie in a body or in a parameter. A
// schema's place in a body is its JSON pointer alone.
func within(where string, err error) []breach {
	var parse *openapi3filter.ParseError
	if errors.As(err, &parse) {
		return []breach{{cmp.Or(pointer(parse.Path()), where), "cannot be read"}}
	}
	all := breachesOf(err)
	for i := range all {
		if where != "body" {
			all[i].where = where + all[i].where
		}
		all[i].where = cmp.Or(all[i].where, where)
	}
	return all
}

func pointer(path []any) string {
	var b strings.Builder
	for _, key := range path {
		fmt.Fprintf(&b, "/%v", key)
	}
	return b.String()
}

// schemaBreach says which rule of a schema is broken, and where.
func schemaBreach(e *openapi3.SchemaError) breach {
	b := breach{rule: e.SchemaField}
	for _, key := range e.JSONPointer() {
		b.where += "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
	}
	switch e.SchemaField {
	case "type", "nullable":
		b.rule = fmt.Sprintf("type: want %s, got %s", strings.Join(e.Schema.Type.Slice(), " or "), kindOf(e.Value))
	case "enum":
		b.rule = fmt.Sprintf("enum: want one of %v", e.Schema.Enum)
	case "format":
		b.rule = "format: want " + e.Schema.Format
	case "oneOf", "anyOf":
		b.rule += ": no form fits " + kindOf(e.Value)
	}
	return b
}

// kindOf returns the JSON type of a value.
func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case json.Number, float64, int64:
		return "number"
	case []any:
		return "array"
	}
	return "object"
}
