package ringcxtest

import (
	"net/http"
	"slices"

	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest/internal/engine"
)

// skillsField is the field of a skill profile with its skills for calls.
const skillsField = "gateGroupSkills"

// profilePath returns the path of the skill profiles of the agent in the path.
func (s *staff) profilePath() string {
	return s.groupPath() + "/" + escape(s.Path("agentId")) + "/skillProfiles"
}

// profile returns the skill profile in the path, which exists.
func (s *staff) profile() map[string]any {
	for _, profile := range s.List(s.profilePath()) {
		if text(profile["profileId"]) == s.Path("skillProfileId") {
			return profile
		}
	}
	return map[string]any{}
}

// profileSkills returns the skills of the profile in the path.
func (s *staff) profileSkills() []any {
	skills, _ := s.profile()[skillsField].([]any)
	return append([]any{}, skills...)
}

// setProfileSkills sets the skills of the profile in the path.
func (s *staff) setProfileSkills(skills []any) {
	s.Change(s.profilePath(), func(profile map[string]any) (map[string]any, bool) {
		profile[skillsField] = skills
		return profile, text(profile["profileId"]) == s.Path("skillProfileId")
	})
}

// skill returns the skill of a queue group of the account that has an id, or nil.
func (s *staff) skill(id string) map[string]any {
	for _, group := range s.List(s.account + "/gateGroups") {
		path := s.account + "/gateGroups/" + escape(text(group["gateGroupId"])) + "/skills"
		for _, skill := range s.List(path) {
			if text(skill["skillId"]) == id {
				return skill
			}
		}
	}
	return nil
}

// hasSkill returns a function that reports whether a skill has an id.
func hasSkill(id string) func(skill any) bool {
	return func(skill any) bool {
		object, _ := skill.(map[string]any)
		return text(object["skillId"]) == id
	}
}

// listSkillProfileSkills lists the skills for calls of a skill profile.
func listSkillProfileSkills(c *call) {
	c.editStaff(func(s *staff) *engine.Response { return engine.JSON(http.StatusOK, s.profileSkills()) })
}

// assignSkillProfileSkills assigns skills to a skill profile. A skill that does not exist is
// rejected (inferred).
func assignSkillProfileSkills(c *call) {
	c.editStaff(func(s *staff) *engine.Response {
		skills := s.profileSkills()
		if s.behavior.AssignmentsReplaced {
			skills = nil
		}
		for _, request := range objects(c.body) {
			id := text(request["skillId"])
			skill := s.skill(id)
			if skill == nil {
				return engine.Rejected("skillId", "is not the id of a skill")
			}
			skills = append(slices.DeleteFunc(skills, hasSkill(id)), skill)
		}
		s.setProfileSkills(skills)
		return &engine.Response{Status: http.StatusOK}
	})
}

// assignSkillProfileSkill assigns one skill to a skill profile, and responds with the profile
// (inferred).
func assignSkillProfileSkill(c *call) {
	c.editStaff(func(s *staff) *engine.Response {
		id := s.Path("skillId")
		skill := s.skill(id)
		if skill == nil {
			return engine.NotFound("skillId")
		}
		s.setProfileSkills(append(slices.DeleteFunc(s.profileSkills(), hasSkill(id)), skill))
		return engine.JSON(http.StatusOK, s.profile())
	})
}

// removeSkillProfileSkill takes a skill from a skill profile.
func removeSkillProfileSkill(c *call) {
	c.editStaffAs(c.server.spec.ByID("listSkillProfileSkills"), func(s *staff) *engine.Response {
		skills, is := s.profileSkills(), hasSkill(s.Path("skillId"))
		if !slices.ContainsFunc(skills, is) {
			return engine.NotFound("skillId")
		}
		s.setProfileSkills(slices.DeleteFunc(skills, is))
		return &engine.Response{Status: http.StatusNoContent}
	})
}
