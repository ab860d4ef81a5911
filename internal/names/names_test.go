package names_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/internal/names"
)

func TestNumberOfOperations(t *testing.T) {
	type numbers struct{ all, published, paths, withoutService int }
	var got numbers
	paths := map[string]bool{}
	for _, o := range names.Operations() {
		got.all++
		if o.Published {
			got.published++
			paths[o.Path] = true
		}
		if o.Service == "" {
			got.withoutService++
		}
	}
	got.paths = len(paths)
	if want := (numbers{all: 384, published: 331, paths: 212, withoutService: 3}); got != want {
		t.Errorf("operations: %+v, want %+v", got, want)
	}
}

func TestNamesOfOperationsAreUnique(t *testing.T) {
	seen := map[string]string{}
	for _, o := range names.Operations() {
		for _, name := range []string{o.ID, strings.ToLower(o.ID), o.Service, o.Method + " " + o.Path} {
			if other, ok := seen[name]; ok && other != o.ID {
				t.Errorf("%s and %s have the same name %q", o.ID, other, name)
			}
			if name != "" {
				seen[name] = o.ID
			}
		}
	}
}

// lowerInitialism finds an initialism that is not in capitals. The code generator would
// rename it.
var lowerInitialism = regexp.MustCompile(`(?:Ani|Api|Dnc|Dnis|Dtmf|Http|Id|Ivr|Jwt|Sms|Sso|Url)(?:[A-Z]|s?$)`)

func TestFormOfNames(t *testing.T) {
	id := regexp.MustCompile(`^[a-z]+[A-Z][A-Za-z0-9]+$`)
	service := regexp.MustCompile(`^[A-Z][A-Za-z]+\.[A-Z][A-Za-z0-9]+$`)
	for _, o := range names.Operations() {
		if o.ID != "logout" && !id.MatchString(o.ID) || len(o.ID) > 60 || lowerInitialism.MatchString(o.ID) {
			t.Errorf("operationId %q is not a verb and a noun of at most 60 letters", o.ID)
		}
		if o.Service == "" {
			continue
		}
		if !service.MatchString(o.Service) || lowerInitialism.MatchString(o.Service) {
			t.Errorf("%s: %q is not a service and a method", o.ID, o.Service)
		}
		name, method, _ := strings.Cut(o.Service, ".")
		if want := strings.ReplaceAll(o.Family, " ", ""); name != want {
			t.Errorf("%s: the service is %s, want %s as in its family", o.ID, name, want)
		}
		if strings.HasPrefix(method, "All") {
			t.Errorf("%s: methods with All are for the iterators", o.Service)
		}
		if strings.Contains(name, "Controller") {
			t.Errorf("%s: a service is not a Controller", o.Service)
		}
	}
}

func TestListsHaveTheVerbList(t *testing.T) {
	for _, o := range names.Operations() {
		_, method, _ := strings.Cut(o.Service, ".")
		list := strings.HasPrefix(method, "List") || strings.HasPrefix(method, "Search")
		if o.Method == "GET" && strings.HasPrefix(o.Schema, "[") && !list {
			t.Errorf("%s returns a list: its method begins with List or Search", o.Service)
		}
		if id := strings.HasPrefix(o.ID, "list") || strings.HasPrefix(o.ID, "search"); o.Service != "" && id != list {
			t.Errorf("operationId %s and method %s do not have the same verb", o.ID, o.Service)
		}
	}
}

// TestServicesHideNothing compares the services with the other fields and methods of
// ringcx.Client, which embeds them together with the generated client.
func TestServicesHideNothing(t *testing.T) {
	taken := map[string]string{"Logout": "operation logout"}
	for _, name := range []string{"BaseURL", "ClientInterface", "ClientWithResponses", "Do", "Format", "GoString", "LogValue", "MarshalText", "Services", "String", "Tokens"} {
		taken[name] = "ringcx.Client"
	}
	for _, o := range names.Operations() {
		name := strings.ToUpper(o.ID[:1]) + o.ID[1:]
		for _, end := range []string{"", "WithBody", "WithResponse", "WithBodyWithResponse", "WithFormdataBody"} {
			taken[name+end] = "operation " + o.ID
		}
	}
	for _, service := range services() {
		if by, ok := taken[service]; ok || strings.HasSuffix(service, "WithResponse") {
			t.Errorf("service %s would hide a name of %s", service, by)
		}
	}
}

