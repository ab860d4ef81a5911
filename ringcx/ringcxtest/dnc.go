package ringcxtest

import (
	"net/http"
	"slices"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest/internal/engine"
	"github.com/ringcx-go/ringcx-go/wire"
)

// The paths of collections below an account.
const (
	dncLists      = "/dncLists"
	dncTags       = "/dncTags"
	personaPhones = "/persona-phone-config"
)

// globalDNC is the tag of the do-not-call list for all campaigns, which has the id 0.
const globalDNC = "GLOBAL"

// createDNCEntry puts a phone number on a do-not-call list. If it is there already, the entry is
// replaced (inferred).
func createDNCEntry(c *call) {
	c.editOutbound(func(l *outbound) *engine.Response {
		request := decodeAs[gen.DNCEntryRequest](l.Object())
		if request.Phone == "" {
			return engine.Rejected("phone", "is required")
		}
		tag, ok := l.dncTag(wire.Value(request.DNCTagID))
		if !ok {
			return engine.Rejected("dncTagId", "is not the id of a do-not-call list")
		}
		entry := l.addDNCEntry(request, tag)
		return engine.JSON(http.StatusOK, entry)
	})
}

// dncTag returns the label of a do-not-call list.
func (l *outbound) dncTag(id int64) (label string, ok bool) {
	for _, tag := range l.List(l.account + dncTags) {
		if text(tag["dncTagId"]) == number(int(id)).String() {
			return text(tag["dncTagLabel"]), true
		}
	}
	return globalDNC, id == 0
}

// addDNCEntry adds an entry with a tag.
func (l *outbound) addDNCEntry(request gen.DNCEntryRequest, tag string) map[string]any {
	country := wire.Value(request.CountryID)
	if country == "" {
		country = "USA" // inferred
	}
	entry := map[string]any{
		"phone": request.Phone, "tag": tag, "dncTagId": number(int(wire.Value(request.DNCTagID))),
		"countryCode": map[string]any{"id": country, "description": nil},
		"addedDate":   timeText(l.now), "addedBy": "Alex Admin",
	}
	if request.Reason != nil {
		entry["reason"] = *request.Reason
	}
	l.deleteDNC(func(old map[string]any) bool {
		return old["phone"] == request.Phone && old["tag"] == tag && countryOf(old) == country
	})
	l.Append(l.account+dncLists, entry)
	return entry
}

// deleteDNC deletes the entries for which f returns true.
func (l *outbound) deleteDNC(f func(entry map[string]any) bool) {
	l.Change(l.account+dncLists, func(entry map[string]any) (map[string]any, bool) { return nil, f(entry) })
}

// countryOf returns the code of the country of an entry.
func countryOf(entry map[string]any) string {
	country, _ := entry["countryCode"].(map[string]any)
	return text(country["id"])
}

// deleteDNCEntries deletes the entries of the list, and if the path has them, of the country and
// the phone number. It succeeds if there are none (inferred).
func deleteDNCEntries(c *call) {
	c.editOutbound(func(l *outbound) *engine.Response {
		country := l.Path("countryId") + l.Path("country") // a path has one of them at most
		l.deleteDNC(func(entry map[string]any) bool {
			return text(entry["dncTagId"]) == l.Path("dncTagId") &&
				(country == "" || countryOf(entry) == country) &&
				(l.Path("phone") == "" || entry["phone"] == l.Path("phone"))
		})
		return &engine.Response{Status: http.StatusNoContent}
	})
}

// searchDNCEntries responds with the entries whose fields have the values of the request. Both
// the criteria and the response are inferred.
func searchDNCEntries(c *call) {
	c.editOutbound(func(l *outbound) *engine.Response {
		criteria := l.Object()
		found := slices.DeleteFunc(l.List(l.account+dncLists), func(entry map[string]any) bool {
			for _, name := range []string{"phone", "tag", "dncTagId"} {
				if v, ok := criteria[name]; ok && text(v) != text(entry[name]) {
					return true
				}
			}
			return false
		})
		return engine.JSON(http.StatusOK, found)
	})
}

// uploadDNCFile puts the phone numbers of a file, one in each line, on the list GLOBAL. Which
// list it is, and the response, are inferred.
func uploadDNCFile(c *call) {
	c.editOutbound(func(l *outbound) *engine.Response {
		if _, problem := c.uploadedFile(); problem != "" {
			return engine.Rejected("file", problem)
		}
		for _, phone := range c.uploadedLines() {
			l.addDNCEntry(gen.DNCEntryRequest{Phone: phone}, globalDNC)
		}
		return engine.JSON(http.StatusOK, []any{})
	})
}
