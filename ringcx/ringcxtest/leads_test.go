package ringcxtest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
	"github.com/ringcx-go/ringcx-go/wire"
)

// The account, the dial group and the campaign of the examples of openapi.yaml.
const (
	account   = "333333"
	dialGroup = 8001
	renewals  = 9001
	campaigns = "/voice/api/v1/admin/accounts/333333/dialGroups/8001/campaigns"
)

// newOutbound returns a fake whose campaign has no leads, and a client.
func newOutbound(t *testing.T) (*ringcxtest.Server, *ringcx.Client) {
	t.Helper()
	fake := ringcxtest.NewServer(t)
	fake.Set("/voice/api/v1/admin/accounts/333333/campaignLeads", []gen.Lead{})
	fake.Set(campaigns, []gen.Campaign{{CampaignID: new(int64(renewals)), CampaignName: "Renewals"}})
	fake.Set(campaigns+"/9001/lists", []gen.LeadList{})
	client, err := ringcx.New(fake.Config())
	if err != nil {
		t.Fatal(err)
	}
	return fake, client
}

// newLead returns a lead. A phone number is optional.
func newLead(id, phone string) gen.Lead { return gen.Lead{ExternID: &id, LeadPhone: &phone} }

// load loads leads into a campaign. The load may fail as a whole.
func load(t *testing.T, client *ringcx.Client, campaign gen.CampaignID, request gen.LeadLoadRequest, leads ...gen.Lead) gen.LeadLoadResult {
	t.Helper()
	request.UploadLeads = leads
	result, err := client.Leads.Load(t.Context(), account, campaign, request)
	if _, failed := errors.AsType[*gen.LeadLoadError](err); err != nil && !failed {
		t.Fatal(err)
	}
	return result
}

// find returns the external ids of the leads that a search finds.
func find(t *testing.T, client *ringcx.Client, search gen.LeadSearch) []string {
	t.Helper()
	page, err := client.Leads.Search(t.Context(), account, search, nil)
	if err != nil {
		t.Fatal(err)
	}
	return externIDs(page)
}

func externIDs(page gen.LeadPage) []string {
	var ids []string
	for _, row := range page.Leads {
		ids = append(ids, wire.Value(row.ExternID))
	}
	return ids
}

// counts are the numbers in a LeadLoadResult: supplied, accepted, inserted, on a do-not-call list.
func counts(r gen.LeadLoadResult) [4]int64 {
	return [4]int64{wire.Value(r.LeadsSupplied), wire.Value(r.LeadsAccepted), wire.Value(r.LeadsInserted), wire.Value(r.DNCReturnedCount)}
}

// TestLoadedLeadIsFoundLater checks that a search finds a lead two seconds after it was loaded,
// and that Behavior.LeadDelay changes this.
func TestLoadedLeadIsFoundLater(t *testing.T) {
	tests := []struct {
		name  string
		delay time.Duration
		want  time.Duration
	}{
		{"default", 0, 2 * time.Second}, {"longer", time.Minute, time.Minute}, {"none", -1, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fake, client := newOutbound(t)
				fake.SetBehavior(ringcxtest.Behavior{LeadDelay: tt.delay})
				load(t, client, renewals, gen.LeadLoadRequest{}, newLead("crm-1", "2125550100"))
				if tt.want > 0 {
					time.Sleep(tt.want - time.Millisecond)
					if got := find(t, client, gen.LeadSearch{}); got != nil {
						t.Errorf("search before %v: %v, want none", tt.want, got)
					}
					time.Sleep(time.Millisecond)
				}
				if got := find(t, client, gen.LeadSearch{}); !slices.Equal(got, []string{"crm-1"}) {
					t.Errorf("search after %v: %v, want the lead", tt.want, got)
				}
			})
		})
	}
}

