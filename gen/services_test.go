package gen_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/internal/permission"
)

// TestServices compares the services with x-service in openapi.yaml: each name is there once,
// and nothing else is. A list has an iterator.
func TestServices(t *testing.T) {
	want := map[string]string{} // methods, and the operation of each
	add := func(method, id string) {
		if other, exists := want[method]; exists {
			t.Errorf("x-service: %s and %s are both %s", other, id, method)
		}
		want[method] = id
	}
	for _, item := range loadSpec(t).Paths.Map() {
		for _, o := range item.Operations() {
			name, _ := o.Extensions["x-service"].(string)
			if name == "" {
				continue
			}
			add(name, o.OperationID)
			if service, method, _ := strings.Cut(name, "."); strings.HasPrefix(method, "List") && isArray(o) {
				add(service+".All"+strings.TrimPrefix(method, "List"), o.OperationID)
			}
		}
	}
	generated := serviceDocs(t)
	got := map[string]string{}
	for service := range reflect.TypeFor[gen.Services]().Fields() {
		for method := range service.Type.Methods() {
			name := service.Name + "." + method.Name
			if _, ok := generated[name]; ok {
				got[name] = want[name]
			} else if want[name] != "" {
				t.Errorf("%s is written by hand and has the name of an operation", name)
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("methods of services (-openapi.yaml +gen.Services):\n%s", diff)
	}
}

// isArray reports whether the success of o is a JSON array.
func isArray(o *openapi3.Operation) bool {
	for status, r := range o.Responses.Map() {
		if media := r.Value.Content["application/json"]; status < "3" && media != nil {
			return media.Schema.Value.Type.Includes("array")
		}
	}
	return false
}

// serviceDocs returns the comments of the generated methods of services.
func serviceDocs(t *testing.T) map[string]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "services.gen.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	docs := map[string]string{}
	for _, decl := range file.Decls {
		if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv != nil {
			receiver := fn.Recv.List[0].Type.(*ast.StarExpr).X.(*ast.Ident).Name
			docs[strings.TrimSuffix(receiver, "Service")+"."+fn.Name.Name] = strings.Join(strings.Fields(fn.Doc.Text()), " ")
		}
	}
	return docs
}

// TestServiceDocs checks that each method of a service has a comment, which has the description
// and the operationId of openapi.yaml, the permission unless every user has it, and the reason
// if the operation is deprecated.
func TestServiceDocs(t *testing.T) {
	docs := serviceDocs(t)
	described, replaces := descriptions(t), replacements(t)
	for _, op := range gen.Operations() {
		if op.Service == "" {
			continue
		}
		_, method, _ := strings.Cut(op.Service, ".")
		doc, needs := docs[op.Service], ""
		if permission.Text(op.Permission) != "" {
			needs = "It requires the permission " + op.Permission
		}
		texts := append(described[op.ID], method+" ", op.Method+" "+op.Path+", the operation "+op.ID+".", needs)
		for _, text := range texts {
			if !strings.Contains(doc, text) {
				t.Errorf("the comment of %s does not contain %q:\n%s", op.Service, text, doc)
			}
		}
		if needs == "" && strings.Contains(doc, "It requires the permission") {
			t.Errorf("the comment of %s names a permission that every user has:\n%s", op.Service, doc)
		}
		if got := strings.Contains(doc, "[wire.Merge]"); got != replaces[op.ID] {
			t.Errorf("the comment of %s mentions wire.Merge: %t, want %t", op.Service, got, replaces[op.ID])
		}
		if strings.Contains(doc, "no `x-deprecated-reason`") {
			t.Errorf("%s is deprecated without an x-deprecated-reason", op.Service)
		}
	}
}

// replacements returns the operations, by operationId, that take a resource with PUT and return it.
func replacements(t *testing.T) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	for _, item := range loadSpec(t).Paths.Map() {
		if item.Put == nil || item.Put.RequestBody == nil {
			continue
		}
		takes := item.Put.RequestBody.Value.Content["application/json"]
		returns := item.Put.Responses.Status(http.StatusOK).Value.Content["application/json"]
		if takes != nil && returns != nil && takes.Schema.Ref != "" {
			all[item.Put.OperationID] = takes.Schema.Ref == returns.Schema.Ref
		}
	}
	return all
}

// descriptions returns the paragraphs of the description of each operation, by operationId, each
// in one line.
func descriptions(t *testing.T) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for _, item := range loadSpec(t).Paths.Map() {
		for _, o := range item.Operations() {
			for paragraph := range strings.SplitSeq(o.Description, "\n\n") {
				all[o.OperationID] = append(all[o.OperationID], strings.Join(strings.Fields(paragraph), " "))
			}
		}
	}
	return all
}

// TestConfigurations checks that the configurations of package gen have the same options, apart
// from the templates: otherwise services name other types than the client.
func TestConfigurations(t *testing.T) {
	names, err := filepath.Glob("*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	options := map[string]any{}
	for _, name := range names {
		var config map[string]any
		data, err := os.ReadFile(name)
		if err == nil {
			err = yaml.Unmarshal(data, &config)
		}
		if err != nil {
			t.Fatal(err)
		}
		if output, ok := config["output-options"].(map[string]any); ok && config["package"] == "gen" {
			delete(output, "user-templates")
			options[name] = []any{config["package"], config["allow-remote-refs-from"], output}
		}
	}
	if len(options) != 3 {
		t.Fatalf("configurations: %v, want three", names)
	}
	for name, got := range options {
		if diff := cmp.Diff(options["oapi-codegen.yaml"], got); diff != "" {
			t.Errorf("%s differs from oapi-codegen.yaml (-want +got):\n%s", name, diff)
		}
	}
}

// TestNoErrors checks that the overlay removed the responses with status 400 or higher.
func TestNoErrors(t *testing.T) {
	client := reflect.TypeFor[*gen.ClientWithResponses]()
	results := 0
	for m := range client.Methods() {
		if !strings.HasSuffix(m.Name, "WithResponse") {
			continue
		}
		results++
		for field := range m.Type.Out(0).Elem().Fields() {
			if status := strings.TrimLeft(field.Name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"); status >= "4" {
				t.Errorf("%s has the field %s: add the status to gen/overlay.yaml", m.Type.Out(0), field.Name)
			}
		}
	}
	if results == 0 {
		t.Error("the client has no methods with results")
	}
}

// TestOverlayNamesComponents checks that the overlay removes a response of openapi.yaml if and
// only if an operation has it with a status of 400 or higher.
func TestOverlayNamesComponents(t *testing.T) {
	data, err := os.ReadFile("overlay.yaml")
	if err != nil {
		t.Fatal(err)
	}
	spec := loadSpec(t)
	errors := map[string]bool{}
	for _, item := range spec.Paths.Map() {
		for _, o := range item.Operations() {
			for status, r := range o.Responses.Map() {
				if name := strings.TrimPrefix(r.Ref, "#/components/responses/"); status >= "4" && r.Ref != "" {
					errors[name] = true
				}
			}
		}
	}
	for name := range spec.Components.Responses {
		if removed := strings.Contains(string(data), "'"+name+"'"); removed != errors[name] {
			t.Errorf("gen/overlay.yaml removes the response %s: %t, and it is one of an error: %t", name, removed, errors[name])
		}
	}
	if !errors["NotFound"] {
		t.Error("no operation has the response NotFound")
	}
}
