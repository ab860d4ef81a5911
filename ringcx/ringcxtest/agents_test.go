package ringcxtest_test

import (
	"bytes"
	"errors"
	"net/http"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
	"github.com/ringcx-go/ringcx-go/wire"
)

// Ids of the examples of openapi.yaml.
const (
	support    = 7001 // an agent group
	queueGroup = 6001
	queue      = 6101
)

// newStaff returns a fake whose agent group support has the agents ana (1) and bo (2), while no
// agent is assigned to the queue and the dial group, and a client of it.
func newStaff(t *testing.T) (*ringcxtest.Server, *ringcx.Client) {
	t.Helper()
	fake := ringcxtest.NewServer(t)
	fake.Set("/voice/api/v1/admin/accounts/333333/agentGroups", []gen.AgentGroup{{AgentGroupID: new(int64(support)), GroupName: "Support"}})
	fake.Set("/voice/api/v1/admin/accounts/333333/agentGroups/7001/agents", []gen.Agent{
		{AgentID: new(int64(1)), Username: "ana"}, {AgentID: new(int64(2)), Username: "bo"},
	})
	fake.Set("/voice/api/v1/admin/accounts/333333/gateGroups/6001/gates/6101/assignedAgents", []gen.Agent{})
	fake.Set("/voice/api/v1/admin/accounts/333333/dialGroups/8001/assignedAgents", []gen.Agent{})
	return fake, newClient(t, fake)
}

// usernames returns the usernames of agents.
func usernames(agents []gen.Agent) []string {
	all := []string{}
	for _, a := range agents {
		all = append(all, a.Username)
	}
	return all
}

// queueAgents returns the usernames of the agents of the queue.
func queueAgents(t *testing.T, client *ringcx.Client, params *gen.ListQueueAgentsParams) []string {
	t.Helper()
	agents, err := client.Queues.ListAgents(t.Context(), account, queueGroup, queue, params)
	if err != nil {
		t.Fatal(err)
	}
	return usernames(agents)
}

func TestCreateAgent(t *testing.T) {
	_, client := newStaff(t)
	ctx := t.Context()
	request := gen.Agent{
		Username: "cy", Password: new(wire.Secret("a")), PhoneLoginPIN: new(wire.Secret("b")), SIPPassword: new(wire.Secret("c")),
		AgentGateAccess: []gen.AgentQueueAccess{{GateID: new(int64(queue))}},
	}
	created, err := client.Agents.Create(ctx, account, support, request)
	if err != nil {
		t.Fatal(err)
	}
	want := gen.Agent{
		AgentID: created.AgentID, Username: "cy", IsActive: new(true), CreatedOn: created.CreatedOn,
		AgentGroup:      &gen.AgentGroupReference{AgentGroupID: new(int64(support)), GroupName: new("Support")},
		AgentGateAccess: request.AgentGateAccess, GateAssignments: []int64{queue},
	}
	if diff := cmp.Diff(want, created); diff != "" || created.AgentID == nil || created.CreatedOn == nil {
		t.Errorf("created agent, without secrets, with an id and a time (-want +got):\n%s", diff)
	}
	found, err := client.Agents.Get(ctx, account, support, *created.AgentID)
	if diff := cmp.Diff(created, found); diff != "" || err != nil {
		t.Errorf("agent (-created +found):\n%s%v", diff, err)
	}
	if got, want := queueAgents(t, client, nil), []string{"cy"}; !slices.Equal(got, want) {
		t.Errorf("agents of the queue: %v, want %v", got, want)
	}
	profiles, err := client.SkillProfiles.List(ctx, account, support, *created.AgentID)
	if err != nil || len(profiles) != 0 {
		t.Errorf("skill profiles of a new agent: %v, %v; want none", profiles, err)
	}
}

func TestCreateAgentTwice(t *testing.T) {
	fake, client := newStaff(t)
	if _, err := client.Agents.Create(t.Context(), account, support, gen.Agent{Username: "bo"}); !isStatus(err, http.StatusBadRequest) {
		t.Errorf("create an agent whose username is in use: %v, want status 400", err)
	}
	fake.SetBehavior(ringcxtest.Behavior{UsernameConflict: true})
	if _, err := client.Agents.Create(t.Context(), account, support, gen.Agent{Username: "bo"}); !errors.Is(err, ringcx.ErrConflict) {
		t.Errorf("create an agent whose username is in use, with UsernameConflict: %v, want status 409", err)
	}
}