// TestLoadFailsWithStatus200 checks the loads that fail as a whole.
func TestLoadFailsWithStatus200(t *testing.T) {
	lead := newLead("crm-1", "2125550100")
	tests := []struct {
		name   string
		status gen.LeadProcessingStatus // of Behavior
		leads  []gen.Lead
		want   gen.LeadProcessingStatus
		counts [4]int64
		lists  int
	}{
		{"success", "", []gen.Lead{lead}, gen.LeadProcessingStatusDefaultNotAFailure, [4]int64{1, 1, 1, 0}, 1},
		{"no leads", "", nil, gen.LeadProcessingStatusGeneralFailure, [4]int64{}, 0},
		{"switch", gen.LeadProcessingStatusGeneralFailure, []gen.Lead{lead}, gen.LeadProcessingStatusGeneralFailure, [4]int64{}, 0},
		{"other status", gen.LeadProcessingStatusDNCUploadFailed, []gen.Lead{lead}, gen.LeadProcessingStatusDNCUploadFailed, [4]int64{}, 0},
		{"all rejected", "", []gen.Lead{newLead("crm-1", "1")}, gen.LeadProcessingStatusNoLeadsPassedValidation, [4]int64{1, 0, 0, 0}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fake, client := newOutbound(t)
			fake.SetBehavior(ringcxtest.Behavior{LeadLoadFailure: tt.status, LeadDelay: -1})
			result := load(t, client, renewals, gen.LeadLoadRequest{}, tt.leads...)
			if got := wire.Value(result.ProcessingStatus); got != tt.want || counts(result) != tt.counts {
				t.Errorf("status %s, counts %v; want %s, %v", got, counts(result), tt.want, tt.counts)
			}
			if got := len(find(t, client, gen.LeadSearch{})); got != int(tt.counts[2]) {
				t.Errorf("%d leads are found, want %d", got, tt.counts[2])
			}
			lists, err := client.Campaigns.ListLeadLists(t.Context(), account, dialGroup, renewals)
			if err != nil || len(lists) != tt.lists {
				t.Errorf("lists: %v, %v; want %d", lists, err, tt.lists)
			}
		})
	}
}

// TestLoadRejectsRows checks which leads are rejected, and why.
func TestLoadRejectsRows(t *testing.T) {
	tests := []struct {
		name     string
		behavior ringcxtest.Behavior
		lead     gen.Lead
		want     string // message, or empty if the lead is loaded
	}{
		{name: "valid", lead: newLead("a", "2125550100")},
		{name: "several numbers", lead: newLead("a", "2125550100|2125550101")},
		{name: "E.164", lead: gen.Lead{ExternID: new("a"), LeadPhoneE164: new("+12125550100")}},
		{name: "short number", lead: newLead("a", "12"), want: "The phone number is not valid"},
		{name: "no number", lead: gen.Lead{ExternID: new("a")}, want: "The phone number is missing"},
		{name: "no id", lead: gen.Lead{LeadPhone: new("2125550100")}, want: "The field externId is missing"},
		{name: "empty string", lead: gen.Lead{ExternID: new("a"), LeadPhone: new("2125550100"), City: new("")}, want: "The field city is empty"},
		{
			name: "empty string is loaded", behavior: ringcxtest.Behavior{EmptyStringsLoaded: true},
			lead: gen.Lead{ExternID: new("a"), LeadPhone: new("2125550100"), City: new("")},
		},
		{
			name: "E.164 is needed", behavior: ringcxtest.Behavior{LeadsNeedE164: true}, lead: newLead("a", "2125550100"),
			want: "The field leadPhoneE164 is missing",
		},
		{
			name: "persona phone", lead: gen.Lead{
				ExternID: new("a"), LeadPhone: new("2125550100"), PersonaPhoneConfig: map[string]string{"Mobile": "2125550101"},
			},
		},
		{
			name: "unknown persona phone", want: "There is no persona phone Boat",
			lead: gen.Lead{ExternID: new("a"), LeadPhone: new("2125550100"), PersonaPhoneConfig: map[string]string{"Boat": "2125550101"}},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fake, client := newOutbound(t)
			fake.SetBehavior(tt.behavior)
			var want []gen.RejectedRow
			if tt.want != "" {
				want = []gen.RejectedRow{{Message: &tt.want, RowData: rowOf(tt.lead)}}
			}
			got := load(t, client, renewals, gen.LeadLoadRequest{}, tt.lead).RejectedRows
			if diff := cmp.Diff(want, got, equateEmpty); diff != "" {
				t.Errorf("rejected rows (-want +got):\n%s", diff)
			}
		})
	}
}

