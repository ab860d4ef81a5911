package ringcxtest_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
	"github.com/ringcx-go/ringcx-go/wire"
)

// TestSkillProfiles assigns skills to a profile, each twice, and removes one.
func TestSkillProfiles(t *testing.T) {
	for replaced, want := range map[bool][]string{false: {"Spanish", "French"}, true: {"French"}} {
		fake, client := newStaff(t)
		fake.SetBehavior(ringcxtest.Behavior{AssignmentsReplaced: replaced})
		fake.Set("/voice/api/v1/admin/accounts/333333/gateGroups/6001/skills", []gen.QueueSkill{
			{SkillID: new(int64(1)), SkillName: new("Spanish")}, {SkillID: new(int64(2)), SkillName: new("French")},
		})
		ctx := t.Context()
		profile, err := client.SkillProfiles.Create(ctx, account, support, 1, gen.SkillProfile{ProfileName: "Languages"})
		if err != nil {
			t.Fatal(err)
		}
		id := *profile.ProfileID
		for i := range 4 {
			if i < 2 {
				_, err = client.SkillProfiles.AssignSkill(ctx, account, support, 1, id, 1)
			} else {
				err = client.SkillProfiles.AssignSkills(ctx, account, support, 1, id, []gen.QueueSkill{{SkillID: new(int64(2))}})
			}
			if err != nil {
				t.Error(err)
			}
		}
		checkSkills(t, client, id, want)
		if err := client.SkillProfiles.RemoveSkill(ctx, account, support, 1, id, 2); err != nil {
			t.Error(err)
		}
		checkSkills(t, client, id, want[:len(want)-1])
	}
}

// checkSkills compares the skills of a profile, and the list of its skills, with those wanted.
func checkSkills(t *testing.T, client *ringcx.Client, id gen.SkillProfileID, want []string) {
	t.Helper()
	skills, err := client.SkillProfiles.ListSkills(t.Context(), account, support, 1, id)
	if got := skillNames(skills); err != nil || !slices.Equal(got, want) {
		t.Errorf("skills: %v, %v; want %v", got, err, want)
	}
	profile, err := client.SkillProfiles.Get(t.Context(), account, support, 1, id)
	if got := skillNames(profile.GateGroupSkills); err != nil || !slices.Equal(got, want) {
		t.Errorf("skills of the profile: %v, %v; want %v", got, err, want)
	}
}

func skillNames(skills []gen.QueueSkill) []string {
	var names []string
	for _, s := range skills {
		names = append(names, wire.Value(s.SkillName))
	}
	return names
}

func TestUnknownSkills(t *testing.T) {
	_, client := newStaff(t)
	ctx := t.Context()
	profile, err := client.SkillProfiles.Create(ctx, account, support, 1, gen.SkillProfile{ProfileName: "Languages"})
	if err != nil {
		t.Fatal(err)
	}
	id := *profile.ProfileID
	if _, err := client.SkillProfiles.AssignSkill(ctx, account, support, 1, id, 99); !isStatus(err, http.StatusNotFound) {
		t.Errorf("assign a skill: %v, want status 404", err)
	}
	if err := client.SkillProfiles.RemoveSkill(ctx, account, support, 1, id, 99); !isStatus(err, http.StatusNotFound) {
		t.Errorf("remove a skill: %v, want status 404", err)
	}
	err = client.SkillProfiles.AssignSkills(ctx, account, support, 1, id, []gen.QueueSkill{{SkillID: new(int64(99))}})
	if !isStatus(err, http.StatusBadRequest) {
		t.Errorf("assign skills: %v, want status 400", err)
	}
	if _, err := client.SkillProfiles.ListSkills(ctx, account, support, 1, 99); !isStatus(err, http.StatusNotFound) {
		t.Errorf("skills of an unknown profile: %v, want status 404", err)
	}
}