// TestUpdateAgent checks which fields an update of an agent keeps.
func TestUpdateAgent(t *testing.T) {
	for _, kept := range []bool{false, true} {
		fake, client := newStaff(t)
		fake.SetBehavior(ringcxtest.Behavior{OmittedFieldsKept: kept})
		ctx := t.Context()
		created, err := client.Agents.Create(ctx, account, support, gen.Agent{Username: "cy", Email: new("cy@example.com")})
		if err != nil {
			t.Fatal(err)
		}
		request := gen.Agent{Username: "di", AgentID: new(int64(1)), Password: new(wire.Secret("a"))}
		updated, err := client.Agents.Update(ctx, account, support, *created.AgentID, request)
		if err != nil {
			t.Fatal(err)
		}
		want := created
		want.Username = "di"
		if !kept {
			want.Email, want.IsActive = nil, nil
		}
		if diff := cmp.Diff(want, updated); diff != "" {
			t.Errorf("OmittedFieldsKept %t: updated agent (-want +got):\n%s", kept, diff)
		}
	}
}

func TestUpdateAgents(t *testing.T) {
	_, client := newStaff(t)
	ctx := t.Context()
	list := func() []string {
		agents, err := client.Agents.List(ctx, account, support)
		if err != nil {
			t.Fatal(err)
		}
		return usernames(agents)
	}
	_, err := client.Agents.UpdateList(ctx, account, support, []gen.Agent{{AgentID: new(int64(1)), Username: "x"}, {AgentID: new(int64(9)), Username: "y"}})
	if got, want := list(), []string{"ana", "bo"}; !isStatus(err, http.StatusBadRequest) || !slices.Equal(got, want) {
		t.Errorf("update an unknown agent: %v, agents %v; want status 400, %v", err, got, want)
	}
	updated, err := client.Agents.UpdateList(ctx, account, support, []gen.Agent{{AgentID: new(int64(2)), Username: "x", Password: new(wire.Secret("a"))}})
	if err != nil || len(updated) != 1 || updated[0].Username != "x" || updated[0].Password != nil {
		t.Errorf("updated: %+v, %v; want the agent x", updated, err)
	}
	if got, want := list(), []string{"ana", "x"}; !slices.Equal(got, want) {
		t.Errorf("agents: %v, want %v", got, want)
	}
}

// TestClearQueues checks that an update whose list of queues is empty ends the assignments.
func TestClearQueues(t *testing.T) {
	_, client := newStaff(t)
	ctx := t.Context()
	assign(t, client, 1)
	for _, change := range []any{map[string]any{"lastName": "Lee"}, map[string]any{"agentGateAccess": []string{}}} {
		if got, want := queueAgents(t, client, nil), []string{"ana"}; !slices.Equal(got, want) {
			t.Errorf("agents: %v, want %v", got, want)
		}
		received, err := client.GetAgentWithResponse(ctx, account, support, 1)
		if err != nil {
			t.Fatal(err)
		}
		update, err := wire.Merge(received.Body, change)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.UpdateAgentWithBodyWithResponse(ctx, account, support, 1, "application/json", bytes.NewReader(update)); err != nil {
			t.Error(err)
		}
	}
	if got := queueAgents(t, client, nil); len(got) != 0 {
		t.Errorf("agents after the list was cleared: %v", got)
	}
}

// assign assigns agents to the queue, and returns the usernames of the response.
func assign(t *testing.T, client *ringcx.Client, ids ...int64) []string {
	t.Helper()
	var accesses []gen.AgentQueueAccess
	for _, id := range ids {
		accesses = append(accesses, gen.AgentQueueAccess{AgentID: &id, AgentRank: new(int64(5))})
	}
	agents, err := client.Queues.AssignAgents(t.Context(), account, queueGroup, queue, accesses)
	if err != nil {
		t.Fatal(err)
	}
	return usernames(agents)
}

// queueAccess returns the agents in the queue itself.
func queueAccess(t *testing.T, client *ringcx.Client) []gen.AgentQueueAccess {
	t.Helper()
	q, err := client.Queues.Get(t.Context(), account, queueGroup, queue)
	if err != nil {
		t.Fatal(err)
	}
	return q.AgentGateAccess
}

// TestIncludePermissions checks the rights in agent groups: those of SetPermissions, or all.
func TestIncludePermissions(t *testing.T) {
	fake, client := newStaff(t)
	check := func(include *bool, want ...gen.Permission) {
		t.Helper()
		groups, err := client.AgentGroups.List(t.Context(), account, &gen.ListAgentGroupsParams{IncludePermissions: include})
		if err != nil || len(groups) == 0 || !slices.Equal(groups[0].Permissions, want) {
			t.Errorf("list: %+v, %v; want permissions %v", groups, err, want)
		}
		group, err := client.AgentGroups.Get(t.Context(), account, support, &gen.GetAgentGroupParams{IncludePermissions: include})
		if err != nil || !slices.Equal(group.Permissions, want) {
			t.Errorf("get: %+v, %v; want permissions %v", group, err, want)
		}
	}
	check(nil)
	check(new(true), "CREATE", "READ", "UPDATE", "DELETE")
	fake.SetPermissions("READ Account", "READ QueueGroup", "READ AgentGroup", "DELETE AgentGroup", "UPDATE Queue")
	check(new(true), "READ", "DELETE")
}