// equateEmpty makes cmp compare an empty slice and a nil one as equal.
var equateEmpty = cmp.FilterValues(func(a, b []gen.RejectedRow) bool { return len(a)+len(b) == 0 }, cmp.Ignore())

// rowOf returns the values of a lead that the fake sends in a rejected row.
func rowOf(lead gen.Lead) []string {
	var row []string
	for _, v := range []*string{lead.ExternID, lead.LeadPhone, lead.LeadPhoneE164} {
		if v != nil {
			row = append(row, *v)
		}
	}
	return row
}

// TestDuplicates checks what each value of duplicateHandling removes.
func TestDuplicates(t *testing.T) {
	tests := []struct {
		mode        gen.DuplicateHandling
		first, then [4]int64
	}{
		{gen.DuplicateHandlingRetainAll, [4]int64{3, 3, 3, 0}, [4]int64{3, 3, 3, 0}},
		{gen.DuplicateHandlingRemoveFromList, [4]int64{3, 3, 2, 0}, [4]int64{3, 3, 2, 0}},
		{gen.DuplicateHandlingRemoveAllExisting, [4]int64{3, 3, 2, 0}, [4]int64{3, 3, 0, 0}},
		{"", [4]int64{3, 3, 3, 0}, [4]int64{3, 3, 3, 0}},
	}
	for _, tt := range tests {
		t.Run(string(tt.mode), func(t *testing.T) {
			fake, client := newOutbound(t)
			fake.Set(campaigns+"/9002", gen.Campaign{CampaignID: new(int64(9002)), CampaignName: "Other"})
			request := gen.LeadLoadRequest{DuplicateHandling: &tt.mode}
			if tt.mode == "" {
				request.DuplicateHandling = nil
			}
			leads := []gen.Lead{newLead("a", "2125550100"), newLead("b", "2125550101"), newLead("c", "2125550100")}
			load(t, client, 9002, request, leads...) // another campaign does not matter
			load(t, client, renewals, gen.LeadLoadRequest{}, newLead("old", "2125550101"))
			first, then := load(t, client, renewals, request, leads...), load(t, client, renewals, request, leads...)
			if counts(first) != tt.first || counts(then) != tt.then {
				t.Errorf("counts %v, then %v; want %v, then %v", counts(first), counts(then), tt.first, tt.then)
			}
		})
	}
}

// TestLoadedLeadsAreShared checks that a load is in the lists of its campaign and in searches,
// and that a lead can be changed and is gone with its campaign.
func TestLoadedLeadsAreShared(t *testing.T) {
	fake, client := newOutbound(t)
	fake.SetBehavior(ringcxtest.Behavior{LeadDelay: -1})
	ctx := t.Context()
	load(t, client, renewals, gen.LeadLoadRequest{Description: new("June"), ListState: new(gen.LeadListStatePaused)},
		newLead("a", "2125550100"), newLead("b", "12"))
	lists, err := client.Campaigns.ListLeadLists(ctx, account, dialGroup, renewals)
	if err != nil || len(lists) != 1 {
		t.Fatalf("lists: %v, %v; want one", lists, err)
	}
	list := lists[0]
	if wire.Value(list.ListDesc) != "June" || wire.Value(list.ListState) != gen.LeadListStatePaused || wire.Value(list.LeadsSupplied) != 2 || wire.Value(list.LeadsAccepted) != 1 {
		t.Errorf("list: %+v", list)
	}
	page, err := client.Leads.Search(ctx, account, gen.LeadSearch{ListIds: []int64{wire.Value(list.ListID)}}, nil)
	if err != nil || len(page.Leads) != 1 {
		t.Fatalf("search by list: %v, %v; want one lead", page.Leads, err)
	}
	row := page.Leads[0]
	if wire.Value(row.CampaignID) != renewals || wire.Value(row.CampaignName) != "Renewals" || wire.Value(row.DialGroupID) != dialGroup ||
		wire.Value(row.LeadState) != gen.LeadStateReady {
		t.Errorf("row: %+v", row)
	}
	id := gen.LeadID(wire.Value(row.LeadID))
	if _, err := client.Leads.Patch(ctx, account, id, gen.PatchLeadParams{CampaignID: renewals}, gen.Lead{City: new("Boston")}); err != nil {
		t.Error(err)
	}
	if got := find(t, client, gen.LeadSearch{City: new("boston")}); !slices.Equal(got, []string{"a"}) {
		t.Errorf("search after a patch: %v", got)
	}
	if err := client.DialGroups.Delete(ctx, account, dialGroup); err != nil {
		t.Error(err)
	}
	if got := find(t, client, gen.LeadSearch{}); got != nil {
		t.Errorf("search after the dial group was deleted: %v", got)
	}
	_, err = client.Leads.Load(ctx, account, renewals, gen.LeadLoadRequest{})
	if e, ok := errors.AsType[*ringcx.Error](err); !ok || e.StatusCode != http.StatusNotFound {
		t.Errorf("load into a campaign that was deleted: %v, want status 404", err)
	}
}

