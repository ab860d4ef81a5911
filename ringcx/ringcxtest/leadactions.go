package ringcxtest

import (
	"encoding/json"
	"maps"
	"net/http"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest/internal/engine"
	"github.com/ringcx-go/ringcx-go/wire"
)

// performLeadAction changes the leads that match a search. A failure has the status 200, too
// (inferred).
func performLeadAction(c *call) {
	c.editOutbound(func(l *outbound) *engine.Response {
		request := decodeAs[gen.LeadActionRequest](l.Object())
		search := wire.Value(request.CampaignLeadSearchCriteria)
		if string(marshal(search)) == "{}" {
			c.violation("performLeadAction: the request has no search criteria, so that it changes all leads of the account")
		}
		name := c.r.URL.Query().Get("leadAction")
		a := leadAction{outbound: l, name: gen.LeadAction(name), params: make(map[string]string)}
		criteria, _ := l.Object()["leadActionParams"].(map[string]any)
		params, _ := criteria["paramMap"].(map[string]any)
		for key, v := range params {
			a.params[key] = text(v)
		}
		result := a.run(l.search(search))
		result.LeadActionType = &name
		result.Success = new(result.ErrorMessage == nil)
		return engine.JSON(http.StatusOK, result)
	})
}

// leadAction is an action on leads.
type leadAction struct {
	*outbound
	name   gen.LeadAction
	params map[string]string
}

// run performs the action on some leads.
func (a *leadAction) run(leads []map[string]any) gen.LeadActionResult {
	result := gen.LeadActionResult{LeadUpdateCount: new(int64), LeadDeleteCount: new(int64), RedialDeleteCount: new(int64)}
	if problem := a.invalidParam(); problem != "" {
		result.ErrorMessage = &problem
		return result
	}
	n := int64(len(leads))
	switch a.name {
	case gen.LeadActionDeleteLeads:
		a.change(leads, func(map[string]any) map[string]any { return nil })
		result.LeadDeleteCount = &n
	case gen.LeadActionMoveToCampaign:
		moved, problem := a.move(leads)
		if problem != "" {
			result.ErrorMessage = &problem
			return result
		}
		result.LeadUpdateCount = &moved
	case gen.LeadActionEmailLeads:
	case gen.LeadActionDialerRefresh:
		result.DialerRefreshed = new(true)
	default:
		change := a.changes()
		if change == nil {
			result.ErrorMessage = new("The action is not known")
			return result
		}
		a.change(leads, change)
		result.LeadUpdateCount = &n
	}
	return result
}

// invalidParam returns which parameter is missing or not valid, or "".
func (a *leadAction) invalidParam() string {
	name := requiredParam[a.name]
	value := a.params[name]
	switch {
	case name != "" && value == "":
		return "The parameter " + name + " is missing"
	case name == "RESERVATION_AGENT_ID" && engine.IDValue(value) == value:
		return "The parameter " + name + " is not a number"
	}
	return ""
}

// requiredParam is the parameter without which an action fails. (Inferred.)
var requiredParam = map[gen.LeadAction]string{
	gen.LeadActionMoveToCampaign:   "CAMPAIGN_ID",
	gen.LeadActionEmailLeads:       "EMAIL_TO",
	gen.LeadActionAgentReservation: "RESERVATION_AGENT_ID",
	gen.LeadActionCallbackLeads:    "CALLBACK_DATE",
}

// change replaces some leads by what f returns, and removes those for which that is nil.
func (a *leadAction) change(leads []map[string]any, f func(lead map[string]any) map[string]any) {
	chosen := make(map[string]bool)
	for _, lead := range leads {
		chosen[text(lead["leadId"])] = true
	}
	a.Change(a.leads(), func(lead map[string]any) (map[string]any, bool) {
		if !chosen[text(lead["leadId"])] {
			return nil, false
		}
		return f(lead), true
	})
}

