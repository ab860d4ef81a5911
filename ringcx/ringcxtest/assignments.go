package ringcxtest

import (
	"fmt"
	"maps"
	"net/http"
	"slices"

	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest/internal/engine"
)

// assignment is to what agents are assigned: a queue or a dial group.
type assignment struct {
	field string // of an agent: a list of objects
	ids   string // of an agent: a list of ids
	key   string // the name of the id, in the path and in the objects
}

var (
	toQueue     = assignment{"agentGateAccess", "gateAssignments", "gateId"}
	toDialGroup = assignment{"agentDialGroupMembers", "dialGroupAssignments", "dialGroupId"}
)

// includes reports whether an agent is assigned to the resource with an id.
func (a assignment) includes(agent map[string]any, id string) bool {
	accesses, _ := agent[a.field].([]any)
	ids, _ := agent[a.ids].([]any)
	return slices.ContainsFunc(accesses, func(v any) bool { return a.is(v, id) }) ||
		slices.ContainsFunc(ids, func(v any) bool { return text(v) == id })
}

// is reports whether an element of the field is for the resource with an id.
func (a assignment) is(access any, id string) bool {
	object, _ := access.(map[string]any)
	return text(object[a.key]) == id
}

// without returns an agent that is not assigned to the resource with an id.
func (a assignment) without(agent map[string]any, id string) map[string]any {
	agent = maps.Clone(agent)
	accesses, _ := agent[a.field].([]any)
	ids, _ := agent[a.ids].([]any)
	agent[a.field] = slices.DeleteFunc(slices.Clone(accesses), func(v any) bool { return a.is(v, id) })
	agent[a.ids] = slices.DeleteFunc(slices.Clone(ids), func(v any) bool { return text(v) == id })
	return agent
}

// with returns an agent with an assignment to the resource with an id.
func (a assignment) with(agent, access map[string]any, id string) map[string]any {
	agent, access = a.without(agent, id), maps.Clone(access)
	access[a.key] = engine.IDValue(id)
	agent[a.field] = append(agent[a.field].([]any), access)
	agent[a.ids] = append(agent[a.ids].([]any), engine.IDValue(id))
	return agent
}

// settle sets the ids of an agent to those of the field, if the agent has the field (inferred).
func (a assignment) settle(agent map[string]any) {
	accesses, ok := agent[a.field].([]any)
	if !ok {
		return
	}
	ids := make([]any, 0, len(accesses))
	for _, v := range accesses {
		access, _ := v.(map[string]any)
		ids = append(ids, access[a.key])
	}
	agent[a.ids] = ids
}

// assigned returns the path of the list of agents of the resource in the path.
func (s *staff) assigned(a assignment) string {
	if a == toQueue {
		return s.queue() + "/assignedAgents"
	}
	return s.account + "/dialGroups/" + escape(s.Path(a.key)) + "/assignedAgents"
}

// queues returns the path of the queues of the queue group in the path.
func (s *staff) queues() string {
	return s.account + "/gateGroups/" + escape(s.Path("gateGroupId")) + "/gates"
}

// queue returns the path of the queue in the path.
func (s *staff) queue() string { return s.queues() + "/" + escape(s.Path("gateId")) }

// assignedTo returns the agents of the resource in the path: those that are assigned to it, and
// those that Set or an example of openapi.yaml has put on its list. An agent of an example must be
// an agent of the account.
func (s *staff) assignedTo(a assignment) []member {
	listed := s.List(s.assigned(a))
	isListed := func(id string) bool {
		return slices.ContainsFunc(listed, func(agent map[string]any) bool { return text(agent["agentId"]) == id })
	}
	var all []member
	known := make(map[string]bool)
	for m := range s.members() {
		if known[m.id()] = true; isListed(m.id()) || a.includes(m.fields, s.Path(a.key)) {
			all = append(all, m)
		}
	}
	if s.BeganWithExamples(s.assigned(a)) {
		return all
	}
	for _, agent := range listed {
		if !known[text(agent["agentId"])] {
			all = append(all, member{fields: agent})
		}
	}
	return all
}

// unassign ends the assignment of agents to the resource in the path, and returns of how many.
func (s *staff) unassign(a assignment, is func(id string) bool) (n int) {
	for _, m := range s.assignedTo(a) {
		if !is(m.id()) {
			continue
		}
		n++
		s.Change(s.assigned(a), func(agent map[string]any) (map[string]any, bool) {
			return nil, text(agent["agentId"]) == m.id()
		})
		if m.path != "" {
			s.change(m.path, m.id(), func(agent map[string]any) map[string]any { return a.without(agent, s.Path(a.key)) })
		}
	}
	s.settleQueue(a)
	return n
}

