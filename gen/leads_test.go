package gen_test

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
	"github.com/ringcx-go/ringcx-go/wire"
)

// TestLeadLoadResultErr checks which responses say that no lead was loaded.
func TestLeadLoadResultErr(t *testing.T) {
	const failed = "ringcx: load of leads failed: processingStatus "
	rows := []gen.RejectedRow{{Message: new("The phone number is not valid")}}
	result := func(status gen.LeadProcessingStatus, supplied int64, rows []gen.RejectedRow) gen.LeadLoadResult {
		return gen.LeadLoadResult{ProcessingStatus: &status, LeadsSupplied: &supplied, RejectedRows: rows}
	}
	tests := []struct {
		name   string
		result gen.LeadLoadResult
		want   string // error, or empty
	}{
		{"zero result", gen.LeadLoadResult{}, failed + `"", 0 leads supplied, 0 accepted, 0 rejected`},
		{"no status", gen.LeadLoadResult{LeadsSupplied: new(int64(2))}, failed + `"", 2 leads supplied, 0 accepted, 0 rejected`},
		{"no status, leads accepted", gen.LeadLoadResult{LeadsAccepted: new(int64(2))}, ""},
		{"success", result(gen.LeadProcessingStatusDefaultNotAFailure, 2, rows), ""},
		{"duplicates only", gen.LeadLoadResult{LeadsAccepted: new(int64(2)), LeadsInserted: new(int64)}, ""},
		{"all rejected", result(gen.LeadProcessingStatusNoLeadsPassedValidation, 2, rows),
			failed + `"NO_LEADS_PASSED_VALIDATION", 2 leads supplied, 0 accepted, 1 rejected: The phone number is not valid`},
		{"all rejected without rows", result(gen.LeadProcessingStatusNoLeadsPassedValidation, 2, nil),
			failed + `"NO_LEADS_PASSED_VALIDATION", 2 leads supplied, 0 accepted, 0 rejected`},
		{"failure", result(gen.LeadProcessingStatusGeneralFailure, 0, nil),
			failed + `"GENERAL_FAILURE", 0 leads supplied, 0 accepted, 0 rejected`},
		{"failure with a count", result(gen.LeadProcessingStatusGeneralFailure, 2, nil),
			failed + `"GENERAL_FAILURE", 2 leads supplied, 0 accepted, 0 rejected`},
		{"nothing supplied", result(gen.LeadProcessingStatusDefaultNotAFailure, 0, nil),
			failed + `"DEFAULT_NOT_A_FAILURE", 0 leads supplied, 0 accepted, 0 rejected`},
		{"nothing accepted", gen.LeadLoadResult{ProcessingStatus: new(gen.LeadProcessingStatusDefaultNotAFailure), LeadsAccepted: new(int64)},
			failed + `"DEFAULT_NOT_A_FAILURE", 0 leads supplied, 0 accepted, 0 rejected`},
		{"message", gen.LeadLoadResult{LeadsSupplied: new(int64), ProcessingResult: new("no file")},
			failed + `"", 0 leads supplied, 0 accepted, 0 rejected: no file`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err, got := tt.result.Err(), ""
			if err != nil {
				got = err.Error()
			}
			if _, ok := errors.AsType[*gen.LeadLoadError](err); ok != (err != nil) || got != tt.want {
				t.Errorf("Err() = %T %q, want %q", err, got, tt.want)
			}
		})
	}
}

// TestLeadWithoutEmpty checks which fields are omitted, and that the lead itself is not changed.
func TestLeadWithoutEmpty(t *testing.T) {
	lead := gen.Lead{
		ExternID: new("a"), City: new(""), LeadState: new(gen.LeadState("")), Suppressed: new(false), LeadPriority: new(int64),
		PersonaPhoneConfig: map[string]string{"Mobile": "", "Work": "2125550101"},
	}
	want := gen.Lead{
		ExternID: new("a"), Suppressed: new(false), LeadPriority: new(int64), PersonaPhoneConfig: map[string]string{"Work": "2125550101"},
	}
	if diff := cmp.Diff(want, lead.WithoutEmpty()); diff != "" {
		t.Errorf("WithoutEmpty (-want +got):\n%s", diff)
	}
	if lead.City == nil || len(lead.PersonaPhoneConfig) != 2 {
		t.Errorf("the lead was changed: %+v", lead)
	}
}

