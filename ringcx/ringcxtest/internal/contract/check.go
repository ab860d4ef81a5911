package contract

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
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

// Request returns the violations of a request: its parameters and its body. The values of
// the path parameters are those of r.PathValue. The violations contain no values of the
// request; a name of a parameter that is not declared is passed through mask.
func (o *Operation) Request(r *http.Request, body []byte, mask func(string) string) []string {
	in := o.input(r)
	all := openapi3.MultiError{o.requestBody(in, body)}
	for _, p := range o.load().parameters {
		all = append(all, openapi3filter.ValidateParameter(r.Context(), in, p.Value))
	}
	for name := range in.QueryParams {
		if o.load().parameters.GetByInAndName("query", name) == nil {
			all = append(all, violation{"query " + mask(name), "not declared"})
		}
	}
	return o.describe("request", all)
}

// BadParameter returns the name of the first parameter of r that cannot be parsed. If one
// that is required is missing, the name is empty. BadParameter returns false if all
// parameters have the type that the operation declares.
func (o *Operation) BadParameter(r *http.Request) (name string, bad bool) {
	if !o.hasParameters {
		return "", false
	}
	in := o.input(r)
	for _, p := range o.load().parameters {
		err := openapi3filter.ValidateParameter(r.Context(), in, p.Value)
		var parse *openapi3filter.ParseError
		switch {
		case errors.As(err, &parse), errors.Is(err, openapi3filter.ErrInvalidEmptyValue):
			return p.Value.Name, true
		case errors.Is(err, openapi3filter.ErrInvalidRequired):
			return "", true
		}
	}
	return "", false
}

// Response returns the violations of the response to a request. If complete is false, body is not
// the whole body and is not checked. The violations contain no values of the response.
func (o *Operation) Response(r *http.Request, status int, header http.Header, body []byte, complete bool) []string {
	side := fmt.Sprintf("response %d", status)
	err := openapi3filter.ValidateResponse(r.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: o.input(r), Status: status, Header: header, Options: checkOptions,
	})
	if err == nil && complete {
		err = o.responseBody(status, header, body)
	}
	return o.describe(side, err)
}

// responseBody compares the body of a response with its operation. openapi3filter would sort all
// property names of a schema for every object.
func (o *Operation) responseBody(status int, header http.Header, body []byte) error {
	responses := o.load().operation.Responses
	declared := responses.Status(status)
	if declared == nil {
		declared = responses.Default()
	}
	if declared == nil || len(declared.Value.Content) == 0 {
		return nil // any body is valid
	}
	return checkBody(declared.Value.Content, header, body, openapi3.MultiErrors())
}

// requestBody compares the body of a request with its operation.
func (o *Operation) requestBody(in *openapi3filter.RequestValidationInput, body []byte) error {
	declared := o.load().operation.RequestBody
	switch {
	case declared == nil:
		return nil
	case len(body) == 0 && declared.Value.Required:
		return &openapi3filter.RequestError{Err: openapi3filter.ErrInvalidRequired}
	case len(body) == 0, len(declared.Value.Content) == 0:
		return nil
	case mediaType(in.Request.Header) == formType:
		r := *in.Request // ValidateRequestBody replaces the body
		r.Body = io.NopCloser(bytes.NewReader(body))
		form := *in
		form.Request = &r
		return openapi3filter.ValidateRequestBody(r.Context(), &form, declared.Value)
	}
	err := checkBody(declared.Value.Content, in.Request.Header, body, openapi3.MultiErrors(), openapi3.VisitAsRequest())
	if err == nil {
		return nil
	}
	return &openapi3filter.RequestError{Err: err}
}

// input returns what openapi3filter needs to know about a request.
func (o *Operation) input(r *http.Request) *openapi3filter.RequestValidationInput {
	in := &openapi3filter.RequestValidationInput{
		Request: r, Route: o.load().route, Options: checkOptions,
		PathParams: make(map[string]string), QueryParams: r.URL.Query(),
	}
	for _, p := range o.load().parameters {
		if p.Value.In == openapi3.ParameterInPath {
			in.PathParams[p.Value.Name] = r.PathValue(p.Value.Name)
		}
	}
	return in
}

const (
	jsonType      = "application/json"
	formType      = "application/x-www-form-urlencoded"
	multipartType = "multipart/form-data"
	textType      = "text/plain"
)

// mediaType returns the media type of the Content-Type, in lower case.
func mediaType(h http.Header) string {
	name, _, _ := mime.ParseMediaType(h.Get("Content-Type"))
	return name
}

// checkBody compares a body with the schema of its Content-Type. Of types other than JSON,
// text and multipart, only the Content-Type is checked.
func checkBody(content openapi3.Content, header http.Header, body []byte, opts ...openapi3.SchemaValidationOption) error {
	media := content.Get(header.Get("Content-Type"))
	switch {
	case media == nil:
		return errContentType
	case media.Schema == nil:
		return nil
	}
	var value any
	switch name := mediaType(header); {
	case name == jsonType, strings.HasSuffix(name, "+json"):
		if err := json.Unmarshal(body, &value); err != nil {
			return errUnreadable
		}
	case name == textType:
		value = parseText(string(body), media.Schema.Value)
	case name == multipartType:
		object, err := parseMultipart(header, body, media.Schema.Value)
		if err != nil {
			return errUnreadable
		}
		value = object
	default:
		return nil
	}
	return media.Schema.Value.VisitJSON(value, opts...)
}

// parseText returns the value of a text: a boolean or a number if the schema wants
// one, and else the text itself.
func parseText(text string, schema *openapi3.Schema) any {
	types := schema.Type
	trimmed := strings.TrimSpace(text)
	if types.Includes(openapi3.TypeBoolean) {
		if b, err := strconv.ParseBool(trimmed); err == nil && trimmed == strconv.FormatBool(b) {
			return b
		}
	}
	if types.Includes(openapi3.TypeInteger) || types.Includes(openapi3.TypeNumber) {
		if f, err := strconv.ParseFloat(trimmed, 64); err == nil {
			return f
		}
	}
	if types.Includes(openapi3.TypeNull) && trimmed == "null" {
		return nil
	}
	return text
}

// describe returns the violations in err, an error of openapi3filter, sorted and without
// duplicates. It does not use the text of err, which contains values.
func (o *Operation) describe(side string, err error) []string {
	var lines []string
	for _, v := range violationsIn(err) {
		lines = append(lines, fmt.Sprintf("%s: %s: %s", o.ID, side, v))
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}