// settleQueue sets the field agentGateAccess of the queue in the path to the agents that are
// assigned to it. It does nothing for a dial group. (That RingCX does so is inferred.)
func (s *staff) settleQueue(a assignment) {
	if a != toQueue {
		return
	}
	id, all := s.Path(a.key), make([]any, 0)
	for _, m := range s.assignedTo(a) {
		access := map[string]any{"agentId": m.fields["agentId"], a.key: engine.IDValue(id)}
		accesses, _ := m.fields[a.field].([]any)
		if i := slices.IndexFunc(accesses, func(v any) bool { return a.is(v, id) }); i >= 0 {
			maps.Copy(access, accesses[i].(map[string]any))
		}
		all = append(all, access)
	}
	s.Change(s.queues(), func(queue map[string]any) (map[string]any, bool) {
		queue["agentGateAccess"] = all
		return queue, text(queue[a.key]) == id
	})
}

// assign assigns the agents of the request to the resource in the path. The id of the resource in
// the request is ignored (inferred).
func (c *call) assign(a assignment, status int) {
	c.editStaff(func(s *staff) *engine.Response {
		accesses := objects(c.body)
		for _, access := range accesses {
			if _, ok := s.find(text(access["agentId"])); !ok {
				return engine.Rejected("agentId", "is not the id of an agent")
			}
		}
		if s.behavior.AssignmentsReplaced {
			s.unassign(a, func(string) bool { return true })
		}
		for _, access := range accesses {
			m, _ := s.find(text(access["agentId"]))
			s.change(m.path, m.id(), func(agent map[string]any) map[string]any { return a.with(agent, access, s.Path(a.key)) })
		}
		s.settleQueue(a)
		return engine.JSON(status, agentsOf(s.assignedTo(a)))
	})
}

// agentsOf returns the fields of agents.
func agentsOf(members []member) []any {
	all := make([]any, 0, len(members))
	for _, m := range members {
		all = append(all, m.fields)
	}
	return all
}

// listAssigned lists the agents of the resource in the path.
func (c *call) listAssigned(a assignment) {
	c.editStaff(func(s *staff) *engine.Response {
		all := s.assignedTo(a)
		start, end := s.Page(len(all))
		return engine.JSON(http.StatusOK, agentsOf(all[start:end]))
	})
}

func assignQueueAgents(c *call)     { c.assign(toQueue, http.StatusCreated) }
func assignDialGroupAgents(c *call) { c.assign(toDialGroup, http.StatusOK) }
func listQueueAgents(c *call)       { c.listAssigned(toQueue) }
func listDialGroupAgents(c *call)   { c.listAssigned(toDialGroup) }

// unassignQueueAgent removes an agent from a queue. It responds with how many assignments ended.
func unassignQueueAgent(c *call) {
	c.editStaff(func(s *staff) *engine.Response {
		n := s.unassign(toQueue, func(id string) bool { return id == s.Path("agentId") })
		return engine.JSON(http.StatusOK, n)
	})
}

// loggedIn returns the agents who are logged in to the queue in the path: those assigned to it,
// if they are active and logged in (inferred).
func (s *staff) loggedIn() []member {
	return slices.DeleteFunc(s.assignedTo(toQueue), func(m member) bool {
		out := s.behavior.AgentsNotLoggedIn
		isOut := slices.Contains(out, text(m.fields["username"])) || slices.Contains(out, "*")
		return isOut || m.fields["isActive"] == false
	})
}

// listLoggedInAgents lists the agents who are logged in to a queue.
func listLoggedInAgents(c *call) {
	c.editStaff(func(s *staff) *engine.Response {
		all := make([]any, 0)
		for _, m := range s.loggedIn() {
			agent := s.Only("LoggedInAgent", m.fields)
			if m.group != nil {
				agent["agentGroupId"], agent["groupName"] = m.group["agentGroupId"], m.group["groupName"]
			}
			all = append(all, agent)
		}
		return engine.JSON(http.StatusOK, all)
	})
}

// countLoggedInAgents counts the agents of an agent group who are logged in to a queue.
func countLoggedInAgents(c *call) {
	c.editStaff(func(s *staff) *engine.Response {
		if !slices.ContainsFunc(s.List(s.queues()), func(queue map[string]any) bool {
			return text(queue["gateId"]) == s.Path("gateId")
		}) {
			return engine.NotFound("gateId")
		}
		n := 0
		for _, m := range s.loggedIn() {
			if text(m.group["agentGroupId"]) == s.Path("agentGroupId") {
				n++
			}
		}
		return &engine.Response{Status: http.StatusOK, ContentType: textType, Body: fmt.Append(nil, n)}
	})
}
