package ringcxtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// checkOptions change defaults of openapi3filter, which would write default values into
// the request, reject every operation that needs a token, and accept undeclared statuses.
var checkOptions = &openapi3filter.Options{
	SkipSettingDefaults:   true,
	AuthenticationFunc:    openapi3filter.NoopAuthenticationFunc,
	IncludeResponseStatus: true,
	MultiError:            true,
	ExcludeResponseBody:   true,
}

// checkCall compares the request and the response of c with its operation, and returns the
// violations.
func checkCall(c *call, route *routers.Route) []string {
	if route == nil || c.w.status == 0 {
		return nil
	}
	in := &openapi3filter.RequestValidationInput{
		Request: c.r, Route: route, Options: checkOptions,
		PathParams: make(map[string]string), QueryParams: c.r.URL.Query(),
	}
	for _, p := range route.Operation.Parameters {
		if p.Value.In == "path" {
			in.PathParams[p.Value.Name] = c.r.PathValue(p.Value.Name)
		}
	}
	c.r.Body = io.NopCloser(bytes.NewReader(c.body))
	err := openapi3filter.ValidateRequest(c.r.Context(), in)
	found := describe(c.endpoint, "request", openapi3.MultiError{err, checkQuery(c, route)})
	if c.foreign {
		return found
	}
	side := fmt.Sprintf("response %d", c.w.status)
	return append(found, describe(c.endpoint, side, checkResponse(c, in))...)
}

// checkQuery returns the query parameters that the operation does not declare.
// openapi3filter ignores them.
func checkQuery(c *call, route *routers.Route) error {
	var all openapi3.MultiError
	for name := range c.r.URL.Query() {
		if route.Operation.Parameters.GetByInAndName("query", name) == nil {
			all = append(all, violation{"query " + safeName(c, name), "not declared"})
		}
	}
	return all
}

// checkResponse compares the response of c with its operation. It checks the body itself,
// because openapi3filter sorts all property names of a schema for every object.
func checkResponse(c *call, in *openapi3filter.RequestValidationInput) error {
	err := openapi3filter.ValidateResponse(c.r.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: c.w.status, Header: c.w.Header(), Options: checkOptions,
	})
	if err != nil || !c.w.complete() {
		return err
	}
	content := in.Route.Operation.Responses.Status(c.w.status).Value.Content
	return checkBody(content, c.w.Header().Get("Content-Type"), c.w.body.Bytes())
}

// checkBody compares a body with the schema of its Content-Type. If the operation declares
// no body, any body is valid.
func checkBody(content openapi3.Content, contentType string, body []byte) error {
	if len(content) == 0 {
		return nil
	}
	media := content.Get(contentType)
	switch {
	case media == nil:
		return errContentType
	case media.Schema == nil || media != content[jsonType]:
		return nil
	}
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		return errUnreadable
	}
	return media.Schema.Value.VisitJSON(value, openapi3.MultiErrors())
}

// describe returns the violations in err, an error of openapi3filter, sorted and without
// duplicates. It does not use the text of err, which contains values.
func describe(e Endpoint, side string, err error) []string {
	var lines []string
	for _, v := range violationsIn(err) {
		lines = append(lines, fmt.Sprintf("%s: %s: %s", e, side, v))
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}
