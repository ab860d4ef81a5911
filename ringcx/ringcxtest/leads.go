package ringcxtest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest/internal/engine"
	"github.com/ringcx-go/ringcx-go/wire"
)

// exampleCampaign is the campaign of a lead without one, such as the example of openapi.yaml
// with which a Server begins.
const exampleCampaign = "9001"

// Fields of a stored lead that no response has.
const (
	duplicatesField = "duplicateHandling" // of its load
	pendingField    = "pendingAgentId"    // the agent for whom the lead is reserved
)

// outbound is what an account dials, during a request: campaigns, leads, persona phones and
// do-not-call lists. A lead is an object with the fields of the schemas Lead and
// LeadSearchResult.
type outbound struct {
	*engine.Edit
	behavior Behavior
	now      time.Time
	account  string // its path
}

// editOutbound responds with what f returns. f holds the lock of package engine and may take the
// Server's mutex, so no code may call package engine while it holds that mutex.
func (c *call) editOutbound(f func(*outbound) *engine.Response) {
	b := c.server.currentBehavior()
	c.edit(func(e *engine.Edit) *engine.Response {
		account := accountsPath + "/" + escape(e.Path("accountId"))
		return f(&outbound{Edit: e, behavior: b, now: c.began, account: account})
	})
}

// leads is the path of the leads.
func (l *outbound) leads() string { return l.account + "/campaignLeads" }

// campaign is a campaign of an account.
type campaign struct {
	id, name  string
	dialGroup string // id
	lists     string // the path of its lead lists
}

// campaigns returns the campaigns of the account by id. One whose id several dial groups have,
// as in the examples of openapi.yaml, has several elements.
func (l *outbound) campaigns() map[string][]campaign {
	all := make(map[string][]campaign)
	for _, group := range l.List(l.account + "/dialGroups") {
		id := text(group["dialGroupId"])
		path := l.account + "/dialGroups/" + escape(id) + "/campaigns"
		for _, c := range l.List(path) {
			found := campaign{id: text(c["campaignId"]), name: text(c["campaignName"]), dialGroup: id}
			found.lists = path + "/" + escape(found.id) + "/lists"
			all[found.id] = append(all[found.id], found)
		}
	}
	return all
}

// campaignOf returns the id of the campaign of a lead.
func campaignOf(lead map[string]any) string {
	if id := text(lead["campaignId"]); id != "" {
		return id
	}
	reference, _ := lead["campaign"].(map[string]any)
	if id := text(reference["campaignId"]); id != "" {
		return id
	}
	return exampleCampaign
}

// lead returns a lead without the fields that responses lack.
func (l *outbound) lead(lead map[string]any) map[string]any {
	only := l.Only("Lead", lead)
	delete(only, "reserveAgent") // it is sent, but not returned
	return only
}

// isFound reports whether a search may find a lead: it was not loaded just now.
func (l *outbound) isFound(lead map[string]any) bool {
	loaded := timeOf(lead["loadedDts"])
	return loaded.IsZero() || l.now.Sub(loaded) >= l.behavior.leadDelay()
}

// updateLead replaces a lead. Fields that the request lacks are lost, except for those that
// RingCX sets (inferred).
func updateLead(c *call) {
	c.editOutbound(func(l *outbound) *engine.Response {
		return l.changeLead(c, func(lead, request map[string]any) map[string]any {
			for _, name := range leadStateFields {
				if v, ok := lead[name]; ok && request[name] == nil {
					request[name] = v
				}
			}
			return request
		})
	})
}

// leadStateFields are the fields of a lead that RingCX sets.
var leadStateFields = []string{
	"leadId", "id", "campaignId", "campaign", "listId", "loadedDts", "leadState", "stateDts", "leadPasses",
	"lastPassDisposition", "lastPassDts", "nextDialTime", "campaignRedials", "suppressed", duplicatesField, pendingField,
}

// patchLead changes the fields of a lead that the request has.
func patchLead(c *call) {
	c.editOutbound(func(l *outbound) *engine.Response {
		response := l.changeLead(c, func(lead, request map[string]any) map[string]any {
			for name, v := range request {
				lead[name] = v
			}
			return lead
		})
		if response.Problem == nil && l.behavior.LeadPatchNoContent {
			return &engine.Response{Status: http.StatusNoContent}
		}
		return response
	})
}

// changeLead changes the lead in the path by f, and responds with it. The campaign of the
// request must be that of the lead (inferred).
func (l *outbound) changeLead(c *call, f func(lead, request map[string]any) map[string]any) *engine.Response {
	request, id := l.Object(), l.Path("leadId")
	var changed map[string]any
	l.Change(l.leads(), func(lead map[string]any) (map[string]any, bool) {
		if text(lead["leadId"]) != id || campaignOf(lead) != c.r.URL.Query().Get("campaignId") {
			return nil, false
		}
		changed = f(lead, request)
		changed["leadId"] = engine.IDValue(id)
		return changed, true
	})
	if changed == nil {
		return engine.Rejected("campaignId", "is not the campaign of the lead")
	}
	return engine.JSON(http.StatusOK, l.lead(changed))
}

// listLeadStates lists the states of leads.
func listLeadStates(c *call) {
	c.respondJSON(http.StatusOK, []gen.LeadState{
		gen.LeadStateActive, gen.LeadStateAgentCallback, gen.LeadStateCallbackCancelled, gen.LeadStateCallback,
		gen.LeadStateCancelled, gen.LeadStateComplete, gen.LeadStateDisconnected, gen.LeadStateDoNotCall,
		gen.LeadStateIntercept, gen.LeadStateMaxDialLimit, gen.LeadStatePaused, gen.LeadStatePendingCallback,
		gen.LeadStatePendingErr, gen.LeadStatePendingHCI, gen.LeadStatePending, gen.LeadStateReady,
		gen.LeadStateTransitioned, gen.LeadStateWhitelist,
	})
}

func escape(segment string) string { return url.PathEscape(segment) }

// text returns a scalar as text.
func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

// timeText returns a time in the format of RingCX.
func timeText(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000-0700") }

// timeOf returns a field of a stored resource as a time. It is zero if it is not one.
func timeOf(v any) time.Time {
	var t wire.Time
	_ = json.Unmarshal(marshal(v), &t) // anything else is not a time
	return t.Time
}

// number returns an integer as a stored resource has it.
func number(n int) json.Number { return json.Number(strconv.Itoa(n)) }