// campaign is that of the examples of openapi.yaml.
const account, campaign = "333333", 9001

// newClient returns a fake and a client whose requests pass through change, if it is not nil.
func newClient(t *testing.T, change func(*http.Request, *http.Response) *http.Response) (*ringcxtest.Server, *ringcx.Client) {
	t.Helper()
	fake := ringcxtest.NewServer(t)
	fake.SetBehavior(ringcxtest.Behavior{LeadDelay: -1})
	fake.Set("/voice/api/v1/admin/accounts/333333/campaignLeads", []gen.Lead{})
	cfg := fake.Config()
	if change != nil {
		cfg.HTTPClient = &http.Client{Transport: changer{cfg.HTTPClient.Transport, change}}
	}
	client, err := ringcx.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return fake, client
}

// changer changes responses.
type changer struct {
	http.RoundTripper
	change func(*http.Request, *http.Response) *http.Response
}

func (c changer) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := c.RoundTripper.RoundTrip(req)
	if err == nil {
		resp = c.change(req, resp)
	}
	return resp, err
}

// makeLeads returns n leads. Those whose number bad contains are not valid.
func makeLeads(n int, bad ...int) []gen.Lead {
	leads := make([]gen.Lead, n)
	for i := range leads {
		leads[i] = gen.Lead{ExternID: new(fmt.Sprint("crm-", i)), LeadPhone: new(fmt.Sprintf("212555%04d", i)), City: new("")}
		if slices.Contains(bad, i) {
			leads[i].LeadPhone = new("12")
		}
	}
	return leads
}

// count returns the number of leads in the fake.
func count(t *testing.T, client *ringcx.Client) int64 {
	t.Helper()
	page, err := client.Leads.Search(t.Context(), account, gen.LeadSearch{}, &gen.SearchLeadsParams{Count: new(true)})
	if err != nil {
		t.Fatal(err)
	}
	return wire.Value(page.TotalCount)
}

// TestLoadBatches checks the size of batches, which lead a rejected row is, and that the lead of
// the caller is not changed.
func TestLoadBatches(t *testing.T) {
	fake, client := newClient(t, nil)
	leads := makeLeads(1100, 3, 500, 1099)
	var sizes, firsts, rejected []int
	for batch, err := range client.Leads.LoadBatches(t.Context(), account, campaign, gen.LeadLoadRequest{UploadLeads: leads}) {
		if err != nil {
			t.Fatal(err)
		}
		sizes, firsts = append(sizes, len(batch.Leads)), append(firsts, batch.First)
		for _, r := range batch.Rejected {
			rejected = append(rejected, r.Index)
			if r.Message != "The phone number is not valid" || !slices.Contains(r.RowData, *leads[r.Index].ExternID) {
				t.Errorf("rejected: %+v", r)
			}
		}
	}
	if !slices.Equal(sizes, []int{500, 500, 100}) || !slices.Equal(firsts, []int{0, 500, 1000}) || !slices.Equal(rejected, []int{3, 500, 1099}) {
		t.Errorf("sizes %v from %v, rejected %v", sizes, firsts, rejected)
	}
	if got := count(t, client); got != 1097 {
		t.Errorf("%d leads were loaded, want 1097", got)
	}
	if leads[0].City == nil {
		t.Error("the lead of the caller was changed")
	}
	if n := fake.Counts().Arrivals["loadLeads"]; n != 3 {
		t.Errorf("%d requests, want 3", n)
	}
}

// TestLoadBatchesEnds checks that the batches end with an error and with the loop.
func TestLoadBatchesEnds(t *testing.T) {
	fake, client := newClient(t, nil)
	load := gen.LeadLoadRequest{UploadLeads: makeLeads(1500)}
	for range client.Leads.LoadBatches(t.Context(), account, campaign, load) {
		break
	}
	if n := fake.Counts().Arrivals["loadLeads"]; n != 1 {
		t.Errorf("%d requests after a break, want 1", n)
	}
	next := 0
	for batch, err := range client.Leads.LoadBatches(t.Context(), account, campaign, load) {
		switch {
		case batch.First == 0:
			fake.SetBehavior(ringcxtest.Behavior{LeadLoadFailure: gen.LeadProcessingStatusGeneralFailure})
		case batch.First == 500:
			failed, ok := errors.AsType[*gen.LeadLoadError](err)
			if !ok || wire.Value(failed.Result.ProcessingStatus) != gen.LeadProcessingStatusGeneralFailure || len(batch.Leads) != 500 {
				t.Errorf("second batch: %v", err)
			}
		}
		next = batch.First + len(batch.Leads)
	}
	if next != 1000 {
		t.Errorf("the loop ended at %d, want 1000: no batch after an error", next)
	}
}