// TestAssignQueueAgents assigns agents to a queue, one after the other.
func TestAssignQueueAgents(t *testing.T) {
	for replaced, want := range map[bool][]string{false: {"ana", "bo"}, true: {"bo"}} {
		fake, client := newStaff(t)
		fake.SetBehavior(ringcxtest.Behavior{AssignmentsReplaced: replaced})
		ctx := t.Context()
		assign(t, client, 1)
		assign(t, client, 2)
		if got := assign(t, client, 2); !slices.Equal(got, want) {
			t.Errorf("AssignmentsReplaced %t: agents in the response: %v, want %v", replaced, got, want)
		}
		if got := queueAgents(t, client, nil); !slices.Equal(got, want) {
			t.Errorf("AssignmentsReplaced %t: agents: %v, want %v", replaced, got, want)
		}
		agent, err := client.Agents.Get(ctx, account, support, 2)
		access := []gen.AgentQueueAccess{{AgentID: new(int64(2)), GateID: new(int64(queue)), AgentRank: new(int64(5))}}
		if diff := cmp.Diff(access, agent.AgentGateAccess); diff != "" || err != nil {
			t.Errorf("queues of the agent (-want +got):\n%s%v", diff, err)
		}
		if got := queueAccess(t, client); len(got) != len(want) || cmp.Diff(access[0], got[len(got)-1]) != "" {
			t.Errorf("AssignmentsReplaced %t: agents of the queue: %+v, want %d, the last %+v", replaced, got, len(want), access[0])
		}
		for _, n := range []int64{1, 0} {
			if got, err := client.Queues.UnassignAgent(ctx, account, queueGroup, queue, 2); got != n || err != nil {
				t.Errorf("unassign: %d, %v; want %d", got, err, n)
			}
		}
		if got := queueAgents(t, client, nil); slices.Contains(got, "bo") {
			t.Errorf("agents after bo was removed: %v", got)
		}
		if got := queueAccess(t, client); len(got) != len(want)-1 {
			t.Errorf("AssignmentsReplaced %t: agents of the queue after bo was removed: %+v, want %d", replaced, got, len(want)-1)
		}
		_, err = client.Queues.AssignAgents(ctx, account, queueGroup, queue, []gen.AgentQueueAccess{{AgentID: new(int64(9))}})
		if !isStatus(err, http.StatusBadRequest) {
			t.Errorf("assign an unknown agent: %v, want status 400", err)
		}
	}
}

// TestSetAssignedAgents checks that the agents of Set are on the list of a queue, with the fields
// that they have in their group, and that the list has pages.
func TestSetAssignedAgents(t *testing.T) {
	fake, client := newStaff(t)
	fake.Set("/voice/api/v1/admin/accounts/333333/gateGroups/6001/gates/6101/assignedAgents", []gen.Agent{
		{AgentID: new(int64(8)), Username: "guest"}, {AgentID: new(int64(2)), Username: "old name"},
	})
	if got, want := queueAgents(t, client, nil), []string{"bo", "guest"}; !slices.Equal(got, want) {
		t.Errorf("agents: %v, want %v", got, want)
	}
	page := &gen.ListQueueAgentsParams{Page: new(int64(1)), MaxRows: new(int64(1))}
	if got, want := queueAgents(t, client, page), []string{"guest"}; !slices.Equal(got, want) {
		t.Errorf("second page: %v, want %v", got, want)
	}
	for _, id := range []int64{2, 8} {
		if n, err := client.Queues.UnassignAgent(t.Context(), account, queueGroup, queue, id); n != 1 || err != nil {
			t.Errorf("unassign %d: %d, %v", id, n, err)
		}
	}
	if got := queueAgents(t, client, nil); len(got) != 0 {
		t.Errorf("agents after all were removed: %v", got)
	}
}

// TestExampleAssignments checks that the agents of the examples of openapi.yaml are assigned as long
// as they exist.
func TestExampleAssignments(t *testing.T) {
	fake := ringcxtest.NewServer(t)
	client := newClient(t, fake)
	if got, want := queueAgents(t, client, nil), []string{"maria.lopez"}; !slices.Equal(got, want) {
		t.Errorf("agents: %v, want %v", got, want)
	}
	fake.Set("/voice/api/v1/admin/accounts/333333/agentGroups", []gen.AgentGroup{})
	if got := queueAgents(t, client, nil); len(got) != 0 {
		t.Errorf("agents: %v, want none: the agent of the example does not exist", got)
	}
}

