package gen_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	gocmp "github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/gen"
)

// TestOperations compares the table of operations with openapi.yaml.
func TestOperations(t *testing.T) {
	var want []gen.Operation
	spec := loadSpec(t)
	for path, item := range spec.Paths.Map() {
		for method, o := range item.Operations() {
			want = append(want, operationOf(t, spec, method, path, o))
		}
	}
	slices.SortFunc(want, func(a, b gen.Operation) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(a.Method, b.Method))
	})
	if diff := gocmp.Diff(want, gen.Operations()); diff != "" {
		t.Errorf("operations (-want +got):\n%s\nrun: go generate ./...", diff)
	}
}

func loadSpec(t *testing.T) *openapi3.T {
	t.Helper()
	spec, err := openapi3.NewLoader().LoadFromFile("../openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return spec
}

// sentAgain are the operations that are not a GET or HEAD and that a client sends again after a
// status 503, although RingCX may have processed them: a repetition has no further effect.
var sentAgain = []string{
	// They only read, or refresh something.
	"listAgentStats", "listExtendedAgentStats", "listInteractions", "listQueueStats", "pingCall", "refreshDialer",
	"searchAuditLogs", "searchDNCEntries", "searchLeads", "searchLeadsByPhoneList",
	// They delete, end or remove one thing, or everything of a kind.
	"deleteAPIToken", "deleteAgent", "deleteAgentGroup", "deleteAgentStateSubscription", "deleteCampaign", "deleteDNCEntriesByCountry",
	"deleteDNCEntriesByTag", "deleteDNCEntry", "deleteDNCTag", "deleteDialGroup", "deletePersonaPhone", "deleteQueue",
	"deleteQueueDisposition", "deleteQueueGroup", "deleteQueueSkill", "deleteSkillProfile", "deleteUser", "logout",
	"removeSkillProfileSkill", "removeUserRole", "stopDialogStream", "stopSegmentStream", "unassignQueueAgent",
	// They replace the fields of one thing that has an id.
	"setQueueActive", "setQueuePriorityGroup", "setUserActive", "updateAgent", "updateAgentGroup", "updateAgentStateSubscription",
	"updateCampaign", "updateDialGroup", "updateLead", "updatePersonaPhone", "updateQueue", "updateQueueDisposition", "updateQueueGroup",
	"updateQueueSkill", "updateSkillProfile", "updateUser",
	// They assign by id. A repetition assigns the same, whether it adds to the others or replaces them.
	"assignDialGroupAgents", "assignQueueAgents", "assignSkillProfileSkill", "reassignUsers",
}

// TestSentAgain compares the operations that are sent again after a status 503 with sentAgain, so
// that someone decides about each new one. If a repetition could have an effect, give the operation
// x-idempotent: false.
func TestSentAgain(t *testing.T) {
	var got []string
	for _, op := range gen.Operations() {
		if op.Idempotent && op.Method != "GET" && op.Method != "HEAD" {
			got = append(got, op.ID)
		}
	}
	if diff := gocmp.Diff(slices.Sorted(slices.Values(sentAgain)), slices.Sorted(slices.Values(got))); diff != "" {
		t.Errorf("operations (-want +got):\n%s", diff)
	}
}

// extensions is the vendor extensions of an operation.
type extensions struct {
	Service    string `json:"x-service"`
	Permission string `json:"x-permission"`
	Idempotent *bool  `json:"x-idempotent"`
	Delayed    bool   `json:"x-delayed"`
	Limits     []struct {
		Requests int
		Seconds  int
	} `json:"x-rate-limit"`
	Paging *struct {
		Page, Rows, In string
		First          int
	} `json:"x-paging"`
}

// operationOf returns the entry of the table for an operation of openapi.yaml.
func operationOf(t *testing.T, spec *openapi3.T, method, path string, o *openapi3.Operation) gen.Operation {
	t.Helper()
	var x extensions
	data, err := json.Marshal(o.Extensions)
	if err == nil {
		err = json.Unmarshal(data, &x)
	}
	if err != nil {
		t.Fatalf("%s: %v", o.OperationID, err)
	}
	op := gen.Operation{
		ID: o.OperationID, Method: method, Path: path, Service: x.Service, Permission: x.Permission,
		Idempotent: method == "GET" || method == "PUT" || method == "DELETE", Delayed: x.Delayed,
	}
	if x.Idempotent != nil {
		op.Idempotent = *x.Idempotent
	}
	if security := o.Security; security != nil {
		for _, scheme := range *security {
			if _, ok := scheme["ringcxCookie"]; ok {
				op.TokenCookie = spec.Components.SecuritySchemes["ringcxCookie"].Value.Name
			}
		}
	}
	for status := range o.Responses.Map() {
		var n int
		if _, err := fmt.Sscan(status, &n); err == nil && n < 300 {
			op.Success = append(op.Success, n)
		}
	}
	slices.Sort(op.Success)
	for _, l := range x.Limits {
		op.Limits = append(op.Limits, gen.RateLimit{Requests: l.Requests, Window: time.Duration(l.Seconds) * time.Second})
	}
	if p := x.Paging; p != nil {
		op.Paging = &gen.Paging{Page: p.Page, Rows: p.Rows, InBody: p.In == "body", First: p.First}
	}
	return op
}

// TestFindOperation finds every operation by its method and a path.
func TestFindOperation(t *testing.T) {
	for _, want := range gen.Operations() {
		got, ok := gen.FindOperation(want.Method, strings.NewReplacer("{", "x", "}", "y").Replace(want.Path))
		if diff := gocmp.Diff(want, got); !ok || diff != "" {
			t.Errorf("%s %s: ok = %t (-want +got):\n%s", want.Method, want.Path, ok, diff)
		}
	}
	if op, ok := gen.FindOperation("PATCH", "/voice/api/v1/admin/users"); ok {
		t.Errorf("PATCH: %+v, want none", op)
	}
}

// TestOperationOf finds the operations of a nil result, of a result, and of other values.
func TestOperationOf(t *testing.T) {
	users, _ := gen.FindOperation("GET", "/voice/api/v1/admin/users")
	tests := []struct {
		name   string
		result any
		want   gen.Operation
		ok     bool
	}{
		{"nil result", (*gen.ListUsersResult)(nil), users, true},
		{"result", &gen.ListUsersResult{}, users, true},
		{"another value", "listUsers", gen.Operation{}, false},
		{"nil", nil, gen.Operation{}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := gen.OperationOf(tt.result)
			if diff := gocmp.Diff(tt.want, got); ok != tt.ok || diff != "" {
				t.Errorf("ok = %t, want %t (-want +got):\n%s", ok, tt.ok, diff)
			}
		})
	}
}