// TestRejectedRows checks how the lead of a rejected row is found.
func TestRejectedRows(t *testing.T) {
	leads := []gen.Lead{
		{ExternID: new("7"), LeadPhone: new("2125550100")}, {ExternID: new("7"), LeadPhone: new("2125550101")},
		{ExternID: new("8"), LeadPhoneE164: new("+12125550102")}, {ExternID: new(""), LeadPhone: new("2125550103")},
		{LeadPhone: new("2125550104")}, {LeadPhone: new("2125550104")},
	}
	tests := []struct {
		row  []string
		want int
	}{
		{[]string{"7", "2125550101"}, 1}, {[]string{"2125550100", "7"}, 0}, {[]string{"7"}, -1}, {[]string{"8", "+12125550102"}, 2},
		{[]string{"7", "8", "+12125550102"}, 2}, {[]string{"2125550103"}, 3}, {[]string{"Ana", "+12125550102"}, 2},
		{[]string{"2125550104"}, -1}, {[]string{""}, -1}, {nil, -1},
	}
	for _, tt := range tests {
		fake, client := newClient(t, nil)
		fake.Respond("loadLeads", http.StatusOK, gen.LeadLoadResult{
			LeadsAccepted: new(int64(5)), RejectedRows: []gen.RejectedRow{{RowData: tt.row}},
		})
		for batch, err := range client.Leads.LoadBatches(t.Context(), account, campaign, gen.LeadLoadRequest{UploadLeads: leads}) {
			if err != nil || len(batch.Rejected) != 1 || batch.Rejected[0].Index != tt.want {
				t.Errorf("row %q: %+v, %v; want index %d", tt.row, batch.Rejected, err, tt.want)
			}
		}
	}
}

// TestBatchesRejected checks that batches whose leads are all rejected do not end a load, and that
// a load without any other batch is an error.
func TestBatchesRejected(t *testing.T) {
	isBad := func(from, to int) (bad []int) {
		for i := from; i < to; i++ {
			bad = append(bad, i)
		}
		return bad
	}
	tests := []struct {
		name     string
		leads    []gen.Lead
		rejected int
		batches  int
		ok       bool
	}{
		{"no leads", nil, 0, 0, true},
		{"first batch", makeLeads(501, isBad(0, 500)...), 500, 2, true},
		{"last batch", makeLeads(501, 500), 1, 2, true},
		{"all batches", makeLeads(501, isBad(0, 501)...), 501, 2, false},
		{"the only batch", makeLeads(1, 0), 1, 1, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, client := newClient(t, nil)
			rejected, batches := 0, 0
			var last error
			for batch, err := range client.Leads.LoadBatches(t.Context(), account, campaign, gen.LeadLoadRequest{UploadLeads: tt.leads}) {
				rejected, batches, last = rejected+len(batch.Rejected), batches+1, err
			}
			if _, failed := errors.AsType[*gen.LeadLoadError](last); failed == tt.ok || rejected != tt.rejected || batches != tt.batches {
				t.Errorf("%d rejected in %d batches, %v; want %d in %d, success: %t", rejected, batches, last, tt.rejected, tt.batches, tt.ok)
			}
		})
	}
}

// TestDuplicates checks the number of leads that were removed as duplicates.
func TestDuplicates(t *testing.T) {
	_, client := newClient(t, nil)
	load := gen.LeadLoadRequest{DuplicateHandling: new(gen.DuplicateHandlingRemoveAllExisting), UploadLeads: makeLeads(3, 1)}
	for _, want := range []int64{0, 2} {
		for batch, err := range client.Leads.LoadBatches(t.Context(), account, campaign, load) {
			if got := batch.Duplicates(); err != nil || got != want || len(batch.Rejected) != 1 {
				t.Errorf("%d duplicates, %d rejected, %v; want %d and 1", got, len(batch.Rejected), err, want)
			}
		}
	}
	if got := (gen.LeadBatch{Result: gen.LeadLoadResult{LeadsAccepted: new(int64(2))}}).Duplicates(); got != 0 {
		t.Errorf("%d duplicates without leadsInserted, want 0", got)
	}
}

