package ringcx_test

import (
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
	"github.com/ringcx-go/ringcx-go/wire"
)

// TestServices calls the method of the service of each operation of openapi.yaml: with a valid
// token, and with the errors that the operation declares. The fake checks all requests and
// responses against openapi.yaml and fails the test if one violates it.
func TestServices(t *testing.T) {
	for _, o := range operations(t) {
		name := o.service()
		if name == "" {
			if o.Security == nil || len(*o.Security) > 0 {
				t.Errorf("%s needs a token and has no x-service", o.OperationID)
			}
			continue
		}
		t.Run(name, func(t *testing.T) {
			fake := ringcxtest.NewServer(t)
			valid, _ := signIn(t, fake)
			listed, err := o.callService(t, valid, name)
			if err != nil && !errors.Is(err, wire.ErrFalse) { // what the example deletes need not exist
				t.Errorf("call with a valid token: %v", err)
			}
			if all := o.iterator(); all != "" {
				checkIterator(t, o, valid, all, listed)
			}
			for _, status := range []int{400, 403, 404} {
				if o.Responses.Status(status) == nil {
					continue
				}
				fake.Fault(ringcxtest.Endpoint(o.OperationID), ringcxtest.Status(status, `{"generalMessage": "rejected"}`), 1)
				_, err := o.callService(t, valid, name)
				if e, ok := errors.AsType[*ringcx.Error](err); !ok || e.StatusCode != status || e.Message != "rejected" {
					t.Errorf("call that is rejected: %v, want an *Error with status %d", err, status)
				}
			}
		})
	}
}

// service returns x-service, for example "Users.List".
func (o operation) service() string {
	name, _ := o.Extensions["x-service"].(string)
	return name
}

// iterator returns the name of the iterator for a list, for example "Users.AllAgents", or "" if the
// operation is not a list.
func (o operation) iterator() string {
	service, method, _ := strings.Cut(o.service(), ".")
	rest, isList := strings.CutPrefix(method, "List")
	response := o.Responses.Status(http.StatusOK)
	if !isList || response == nil || response.Value.Content[jsonType] == nil {
		return ""
	}
	if !response.Value.Content[jsonType].Schema.Value.Type.Includes("array") {
		return ""
	}
	return service + ".All" + rest
}

// method returns a method of a service, for example "Users.List".
func (c caller) method(t *testing.T, name string) reflect.Value {
	t.Helper()
	service, method, _ := strings.Cut(name, ".")
	field := reflect.ValueOf(c.client.Services).FieldByName(service)
	if !field.IsValid() || !field.MethodByName(method).IsValid() {
		t.Fatalf("the Client has no %s", name)
	}
	return field.MethodByName(method)
}

// callService calls a method of a service with the examples of openapi.yaml. The result is nil if
// the method returns only an error.
func (o operation) callService(t *testing.T, c caller, name string) (any, error) {
	t.Helper()
	method := c.method(t, name)
	out := method.Call(arguments{T: t, operation: o, caller: c}.of(method.Type()))
	err, _ := out[len(out)-1].Interface().(error)
	if len(out) == 1 {
		return nil, err
	}
	if resp, ok := out[0].Interface().(*http.Response); ok && err == nil {
		defer resp.Body.Close()
		_, err = io.Copy(io.Discard, resp.Body)
	}
	return out[0].Interface(), err
}

// checkIterator checks that the iterator yields what the list contains.
func checkIterator(t *testing.T, o operation, c caller, name string, listed any) {
	t.Helper()
	method := c.method(t, name)
	seq := method.Call(arguments{T: t, operation: o, caller: c}.of(method.Type()))[0]
	var got []any
	for element, err := range seq.Seq2() {
		if !err.IsNil() {
			t.Fatalf("%s: %v", name, err)
		}
		got = append(got, element.Interface())
	}
	if want := reflect.ValueOf(listed).Len(); len(got) != want {
		t.Errorf("%s yields %d elements, but the list has %d", name, len(got), want)
	}
}
