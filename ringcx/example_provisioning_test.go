package ringcx_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"slices"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
	"github.com/ringcx-go/ringcx-go/wire"
)

// This example provisions an agent: a user, an agent in a group, a place in a queue, and a skill
// profile. A second run changes nothing. So a run that was stopped by an error can be repeated.
func Example_provisionAgent() {
	fake := ringcxtest.New() // in production: ringcx.ConfigFromEnv
	defer fake.Close()
	client, err := ringcx.New(fake.Config())
	if err != nil {
		log.Fatal(err)
	}
	p := provisioner{
		client: client, accountID: "333333", group: "Night shift",
		queueGroupID: 6001, queueID: 6101, profile: "Languages", skillID: 6201,
	}
	ctx := context.Background()
	for range 2 {
		changes, err := p.provision(ctx, "Kim", "Lee", "kim.lee@example.com")
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("created: %q\n", changes)
	}

	fake.SetPermissions("ROLE MANAGE_USERS", "READ Account") // so that the fake rejects the rest
	changes, err := p.provision(ctx, "Ana", "Silva", "ana.silva@example.com")
	fmt.Printf("created: %q\n", changes)
	fmt.Println(errors.Is(err, ringcx.ErrForbidden), err)
	// Output:
	// created: ["user" "agent group" "agent" "place in the queue" "skill"]
	// created: []
	// created: ["user"]
	// true agent of ana.silva@example.com: ringcx: call: GET /voice/api/v1/admin/accounts/333333/agentGroups/100002/agents: 403 access.denied.exception You do not have permission to access this resource (documented as: needs READ AgentGroup)
}

// provisioner provisions agents for one queue.
type provisioner struct {
	client       *ringcx.Client
	accountID    wire.ID
	group        string // name of the agent group
	queueGroupID gen.GateGroupID
	queueID      gen.GateID
	profile      string // name of the skill profile
	skillID      gen.SkillID
}

// provision creates what an agent lacks, and returns the names of what it has created. After an
// error, what it returns is there. A status of 403 means that the user of the client lacks a
// permission; the text of the error names it as far as it is documented.
func (p provisioner) provision(ctx context.Context, firstName, lastName, username string) (changes []string, err error) {
	done := func(what string, created bool, err error) error {
		if created {
			changes = append(changes, what)
		}
		if err != nil {
			return fmt.Errorf("%s of %s: %w", what, username, err)
		}
		return nil
	}
	created, err := p.user(ctx, gen.UserRequest{
		UserName: username, FirstName: &firstName, LastName: &lastName, Roles: []wire.Role{{RoleType: wire.RoleUser}},
	})
	if err := done("user", created, err); err != nil {
		return changes, err
	}
	groupID, created, err := p.agentGroup(ctx)
	if err := done("agent group", created, err); err != nil {
		return changes, err
	}
	agentID, created, err := p.agent(ctx, groupID, gen.Agent{
		Username: username, FirstName: &firstName, LastName: &lastName, AgentType: new(gen.AgentTypeAgent), AllowInbound: new(true),
	})
	if err := done("agent", created, err); err != nil {
		return changes, err
	}
	created, err = p.queue(ctx, agentID)
	if err := done("place in the queue", created, err); err != nil {
		return changes, err
	}
	created, err = p.skill(ctx, groupID, agentID)
	return changes, done("skill", created, err)
}

// agentGroup returns the id of the agent group, and whether it has created the group.
func (p provisioner) agentGroup(ctx context.Context) (id gen.AgentGroupID, created bool, err error) {
	for group, err := range p.client.AgentGroups.All(ctx, p.accountID, nil) {
		if err != nil {
			return 0, false, err
		}
		if group.GroupName == p.group && group.AgentGroupID != nil {
			return *group.AgentGroupID, false, nil
		}
	}
	group, err := p.client.AgentGroups.Create(ctx, p.accountID, gen.AgentGroup{GroupName: p.group})
	return wire.Value(group.AgentGroupID), err == nil, err
}

// user creates a user, and returns false if there is one with this name.
func (p provisioner) user(ctx context.Context, user gen.UserRequest) (created bool, err error) {
	for u, err := range p.client.Users.All(ctx, &gen.ListUsersParams{Flatten: new(true)}) {
		if err != nil || u.UserName == user.UserName {
			return false, err
		}
	}
	_, err = p.client.Users.Create(ctx, user, nil)
	if errors.Is(err, ringcx.ErrConflict) { // status 409
		// A user whom the list does not contain has the name: another process has created it
		// just now, or it is below another administrator.
		return false, nil
	}
	return err == nil, err
}

// agent returns the id of an agent, and whether it has created the agent. RingCX documents no
// status for a username that is in use, so the list says whether the agent exists.
func (p provisioner) agent(ctx context.Context, groupID gen.AgentGroupID, agent gen.Agent) (id gen.AgentID, created bool, err error) {
	for a, err := range p.client.Agents.All(ctx, p.accountID, groupID) {
		if err != nil {
			return 0, false, err
		}
		if a.Username == agent.Username {
			return wire.Value(a.AgentID), false, nil
		}
	}
	agent, err = p.client.Agents.Create(ctx, p.accountID, groupID, agent)
	return wire.Value(agent.AgentID), err == nil, err
}

// queue assigns an agent to the queue, and returns false if it is assigned already. RingCX does
// not document whether agents that a request lacks are removed, so the request has all of them.
func (p provisioner) queue(ctx context.Context, agentID gen.AgentID) (assigned bool, err error) {
	var all []gen.AgentQueueAccess
	for a, err := range p.client.Queues.AllAgents(ctx, p.accountID, p.queueGroupID, p.queueID, nil) {
		if err != nil || wire.Value(a.AgentID) == agentID {
			return false, err
		}
		access := gen.AgentQueueAccess{AgentID: a.AgentID, GateID: &p.queueID}
		for _, old := range a.AgentGateAccess { // keeps the rank
			if wire.Value(old.GateID) == p.queueID {
				access = old
			}
		}
		all = append(all, access)
	}
	all = append(all, gen.AgentQueueAccess{AgentID: &agentID, GateID: &p.queueID, AgentRank: new(int64(1))})
	_, err = p.client.Queues.AssignAgents(ctx, p.accountID, p.queueGroupID, p.queueID, all)
	return err == nil, err
}

// skill gives an agent a skill profile with the skill, and returns false if the agent has it.
func (p provisioner) skill(ctx context.Context, groupID gen.AgentGroupID, agentID gen.AgentID) (assigned bool, err error) {
	profiles, err := p.client.SkillProfiles.List(ctx, p.accountID, groupID, agentID)
	if err != nil {
		return false, err
	}
	var profile gen.SkillProfile
	isWanted := func(sp gen.SkillProfile) bool { return sp.ProfileName == p.profile }
	if i := slices.IndexFunc(profiles, isWanted); i >= 0 {
		profile = profiles[i]
	} else {
		profile, err = p.client.SkillProfiles.Create(ctx, p.accountID, groupID, agentID, gen.SkillProfile{ProfileName: p.profile})
		if err != nil {
			return false, err
		}
	}
	profileID := wire.Value(profile.ProfileID)
	for skill, err := range p.client.SkillProfiles.AllSkills(ctx, p.accountID, groupID, agentID, profileID) {
		if err != nil || wire.Value(skill.SkillID) == p.skillID {
			return false, err
		}
	}
	_, err = p.client.SkillProfiles.AssignSkill(ctx, p.accountID, groupID, agentID, profileID, p.skillID)
	return err == nil, err
}
