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

// checkOptions avoid the traps of openapi3filter: without the first it writes
// defaults into the request, without the second it refuses every operation that
// needs a token, without the third an undeclared status passes.
var checkOptions = &openapi3filter.Options{
	SkipSettingDefaults:   true,
	AuthenticationFunc:    openapi3filter.NoopAuthenticationFunc,
	IncludeResponseStatus: true,
	MultiError:            true,
	ExcludeResponseBody:   true,
}

// breach notes that a request breaks a rule that is not in openapi.yaml.
func (c *call) breach(format string, args ...any) {
	if c.server.checked {
		c.breaches = append(c.breaches, fmt.Sprintf(format, args...))
	}
}

// check compares c with its operation and returns what breaks the contract.
func (c *call) check(route *routers.Route) []string {
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
	found := c.describe("request", openapi3.MultiError{err, c.undeclaredQuery(route)})
	return append(found, c.describe(fmt.Sprintf("answer %d", c.w.status), c.checkAnswer(in))...)
}

// undeclaredQuery returns the parameters of the query that the operation does
// not have, which openapi3filter lets pass.
func (c *call) undeclaredQuery(route *routers.Route) error {
	var all openapi3.MultiError
	for name := range c.r.URL.Query() {
		if route.Operation.Parameters.GetByInAndName("query", name) == nil {
			all = append(all, breach{"query " + c.safeName(name), "not declared"})
		}
	}
	return all
}

// checkAnswer compares the answer of c with its operation. The body has its own
// check: that of openapi3filter sorts all names of a schema for every object.
func (c *call) checkAnswer(in *openapi3filter.RequestValidationInput) error {
	err := openapi3filter.ValidateResponse(c.r.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: c.w.status, Header: c.w.Header(), Options: checkOptions,
	})
	if err != nil || !c.w.complete() {
		return err
	}
	content := in.Route.Operation.Responses.Status(c.w.status).Value.Content
	return checkBody(content, c.w.Header().Get("Content-Type"), c.w.body.Bytes())
}

// checkBody compares a body with the schema of its Content-Type.
func checkBody(content openapi3.Content, contentType string, body []byte) error {
	if len(content) == 0 {
		return nil // no body is declared, so that it has no meaning
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

// describe puts an error of openapi3filter into our words: the operation, the
// side, the JSON pointer and the rule. Its own words hold the values.
func (c *call) describe(side string, err error) []string {
	var lines []string
	for _, b := range breachesOf(err) {
		lines = append(lines, fmt.Sprintf("%s: %s: %s", c.endpoint, side, b))
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}