// TestLoadReturnsFailure checks that the services return a failure with status 200 as an error,
// together with the response.
func TestLoadReturnsFailure(t *testing.T) {
	fake, client := newClient(t, nil)
	fake.SetBehavior(ringcxtest.Behavior{LeadLoadFailure: gen.LeadProcessingStatusGeneralFailure})
	result, err := client.Leads.Load(t.Context(), account, campaign, gen.LeadLoadRequest{UploadLeads: makeLeads(1)})
	failed, ok := errors.AsType[*gen.LeadLoadError](err)
	if !ok || cmp.Diff(failed.Result, result) != "" || wire.Value(result.ProcessingStatus) != gen.LeadProcessingStatusGeneralFailure {
		t.Errorf("Load: %+v, %v", result, err)
	}
	fake.Respond("performLeadAction", http.StatusOK, gen.LeadActionResult{ErrorMessage: new("no campaign")})
	action, err := client.Leads.PerformAction(t.Context(), account, gen.PerformLeadActionParams{LeadAction: gen.LeadActionPauseLeads},
		gen.LeadActionRequest{CampaignLeadSearchCriteria: &gen.LeadSearch{ExternIds: []string{"a"}}})
	if err == nil || wire.Value(action.ErrorMessage) != "no campaign" {
		t.Errorf("PerformAction: %+v, %v", action, err)
	}
}

// TestSearchAll checks that a search reads all pages, each when it is needed, and ends with an
// error.
func TestSearchAll(t *testing.T) {
	fake, client := newClient(t, nil)
	for _, err := range client.Leads.LoadBatches(t.Context(), account, campaign, gen.LeadLoadRequest{UploadLeads: makeLeads(1100)}) {
		if err != nil {
			t.Fatal(err)
		}
	}
	found := make(map[string]bool)
	for row, err := range client.Leads.SearchAll(t.Context(), account, gen.LeadSearch{CampaignIds: []int64{campaign}}) {
		if err != nil {
			t.Fatal(err)
		}
		found[wire.Value(row.ExternID)] = true
	}
	if n := fake.Counts().Arrivals["searchLeads"]; len(found) != 1100 || n != 4 {
		t.Errorf("found %d leads with %d requests, want 1100 with 4: the last page is empty", len(found), n)
	}
	for range client.Leads.SearchAll(t.Context(), account, gen.LeadSearch{}) {
		break
	}
	if n := fake.Counts().Arrivals["searchLeads"]; n != 5 {
		t.Errorf("%d requests after a break, want one more than 4", n)
	}
	fake.Fault("searchLeads", ringcxtest.Status(http.StatusBadRequest, "{}"), 1)
	var errs []error
	for _, err := range client.Leads.SearchAll(t.Context(), account, gen.LeadSearch{}) {
		errs = append(errs, err)
	}
	if len(errs) != 1 || errs[0] == nil {
		t.Errorf("errors %v, want one", errs)
	}
}

// TestSearchAllWithoutList checks that a page without a list is an error, not the end of the list.
func TestSearchAllWithoutList(t *testing.T) {
	searches := map[ringcxtest.Endpoint]func(*ringcx.Client) iter.Seq2[gen.LeadSearchResult, error]{
		"searchLeads": func(client *ringcx.Client) iter.Seq2[gen.LeadSearchResult, error] {
			return client.Leads.SearchAll(t.Context(), account, gen.LeadSearch{})
		},
		"searchLeadsByPhoneList": func(client *ringcx.Client) iter.Seq2[gen.LeadSearchResult, error] {
			return client.Leads.SearchAllByPhoneList(t.Context(), account, gen.LeadPhoneSearch{PhoneList: []string{"2125550100"}})
		},
	}
	tests := []struct {
		body, want string // want is the Field of the error, and "none" if there is no error
	}{
		{`[]`, "none"}, {`{"leads":[]}`, "none"}, {`{"data":[],"totalCount":0}`, "none"},
		{`7`, ""}, {`{"totalCount":7}`, ""}, {`{"error":"oops"}`, ""}, {`{}`, ""}, {`null`, ""}, {`[null]`, "0"}, {`{"leads":[{},null]}`, "1"},
	}
	for endpoint, search := range searches {
		for _, tt := range tests {
			_, client := newClient(t, func(req *http.Request, resp *http.Response) *http.Response {
				if op, _ := gen.FindOperation(req.Method, req.URL.Path); op.ID == string(endpoint) {
					resp.Body, resp.ContentLength = io.NopCloser(strings.NewReader(tt.body)), int64(len(tt.body))
				}
				return resp
			})
			got := "none"
			for lead, err := range search(client) {
				mismatch, ok := errors.AsType[*wire.DecodeError](err)
				if !ok || mismatch.Method != http.MethodPost {
					t.Fatalf("%s: %s: lead %+v, error %v, want a *DecodeError with the method", endpoint, tt.body, lead, err)
				}
				got = mismatch.Field
			}
			if got != tt.want {
				t.Errorf("%s: %s: field of the error %q, want %q", endpoint, tt.body, got, tt.want)
			}
		}
	}
}

