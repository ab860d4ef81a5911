package wire_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/wire"
)

// lead has the fields of a row that these tests need.
type lead struct {
	LeadID    int64   `json:"leadId,omitempty"`
	LeadPhone *string `json:"leadPhone,omitempty"`
	Nested    *lead   `json:"campaignLead,omitempty"`
}

type leadPage = wire.LeadPage[lead]

func TestLeadPageReads(t *testing.T) {
	one, phone, total := []lead{{LeadID: 1}}, "4155550100", int64(9)
	nested := lead{LeadID: 1, LeadPhone: &phone}
	testReads(t, leadPage{Leads: []lead{{LeadID: 8}, {LeadID: 9}}, TotalCount: &total}, []read[leadPage]{
		{"array", `[{"leadId":1},{"leadId":2}]`, leadPage{Leads: []lead{{LeadID: 1}, {LeadID: 2}}}},
		{"empty array", `[]`, leadPage{Leads: []lead{}}},
		{"object with an empty array", `{"leads":[]}`, leadPage{Leads: []lead{}}},
		{"object with leads", `{"leads":[{"leadId":1}],"totalCount":9}`, leadPage{Leads: one, TotalCount: &total}},
		{"object with data", `{"data":[{"leadId":1}],"totalCount":9}`, leadPage{Leads: one, TotalCount: &total}},
		{"object without total", `{"leads":[{"leadId":1}]}`, leadPage{Leads: one}},
		{"object, one array is null", `{"leads":null,"data":[{"leadId":1}],"totalCount":null}`, leadPage{Leads: one}},
		{"object, unknown fields", `{"page":[0],"leads":[{"leadId":1,"x":{}}]}`, leadPage{Leads: one}},
		{"object with both arrays", `{"data":[{"leadId":2}],"leads":[{"leadId":1}]}`, leadPage{Leads: one}},
		{"object with both arrays, one is empty", `{"data":[{"leadId":2}],"leads":[]}`, leadPage{Leads: []lead{}}},
		{"object with a total only", `{"totalCount":9}`, leadPage{TotalCount: &total}},
		{"integer", `9`, leadPage{TotalCount: &total}},
		{"null", `null`, leadPage{}},
		{
			"nested lead", `[{"campaignLead":{"leadId":1,"leadPhone":"4155550100"}}]`,
			leadPage{Leads: []lead{{LeadID: 1, LeadPhone: &phone, Nested: &nested}}},
		},
		{
			"nested lead fills what is null or missing", `[{"leadId":2,"leadPhone":null,"campaignLead":{"leadId":1,"leadPhone":"4155550100"}}]`,
			leadPage{Leads: []lead{{LeadID: 2, LeadPhone: &phone, Nested: &nested}}},
		},
		{"nested lead is null", `[{"leadId":1,"campaignLead":null}]`, leadPage{Leads: one}},
	})
}

func TestLeadPageRejects(t *testing.T) {
	testRejects(t, leadPage{Leads: []lead{{LeadID: 8}}}, `"x"`, `true`, `1.5`, `1e3`, `9223372036854775808`,
		`{"leads":{}}`, `{"data":1}`, `{"totalCount":"9"}`, `[1]`, `[{"leadId":1},{"leadId":"2"}]`,
		`{}`, `{"error":"oops"}`, `{"leads":null}`, `{"leads":null,"totalCount":null}`, `[null]`, `{"leads":[null]}`, `{"data":[{},null]}`,
		`{"data":[{"leadPhone":7}]}`, `[{"campaignLead":{"leadId":"1"}}]`, `[{"campaignLead":[]}]`)
}

func TestLeadPageErrorNamesRowAndField(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"array", `[{"leadId":1},{"leadId":2},{"leadId":"3"}]`, "2.leadId"},
		{"object", `{"leads":[{"leadId":1},{"leadPhone":true}]}`, "1.leadPhone"},
		{"nested lead", `[{"campaignLead":{"leadId":"1"}}]`, "0.campaignLead.leadId"},
		{"row is no object", `[{},7]`, "1"},
		{"row is null", `{"leads":[{},null]}`, "1"},
		{"no list", `{"error":"oops"}`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := json.Unmarshal([]byte(tt.in), &leadPage{})
			var mismatch *json.UnmarshalTypeError
			if !errors.As(err, &mismatch) {
				t.Fatalf("error is %T (%v), want %T", err, err, mismatch)
			}
			if mismatch.Field != tt.want {
				t.Errorf("field of the error is %q, want %q", mismatch.Field, tt.want)
			}
		})
	}
}

func TestLeadPageWritesObject(t *testing.T) {
	total := int64(9)
	got, err := json.Marshal([]leadPage{{}, {Leads: []lead{}}, {Leads: []lead{{LeadID: 1}}, TotalCount: &total}, {TotalCount: &total}})
	if err != nil {
		t.Fatal(err)
	}
	want := `[null,{"leads":[]},{"leads":[{"leadId":1}],"totalCount":9},{"totalCount":9}]`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("Marshal (-want +got):\n%s", diff)
	}
}

// TestLeadPageOfOtherTypes checks that rows that are not structs are not filled.
func TestLeadPageOfOtherTypes(t *testing.T) {
	var got wire.LeadPage[map[string]any]
	if err := json.Unmarshal([]byte(`[{"leadId":1}]`), &got); err != nil {
		t.Fatal(err)
	}
	want := []map[string]any{{"leadId": 1.0}}
	if diff := cmp.Diff(want, got.Leads); diff != "" {
		t.Errorf("leads (-want +got):\n%s", diff)
	}
}

func FuzzLeadPage(f *testing.F) {
	fuzzReads[leadPage](f, `[{"leadId":1}]`, `{"leads":[{"leadId":1}],"totalCount":9}`, `{"data":[{}]}`, `7`,
		`[{"campaignLead":{"leadId":1,"leadPhone":"4"}}]`, `[{"campaignLead":{"campaignLead":{"leadId":1}}}]`, `[null,7]`, `{"leads":[],"data":[null]}`, `{"totalCount":7}`)
}
