package fullspec

import (
	"strconv"
	"strings"

	"github.com/ringcx-go/ringcx-go/internal/names"
)

// failures is the error responses that every operation has.
var failures = map[string]string{
	"400": "BadRequest", "401": "Unauthorized", "403": "Forbidden", "404": "NotFound",
	"429": "TooManyRequests", "500": "Failed", "503": "Unavailable",
}

// operation returns the synthetic operation o.
func operation(table *schemaTable, o names.Operation) object {
	op := object{
		"operationId": o.ID,
		"tags":        []string{o.Family},
		"summary":     "sends " + o.Method + " " + o.Path + ".",
		"description": "It has the shape of the real operation and synthetic schemas.",
		"responses":   responses(table, o),
		"x-observed":  o.Observed,
	}
	if list := parameters(table, o); len(list) > 0 {
		op["parameters"] = list
	}
	if body := requestBody(table, o); body != nil {
		op["requestBody"] = body
	}
	if o.Deprecated {
		op["deprecated"], op["x-deprecated-reason"] = true, "it is synthetic"
	}
	addExtensions(op, o)
	return op
}

func addExtensions(op object, o names.Operation) {
	if o.Service != "" {
		op["x-service"] = o.Service
	}
	if o.Permission != "" {
		op["x-permission"] = o.Permission
	}
	if o.Idempotent {
		op["x-idempotent"] = true
	}
	if o.Paging != nil {
		paging := object{"page": o.Paging.Page, "rows": o.Paging.Rows}
		if first, err := strconv.Atoi(o.Paging.First); err == nil {
			paging["first"] = first
		}
		op["x-paging"] = paging
	}
	var limits []object
	for _, l := range o.Limits {
		limits = append(limits, object{"requests": l.Requests, "seconds": l.Seconds})
	}
	if limits != nil {
		op["x-rate-limit"] = limits
	}
}

// parameters returns the parameters in path and query. It omits secrets: they are in the
// form, or, if there is no form, the client adds them.
func parameters(table *schemaTable, o names.Operation) []object {
	var list []object
	for _, p := range o.PathParams {
		list = append(list, parameter(table, p, "path"))
	}
	for _, p := range o.Query {
		if !p.Secret {
			list = append(list, parameter(table, p, "query"))
		}
	}
	return list
}

// parameter returns the component of openapi.yaml for p if there is one, so that all
// operations have one Go type for an id.
func parameter(table *schemaTable, p names.Param, in string) object {
	if c, ok := table.parameters[p.Name].(object); ok && c["name"] == p.Name && c["in"] == in {
		return object{"$ref": "#/components/parameters/" + p.Name}
	}
	schema, example := plain(table, p.Type)
	made := object{
		"name": p.Name, "in": in, "schema": schema, "example": example,
		"description": "is the parameter " + p.Name + " of the real operation.",
	}
	if in == "path" || p.Required {
		made["required"] = true
	}
	return made
}

// plain returns the schema of a parameter, and an example.
func plain(table *schemaTable, typ string) (object, any) {
	if element, ok := strings.CutPrefix(typ, "["); ok {
		schema, example := plain(table, strings.TrimSuffix(element, "]"))
		return object{"type": "array", "items": schema}, []any{example}
	}
	switch typ {
	case "PathID":
		return reference("PathID"), "333333"
	case "integer":
		return object{"type": "integer", "format": "int32"}, 4711
	case "boolean":
		return object{"type": "boolean"}, true
	case "enum":
		return reference(table.nextKind()), kindValues[0]
	}
	return object{"type": "string"}, "text"
}

// requestBody returns the body of o, or nil. Secrets that RingCX has in the query are a
// form, if the method can have one.
func requestBody(table *schemaTable, o names.Operation) object {
	schema, example := table.schema(o.BodySchema, true)
	content := o.Body
	if secrets := secretQuery(o); len(secrets) > 0 && (o.Method == "POST" || o.Method == "PUT") {
		content = "application/x-www-form-urlencoded"
		schema, example = table.addForm(o, secrets)
	}
	if content == "" {
		return nil
	}
	media := object{"schema": schema}
	if o.BodySchema != "file" {
		media["example"] = example
	}
	return object{
		"description": "The body of the real operation.", "required": true,
		"content": object{content: media},
	}
}

func secretQuery(o names.Operation) []names.Param {
	var secrets []names.Param
	for _, p := range o.Query {
		if p.Secret {
			secrets = append(secrets, p)
		}
	}
	return secrets
}

// responses returns the responses of o. JSON that the published specification has under 201
// only is declared under 200 too, as openapi.yaml does.
func responses(table *schemaTable, o names.Operation) object {
	all := object{}
	for status, name := range failures {
		all[status] = object{"$ref": "#/components/responses/" + name}
	}
	statuses := o.Status
	if o.Content == "application/json" && statuses[0] != 200 {
		statuses = append([]int{200}, statuses...)
	}
	for _, status := range statuses {
		response := object{"description": "The operation succeeded."}
		if content := successContent(table, o); content != nil && status != 204 {
			response["content"] = content
		}
		all[strconv.Itoa(status)] = response
	}
	return all
}

// successContent returns the content of a success of o, or nil.
func successContent(table *schemaTable, o names.Operation) object {
	content := o.Content
	switch content {
	case "":
		return nil
	case "*/*":
		content = "application/json"
	}
	schema, example := table.schema(o.Schema, false)
	media := object{"schema": schema}
	if o.Schema != "binary" {
		media["example"] = example
	}
	return object{content: media}
}
