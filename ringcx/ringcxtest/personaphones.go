package ringcxtest

import (
	"net/http"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest/internal/engine"
)

// createPersonaPhone adds a persona phone with the id of the request.
//
// Source: RingCX developer guide, chapter on persona phones; that an id can be used once is
// inferred.
func createPersonaPhone(c *call) {
	c.editOutbound(func(l *outbound) *engine.Response {
		phone := l.Object()
		switch id := decodeAs[gen.PersonaPhone](phone).PhoneID; {
		case id < 2 || id > 7:
			return engine.Rejected("phoneId", "is not a number from 2 to 7")
		case l.personaPhone(phone) != nil:
			return engine.Rejected("phoneId", "is in use")
		}
		phone["accountId"] = l.Path("accountId")
		l.Append(l.account+personaPhones, phone)
		return l.respondPersonaPhones()
	})
}

// updatePersonaPhone changes the label of a persona phone.
func updatePersonaPhone(c *call) {
	c.editOutbound(func(l *outbound) *engine.Response {
		changed := l.Object()
		if l.personaPhone(changed) == nil {
			return engine.NotFound("phoneId")
		}
		changed["accountId"] = l.Path("accountId")
		l.Change(l.account+personaPhones, func(phone map[string]any) (map[string]any, bool) {
			return changed, text(phone["phoneId"]) == text(changed["phoneId"])
		})
		return l.respondPersonaPhones()
	})
}

// personaPhone returns the persona phone with the id of another one, or nil.
func (l *outbound) personaPhone(like map[string]any) map[string]any {
	for _, phone := range l.List(l.account + personaPhones) {
		if text(phone["phoneId"]) == text(like["phoneId"]) {
			return phone
		}
	}
	return nil
}

func (l *outbound) respondPersonaPhones() *engine.Response {
	return engine.JSON(http.StatusOK, l.List(l.account+personaPhones))
}

// listPersonaPhoneCampaigns lists the names of the campaigns that call a persona phone.
func listPersonaPhoneCampaigns(c *call) {
	c.editOutbound(func(l *outbound) *engine.Response {
		names := []string{}
		for _, group := range l.List(l.account + "/dialGroups") {
			for _, campaign := range l.List(l.account + "/dialGroups/" + escape(text(group["dialGroupId"])) + "/campaigns") {
				if callsPhone(campaign, l.Path("phoneId")) {
					names = append(names, text(campaign["campaignName"]))
				}
			}
		}
		return engine.JSON(http.StatusOK, names)
	})
}

// callsPhone reports whether a campaign calls a persona phone.
func callsPhone(campaign map[string]any, phoneID string) bool {
	schedules, _ := campaign["personaCallSchedules"].([]any)
	for _, s := range schedules {
		schedule, _ := s.(map[string]any)
		preferences, _ := schedule["callPreferences"].([]any)
		for _, p := range preferences {
			if preference, _ := p.(map[string]any); text(preference["phoneId"]) == phoneID {
				return true
			}
		}
	}
	return false
}
