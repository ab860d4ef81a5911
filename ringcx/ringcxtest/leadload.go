package ringcxtest

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest/internal/engine"
)

// loadLeads loads the leads of the request into a campaign.
func loadLeads(c *call) {
	c.editOutbound(func(l *outbound) *engine.Response {
		campaigns := l.campaigns()[l.Path("campaignId")]
		if campaigns == nil {
			return engine.NotFound("campaignId")
		}
		load := leadLoad{outbound: l, campaigns: campaigns, request: l.Object()}
		leads, _ := load.request["uploadLeads"].([]any)
		for _, v := range leads {
			lead, _ := v.(map[string]any) // the engine has checked it
			load.rows = append(load.rows, leadRow{lead: lead, values: rowData(lead)})
		}
		return engine.JSON(http.StatusOK, load.run())
	})
}

// rowData returns the values of a lead in a rejected row. Their order is inferred.
func rowData(lead map[string]any) []string {
	var values []string
	for _, name := range []string{"externId", "leadPhone", "leadPhoneE164", "firstName", "lastName"} {
		if v, ok := lead[name]; ok {
			values = append(values, text(v))
		}
	}
	return values
}

// leadRow is a lead to load.
type leadRow struct {
	lead   map[string]any
	values []string // for the response, if it is rejected
}

// leadLoad is a load of leads.
type leadLoad struct {
	*outbound
	campaigns []campaign     // into which to load; all have the same id
	request   map[string]any // with the fields of LeadLoadRequest
	rows      []leadRow
}

// run loads the rows and returns the result.
func (l *leadLoad) run() *gen.LeadLoadResult {
	state := gen.LeadListState(text(l.request["listState"]))
	if state == "" {
		state = gen.LeadListStateActive // inferred
	}
	option := gen.TimeZoneOption(text(l.request["timeZoneOption"]))
	result := &gen.LeadLoadResult{ListState: &state, TimeZoneOption: &option, RejectedRows: []gen.RejectedRow{}}
	if option == "" {
		result.TimeZoneOption = nil
	}
	status := l.behavior.LeadLoadFailure
	if status == "" && len(l.rows) == 0 {
		status = gen.LeadProcessingStatusGeneralFailure
	}
	if status != "" {
		setCounts(result, 0, 0, 0)
		return withStatus(result, status, "Nothing was loaded")
	}
	return l.insert(result)
}

// withStatus returns result with a status and a text.
func withStatus(result *gen.LeadLoadResult, status gen.LeadProcessingStatus, message string) *gen.LeadLoadResult {
	result.ProcessingStatus, result.ProcessingResult = &status, &message
	return result
}

// setCounts sets how many leads of a load there were, were valid, and were added.
func setCounts(result *gen.LeadLoadResult, supplied, accepted, inserted int) {
	for field, n := range map[**int64]int{
		&result.LeadsSupplied: supplied, &result.LeadsAccepted: accepted, &result.LeadsInserted: inserted,
		&result.LeadsConverted: 0, &result.FailedAgentAssignment: 0,
	} {
		*field = new(int64(n))
	}
}

// insert loads the valid rows as a new list, and completes result.
func (l *leadLoad) insert(result *gen.LeadLoadResult) *gen.LeadLoadResult {
	var valid []map[string]any
	for _, row := range l.rows {
		if problem := l.problem(row.lead); problem != "" {
			result.RejectedRows = append(result.RejectedRows, gen.RejectedRow{Message: &problem, RowData: row.values})
			continue
		}
		valid = append(valid, row.lead)
	}
	added := l.withoutDuplicates(valid)
	blocked := l.place(added)
	setCounts(result, len(l.rows), len(valid), len(added))
	result.DNCReturnedCount = new(int64(blocked))
	if len(valid) == 0 {
		return withStatus(result, gen.LeadProcessingStatusNoLeadsPassedValidation, "No lead was loaded")
	}
	l.addList(result)
	return withStatus(result, gen.LeadProcessingStatusDefaultNotAFailure, fmt.Sprintf("%d leads were loaded", len(added)))
}

var (
	leadPhone = regexp.MustCompile(`^\+?[0-9]{10,15}(\|\+?[0-9]{10,15})*$`)
	e164      = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
)

// problem returns why a lead is rejected, or "". The texts, and what is a valid number, are
// inferred.
func (l *leadLoad) problem(lead map[string]any) string {
	phone, international := text(lead["leadPhone"]), text(lead["leadPhoneE164"])
	if name := emptyField(lead); name != "" && !l.behavior.EmptyStringsLoaded {
		return "The field " + name + " is empty"
	}
	switch {
	case text(lead["externId"]) == "":
		return "The field externId is missing"
	case international == "" && l.behavior.LeadsNeedE164:
		return "The field leadPhoneE164 is missing"
	case phone == "" && international == "":
		return "The phone number is missing"
	case phone != "" && !leadPhone.MatchString(phone), international != "" && !e164.MatchString(international):
		return "The phone number is not valid"
	}
	return l.personaProblem(lead)
}

// emptyField returns the first field of a lead that is an empty string, or "".
func emptyField(lead map[string]any) string {
	var empty []string
	for name, v := range lead {
		if v == "" {
			empty = append(empty, name)
		}
	}
	if len(empty) == 0 {
		return ""
	}
	return slices.Min(empty)
}

