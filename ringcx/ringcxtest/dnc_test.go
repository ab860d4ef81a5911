package ringcxtest_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
	"github.com/ringcx-go/ringcx-go/wire"
)

// phones returns the numbers on the do-not-call lists.
func phones(t *testing.T, client *ringcx.Client) []string {
	t.Helper()
	entries, err := client.DNC.List(t.Context(), account)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, wire.Value(e.Tag)+" "+e.Phone)
	}
	return all
}

// TestDNC checks that numbers can be put on do-not-call lists, searched for and deleted, and that
// a load compares its leads with the lists that it names.
func TestDNC(t *testing.T) {
	fake, client := newOutbound(t)
	fake.SetBehavior(ringcxtest.Behavior{LeadDelay: -1})
	fake.Set("/voice/api/v1/admin/accounts/333333/dncLists", []gen.DNCEntry{})
	ctx := t.Context()
	tag, err := client.DNCTags.Create(ctx, account, gen.DNCTag{DNCTagLabel: new("Mine")})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []gen.DNCEntryRequest{
		{Phone: "2125550100", DNCTagID: tag.DNCTagID}, {Phone: "2125550100", DNCTagID: tag.DNCTagID, CountryID: new("CAN")},
		{Phone: "2125550101"}, {Phone: "2125550101"},
	} {
		if _, err := client.DNC.Create(ctx, account, r); err != nil {
			t.Error(err)
		}
	}
	if got, want := phones(t, client), []string{"Mine 2125550100", "Mine 2125550100", "GLOBAL 2125550101"}; !slices.Equal(got, want) {
		t.Errorf("lists: %v, want %v", got, want)
	}
	result := load(t, client, renewals, gen.LeadLoadRequest{DNCTags: []string{"Mine"}}, newLead("a", "2125550100"), newLead("b", "2125550101"))
	if got := counts(result); got != [4]int64{2, 2, 2, 1} {
		t.Errorf("counts of the load: %v, want one lead on the list", got)
	}
	if got := find(t, client, gen.LeadSearch{LeadStates: []gen.LeadState{gen.LeadStateDoNotCall}}); !slices.Equal(got, []string{"a"}) {
		t.Errorf("leads not to call: %v, want a", got)
	}
	found, err := client.DNC.Search(ctx, account, gen.DNCSearch{"phone": "2125550101"})
	if list, _ := found.([]any); err != nil || len(list) != 1 {
		t.Errorf("search: %v, %v; want one entry", found, err)
	}
	checkDNCDeletes(t, client, gen.DNCTagID(*tag.DNCTagID))
}

func checkDNCDeletes(t *testing.T, client *ringcx.Client, tag gen.DNCTagID) {
	t.Helper()
	ctx := t.Context()
	steps := []struct {
		name string
		run  func() error
		want int
	}{
		{"number", func() error { return client.DNC.Delete(ctx, account, tag, "2125550100", "CAN") }, 2},
		{"country without numbers", func() error { return client.DNC.DeleteByCountry(ctx, account, tag, "CAN") }, 2},
		{"country", func() error { return client.DNC.DeleteByCountry(ctx, account, tag, "USA") }, 1},
		{"list", func() error { return client.DNC.DeleteByTag(ctx, account, 0) }, 0},
	}
	for _, s := range steps {
		if err := s.run(); err != nil || len(phones(t, client)) != s.want {
			t.Errorf("delete %s: %v, left %v; want %d entries", s.name, err, phones(t, client), s.want)
		}
	}
	file := gen.DNCFile{File: wire.File{Name: "dnc.txt", Reader: strings.NewReader("2125550104\n2125550105\n")}}
	if _, err := client.DNC.Upload(ctx, account, file); err != nil || !slices.Equal(phones(t, client), []string{"GLOBAL 2125550104", "GLOBAL 2125550105"}) {
		t.Errorf("upload: %v, %v", phones(t, client), err)
	}
	_, err := client.DNC.Create(ctx, account, gen.DNCEntryRequest{Phone: "1", DNCTagID: new(int64(7))})
	if e, ok := errors.AsType[*ringcx.Error](err); !ok || e.StatusCode != http.StatusBadRequest {
		t.Errorf("number on a list that does not exist: %v, want status 400", err)
	}
}

// TestPersonaPhones checks the ids of persona phones, and which campaigns use one.
func TestPersonaPhones(t *testing.T) {
	fake, client := newOutbound(t)
	fake.Set(campaigns+"/9002", gen.Campaign{
		CampaignName: "Evenings",
		PersonaCallSchedules: []gen.PersonaCallSchedule{
			{CallPreferences: []gen.PersonaCallPreference{{PhoneID: new(int64(3)), Priority: new(int64(1))}}},
		},
	})
	ctx := t.Context()
	create := func(id int64, label string) error {
		_, err := client.PersonaPhones.Create(ctx, account, gen.PersonaPhone{PhoneID: id, PhoneLabel: &label})
		return err
	}
	if err := create(3, "Work"); err != nil {
		t.Error(err)
	}
	for id, want := range map[int64]string{1: "is not a number from 2 to 7", 3: "is in use"} {
		invalid := []ringcx.FieldError{{Field: "phoneId", Message: want}}
		e, ok := errors.AsType[*ringcx.Error](create(id, "Again"))
		if !ok || e.StatusCode != http.StatusBadRequest || !slices.Equal(e.Validation, invalid) {
			t.Errorf("persona phone %d again: %v, want status 400 and %v", id, e, invalid)
		}
	}
	all, err := client.PersonaPhones.Update(ctx, account, gen.PersonaPhone{PhoneID: 3, PhoneLabel: new("Office")})
	if err != nil || len(all) != 3 || wire.Value(all[2].PhoneLabel) != "Office" {
		t.Errorf("after the update: %v, %v", all, err)
	}
	names, err := client.PersonaPhones.ListCampaigns(ctx, account, 3)
	if err != nil || !slices.Equal(names, []string{"Evenings"}) {
		t.Errorf("campaigns: %v, %v; want Evenings", names, err)
	}
	if err := client.PersonaPhones.Delete(ctx, account, 3); err != nil {
		t.Error(err)
	}
	if all, err := client.PersonaPhones.List(ctx, account); err != nil || len(all) != 2 {
		t.Errorf("after the delete: %v, %v", all, err)
	}
}