// changes returns how the action changes a lead, or nil if the action is not known.
//
// Source: RingCX developer guide, chapter on lead actions; the states of callbacks and manual
// passes are inferred.
func (a *leadAction) changes() func(lead map[string]any) map[string]any {
	set := func(fields map[string]any) func(map[string]any) map[string]any {
		if fields["leadState"] != nil {
			fields["stateDts"] = timeText(a.now)
		}
		return func(lead map[string]any) map[string]any {
			maps.Copy(lead, fields)
			return lead
		}
	}
	switch a.name {
	case gen.LeadActionResetLeads:
		return set(map[string]any{"leadState": string(gen.LeadStateReady), "leadPasses": number(0), "nextDialTime": timeText(a.now)})
	case gen.LeadActionReadyLeads:
		return set(map[string]any{"leadState": string(gen.LeadStateReady)})
	case gen.LeadActionCancelLeads:
		return set(map[string]any{"leadState": string(gen.LeadStateCancelled)})
	case gen.LeadActionPauseLeads:
		return set(map[string]any{"leadState": string(gen.LeadStatePaused)})
	case gen.LeadActionSuppressLeads:
		return set(map[string]any{"suppressed": true})
	case gen.LeadActionUnsuppressLeads:
		return set(map[string]any{"suppressed": false})
	case gen.LeadActionCallbackLeads:
		return set(map[string]any{"leadState": string(gen.LeadStateCallback), "nextDialTime": a.params["CALLBACK_DATE"]})
	case gen.LeadActionAgentReservation:
		return set(map[string]any{
			"leadState": string(gen.LeadStateAgentCallback), pendingField: engine.IDValue(a.params["RESERVATION_AGENT_ID"]),
		})
	case gen.LeadActionManualLeads:
		return a.manualPass
	}
	return nil
}

// manualPass adds a pass to a lead.
func (a *leadAction) manualPass(lead map[string]any) map[string]any {
	passes, _ := json.Number(text(lead["leadPasses"])).Int64()
	lead["leadPasses"], lead["lastPassDts"] = number(int(passes)+1), timeText(a.now)
	lead["lastPassDisposition"] = string(gen.SystemDispositionManualPass)
	lead["leadState"], lead["stateDts"] = string(gen.LeadStateComplete), timeText(a.now)
	switch {
	case a.params["DO_NOT_CALL"] == "true":
		lead["leadState"] = string(gen.LeadStateDoNotCall)
	case a.params["REQUEUE"] == "true":
		lead["leadState"] = string(gen.LeadStateReady)
	}
	return lead
}

// move moves or copies leads into another campaign. It returns their number, or why it failed.
// It ignores DUPLICATE_ACTION_SETTING. That TRANSITION is the state of the original, not of
// the copy, is inferred.
func (a *leadAction) move(leads []map[string]any) (n int64, problem string) {
	target := a.campaigns()[a.params["CAMPAIGN_ID"]]
	if target == nil {
		return 0, "The campaign does not exist"
	}
	list, problem := a.targetList(target, len(leads))
	if problem != "" {
		return 0, problem
	}
	into := func(lead map[string]any) map[string]any {
		delete(lead, "campaign")
		lead["campaignId"], lead["listId"] = engine.IDValue(target[0].id), list
		return lead
	}
	copies := a.params["CREATE_COPY_SETTING"]
	if copies != "true" && copies != "TRANSITION" {
		a.change(leads, into)
		return int64(len(leads)), ""
	}
	for _, lead := range leads {
		lead = into(maps.Clone(lead))
		lead["leadId"] = a.NewID(a.leads())
		a.Append(a.leads(), lead)
	}
	if copies == "TRANSITION" {
		a.change(leads, func(lead map[string]any) map[string]any {
			lead["leadState"], lead["stateDts"] = string(gen.LeadStateTransitioned), timeText(a.now)
			return lead
		})
	}
	return int64(len(leads)), ""
}

// targetList returns the id of the list of LIST_ID, or of a new one if that is 0 or missing.
func (a *leadAction) targetList(target []campaign, n int) (id any, problem string) {
	if wanted := a.params["LIST_ID"]; wanted != "" && wanted != "0" {
		for _, list := range a.List(target[0].lists) {
			if text(list["listId"]) == wanted {
				return list["listId"], ""
			}
		}
		return nil, "The list does not exist"
	}
	id = a.NewID(target[0].lists)
	list := map[string]any{
		"listId": id, "listState": string(gen.LeadListStateActive), "uploadDate": timeText(a.now),
		"leadsSupplied": n, "leadsAccepted": n,
	}
	if name := a.params["LIST_NAME"]; name != "" {
		list["listDesc"] = name
	}
	for _, c := range target {
		a.Append(c.lists, list)
	}
	return id, ""
}