// TestChangeLead checks what a patch and an update keep, and that the campaign must be right.
func TestChangeLead(t *testing.T) {
	fake, client := newOutbound(t)
	fake.Set("/voice/api/v1/admin/accounts/333333/campaignLeads/5", gen.LeadSearchResult{
		LeadID: new(int64(5)), CampaignID: new(int64(renewals)), ExternID: new("a"), FirstName: new("Maria"), City: new("Boston"), LeadPasses: new(int64(2)),
	})
	ctx, params := t.Context(), gen.PatchLeadParams{CampaignID: renewals}
	lead, err := client.Leads.Patch(ctx, account, 5, params, gen.Lead{City: new("Denver")})
	if err != nil || wire.Value(lead.FirstName) != "Maria" || wire.Value(lead.City) != "Denver" || wire.Value(lead.LeadID) != 5 {
		t.Errorf("Patch: %+v, %v", lead, err)
	}
	lead, err = client.Leads.Update(ctx, account, 5, gen.UpdateLeadParams{CampaignID: renewals}, gen.Lead{ExternID: new("a"), ReserveAgent: new("x")})
	if err != nil || lead.FirstName != nil || lead.ReserveAgent != nil || wire.Value(lead.LeadPasses) != 2 {
		t.Errorf("Update: %+v, %v", lead, err)
	}
	fake.SetBehavior(ringcxtest.Behavior{LeadPatchNoContent: true})
	lead, err = client.Leads.Patch(ctx, account, 5, params, gen.Lead{City: new("Boston")})
	if diff := cmp.Diff(gen.Lead{}, lead); err != nil || diff != "" {
		t.Errorf("Patch without content: %v, (-want +got):\n%s", err, diff)
	}
	if got := find(t, client, gen.LeadSearch{City: new("Boston")}); !slices.Equal(got, []string{"a"}) {
		t.Errorf("search after a patch: %v", got)
	}
	_, err = client.Leads.Patch(ctx, account, 5, gen.PatchLeadParams{CampaignID: 9002}, gen.Lead{})
	if e, ok := errors.AsType[*ringcx.Error](err); !ok || e.StatusCode != http.StatusBadRequest {
		t.Errorf("Patch with another campaign: %v, want status 400", err)
	}
}

// TestSearchForms checks that the client reads all forms of the response of a search.
func TestSearchForms(t *testing.T) {
	forms := map[string]ringcxtest.LeadForm{"array": ringcxtest.LeadArray, "leads": ringcxtest.LeadObject, "data": ringcxtest.LeadDataObject}
	for name, form := range forms {
		for _, nested := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				fake, client := newOutbound(t)
				fake.SetBehavior(ringcxtest.Behavior{LeadDelay: -1, LeadSearchForm: form, LeadRowsNested: nested})
				load(t, client, renewals, gen.LeadLoadRequest{}, newLead("a", "2125550100"), newLead("b", "2125550101"), newLead("c", "2125550102"))
				checkSearchForm(t, client, form, nested)
			})
		}
	}
}

