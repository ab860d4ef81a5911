package ringcxtest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest/internal/engine"
	"github.com/ringcx-go/ringcx-go/wire"
)

// searchLeads searches for leads.
func searchLeads(c *call) {
	c.editOutbound(func(l *outbound) *engine.Response {
		found := l.search(decodeAs[gen.LeadSearch](l.Object()))
		if c.isTrue("count") {
			return l.respondCount(len(found))
		}
		return l.respondPage(found)
	})
}

// searchLeadsByPhoneList searches for the leads with one of some phone numbers.
func searchLeadsByPhoneList(c *call) {
	c.editOutbound(func(l *outbound) *engine.Response {
		search := decodeAs[gen.LeadPhoneSearch](l.Object())
		numbers := append(search.PhoneList, c.uploadedLines()...)
		if len(numbers) == 0 {
			return l.respondPage(nil)
		}
		return l.respondPage(l.search(gen.LeadSearch{LeadPhoneNumbers: numbers, CampaignIds: search.CampaignIds}))
	})
}

// decodeAs decodes an object that the engine has checked.
func decodeAs[T any](object map[string]any) (v T) {
	_ = json.Unmarshal(marshal(object), &v)
	return v
}

// search returns the leads that a search finds. Leads of a campaign that does not exist are not
// found (inferred).
func (l *outbound) search(s gen.LeadSearch) []map[string]any {
	campaigns := l.campaigns()
	var found []map[string]any
	for _, lead := range l.List(l.leads()) {
		if campaigns[campaignOf(lead)] != nil && l.isFound(lead) && matchesLead(lead, &s) {
			found = append(found, lead)
		}
	}
	return found
}

// matchesLead reports whether a lead has all values of a search. (Inferred.)
func matchesLead(lead map[string]any, s *gen.LeadSearch) bool {
	isOrphan := lead["listId"] == nil
	return hasTexts(lead, s) && hasValues(lead, s) && hasPhone(lead, s) && isSuppressedAs(lead, s) &&
		matchesTimes(lead, s) && (isOrphan || !wire.Value(s.OrphanedLeadsOnly))
}

// hasTexts reports whether a lead has the texts of a search. They are compared without regard to
// case (inferred).
func hasTexts(lead map[string]any, s *gen.LeadSearch) bool {
	for field, want := range leadTexts(s) {
		if want := wire.Value(want); want != "" && !strings.EqualFold(text(lead[field]), want) {
			return false
		}
	}
	return true
}

// hasValues reports whether a lead has one of the values of each list of a search.
func hasValues(lead map[string]any, s *gen.LeadSearch) bool {
	for field, wanted := range leadLists(s) {
		got := text(lead[field])
		if field == "campaignId" {
			got = campaignOf(lead)
		}
		if len(wanted) > 0 && !slices.Contains(wanted, got) {
			return false
		}
	}
	return true
}

// leadTexts returns the texts of a search by the field of the lead.
func leadTexts(s *gen.LeadSearch) map[string]*string {
	return map[string]*string{
		"address1": s.Address1, "address2": s.Address2, "auxData1": s.AuxData1, "auxData2": s.AuxData2,
		"auxData3": s.AuxData3, "auxData4": s.AuxData4, "auxData5": s.AuxData5, "callerId": s.CallerID,
		"city": s.City, "email": s.EmailAddress, "firstName": s.FirstName, "lastName": s.LastName, "zip": s.Zip,
	}
}

// leadLists returns the values of a search of which a lead must have one, by its field.
func leadLists(s *gen.LeadSearch) map[string][]string {
	var zones []string
	for _, z := range s.LeadTimezones {
		zones = append(zones, wire.Value(z.Name))
	}
	return map[string][]string{
		"campaignId": idTexts(s.CampaignIds, s.CampaignID), "leadId": idTexts(s.LeadIds, nil),
		"listId": idTexts(s.ListIds, nil), pendingField: idTexts(nil, s.PendingAgentID), "agentId": idTexts(nil, s.AgentID),
		"externId": s.ExternIds, "state": s.PhysicalStates, "leadTimezone": zones, "agentDispostion": s.AgentDispositions,
		"leadState": enumTexts(s.LeadStates), "lastPassDisposition": enumTexts(s.SystemDispositions),
	}
}

// idTexts returns ids as texts.
func idTexts(ids []int64, one *int64) []string {
	if one != nil {
		ids = append(slices.Clone(ids), *one)
	}
	var all []string
	for _, id := range ids {
		all = append(all, number(int(id)).String())
	}
	return all
}