// TestSearchAllByPhoneList checks that the search reads all pages.
func TestSearchAllByPhoneList(t *testing.T) {
	fake, client := newClient(t, nil)
	leads := makeLeads(600)
	search := gen.LeadPhoneSearch{CampaignIds: []int64{campaign}}
	for _, lead := range leads {
		search.PhoneList = append(search.PhoneList, *lead.LeadPhone)
	}
	for _, err := range client.Leads.LoadBatches(t.Context(), account, campaign, gen.LeadLoadRequest{UploadLeads: leads}) {
		if err != nil {
			t.Fatal(err)
		}
	}
	found := make(map[string]bool)
	for row, err := range client.Leads.SearchAllByPhoneList(t.Context(), account, search) {
		if err != nil {
			t.Fatal(err)
		}
		found[wire.Value(row.ExternID)] = true
	}
	if n := fake.Counts().Arrivals["searchLeadsByPhoneList"]; len(found) != 600 || n != 3 {
		t.Errorf("found %d leads with %d requests, want 600 with 3: the last page is empty", len(found), n)
	}
}

// TestLeadActionResultErr checks which actions failed.
func TestLeadActionResultErr(t *testing.T) {
	tests := []struct {
		result gen.LeadActionResult
		want   string
	}{
		{gen.LeadActionResult{}, ""},
		{gen.LeadActionResult{Success: new(true), ErrorMessage: new("")}, ""},
		{gen.LeadActionResult{Success: new(false), LeadActionType: new("PAUSE_LEADS")}, `ringcx: lead action "PAUSE_LEADS" failed: no message`},
		{gen.LeadActionResult{ErrorMessage: new("no campaign")}, `ringcx: lead action "" failed: no campaign`},
	}
	for _, tt := range tests {
		got := ""
		if err := tt.result.Err(); err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("%+v: %q, want %q", tt.result, got, tt.want)
		}
	}
}

// TestLoadIsNotRepeated checks that a load is sent once if the response is lost or is a 503 with
// Retry-After, because it may have been processed, and again after a 429.
func TestLoadIsNotRepeated(t *testing.T) {
	tests := []struct {
		name  string
		fault ringcxtest.Fault
		// unavailable replaces the response to a load by a 503 with Retry-After.
		unavailable bool
		want        int // requests
		ok          bool
	}{
		{name: "lost response", fault: ringcxtest.DropAnswer, want: 1},
		{name: "503", unavailable: true, want: 1},
		{name: "500", fault: ringcxtest.Status(500, "{}"), want: 1},
		{name: "429", fault: ringcxtest.RateLimit(1), want: 2, ok: true},
		{name: "401", fault: ringcxtest.Expired, want: 2, ok: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fake, client := newClient(t, func(req *http.Request, resp *http.Response) *http.Response {
				if tt.unavailable && strings.HasSuffix(req.URL.Path, "/leadLoader/direct") {
					resp.StatusCode = http.StatusServiceUnavailable
					resp.Header.Set("Retry-After", "1")
				}
				return resp
			})
			if !tt.unavailable {
				fake.Fault("loadLeads", tt.fault, 1)
			}
			for _, err := range client.Leads.LoadBatches(t.Context(), account, campaign, gen.LeadLoadRequest{UploadLeads: makeLeads(1)}) {
				if (err == nil) != tt.ok {
					t.Errorf("error %v, want success: %t", err, tt.ok)
				}
			}
			if n := fake.Counts().Arrivals["loadLeads"]; n != tt.want {
				t.Errorf("%d requests, want %d", n, tt.want)
			}
		})
	}
}

