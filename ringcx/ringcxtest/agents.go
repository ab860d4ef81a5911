package ringcxtest

import (
	"bytes"
	"encoding/json"
	"iter"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest/internal/contract"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest/internal/engine"
)

// staff is the agents of an account during a request. The queues and the dial groups to which an
// agent is assigned are fields of the agent.
type staff struct {
	*engine.Edit
	behavior Behavior
	now      time.Time
	account  string // its path
}

// editStaff responds with what f returns.
func (c *call) editStaff(f func(*staff) *engine.Response) { c.editStaffAs(c.operation, f) }

// editStaffAs is editStaff for a request of which only what is in the path of another operation
// must exist.
func (c *call) editStaffAs(o *contract.Operation, f func(*staff) *engine.Response) {
	b := c.server.currentBehavior()
	c.send(c.server.resources().Edit(o, c.engineRequest(), func(e *engine.Edit) *engine.Response {
		account := accountsPath + "/" + escape(e.Path("accountId"))
		return f(&staff{Edit: e, behavior: b, now: c.began, account: account})
	}))
}

// groupPath returns the path of the agents of the agent group in the path.
func (s *staff) groupPath() string {
	return s.account + "/agentGroups/" + escape(s.Path("agentGroupId")) + "/agents"
}

// member is an agent in its agent group.
type member struct {
	fields map[string]any
	group  map[string]any
	path   string // of the agents of the group
}

func (m member) id() string { return text(m.fields["agentId"]) }

// members returns the agents of all agent groups of the account. If several groups have an agent
// with the same id, as in the examples of openapi.yaml, only the first is returned.
func (s *staff) members() iter.Seq[member] {
	return func(yield func(member) bool) {
		seen := make(map[string]bool)
		for _, group := range s.List(s.account + "/agentGroups") {
			path := s.account + "/agentGroups/" + escape(text(group["agentGroupId"])) + "/agents"
			for _, agent := range s.List(path) {
				m := member{agent, group, path}
				if seen[m.id()] {
					continue
				}
				seen[m.id()] = true
				if !yield(m) {
					return
				}
			}
		}
	}
}

// find returns the agent with an id.
func (s *staff) find(id string) (found member, ok bool) {
	for m := range s.members() {
		if m.id() == id {
			return m, true
		}
	}
	return member{}, false
}

// change replaces the fields of an agent.
func (s *staff) change(path, id string, f func(agent map[string]any) map[string]any) {
	s.Change(path, func(agent map[string]any) (map[string]any, bool) {
		if text(agent["agentId"]) != id {
			return nil, false
		}
		return f(agent), true
	})
}

// agentSecrets are the fields of an agent that responses lack (inferred).
var agentSecrets = []string{"password", "phoneLoginPin", "sipPassword"}

// withoutSecrets returns a copy of an agent without its secrets.
func withoutSecrets(agent map[string]any) map[string]any {
	agent = maps.Clone(agent)
	maps.DeleteFunc(agent, func(name string, _ any) bool { return slices.Contains(agentSecrets, name) })
	return agent
}

// createAgent adds an agent to the agent group in the path. A username that is in use is rejected
// with the status of Behavior.UsernameConflict.
func createAgent(c *call) {
	c.editStaff(func(s *staff) *engine.Response {
		agent := withoutSecrets(s.Object())
		for m := range s.members() {
			if m.fields["username"] == agent["username"] {
				return s.usernameInUse()
			}
		}
		agent["agentId"] = s.NewID(s.groupPath())
		agent["createdOn"] = timeText(s.now)
		agent["agentGroup"] = s.groupReference()
		if agent["isActive"] == nil {
			agent["isActive"] = true // inferred
		}
		toQueue.settle(agent)
		toDialGroup.settle(agent)
		s.Append(s.groupPath(), agent)
		return engine.JSON(http.StatusCreated, agent)
	})
}

func (s *staff) usernameInUse() *engine.Response {
	const field, message = "username", "is in use"
	if s.behavior.UsernameConflict {
		return conflictResponse(field, message)
	}
	return engine.Rejected(field, message)
}

// groupReference returns a reference to the agent group in the path.
func (s *staff) groupReference() map[string]any {
	for _, group := range s.List(s.account + "/agentGroups") {
		if id := text(group["agentGroupId"]); id == s.Path("agentGroupId") {
			return map[string]any{"agentGroupId": engine.IDValue(id), "groupName": group["groupName"]}
		}
	}
	return nil
}

// agentFields are the fields of an agent that an update does not change (inferred).
var agentFields = []string{"agentId", "agentGroup", "createdOn", "lastLoginDate"}

// updateAgent replaces the fields of an agent.
func updateAgent(c *call) {
	c.editStaff(func(s *staff) *engine.Response {
		return engine.JSON(http.StatusOK, s.update(s.Path("agentId"), s.Object()))
	})
}

// update replaces the fields of an agent of the group in the path, and returns it. It returns nil
// if there is no such agent.
func (s *staff) update(id string, request map[string]any) (updated map[string]any) {
	s.change(s.groupPath(), id, func(agent map[string]any) map[string]any {
		updated = replaced(agent, withoutSecrets(request), s.behavior.OmittedFieldsKept, agentFields)
		toQueue.settle(updated)
		toDialGroup.settle(updated)
		return updated
	})
	return updated
}

// updateAgents replaces the fields of several agents. If the group does not have one of them, no
// agent is changed. Agents that the request lacks stay as they are. (Both are inferred.)
func updateAgents(c *call) {
	c.editStaff(func(s *staff) *engine.Response {
		requests := objects(c.body)
		for _, request := range requests {
			if !slices.ContainsFunc(s.List(s.groupPath()), func(agent map[string]any) bool {
				return text(agent["agentId"]) == text(request["agentId"])
			}) {
				return engine.Rejected("agentId", "is not the id of an agent of the group")
			}
		}
		updated := make([]any, 0, len(requests))
		for _, request := range requests {
			updated = append(updated, s.update(text(request["agentId"]), request))
		}
		return engine.JSON(http.StatusOK, updated)
	})
}

// objects returns the objects of a JSON array. Numbers in them have the type json.Number.
func objects(data []byte) (list []map[string]any) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	_ = d.Decode(&list) // package engine checks it
	return list
}