func enumTexts[T ~string](values []T) []string {
	var all []string
	for _, v := range values {
		all = append(all, string(v))
	}
	return all
}

// hasPhone reports whether a lead has one of the phone numbers of a search, if there are any.
func hasPhone(lead map[string]any, s *gen.LeadSearch) bool {
	wanted := s.LeadPhoneNumbers
	if n := wire.Value(s.LeadPhoneNum); n != "" {
		wanted = append(slices.Clone(wanted), n)
	}
	numbers := append(strings.Split(text(lead["leadPhone"]), "|"), text(lead["leadPhoneE164"]))
	return len(wanted) == 0 || slices.ContainsFunc(numbers, func(n string) bool { return n != "" && slices.Contains(wanted, n) })
}

// isSuppressedAs reports whether a lead is suppressed or not, as a search wants. By default both
// are found (inferred).
func isSuppressedAs(lead map[string]any, s *gen.LeadSearch) bool {
	switch wire.Value(s.Suppressed) {
	case gen.LeadSuppressionOnlySuppressed:
		return lead["suppressed"] == true
	case gen.LeadSuppressionOnlyUnsuppressed:
		return lead["suppressed"] != true
	}
	return true
}

// matchesTimes reports whether the times and the passes of a lead are those of a search.
func matchesTimes(lead map[string]any, s *gen.LeadSearch) bool {
	loaded := timeOf(lead["loadedDts"])
	if t := wire.Value(s.LoadedDtsStart); !t.IsZero() && loaded.Before(t.Time) {
		return false
	}
	if t := wire.Value(s.LoadedDtsEnd); !t.IsZero() && loaded.After(t.Time) {
		return false
	}
	return matchesTime(lead["lastPassDts"], s.LastPassTimeCriteria) && matchesTime(lead["nextDialTime"], s.NextDialTimeCriteria) &&
		matchesPasses(lead["leadPasses"], s.LeadPassesCriteria)
}

// matchesTime reports whether a time of a lead is as a search wants. A lead without the time is
// not found.
func matchesTime(v any, c *gen.TimeComparison) bool {
	if c == nil {
		return true
	}
	t := timeOf(v)
	return !t.IsZero() && compares(t.Compare(wire.Value(c.Value).Time), c.Operator)
}

// matchesPasses reports whether the passes of a lead are as a search wants.
func matchesPasses(v any, c *gen.Comparison) bool {
	if c == nil {
		return true
	}
	passes, _ := json.Number(text(v)).Float64()
	want, _ := c.Value.(float64)
	switch {
	case passes < want:
		return compares(-1, c.Operator)
	case passes > want:
		return compares(1, c.Operator)
	}
	return compares(0, c.Operator)
}

// compares reports whether the result of a comparison is as an operator wants.
func compares(result int, operator *gen.ComparisonOperator) bool {
	switch wire.Value(operator) {
	case gen.ComparisonOperatorLessThan:
		return result < 0
	case gen.ComparisonOperatorGreaterThan:
		return result > 0
	}
	return result == 0
}

// respondCount responds with a number of leads.
func (l *outbound) respondCount(n int) *engine.Response {
	if l.behavior.LeadSearchForm == LeadArray {
		return engine.JSON(http.StatusOK, n)
	}
	return engine.JSON(http.StatusOK, map[string]any{string(l.behavior.LeadSearchForm): []any{}, "totalCount": n})
}

// respondPage responds with the page of some leads that the request asks for.
func (l *outbound) respondPage(found []map[string]any) *engine.Response {
	start, end := l.Page(len(found))
	campaigns := l.campaigns()
	rows := []map[string]any{}
	for _, lead := range found[start:end] {
		rows = append(rows, l.row(lead, campaigns[campaignOf(lead)][0]))
	}
	if l.behavior.LeadSearchForm == LeadArray {
		return engine.JSON(http.StatusOK, rows)
	}
	return engine.JSON(http.StatusOK, map[string]any{string(l.behavior.LeadSearchForm): rows, "totalCount": len(found)})
}

// row returns the row of a lead in the response of a search.
func (l *outbound) row(lead map[string]any, c campaign) map[string]any {
	row := map[string]any{"campaignLead": l.lead(lead)}
	if !l.behavior.LeadRowsNested {
		row = l.Only("LeadSearchResult", lead)
	}
	row["campaignId"], row["campaignName"], row["dialGroupId"] = engine.IDValue(c.id), c.name, engine.IDValue(c.dialGroup)
	return row
}