// TestRepeatedPUT checks that a PUT that does or creates something is sent once if the response is
// a 503 with Retry-After, because it may have been processed, and that one that replaces a thing is
// sent again.
func TestRepeatedPUT(t *testing.T) {
	action := gen.LeadActionRequest{
		CampaignLeadSearchCriteria: &gen.LeadSearch{CampaignIds: []int64{campaign}},
		LeadActionParams:           &gen.LeadActionParams{ParamMap: map[string]any{"EMAIL_TO": "kim@example.com"}},
	}
	skill := gen.QueueSkill{SkillName: new("Spanish")}
	tests := []struct {
		endpoint ringcxtest.Endpoint
		want     int // requests
		call     func(*ringcx.Client) error
	}{
		{"performLeadAction", 1, func(client *ringcx.Client) error {
			params := gen.PerformLeadActionParams{LeadAction: gen.LeadActionEmailLeads}
			_, err := client.Leads.PerformAction(t.Context(), account, params, action)
			return err
		}},
		{"saveQueueSkills", 1, func(client *ringcx.Client) error {
			_, err := client.QueueSkills.SaveList(t.Context(), account, 1, []gen.QueueSkill{skill})
			return err
		}},
		{"updateQueueSkill", 2, func(client *ringcx.Client) error {
			_, err := client.QueueSkills.Update(t.Context(), account, 1, 2, skill)
			return err
		}},
	}
	for _, tt := range tests {
		t.Run(string(tt.endpoint), func(t *testing.T) {
			isFirst := true
			fake, client := newClient(t, func(req *http.Request, resp *http.Response) *http.Response {
				if req.Method == http.MethodPut && isFirst {
					isFirst = false
					resp.StatusCode = http.StatusServiceUnavailable
					resp.Header.Set("Retry-After", "1")
				}
				return resp
			})
			if err := tt.call(client); err == nil {
				t.Error("no error, want the status 503, or 404 of the repetition")
			}
			if n := fake.Counts().Arrivals[tt.endpoint]; n != tt.want {
				t.Errorf("%d requests, want %d", n, tt.want)
			}
		})
	}
}

// TestRejectedRowsOfSeveralLeads checks that no wrong lead is named, and none twice.
func TestRejectedRowsOfSeveralLeads(t *testing.T) {
	lead := func(id, phone, zip string) gen.Lead {
		return gen.Lead{ExternID: &id, LeadPhone: &phone, Zip: &zip}
	}
	tests := []struct {
		name  string
		leads []gen.Lead
		rows  [][]string
		want  []int
	}{
		{"the zip is the id of another lead", []gen.Lead{lead("2", "2125550100", "9"), lead("7", "2125550101", "2")}, [][]string{{"2", "Ann", "7"}}, []int{-1}},
		{"the phone decides", []gen.Lead{lead("2", "2125550100", "9"), lead("7", "2125550101", "2")}, [][]string{{"2", "2125550101", "7"}}, []int{1}},
		{"the other lead is used", []gen.Lead{lead("2", "2125550100", "9"), lead("7", "2125550101", "2")}, [][]string{{"2", "2125550100"}, {"2", "7"}}, []int{0, 1}},
		{"equal leads", []gen.Lead{lead("7", "12", "9"), lead("7", "12", "9")}, [][]string{{"7", "12"}, {"7", "12"}}, []int{-1, -1}},
		{"one row for a lead, twice", []gen.Lead{lead("7", "12", "9")}, [][]string{{"7", "12"}, {"7", "12"}}, []int{0, -1}},
	}
	for _, tt := range tests {
		result := gen.LeadLoadResult{LeadsAccepted: new(int64(1))} // another lead of the batch
		for _, row := range tt.rows {
			result.RejectedRows = append(result.RejectedRows, gen.RejectedRow{RowData: row})
		}
		fake, client := newClient(t, nil)
		fake.Respond("loadLeads", http.StatusOK, result)
		for batch, err := range client.Leads.LoadBatches(t.Context(), account, campaign, gen.LeadLoadRequest{UploadLeads: tt.leads}) {
			var got []int
			for _, r := range batch.Rejected {
				got = append(got, r.Index)
			}
			if err != nil || !slices.Equal(got, tt.want) {
				t.Errorf("%s: indexes %v, error %v, want %v", tt.name, got, err, tt.want)
			}
		}
	}
}