func checkSearchForm(t *testing.T, client *ringcx.Client, form ringcxtest.LeadForm, nested bool) {
	t.Helper()
	two, one := gen.MaxRows(2), gen.Page(1)
	page, err := client.Leads.Search(t.Context(), account, gen.LeadSearch{}, &gen.SearchLeadsParams{Page: &one, MaxRows: &two})
	if err != nil || !slices.Equal(externIDs(page), []string{"c"}) {
		t.Fatalf("second page: %v, %v; want c", externIDs(page), err)
	}
	if isNested := page.Leads[0].CampaignLead != nil; isNested != nested {
		t.Errorf("campaignLead: %t, want %t", isNested, nested)
	}
	if hasTotal := page.TotalCount != nil; hasTotal != (form != ringcxtest.LeadArray) || wire.Value(page.TotalCount) != 3 && hasTotal {
		t.Errorf("total count: %v", page.TotalCount)
	}
	count, err := client.Leads.Search(t.Context(), account, gen.LeadSearch{}, &gen.SearchLeadsParams{Count: new(true)})
	if err != nil || wire.Value(count.TotalCount) != 3 || len(count.Leads) != 0 {
		t.Errorf("count: %+v, %v; want 3", count, err)
	}
	byPhone, err := client.Leads.SearchByPhoneList(t.Context(), account, gen.LeadPhoneSearch{PhoneList: []string{"2125550101"}}, nil)
	if err != nil || !slices.Equal(externIDs(byPhone), []string{"b"}) {
		t.Errorf("search by phone: %v, %v; want b", externIDs(byPhone), err)
	}
}

// TestSearchCriteria checks the criteria of a search.
func TestSearchCriteria(t *testing.T) {
	_, client, leads := withLeads(t)
	at := func(hour int) *gen.Time { return &gen.Time{Time: time.Date(2026, 6, 1, hour, 0, 0, 0, time.UTC)} }
	compare := func(operator gen.ComparisonOperator) *gen.Comparison {
		return &gen.Comparison{Operator: &operator, Value: 2}
	}
	tests := []struct {
		name   string
		search gen.LeadSearch
		want   string
	}{
		{"all", gen.LeadSearch{}, "a b c"},
		{"name", gen.LeadSearch{FirstName: new("maria")}, "a"},
		{"empty text", gen.LeadSearch{FirstName: new("")}, "a b c"},
		{"campaign", gen.LeadSearch{CampaignIds: []int64{renewals}}, "a b c"},
		{"other campaign", gen.LeadSearch{CampaignID: new(int64(7))}, ""},
		{"ids", gen.LeadSearch{LeadIds: []int64{1, 3}}, "a c"},
		{"external ids", gen.LeadSearch{ExternIds: []string{"b"}}, "b"},
		{"two criteria", gen.LeadSearch{ExternIds: []string{"b"}, FirstName: new("Maria")}, ""},
		{"phone", gen.LeadSearch{LeadPhoneNum: new("2125550101")}, "b"},
		{"phones", gen.LeadSearch{LeadPhoneNumbers: []string{"+12125550102", "2125550109"}}, "b c"},
		{"states", gen.LeadSearch{LeadStates: []gen.LeadState{gen.LeadStatePaused}}, "b"},
		{"physical states", gen.LeadSearch{PhysicalStates: []string{"CA"}}, "c"},
		{"time zone", gen.LeadSearch{LeadTimezones: []gen.Timezone{{Name: new("PST")}}}, "c"},
		{"suppressed", gen.LeadSearch{Suppressed: new(gen.LeadSuppressionOnlySuppressed)}, "c"},
		{"not suppressed", gen.LeadSearch{Suppressed: new(gen.LeadSuppressionOnlyUnsuppressed)}, "a b"},
		{"orphans", gen.LeadSearch{OrphanedLeadsOnly: new(true)}, "b c"},
		{"loaded since", gen.LeadSearch{LoadedDtsStart: at(12)}, "b c"},
		{"loaded until", gen.LeadSearch{LoadedDtsEnd: at(11)}, "a"},
		{"few passes", gen.LeadSearch{LeadPassesCriteria: compare(gen.ComparisonOperatorLessThan)}, "a"},
		{"passes", gen.LeadSearch{LeadPassesCriteria: compare(gen.ComparisonOperatorEquals)}, "b"},
		{"many passes", gen.LeadSearch{LeadPassesCriteria: compare(gen.ComparisonOperatorGreaterThan)}, "c"},
		{"last pass", gen.LeadSearch{LastPassTimeCriteria: &gen.TimeComparison{Operator: new(gen.ComparisonOperatorLessThan), Value: at(12)}}, "b"},
		{"next dial", gen.LeadSearch{NextDialTimeCriteria: &gen.TimeComparison{Operator: new(gen.ComparisonOperatorEquals), Value: at(12)}}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := strings.Join(find(t, client, tt.search), " "); got != tt.want {
				t.Errorf("found %q of %d leads, want %q", got, len(leads), tt.want)
			}
		})
	}
}