// services returns the names of all services in ascending order.
func services() []string {
	var list []string
	for _, o := range names.Operations() {
		if service, _, ok := strings.Cut(o.Service, "."); ok {
			list = append(list, service)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func TestEveryOperationIsTypedOrSaysWhyNot(t *testing.T) {
	served := []string{"engine", "table", "hand", "example"}
	for _, o := range names.Operations() {
		if o.Typed == (o.Why != "") {
			t.Errorf("%s: typed is %v and why is %q", o.ID, o.Typed, o.Why)
		}
		if !slices.Contains(served, o.Served) {
			t.Errorf("%s is served by %q, want one of %q", o.ID, o.Served, served)
		}
		if len(o.Status) == 0 || (o.Content == "") != (o.Schema == "") {
			t.Errorf("%s: a success needs a status, and a Content-Type needs a schema", o.ID)
		}
		if o.Idempotent && o.Method != "POST" {
			t.Errorf("%s: idempotent is said of a POST, not of a %s", o.ID, o.Method)
		}
	}
}

func TestPathParametersAreThoseOfThePath(t *testing.T) {
	parameter := regexp.MustCompile(`\{(\w+)\}`)
	for _, o := range names.Operations() {
		var got, want []string
		for _, p := range o.PathParams {
			got = append(got, p.Name)
		}
		for _, match := range parameter.FindAllStringSubmatch(o.Path, -1) {
			want = append(want, match[1])
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: path parameters (-want +got):\n%s", o.ID, diff)
		}
	}
}

func TestSchemasAreInTheTable(t *testing.T) {
	known := map[string]bool{"": true}
	for _, plain := range []string{"binary", "boolean", "file", "form", "integer", "object", "string"} {
		known[plain] = true
	}
	official := map[string]bool{}
	for _, s := range names.Schemas() {
		known[s.Name], official[s.Official] = true, true
	}
	for _, o := range names.Operations() {
		for _, name := range []string{o.BodySchema, o.Schema} {
			if !known[element(name)] {
				t.Errorf("%s: schema %q is not in schemas.tsv", o.ID, name)
			}
		}
	}
	for _, s := range names.Schemas() {
		if s.Array && !known[s.Name] {
			t.Errorf("[%s]: the schema %s is not in schemas.tsv", s.Name, s.Name)
		}
		for _, r := range s.References {
			if name := element(r.Type); !official[name] {
				t.Errorf("%s.%s: schema %q is not in schemas.tsv", s.Official, r.Name, name)
			}
		}
	}
}

// element returns X of X, [X], map[X] and map[[X]].
func element(schema string) string {
	return strings.Trim(strings.TrimPrefix(schema, "map"), "[]")
}

func TestNamesOfSchemas(t *testing.T) {
	form := regexp.MustCompile(`^[A-Z][A-Za-z0-9]+$`)
	jargon := regexp.MustCompile(`DTO|Dto|Response|Details|Skinny|Gate|Trac[A-Z]|View$`)
	taken := map[string]bool{"Client": true, "ClientInterface": true, "ClientOption": true, "ClientWithResponses": true, "HTTPRequestDoer": true, "Operation": true, "Paging": true, "RateLimit": true, "RequestEditorFn": true, "Services": true}
	for _, service := range services() {
		taken[service], taken[service+"Service"] = true, true
	}
	for _, o := range names.Operations() {
		name := strings.ToUpper(o.ID[:1]) + o.ID[1:]
		taken[name+"Result"], taken[name+"Params"], taken[name+"JSONRequestBody"] = true, true, true
	}
	members := map[string]names.Schema{}
	for _, s := range names.Schemas() {
		if !form.MatchString(s.Name) || lowerInitialism.MatchString(s.Name) {
			t.Errorf("schema %q: want capitals for initialisms and no other signs", s.Name)
		}
		if jargon.MatchString(s.Name) {
			t.Errorf("schema %s (%s) has a word of the source that is not the field's", s.Name, s.Official)
		}
		if taken[s.Name] {
			t.Errorf("schema %s has the name of another generated type", s.Name)
		}
		if s.Array || s.Source == "own" {
			continue
		}
		other, seen := members[s.Name]
		if seen && max(s.Members-other.Members, other.Members-s.Members) > 1 {
			t.Errorf("%s and %s are one schema %s, but one has %d fields and the other %d", s.Official, other.Official, s.Name, s.Members, other.Members)
		}
		members[s.Name] = s
	}
}

// TestContractHasTheNames compares openapi.yaml with the tables.
func TestContractHasTheNames(t *testing.T) {
	data, err := os.ReadFile("../../openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var contract struct {
		Paths      map[string]map[string]yaml.Node
		Components struct{ Schemas, Parameters map[string]yaml.Node }
	}
	if err := yaml.Unmarshal(data, &contract); err != nil {
		t.Fatal(err)
	}
	table := map[string]names.Operation{}
	for _, o := range names.Operations() {
		table[o.Method+" "+o.Path] = o
	}
	for path, item := range contract.Paths {
		for method, node := range item {
			if !slices.Contains([]string{"get", "put", "post", "delete", "patch"}, method) {
				continue
			}
			compareOperation(t, table, strings.ToUpper(method)+" "+path, &node)
		}
	}
	schemas := map[string]bool{}
	for _, s := range names.Schemas() {
		schemas[s.Name] = true
	}
	for name := range contract.Components.Schemas {
		if !schemas[name] {
			t.Errorf("schema %s of openapi.yaml is not in schemas.tsv: use the name that it has there, or add it with the source \"own\"", name)
		}
	}
	for name := range contract.Components.Parameters {
		if schemas[strings.ToUpper(name[:1])+name[1:]] {
			t.Errorf("the parameter %s in components has the Go name of a schema", name)
		}
	}
}

// compareOperation compares an operation of openapi.yaml with the table.
func compareOperation(t *testing.T, table map[string]names.Operation, key string, node *yaml.Node) {
	t.Helper()
	var got struct {
		OperationID string `yaml:"operationId"`
		Tags        []string
		Service     string `yaml:"x-service"`
	}
	if err := node.Decode(&got); err != nil {
		t.Errorf("%s: %v", key, err)
		return
	}
	want, ok := table[key]
	switch {
	case !ok:
		t.Errorf("%s of openapi.yaml is not in operations.tsv", key)
	case !want.Typed:
		t.Errorf("%s is in openapi.yaml, but operations.tsv says that it is not typed (%s): write yes in the column typed, and clear the column why", want.ID, want.Why)
	case got.OperationID != want.ID:
		t.Errorf("%s: openapi.yaml calls it %s, operations.tsv %s", key, got.OperationID, want.ID)
	case got.Service != want.Service:
		t.Errorf("%s: x-service is %q, want %q", want.ID, got.Service, want.Service)
	case !slices.Contains(got.Tags, want.Family):
		t.Errorf("%s: the tags are %q, want %q", want.ID, got.Tags, want.Family)
	}
}
