package ringcxtest_test

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
	"github.com/ringcx-go/ringcx-go/wire"
)

const leadsCSV = "Phone,Id,Name,Mobile,Contract\n2125550100,crm-1,Maria,2125550111,gold\n12,crm-2,Alan,,\n"

// preview uploads a file.
func preview(t *testing.T, client *ringcx.Client, fileType gen.LeadFileType, content string) gen.LeadFilePreview {
	t.Helper()
	p, err := client.LeadFiles.Preview(t.Context(), account, renewals, gen.PreviewLeadFileParams{FileType: fileType},
		gen.LeadFile{File: wire.File{Name: "leads.csv", Reader: strings.NewReader(content)}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestLeadFile checks that the leads of a file are loaded some time after the response, and that
// the list of the load says so.
func TestLeadFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, client := newOutbound(t)
		p := preview(t, client, gen.LeadFileTypeComma, leadsCSV)
		if len(p.PagePreviews) != 1 || len(p.PagePreviews[0].RowData) != 3 || p.PagePreviews[0].RowData[1][2] != "Maria" || len(p.MappingColumns) == 0 {
			t.Errorf("preview: %+v", p)
		}
		err := client.LeadFiles.Process(t.Context(), account, renewals, gen.LeadLoadRequest{
			TransactionID: &p.TransactionID, FileContainsHeaders: new(true),
			PageColumnMappings: map[gen.LeadColumn]int64{
				gen.LeadColumnLeadPhone: 1, gen.LeadColumnExternID: 2, gen.LeadColumnFirstName: 3,
			},
			AdditionalPhoneMappings:  map[string]int64{"2": 4},
			ExtendedLeadDataMappings: map[string]int64{"contract": 5},
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := find(t, client, gen.LeadSearch{}); got != nil {
			t.Errorf("found at once: %v, want none", got)
		}
		checkList(t, client, gen.LeadListStateLoading, 0)
		time.Sleep(2 * time.Second)
		checkList(t, client, gen.LeadListStateActive, 1)
		checkLeadOfFile(t, client)
	})
}

// checkLeadOfFile checks the only lead of leadsCSV that is valid.
func checkLeadOfFile(t *testing.T, client *ringcx.Client) {
	t.Helper()
	page, err := client.Leads.Search(t.Context(), account, gen.LeadSearch{FirstName: new("Maria")}, nil)
	if err != nil || len(page.Leads) != 1 || wire.Value(page.Leads[0].ExternID) != "crm-1" {
		t.Fatalf("search: %v, %v; want crm-1", externIDs(page), err)
	}
	id := gen.LeadID(wire.Value(page.Leads[0].LeadID))
	lead, err := client.Leads.Patch(t.Context(), account, id, gen.PatchLeadParams{CampaignID: renewals}, gen.Lead{})
	if err != nil || lead.PersonaPhoneConfig["Mobile"] != "2125550111" || lead.ExtendedLeadData["contract"] != "gold" {
		t.Errorf("lead: %v, %v, %v", lead.PersonaPhoneConfig, lead.ExtendedLeadData, err)
	}
}

// checkList checks the only list of the campaign.
func checkList(t *testing.T, client *ringcx.Client, state gen.LeadListState, accepted int64) {
	t.Helper()
	lists, err := client.Campaigns.ListLeadLists(t.Context(), account, dialGroup, renewals)
	if err != nil || len(lists) != 1 {
		t.Fatalf("lists: %v, %v; want one", lists, err)
	}
	if got := lists[0]; wire.Value(got.ListState) != state || wire.Value(got.LeadsAccepted) != accepted {
		t.Errorf("list: %v, %d accepted; want %v, %d", wire.Value(got.ListState), wire.Value(got.LeadsAccepted), state, accepted)
	}
}

// TestLeadFileSurprises checks the default of fileContainsHeaders, the formats, and that columns
// can begin with 0.
func TestLeadFileSurprises(t *testing.T) {
	tests := []struct {
		name     string
		behavior ringcxtest.Behavior
		fileType gen.LeadFileType
		content  string
		first    int64 // column
		headers  *bool
		want     []string
	}{
		{name: "headers are a lead", fileType: gen.LeadFileTypeComma, content: "1111111111,id\n2125550100,a\n", first: 1, want: []string{"id", "a"}},
		{name: "no headers", fileType: gen.LeadFileTypeComma, content: "1111111111,id\n2125550100,a\n", first: 1, headers: new(true), want: []string{"a"}},
		{name: "pipe", fileType: gen.LeadFileTypePipe, content: "2125550100|a\n2125550101|b\n", first: 1, want: []string{"a", "b"}},
		{name: "tab", fileType: gen.LeadFileTypeTab, content: "2125550100\ta\n", first: 1, want: []string{"a"}},
		{name: "columns from 1", fileType: gen.LeadFileTypeComma, content: "2125550100,a\n", first: 0},
		{
			name: "columns from 0", behavior: ringcxtest.Behavior{LeadColumnsFromZero: true},
			fileType: gen.LeadFileTypeComma, content: "2125550100,a\n", first: 0, want: []string{"a"},
		},
		{name: "more than 64 KiB", fileType: gen.LeadFileTypeComma, content: "2125550100,a," + strings.Repeat("x", 100<<10) + "\n2125550101,b\n", first: 1, want: []string{"a", "b"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fake, client := newOutbound(t)
			tt.behavior.LeadDelay = -1
			fake.SetBehavior(tt.behavior)
			p := preview(t, client, tt.fileType, tt.content)
			err := client.LeadFiles.Process(t.Context(), account, renewals, gen.LeadLoadRequest{
				TransactionID: &p.TransactionID, FileContainsHeaders: tt.headers,
				PageColumnMappings: map[gen.LeadColumn]int64{gen.LeadColumnLeadPhone: tt.first, gen.LeadColumnExternID: tt.first + 1},
			})
			if got := find(t, client, gen.LeadSearch{}); err != nil || !slices.Equal(got, tt.want) {
				t.Errorf("loaded %v, %v; want %v", got, err, tt.want)
			}
		})
	}
}

// TestLeadFileRejected checks what is wrong with a file, or with the request to load it.
func TestLeadFileRejected(t *testing.T) {
	fake, client := newOutbound(t)
	fake.Set(campaigns+"/9002", gen.Campaign{CampaignName: "Other"})
	ctx := t.Context()
	upload := func(fileType gen.LeadFileType, size int, campaign gen.CampaignID) error {
		_, err := client.LeadFiles.Preview(ctx, account, campaign, gen.PreviewLeadFileParams{FileType: fileType},
			gen.LeadFile{File: wire.File{Name: "leads", Reader: strings.NewReader(strings.Repeat("x", size))}})
		return err
	}
	id := preview(t, client, gen.LeadFileTypeComma, leadsCSV).TransactionID
	process := func(campaign gen.CampaignID, id string, columns map[gen.LeadColumn]int64) error {
		return client.LeadFiles.Process(ctx, account, campaign, gen.LeadLoadRequest{TransactionID: &id, PageColumnMappings: columns})
	}
	tests := []struct {
		name   string
		err    error
		status int
	}{
		{"Excel", upload(gen.LeadFileTypeExcel, 1, renewals), http.StatusBadRequest},
		{"too large", upload(gen.LeadFileTypeComma, 1<<20+1, renewals), http.StatusBadRequest},
		{"no campaign", upload(gen.LeadFileTypeComma, 1, 7), http.StatusNotFound},
		{"no such file", process(renewals, "x", map[gen.LeadColumn]int64{gen.LeadColumnLeadPhone: 1}), http.StatusNotFound},
		{"file of another campaign", process(9002, id, map[gen.LeadColumn]int64{gen.LeadColumnLeadPhone: 1}), http.StatusNotFound},
		{"no columns", process(renewals, id, nil), http.StatusBadRequest},
	}
	for _, tt := range tests {
		if e, ok := errors.AsType[*ringcx.Error](tt.err); !ok || e.StatusCode != tt.status {
			t.Errorf("%s: %v, want status %d", tt.name, tt.err, tt.status)
		}
	}
}

// TestLeadFileBreaksOff checks that the call fails if the file cannot be read to its end, and that
// the fake does not process it.
func TestLeadFileBreaksOff(t *testing.T) {
	gone := errors.New("the disk is gone")
	configs := map[string]func(*ringcxtest.Server) ringcx.Config{
		"memory": (*ringcxtest.Server).Config, "loopback": (*ringcxtest.Server).LoopbackConfig,
	}
	for name, config := range configs {
		t.Run(name, func(t *testing.T) {
			fake := ringcxtest.NewServer(t)
			client, err := ringcx.New(config(fake))
			if err != nil {
				t.Fatal(err)
			}
			file := io.MultiReader(strings.NewReader(leadsCSV), iotest.ErrReader(gone))
			_, err = client.LeadFiles.Preview(t.Context(), account, renewals, gen.PreviewLeadFileParams{FileType: gen.LeadFileTypeComma},
				gen.LeadFile{File: wire.File{Name: "leads.csv", Reader: file}})
			if !errors.Is(err, gone) {
				t.Errorf("Preview: %v, want %v", err, gone)
			}
			for _, entry := range fake.Log() {
				if entry.Endpoint == "previewLeadFile" && entry.Status != 0 {
					t.Errorf("the fake responded with status %d", entry.Status)
				}
			}
		})
	}
}

// TestSearchByPhoneFile checks that the numbers of a search can be in a file.
func TestSearchByPhoneFile(t *testing.T) {
	_, client, _ := withLeads(t)
	body, err := wire.Multipart(gen.LeadPhoneFile{File: new(wire.File{Name: "n.txt", Reader: strings.NewReader("2125550100\n2125550109\r\n")})})
	if err != nil {
		t.Fatal(err)
	}
	page, err := ringcx.Get(client.SearchLeadsByPhoneListWithBodyWithResponse(t.Context(), account, nil, body.ContentType(), body))
	if err != nil || !slices.Equal(externIDs(page), []string{"a", "b"}) {
		t.Errorf("search: %v, %v; want a and b", externIDs(page), err)
	}
}