// withLeads returns a fake with the leads a, b and c of the campaign.
func withLeads(t *testing.T) (*ringcxtest.Server, *ringcx.Client, []gen.LeadSearchResult) {
	t.Helper()
	fake, client := newOutbound(t)
	at := func(hour int) *gen.Time { return &gen.Time{Time: time.Date(2026, 6, 1, hour, 0, 0, 0, time.UTC)} }
	campaign, dates := new(int64(renewals)), time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	leads := []gen.LeadSearchResult{
		{LeadID: new(int64(1)), CampaignID: campaign, ExternID: new("a"), LeadPhone: new("2125550100"), FirstName: new("Maria"), LeadPasses: new(int64(1)), ListID: new(int64(7)), LoadedDts: &gen.Time{Time: dates}},
		{LeadID: new(int64(2)), CampaignID: campaign, ExternID: new("b"), LeadPhone: new("2125550101|2125550109"), LeadState: new(gen.LeadStatePaused), LeadPasses: new(int64(2)), LoadedDts: at(12), LastPassDts: at(8)},
		{LeadID: new(int64(3)), CampaignID: campaign, ExternID: new("c"), LeadPhone: new("+12125550102"), State: new("CA"), LeadTimezone: new("PST"), LeadPasses: new(int64(3)), Suppressed: new(true), LoadedDts: at(13), LastPassDts: at(13)},
	}
	fake.Set("/voice/api/v1/admin/accounts/333333/campaignLeads", leads)
	return fake, client, leads
}

