package ringcx_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/textproto"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// TestOperations calls the generated method of each operation of openapi.yaml: with valid tokens,
// without them, and with the errors that the operation declares. The fake checks all requests and
// responses against openapi.yaml and fails the test if one violates it.
func TestOperations(t *testing.T) {
	for _, o := range operations(t) {
		t.Run(o.OperationID, func(t *testing.T) {
			fake := ringcxtest.NewServer(t)
			valid, wrong := signIn(t, fake)
			checkSuccess(t, o, valid)
			rejected, err := o.call(t, wrong)
			if err != nil || rejected.StatusCode() < 400 || rejected.StatusCode() > 404 {
				t.Errorf("call with wrong tokens: %v, %v; want a status from 400 to 404", rejected, err)
			}
			for _, status := range []int{400, 403, 404} {
				if o.Responses.Status(status) == nil {
					continue
				}
				fake.Fault(ringcxtest.Endpoint(o.OperationID), ringcxtest.Status(status, `{"generalMessage": "rejected"}`), 1)
				_, err := o.call(t, valid)
				if e, ok := errors.AsType[*ringcx.Error](err); !ok || e.StatusCode != status || e.Message != "rejected" {
					t.Errorf("call that is rejected: %v, want an *Error with status %d", err, status)
				}
			}
		})
	}
}

// checkSuccess calls the operation, and checks that the JSON of the response was decoded.
func checkSuccess(t *testing.T, o operation, c caller) {
	t.Helper()
	got, err := o.call(t, c)
	if err != nil || got.StatusCode() >= 300 {
		t.Errorf("call with valid tokens: %v, %v; want a status below 300", got, err)
		return
	}
	status := got.StatusCode()
	if response := o.Responses.Status(status); response == nil || response.Value.Content[jsonType] == nil {
		return
	}
	decoded := reflect.ValueOf(got).Elem().FieldByName(fmt.Sprint("JSON", status))
	if !decoded.IsValid() || decoded.IsZero() {
		t.Errorf("the JSON of the response with status %d was not decoded", status)
	}
}

const jsonType = "application/json"

// operation is an operation of openapi.yaml.
type operation struct {
	*openapi3.Operation
	path       string
	parameters openapi3.Parameters // of the operation and its path
}

// operations returns the operations of openapi.yaml.
func operations(t *testing.T) []operation {
	t.Helper()
	var all []operation
	for path, item := range load(t).Paths.Map() {
		for _, op := range item.Operations() {
			all = append(all, operation{op, path, append(slices.Clone(item.Parameters), op.Parameters...)})
		}
	}
	slices.SortFunc(all, func(a, b operation) int { return strings.Compare(a.OperationID, b.OperationID) })
	return all
}

// caller is a client, and the credentials that its requests contain.
type caller struct {
	client      ringcx.Client
	credentials map[string]string // by the name of the field or parameter
}

// signIn returns a caller that is signed in, and one whose client adds no token and whose
// credentials are wrong.
func signIn(t *testing.T, fake *ringcxtest.Server) (valid, wrong caller) {
	t.Helper()
	cfg := fake.Config()
	client, err := ringcx.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Tokens.Token(); err != nil {
		t.Fatal(err)
	}
	plain, err := gen.NewClientWithResponses(cfg.BaseURL, gen.WithHTTPClient(cfg.HTTPClient))
	if err != nil {
		t.Fatal(err)
	}
	login := cfg.RingCentral.(*ringcx.JWTLogin)
	login.HTTPClient = cfg.HTTPClient
	token, err := login.Token()
	if err != nil {
		t.Fatal(err)
	}
	refresh := true
	session, err := ringcx.Get(plain.ExchangeTokenWithFormdataBodyWithResponse(t.Context(),
		&gen.ExchangeTokenParams{IncludeRefresh: &refresh}, gen.TokenExchange{RCAccessToken: token.AccessToken, RCTokenType: gen.TokenTypeBearer}))
	if err != nil {
		t.Fatal(err)
	}
	refreshToken := string(*session.RefreshToken)
	return caller{*client, map[string]string{
			"rcAccessToken": token.AccessToken, "refresh_token": refreshToken, "refreshToken": refreshToken,
		}}, caller{ringcx.Client{ClientWithResponses: plain}, map[string]string{
			"rcAccessToken": "wrong", "refresh_token": "wrong", "refreshToken": "wrong",
		}}
}

// result is the interface of the results of the generated …WithResponse methods.
type result interface{ StatusCode() int }

// call calls the generated method of the operation with the examples of openapi.yaml.
func (o operation) call(t *testing.T, c caller) (result, error) {
	t.Helper()
	method := reflect.ValueOf(c.client.ClientWithResponses).MethodByName(o.methodName(t))
	out := method.Call(arguments{T: t, operation: o, caller: c}.of(method.Type()))
	err, _ := out[1].Interface().(error)
	if out[0].IsNil() {
		return nil, err
	}
	return out[0].Interface().(result), err
}