// TestOperationsChangesNothing changes the slice that Operations returns.
func TestOperationsChangesNothing(t *testing.T) {
	gen.Operations()[0].ID = "changed"
	if id := gen.Operations()[0].ID; id == "changed" {
		t.Error("a change of the returned slice changes the table")
	}
}

// A program that searches for leads finds out what it needs, and how often it may search.
func ExampleOperation() {
	for _, op := range gen.Operations() {
		if op.Service == "Leads.Search" {
			fmt.Println(op.Method, op.Path)
			fmt.Println("needs", op.Permission)
			for _, l := range op.Limits {
				fmt.Println(l.Requests, "in", l.Window)
			}
			fmt.Println("may be sent again:", op.Idempotent)
		}
	}
	// Output:
	// POST /voice/api/v1/admin/accounts/{accountId}/campaignLeads/leadSearch
	// needs READ Account
	// 15 in 10s
	// 60 in 30s
	// may be sent again: true
}

func ExampleFindOperation() {
	op, ok := gen.FindOperation("GET", "/voice/api/v1/admin/users")
	fmt.Println(ok, op.ID)
	// Output: true listUsers
}

func ExampleOperationOf() {
	var result *gen.ListAccountsResult // nil, as the client returns it with an error
	op, _ := gen.OperationOf(result)
	fmt.Println(op.ID, op.Method, op.Path)
	// Output: listAccounts GET /voice/api/v1/admin/accounts
}

func ExampleOperations() {
	for _, op := range gen.Operations() {
		if strings.HasPrefix(op.Service, "DNCTags.") {
			fmt.Println(op.Service, op.Method, op.Path)
		}
	}
	// Output:
	// DNCTags.List GET /voice/api/v1/admin/accounts/{accountId}/dncTags
	// DNCTags.Create POST /voice/api/v1/admin/accounts/{accountId}/dncTags
	// DNCTags.Delete DELETE /voice/api/v1/admin/accounts/{accountId}/dncTags/{dncTagId}
}