func TestAssignDialGroupAgents(t *testing.T) {
	_, client := newStaff(t)
	ctx := t.Context()
	agents, err := client.DialGroups.AssignAgents(ctx, account, dialGroup, []gen.DialGroupMember{{AgentID: new(int64(2))}})
	if err != nil || !slices.Equal(usernames(agents), []string{"bo"}) {
		t.Errorf("assign: %v, %v", agents, err)
	}
	agents, err = client.DialGroups.ListAgents(ctx, account, dialGroup, nil)
	if err != nil || len(agents) != 1 || wire.Value(agents[0].AgentDialGroupMembers[0].DialGroupID) != dialGroup {
		t.Errorf("agents of the dial group: %+v, %v", agents, err)
	}
	if got := queueAgents(t, client, nil); len(got) != 0 {
		t.Errorf("agents of the queue: %v, want none", got)
	}
}

func TestLoggedInAgents(t *testing.T) {
	tests := []struct {
		name   string
		out    []string
		active bool
		want   []gen.LoggedInAgent
	}{
		{"all", nil, true, []gen.LoggedInAgent{
			{AgentID: 1, Username: new("ana"), AgentGroupID: new(int64(support)), GroupName: new("Support")},
			{AgentID: 2, Username: new("bo"), AgentGroupID: new(int64(support)), GroupName: new("Support")},
		}},
		{"one is not logged in, one is not active", []string{"ana"}, false, []gen.LoggedInAgent{}},
		{"no agent is logged in", []string{"*"}, true, []gen.LoggedInAgent{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fake, client := newStaff(t)
			fake.SetBehavior(ringcxtest.Behavior{AgentsNotLoggedIn: tt.out, OmittedFieldsKept: true})
			ctx := t.Context()
			assign(t, client, 1, 2)
			if _, err := client.Agents.Update(ctx, account, support, 2, gen.Agent{Username: "bo", IsActive: &tt.active}); err != nil {
				t.Fatal(err)
			}
			got, err := client.AgentAccess.ListLoggedInAgents(ctx, account, queueGroup, queue)
			if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
				t.Errorf("agents (-want +got):\n%s%v", diff, err)
			}
			n, err := client.AgentAccess.CountLoggedInAgents(ctx, account, support, queueGroup, queue)
			if int(n) != len(tt.want) || err != nil {
				t.Errorf("count: %d, %v; want %d", n, err, len(tt.want))
			}
		})
	}
	fake, client := newStaff(t)
	assign(t, client, 1)
	fake.Set("/voice/api/v1/admin/accounts/333333/agentGroups/7002", gen.AgentGroup{GroupName: "Sales"})
	if n, err := client.AgentAccess.CountLoggedInAgents(t.Context(), account, 7002, queueGroup, queue); n != 0 || err != nil {
		t.Errorf("count for another agent group: %d, %v; want 0", n, err)
	}
	if _, err := client.AgentAccess.CountLoggedInAgents(t.Context(), account, support, queueGroup, 99); !isStatus(err, http.StatusNotFound) {
		t.Errorf("count for an unknown queue: %v, want status 404", err)
	}
}

// TestStaffPermissions checks that requests without the permission have no effect.
func TestStaffPermissions(t *testing.T) {
	fake, client := newStaff(t)
	ctx := t.Context()
	assignBo := func() error {
		_, err := client.Queues.AssignAgents(ctx, account, queueGroup, queue, []gen.AgentQueueAccess{{AgentID: new(int64(2))}})
		return err
	}
	fake.SetPermissions("READ Agent", "READ Queue")
	if err := assignBo(); !isStatus(err, http.StatusForbidden) {
		t.Errorf("assign: %v, want status 403", err)
	}
	if _, err := client.Users.Create(ctx, gen.UserRequest{UserName: "x"}, nil); !isStatus(err, http.StatusForbidden) {
		t.Errorf("create a user: %v, want status 403", err)
	}
	if got := queueAgents(t, client, nil); len(got) != 0 {
		t.Errorf("agents of the queue: %v, want none", got)
	}
	fake.SetPermissions("READ Agent", "UPDATE Queue", "ROLE MANAGE_USERS")
	if err := assignBo(); err != nil {
		t.Error(err)
	}
	if _, err := client.Users.Create(ctx, gen.UserRequest{UserName: "x"}, nil); err != nil {
		t.Error(err)
	}
}