// methodNames returns the names of the methods of the generated client by their lower-case
// form: a name differs from the operationId in the case of its letters only.
var methodNames = sync.OnceValue(func() map[string]string {
	names := make(map[string]string)
	for m := range reflect.TypeFor[*gen.ClientWithResponses]().Methods() {
		names[strings.ToLower(m.Name)] = m.Name
	}
	return names
})

// methodName returns the name of the generated method.
func (o operation) methodName(t *testing.T) string {
	t.Helper()
	kind := map[string]string{"": "", jsonType: "", formType: "WithFormdataBody", textType: "WithTextBody"}
	suffix, ok := kind[o.bodyType()]
	if !ok {
		suffix = "WithBody"
	}
	name := methodNames()[strings.ToLower(o.OperationID+suffix+"WithResponse")]
	if name == "" {
		t.Fatalf("package gen has no method %s%sWithResponse", o.OperationID, suffix)
	}
	return name
}

const (
	formType      = "application/x-www-form-urlencoded"
	multipartType = "multipart/form-data"
	textType      = "text/plain"
)

// bodyType returns the Content-Type of the request, or "" if it has no body.
func (o operation) bodyType() string {
	if o.RequestBody == nil {
		return ""
	}
	content := o.RequestBody.Value.Content
	for _, name := range []string{jsonType, formType, textType} {
		if content[name] != nil {
			return name
		}
	}
	for name := range content {
		return name
	}
	return ""
}

// arguments makes the arguments of a generated method.
type arguments struct {
	*testing.T
	operation
	caller
}

var pathParameter = regexp.MustCompile(`\{([^}]*)\}`)

// of returns the arguments of a generated method: a context, the path parameters, the other
// parameters, and the body.
func (a arguments) of(method reflect.Type) []reflect.Value {
	a.Helper()
	args := []reflect.Value{reflect.ValueOf(a.Context())}
	for _, match := range pathParameter.FindAllStringSubmatch(a.path, -1) {
		p := a.parameters.GetByInAndName(openapi3.ParameterInPath, match[1])
		if p == nil {
			a.Fatalf("the path parameter %s is not declared", match[1])
		}
		args = append(args, a.value(method.In(len(args)), a.example(p)))
	}
	for len(args) < method.NumIn() {
		if method.IsVariadic() && len(args) == method.NumIn()-1 {
			break
		}
		args = append(args, a.other(method.In(len(args))))
	}
	return args
}

// other returns an argument that is not a path parameter.
func (a arguments) other(typ reflect.Type) reflect.Value {
	a.Helper()
	switch {
	case typ == reflect.TypeFor[io.Reader]():
		body, _ := a.rawBody()
		return reflect.ValueOf(body)
	case typ == reflect.TypeFor[string]() && a.methodTakesReader():
		_, contentType := a.rawBody()
		return reflect.ValueOf(contentType)
	case strings.HasSuffix(typ.Name(), "Params"):
		return a.params(typ)
	case typ.Kind() == reflect.Pointer && strings.HasSuffix(typ.Elem().Name(), "Params"):
		return a.params(typ.Elem()).Addr()
	case isFile(typ):
		return file(typ)
	case a.bodyType() == multipartType:
		return a.multipart(typ)
	}
	return a.value(typ, a.bodyExample())
}

// methodTakesReader reports whether the method takes any body with its Content-Type.
func (a arguments) methodTakesReader() bool {
	return strings.HasSuffix(a.methodName(a.T), "WithBodyWithResponse")
}

// params returns the parameters of the query and the header. Each field has the name of the
// parameter as a tag.
func (a arguments) params(typ reflect.Type) reflect.Value {
	a.Helper()
	params := reflect.New(typ).Elem()
	for f := range fieldsOf(typ) {
		var p *openapi3.Parameter
		for _, in := range []string{openapi3.ParameterInQuery, openapi3.ParameterInHeader, openapi3.ParameterInCookie} {
			if found := a.parameters.GetByInAndName(in, f.name); found != nil {
				p = found
			}
		}
		if p == nil {
			a.Fatalf("the field %s is not a parameter of the operation", f.Name)
		}
		params.FieldByIndex(f.Index).Set(a.value(f.Type, a.example(p)))
	}
	return params
}

// multipart returns a multipart form as a struct.
func (a arguments) multipart(typ reflect.Type) reflect.Value {
	a.Helper()
	form := reflect.New(typ).Elem()
	fields, _ := a.bodyExample().(map[string]any)
	for f := range fieldsOf(typ) {
		if isFile(f.inner()) {
			form.FieldByIndex(f.Index).Set(file(f.Type))
		} else if v, ok := fields[f.name]; ok {
			form.FieldByIndex(f.Index).Set(a.value(f.Type, v))
		}
	}
	return form
}