// personaProblem returns why the persona phones of a lead are not valid, or "". (Inferred.)
func (l *leadLoad) personaProblem(lead map[string]any) string {
	numbers, _ := lead["personaPhoneConfig"].(map[string]any)
	labels := make(map[string]bool)
	if len(numbers) > 0 {
		for _, p := range l.List(l.account + personaPhones) {
			labels[text(p["phoneLabel"])] = true
		}
	}
	for label, number := range numbers {
		switch {
		case !labels[label]:
			return "There is no persona phone " + label
		case !leadPhone.MatchString(text(number)):
			return "The phone number is not valid"
		}
	}
	return ""
}

// withoutDuplicates returns the leads that duplicateHandling does not remove. What RingCX does
// with those of which it keeps one is inferred: it keeps the first.
func (l *leadLoad) withoutDuplicates(leads []map[string]any) []map[string]any {
	mode := gen.DuplicateHandling(text(l.request["duplicateHandling"]))
	known := make(map[string]bool)
	switch mode {
	case gen.DuplicateHandlingRemoveFromList:
	case gen.DuplicateHandlingRemoveAllExisting:
		for _, lead := range l.List(l.leads()) {
			if campaignOf(lead) == l.campaigns[0].id && text(lead[duplicatesField]) == string(mode) {
				known[duplicateKey(lead)] = true
			}
		}
	default:
		return leads
	}
	return slices.DeleteFunc(leads, func(lead map[string]any) bool {
		key := duplicateKey(lead)
		isKnown := known[key]
		known[key] = true
		return isKnown
	})
}

// duplicateKey returns what two leads that are duplicates have in common.
func duplicateKey(lead map[string]any) string {
	for _, name := range []string{"dupeKeyOverride", "leadPhoneE164"} {
		if key := text(lead[name]); key != "" {
			return strings.TrimPrefix(key, "+1")
		}
	}
	return text(lead["leadPhone"])
}

// listID returns the id of the list that the load makes.
func (l *leadLoad) listID() any {
	if l.request["listId"] == nil {
		l.request["listId"] = l.NewID(l.campaigns[0].lists)
	}
	return l.request["listId"]
}

// place adds leads to the campaign, and returns how many of them are on a do-not-call list of
// dncTags. These get the state DO-NOT-CALL (inferred).
func (l *leadLoad) place(leads []map[string]any) (blocked int) {
	doNotCall := l.doNotCall()
	for _, lead := range leads {
		lead["leadId"] = l.NewID(l.leads())
		lead["campaignId"], lead["listId"] = engine.IDValue(l.campaigns[0].id), l.listID()
		lead["leadState"], lead["leadPasses"] = string(gen.LeadStateReady), number(0)
		lead["loadedDts"], lead["suppressed"] = timeText(l.now), false
		lead[duplicatesField] = l.request["duplicateHandling"]
		if doNotCall[duplicateKey(lead)] {
			lead["leadState"] = string(gen.LeadStateDoNotCall)
			blocked++
		}
	}
	l.Append(l.leads(), leads...)
	return blocked
}

// doNotCall returns the phone numbers on the do-not-call lists of dncTags.
func (l *leadLoad) doNotCall() map[string]bool {
	tags, _ := l.request["dncTags"].([]any)
	blocked := make(map[string]bool)
	for _, entry := range l.List(l.account + dncLists) {
		if slices.Contains(tags, entry["tag"]) {
			blocked[strings.TrimPrefix(text(entry["phone"]), "+1")] = true
		}
	}
	return blocked
}

// addList adds the list of the load to its campaign.
func (l *leadLoad) addList(result *gen.LeadLoadResult) {
	list := map[string]any{
		"listId": l.listID(), "listState": string(*result.ListState), "uploadDate": timeText(l.now),
		"leadsSupplied": *result.LeadsSupplied, "leadsAccepted": *result.LeadsAccepted,
		"leadsConverted": 0, "leadsDoNotCall": *result.DNCReturnedCount, "leadsWhitelist": 0,
	}
	if description := text(l.request["description"]); description != "" {
		list["listDesc"] = description
	}
	if l.request["transactionId"] != nil {
		list[loadingField] = true
	}
	for _, c := range l.campaigns {
		l.Append(c.lists, list)
	}
}

// loadingField marks a list that was loaded from a file: it is LOADING until LeadDelay has
// passed.
const loadingField = "loading"

// listLeadLists lists the lead lists of a campaign.
func listLeadLists(c *call) {
	c.editOutbound(func(l *outbound) *engine.Response {
		all := []map[string]any{}
		path := l.account + "/dialGroups/" + escape(l.Path("dialGroupId")) + "/campaigns/" + escape(l.Path("campaignId")) + "/lists"
		for _, list := range l.List(path) {
			isLoading := list[loadingField] != nil && l.now.Sub(timeOf(list["uploadDate"])) < l.behavior.leadDelay()
			list = l.Only("LeadList", list)
			if isLoading {
				list["listState"] = string(gen.LeadListStateLoading)
				delete(list, "leadsSupplied")
				delete(list, "leadsAccepted")
			}
			all = append(all, list)
		}
		return engine.JSON(http.StatusOK, all)
	})
}
