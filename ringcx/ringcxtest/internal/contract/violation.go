package contract

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
)

// violation is a rule of openapi.yaml that a request or a response violates. It contains no
// values of the request or the response.
type violation struct {
	location string // for example "/0/userId" or "query flatten"
	rule     string // for example "type: want integer, got string"
}

var (
	errContentType = violation{"header Content-Type", "not declared"}
	errUnreadable  = violation{"body", "cannot be parsed"}
)

// Error returns the location and the rule.
func (v violation) Error() string {
	return strings.TrimPrefix(v.location+": "+v.rule, ": ")
}

// violationsIn returns the violations in an error of openapi3filter.
func violationsIn(err error) []violation {
	switch e := err.(type) { //nolint:errorlint // visits each error of the tree
	case nil:
		return nil
	case openapi3.MultiError:
		var all []violation
		for _, one := range e {
			all = append(all, violationsIn(one)...)
		}
		return all
	case *openapi3filter.RequestError:
		return requestViolations(e)
	case *openapi3filter.ResponseError:
		return responseViolations(e)
	case *openapi3.SchemaError:
		return []violation{schemaViolation(e)}
	case violation:
		return []violation{e}
	}
	return []violation{{rule: "the check failed"}}
}

func requestViolations(e *openapi3filter.RequestError) []violation {
	location := "body"
	if e.Parameter != nil {
		location = e.Parameter.In + " " + e.Parameter.Name
	}
	if errors.Is(e.Err, openapi3filter.ErrInvalidRequired) {
		return []violation{{location, "required"}}
	}
	if e.Err == nil {
		return []violation{errContentType}
	}
	return violationsAt(location, e.Err)
}

func responseViolations(e *openapi3filter.ResponseError) []violation {
	location := headerIn(e.Reason)
	switch {
	case location == "":
		return []violation{{rule: "the status is not declared"}}
	case e.Err != nil:
		return violationsAt(location, e.Err)
	}
	return []violation{{location, "required"}}
}

// headerIn returns the header that a reason of openapi3filter names, such as
// `response header "Retry-After" missing`. It returns "" if there is none.
func headerIn(reason string) string {
	_, after, ok := strings.Cut(reason, `header "`)
	if !ok {
		return ""
	}
	name, _, _ := strings.Cut(after, `"`)
	return "header " + name
}

// violationsAt returns the violations in err, which concerns a parameter, a header or the
// body. The location of a violation in a body is only its JSON pointer.
func violationsAt(location string, err error) []violation {
	var parse *openapi3filter.ParseError
	if errors.As(err, &parse) {
		return []violation{{cmp.Or(pointer(parse.Path()), location), "cannot be parsed"}}
	}
	all := violationsIn(err)
	for i := range all {
		if location != "body" {
			all[i].location = location + all[i].location
		}
		all[i].location = cmp.Or(all[i].location, location)
	}
	return all
}

// pointer returns path as a JSON pointer.
func pointer(path []any) string {
	var b strings.Builder
	for _, key := range path {
		fmt.Fprintf(&b, "/%v", key)
	}
	return b.String()
}

func schemaViolation(e *openapi3.SchemaError) violation {
	v := violation{rule: e.SchemaField}
	for _, key := range e.JSONPointer() {
		v.location += "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
	}
	switch e.SchemaField {
	case "type", "nullable":
		v.rule = fmt.Sprintf("type: want %s, got %s", strings.Join(e.Schema.Type.Slice(), " or "), typeOf(e.Value))
	case "enum":
		v.rule = fmt.Sprintf("enum: want one of %v", e.Schema.Enum)
	case "format":
		v.rule = "format: want " + e.Schema.Format
	case "oneOf", "anyOf":
		v.rule += ": no schema matches " + typeOf(e.Value)
	}
	return v
}

// typeOf returns the JSON type of a value.
func typeOf(v any) string {
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