// TestTextIDs uses resources whose ids are texts that are not JSON numbers.
func TestTextIDs(t *testing.T) {
	fake, client := newOutbound(t)
	fake.SetBehavior(ringcxtest.Behavior{LeadDelay: -1})
	const path = "/voice/api/v1/admin/accounts/" + account
	for _, set := range []struct{ path, data string }{
		{"/dialGroups", `[{"dialGroupId": "007"}]`},
		{"/dialGroups/007/campaigns", `[{"campaignId": "007"}, {"campaignId": "008"}]`},
		{"/campaignLeads", `[{"leadId": "007", "campaignId": "007", "externId": "a"}]`},
		{"/agentGroups", `[{"agentGroupId": "007"}]`},
		{"/agentGroups/007/agents", `[{"agentId": 7}]`},
	} {
		if err := fake.SetJSON(path+set.path, []byte(set.data)); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct{ method, path, body, want string }{
		{"POST", "/campaigns/007/leadLoader/direct", `{"uploadLeads": [{"externId": "b", "leadPhone": "2125550100"}]}`, `"leadsInserted":1`},
		{"POST", "/campaignLeads/leadSearch", `{}`, `"dialGroupId":"007"`},
		{"PATCH", "/campaignLeads/007?campaignId=007", `{}`, `"leadId":"007"`},
		{"PUT", "/campaignLeads/actions?leadAction=MOVE_TO_CAMPAIGN", `{"campaignLeadSearchCriteria": {"externIds": ["a"]}, "leadActionParams": {"paramMap": {"CAMPAIGN_ID": "008"}}}`, `"leadUpdateCount":1`},
		{"POST", "/agentGroups/007/agents", `{"username": "lee@example.com"}`, `"agentGroupId":"007"`},
		{"PUT", "/dialGroups/007/assignAgents", `[{"agentId": 7}]`, `"dialGroupId":"007"`},
	}
	for _, tt := range tests {
		req, err := http.NewRequestWithContext(t.Context(), tt.method, path+tt.path, strings.NewReader(tt.body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		resp, err := client.Do(req)
		if err != nil {
			t.Errorf("%s %s: %v", tt.method, tt.path, err)
			continue
		}
		body, err := io.ReadAll(resp.Body)
		if resp.Body.Close(); err != nil || !strings.Contains(string(body), tt.want) {
			t.Errorf("%s %s: %s, %v; want %s in it", tt.method, tt.path, body, err, tt.want)
		}
	}
	var leads []map[string]any
	if fake.Get(path+"/campaignLeads", &leads); leads[0]["campaignId"] != "008" {
		t.Errorf("leads %v, want the first one in the campaign 008", leads)
	}
}

// TestLeadActions checks what each action does with a lead.
func TestLeadActions(t *testing.T) {
	a := func(name gen.LeadAction, params map[string]any) gen.LeadActionRequest {
		return gen.LeadActionRequest{
			CampaignLeadSearchCriteria: &gen.LeadSearch{ExternIds: []string{"b"}},
			LeadActionParams:           &gen.LeadActionParams{ParamMap: params},
		}
	}
	tests := []struct {
		action gen.LeadAction
		params map[string]any
		then   gen.LeadSearch // finds the lead b, if the action succeeded
		copies int            // of the lead
		failed bool
	}{
		{action: gen.LeadActionResetLeads, then: gen.LeadSearch{LeadStates: []gen.LeadState{gen.LeadStateReady}}},
		{action: gen.LeadActionReadyLeads, then: gen.LeadSearch{LeadStates: []gen.LeadState{gen.LeadStateReady}}},
		{action: gen.LeadActionCancelLeads, then: gen.LeadSearch{LeadStates: []gen.LeadState{gen.LeadStateCancelled}}},
		{action: gen.LeadActionSuppressLeads, then: gen.LeadSearch{Suppressed: new(gen.LeadSuppressionOnlySuppressed), ExternIds: []string{"b"}}},
		{action: gen.LeadActionUnsuppressLeads, then: gen.LeadSearch{Suppressed: new(gen.LeadSuppressionOnlyUnsuppressed), ExternIds: []string{"b"}}},
		{action: gen.LeadActionManualLeads, then: gen.LeadSearch{LeadStates: []gen.LeadState{gen.LeadStateComplete}}},
		{action: gen.LeadActionManualLeads, params: map[string]any{"DO_NOT_CALL": true}, then: gen.LeadSearch{LeadStates: []gen.LeadState{gen.LeadStateDoNotCall}}},
		{action: gen.LeadActionManualLeads, params: map[string]any{"REQUEUE": true}, then: gen.LeadSearch{LeadStates: []gen.LeadState{gen.LeadStateReady}}},
		{action: gen.LeadActionCallbackLeads, params: map[string]any{"CALLBACK_DATE": "2026-06-01T15:00:00.000+0000"}, then: gen.LeadSearch{LeadStates: []gen.LeadState{gen.LeadStateCallback}}},
		{action: gen.LeadActionAgentReservation, params: map[string]any{"RESERVATION_AGENT_ID": 111111}, then: gen.LeadSearch{PendingAgentID: new(int64(111111))}},
		{action: gen.LeadActionMoveToCampaign, params: map[string]any{"CAMPAIGN_ID": 9002, "LIST_ID": 0}, then: gen.LeadSearch{CampaignIds: []int64{9002}}},
		{action: gen.LeadActionMoveToCampaign, params: map[string]any{"CAMPAIGN_ID": 9002, "CREATE_COPY_SETTING": "true"}, then: gen.LeadSearch{CampaignIds: []int64{9002}}, copies: 1},
		{action: gen.LeadActionMoveToCampaign, params: map[string]any{"CAMPAIGN_ID": 9002, "CREATE_COPY_SETTING": "TRANSITION"}, then: gen.LeadSearch{LeadStates: []gen.LeadState{gen.LeadStateTransitioned}}, copies: 1},
		{action: gen.LeadActionEmailLeads, params: map[string]any{"EMAIL_TO": "a@example.com"}, then: gen.LeadSearch{ExternIds: []string{"b"}}},
		{action: gen.LeadActionAgentReservation, params: map[string]any{"RESERVATION_AGENT_ID": "abc"}, failed: true},
		{action: gen.LeadActionCallbackLeads, failed: true},
		{action: gen.LeadActionMoveToCampaign, params: map[string]any{"CAMPAIGN_ID": 4}, failed: true},
		{action: gen.LeadActionMoveToCampaign, params: map[string]any{"CAMPAIGN_ID": 9002, "LIST_ID": 4}, failed: true},
	}
	for _, tt := range tests {
		t.Run(string(tt.action), func(t *testing.T) {
			fake, client, _ := withLeads(t)
			fake.Set(campaigns+"/9002", gen.Campaign{CampaignID: new(int64(9002)), CampaignName: "Other"})
			result, err := client.Leads.PerformAction(t.Context(), account, gen.PerformLeadActionParams{LeadAction: tt.action}, a(tt.action, tt.params))
			if (err != nil) != tt.failed || wire.Value(result.Success) == tt.failed || (result.ErrorMessage != nil) != tt.failed {
				t.Fatalf("success %v, message %q, %v", wire.Value(result.Success), wire.Value(result.ErrorMessage), err)
			}
			if got := strings.Join(find(t, client, tt.then), " "); !tt.failed && got != "b" {
				t.Errorf("after the action %q is found, want b", got)
			}
			if got := len(find(t, client, gen.LeadSearch{})); got != 3+tt.copies {
				t.Errorf("%d leads after the action, want %d", got, 3+tt.copies)
			}
		})
	}
}

// TestDeleteLeads checks that leads can be deleted.
func TestDeleteLeads(t *testing.T) {
	_, client, _ := withLeads(t)
	params := gen.PerformLeadActionParams{LeadAction: gen.LeadActionDeleteLeads}
	result, err := client.Leads.PerformAction(t.Context(), account, params, gen.LeadActionRequest{
		CampaignLeadSearchCriteria: &gen.LeadSearch{ExternIds: []string{"a", "c"}},
	})
	if err != nil || wire.Value(result.LeadDeleteCount) != 2 {
		t.Errorf("deleted %v, %v; want 2", wire.Value(result.LeadDeleteCount), err)
	}
	if got := find(t, client, gen.LeadSearch{}); !slices.Equal(got, []string{"b"}) {
		t.Errorf("left: %v, want b", got)
	}
}

// TestActionOnAllLeads checks that an action without criteria fails a test, and changes all leads.
func TestActionOnAllLeads(t *testing.T) {
	tb := &recordingTB{TB: t}
	fake := ringcxtest.NewServer(tb)
	client, err := ringcx.New(fake.Config())
	if err != nil {
		t.Fatal(err)
	}
	var none []string // the program found no leads to delete
	params := gen.PerformLeadActionParams{LeadAction: gen.LeadActionDeleteLeads}
	request := gen.LeadActionRequest{CampaignLeadSearchCriteria: &gen.LeadSearch{ExternIds: none}}
	result, err := client.Leads.PerformAction(t.Context(), account, params, request)
	if err != nil || wire.Value(result.LeadDeleteCount) != 1 {
		t.Errorf("deleted %v, %v; want the only lead", wire.Value(result.LeadDeleteCount), err)
	}
	if len(tb.errors) != 1 || !strings.Contains(tb.errors[0], "it changes all leads of the account") {
		t.Errorf("reported %q, want one violation", tb.errors)
	}
}

// recordingTB records what a Server reports.
type recordingTB struct {
	testing.TB
	errors []string
}

func (r *recordingTB) Errorf(format string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}

// TestLoadLimit checks that a load over the limit gets status 429 with Retry-After.
func TestLoadLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, client := newOutbound(t)
		fake.LimitRates(true)
		ctx := ringcx.WithoutRetry(t.Context())
		loadOne := func(ctx context.Context) error {
			_, err := client.Leads.Load(ctx, account, renewals, gen.LeadLoadRequest{UploadLeads: []gen.Lead{newLead("a", "2125550100")}})
			return err
		}
		for range 30 {
			if err := loadOne(ctx); err != nil {
				t.Fatal(err)
			}
		}
		err := loadOne(ctx)
		if e, ok := errors.AsType[*ringcx.Error](err); !ok || e.StatusCode != http.StatusTooManyRequests || e.RetryAfter != 10*time.Second {
			t.Errorf("31st load in 10 s: %v, want status 429 with Retry-After: 10", err)
		}
		start := time.Now()
		if err := loadOne(t.Context()); err != nil || time.Since(start) != 10*time.Second {
			t.Errorf("load with retries: %v after %v, want success after 10 s", err, time.Since(start))
		}
	})
}