// isFile reports whether the type is wire.File.
func isFile(typ reflect.Type) bool {
	return typ.Name() == "File" && strings.HasSuffix(typ.PkgPath(), "/wire")
}

// file returns a wire.File, or a pointer to one.
func file(typ reflect.Type) reflect.Value {
	if typ.Kind() == reflect.Pointer {
		p := reflect.New(typ.Elem())
		p.Elem().Set(file(typ.Elem()))
		return p
	}
	f := reflect.New(typ).Elem()
	f.FieldByName("Name").SetString("leads.csv")
	f.FieldByName("Reader").Set(reflect.ValueOf(strings.NewReader(fileContent)))
	return f
}

const fileContent = "a,b\n1,2\n"

// value returns an example as a value of the type. An id may be a number in an example and
// a string in Go.
func (a arguments) value(typ reflect.Type, example any) reflect.Value {
	a.Helper()
	v := reflect.New(typ)
	data := encode(a.T, example)
	if err := json.Unmarshal(data, v.Interface()); err != nil {
		if json.Unmarshal(encode(a.T, string(data)), v.Interface()) != nil {
			a.Fatalf("example %s: %v", data, err)
		}
	}
	return v.Elem()
}

// example returns the value of a parameter.
func (a arguments) example(p *openapi3.Parameter) any {
	if credential, ok := a.credentials[p.Name]; ok {
		return credential
	}
	if p.Example != nil {
		return p.Example
	}
	for _, name := range sortedKeys(p.Examples) {
		return p.Examples[name].Value.Value
	}
	return sample(p.Schema.Value)
}

// bodyExample returns the body of the request, with the credentials of the caller.
func (a arguments) bodyExample() any {
	media := a.RequestBody.Value.Content[a.bodyType()]
	body := sample(media.Schema.Value)
	if media.Example != nil {
		body = media.Example
	}
	for _, name := range sortedKeys(media.Examples) {
		body = media.Examples[name].Value.Value
		break
	}
	object, ok := body.(map[string]any)
	if !ok {
		return body
	}
	filled := make(map[string]any)
	for name, v := range object {
		filled[name] = v
		if credential, ok := a.credentials[name]; ok {
			filled[name] = credential
		}
	}
	return filled
}

// rawBody returns the body of a request that is neither JSON nor a form, and its
// Content-Type.
func (a arguments) rawBody() (body io.Reader, contentType string) {
	if a.bodyType() != multipartType {
		return strings.NewReader(fileContent), a.bodyType()
	}
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	_ = w.SetBoundary("ringcx-go")
	properties := a.RequestBody.Value.Content[multipartType].Schema.Value.Properties
	fields, _ := a.bodyExample().(map[string]any)
	for _, name := range sortedKeys(properties) {
		if properties[name].Value.Format == "binary" {
			part, _ := w.CreatePart(textproto.MIMEHeader{
				"Content-Disposition": {fmt.Sprintf(`form-data; name=%q; filename="leads.csv"`, name)},
				"Content-Type":        {"text/csv"},
			})
			fmt.Fprint(part, fileContent)
		} else if v, ok := fields[name]; ok {
			text, isText := v.(string)
			if !isText {
				text = string(encode(a.T, v))
			}
			_ = w.WriteField(name, text)
		}
	}
	_ = w.Close()
	return &b, w.FormDataContentType()
}

// sample returns a valid value of a schema: its first example, or a value with all fields that
// are required.
func sample(schema *openapi3.Schema) any {
	switch {
	case len(schema.Examples) > 0:
		return schema.Examples[0]
	case schema.Example != nil:
		return schema.Example
	case len(schema.Enum) > 0:
		return schema.Enum[0]
	case len(schema.OneOf) > 0:
		return sample(schema.OneOf[0].Value)
	case len(schema.AnyOf) > 0:
		return sample(schema.AnyOf[0].Value)
	case schema.Type.Includes(openapi3.TypeInteger), schema.Type.Includes(openapi3.TypeNumber):
		return 1
	case schema.Type.Includes(openapi3.TypeBoolean):
		return true
	case schema.Type.Includes(openapi3.TypeString):
		return "text"
	case schema.Type.Includes(openapi3.TypeArray):
		return []any{sample(schema.Items.Value)}
	}
	object := make(map[string]any)
	for _, part := range schema.AllOf {
		if fields, ok := sample(part.Value).(map[string]any); ok {
			for name, v := range fields {
				object[name] = v
			}
		}
	}
	for _, name := range schema.Required {
		if p := schema.Properties[name]; p != nil {
			object[name] = sample(p.Value)
		}
	}
	return object
}
