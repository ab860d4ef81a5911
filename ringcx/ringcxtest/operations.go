package ringcxtest

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest/internal/contract"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest/internal/engine"
	"github.com/ringcx-go/ringcx-go/wire"
)

// handlers are the operations with a handler of their own. All other operations are served by
// package engine.
var handlers = map[Endpoint]func(*call){
	Exchange: exchangeToken,
	Refresh:  refreshToken,
	Logout:   logOut,
	Accounts: listAccounts,
	Users:    listUsers,

	"createUser":              createUser,
	"createRootUser":          createRootUser,
	"updateUser":              updateUser,
	"deleteUser":              deleteUser,
	"setUserActive":           setUserActive,
	"reassignUsers":           reassignUsers,
	"checkUserName":           checkUserName,
	"assignAccountToRootUser": assignAccount,
	"assignAccountToUser":     assignAccount,
	"assignAccountsToUser":    assignAccounts,
	"listUserRoles":           listUserRoles,
	"addUserRole":             addUserRole,
	"removeUserRole":          removeUserRole,
	"listAPITokens":           listAPITokens,
	"createAPIToken":          createAPIToken,
	"deleteAPIToken":          deleteAPIToken,
	"getLogin":                getLogin,
	"validateToken":           validateToken,

	"listAgentGroups":          withPermissions,
	"getAgentGroup":            withPermissions,
	"createAgent":              createAgent,
	"updateAgent":              updateAgent,
	"updateAgents":             updateAgents,
	"assignQueueAgents":        assignQueueAgents,
	"listQueueAgents":          listQueueAgents,
	"unassignQueueAgent":       unassignQueueAgent,
	"assignDialGroupAgents":    assignDialGroupAgents,
	"listDialGroupAgents":      listDialGroupAgents,
	"listLoggedInAgents":       listLoggedInAgents,
	"countLoggedInAgents":      countLoggedInAgents,
	"listSkillProfileSkills":   listSkillProfileSkills,
	"assignSkillProfileSkills": assignSkillProfileSkills,
	"assignSkillProfileSkill":  assignSkillProfileSkill,
	"removeSkillProfileSkill":  removeSkillProfileSkill,

	"listCampaignLeadLists":     listLeadLists,
	"listLeadStates":            listLeadStates,
	"loadLeads":                 loadLeads,
	"patchLead":                 patchLead,
	"performLeadAction":         performLeadAction,
	"previewLeadFile":           previewLeadFile,
	"processLeadFile":           processLeadFile,
	"searchLeads":               searchLeads,
	"searchLeadsByPhoneList":    searchLeadsByPhoneList,
	"updateLead":                updateLead,
	"createDNCEntry":            createDNCEntry,
	"deleteDNCEntriesByCountry": deleteDNCEntries,
	"deleteDNCEntriesByTag":     deleteDNCEntries,
	"deleteDNCEntry":            deleteDNCEntries,
	"searchDNCEntries":          searchDNCEntries,
	"uploadDNCFile":             uploadDNCFile,
	"createPersonaPhone":        createPersonaPhone,
	"listPersonaPhoneCampaigns": listPersonaPhoneCampaigns,
	"updatePersonaPhone":        updatePersonaPhone,

	"createCall":          createCall,
	"listActiveCalls":     listActiveCalls,
	"checkQueueStatus":    checkQueueStatus,
	"checkQueueThreshold": checkQueueThreshold,
	"joinCall":            onCall(joinCall),
	"disposeCall":         onCall(disposeCall),
	"hangUpCall":          onCall(hangUpCall),
	"hangUpSession":       onCall(hangUpSession),
	"hangUpSessionByID":   onCall(hangUpSessionByID),
	"pingCall":            onCall(pingCall),
	"requeueCall":         onCall(requeueCall),
	"setCallHold":         onCall(setCallHold),
	"setCallRecording":    onCall(setCallRecording),

	"startDialogStream":  startStream,
	"startSegmentStream": startStream,
	"stopDialogStream":   stopStream,
	"stopSegmentStream":  stopStream,

	"createAgentStateSubscription": createSubscription,
	"updateAgentStateSubscription": updateSubscription,

	"listInteractions":       listInteractions,
	"listAgentStats":         listStats,
	"listExtendedAgentStats": listStats,
	"listQueueStats":         listStats,
	"getRecording":           getRecording,
	"getTranscript":          getTranscript,
	"getAgentSummary":        getSummary,
	"getAutoSummary":         getSummary,
	"searchAuditLogs":        searchAuditLogs,
}

// servedBy returns how s responds to an operation: "hand" if it has a handler of its own, or what
// [engine.API.Serves] returns.
func (s *Server) servedBy(o *contract.Operation) string {
	if handlers[Endpoint(o.ID)] != nil {
		return "hand"
	}
	return apiOf(s.spec).Serves(o.ID)
}

// handleOperation responds to a call of an operation of openapi.yaml.
func handleOperation(_ http.ResponseWriter, r *http.Request) {
	c := callOf(r)
	if name, bad := c.operation.BadParameter(r); bad {
		c.respondBadParameter(name)
		return
	}
	if c.endpoint.isCall() && !(authorizeCall(c) && permitCall(c)) {
		return
	}
	c.server.mu.Lock()
	fixed, isFixed := c.server.fixed[c.endpoint]
	c.server.mu.Unlock()
	if !isFixed && !findRCAccount(c) {
		return
	}
	handle := handlers[c.endpoint]
	switch {
	case isFixed:
		fixed.send(c)
	case handle != nil:
		handle(c)
	default:
		serveResources(c)
	}
}

// serveResources responds as package engine does.
func serveResources(c *call) {
	c.send(c.server.resources().Serve(c.operation, c.engineRequest()))
}

// mayServe reports whether the resources in the path exist and the body fits the document. If
// not, it sends the response.
func (c *call) mayServe() bool {
	response := c.server.resources().Edit(c.operation, c.engineRequest(), func(*engine.Edit) *engine.Response {
		return &engine.Response{}
	})
	if response.Problem != nil {
		c.send(response)
	}
	return response.Problem == nil
}

// resources returns the response of package engine. If that rejects the request, resources sends
// the response and returns nil.
func (c *call) resources() *engine.Response {
	response := c.server.resources().Serve(c.operation, c.engineRequest())
	if response.Problem != nil {
		c.send(response)
		return nil
	}
	return response
}

// edit responds with what f returns, after the checks of package engine.
func (c *call) edit(f func(*engine.Edit) *engine.Response) {
	c.send(c.server.resources().Edit(c.operation, c.engineRequest(), f))
}

// engineRequest returns the request for package engine.
func (c *call) engineRequest() *engine.Request {
	return &engine.Request{
		PathValue: c.r.PathValue, Query: c.r.URL.Query(),
		ContentType: c.r.Header.Get("Content-Type"), Body: c.body,
	}
}

// send writes a response of package engine.
func (c *call) send(response *engine.Response) {
	if p := response.Problem; p != nil {
		c.respondProblem(response.Status, p)
		return
	}
	c.foreign = response.Foreign
	if response.ContentType != "" {
		c.w.Header().Set("Content-Type", response.ContentType)
	}
	c.w.WriteHeader(response.Status)
	_, _ = c.w.Write(response.Body)
}

// exchangeToken starts a session of RingCX.
//
// Source: RingCX API reference, which also has the fields in the query; the responses with
// status 400 are inferred.
func exchangeToken(c *call) {
	if !requireFields(c, "rcAccessToken", "rcTokenType") {
		return
	}
	if c.field("rcTokenType") != "Bearer" {
		c.respondInvalid("rcTokenType", "must be Bearer")
		return
	}
	s := c.server
	s.mu.Lock()
	g := s.sessions.logins.access[c.field("rcAccessToken")]
	ok := g.valid(c.began)
	if ok {
		g.use(c.began)
	}
	s.mu.Unlock()
	if !ok {
		c.respondError(http.StatusUnauthorized, "invalid.token", "The RingCentral token is not valid")
		return
	}
	if !c.isTrue("includeRefresh") {
		c.tokens.noRefresh = true
	}
	respondTokens(c, &session{login: g.login}, "")
}

// refreshToken issues new tokens for a session.
func refreshToken(c *call) {
	if !requireFields(c, "refresh_token") {
		return
	}
	token := c.field("refresh_token")
	c.server.mu.Lock()
	session := c.server.sessions.redeem(token, c.tokens.sameRefresh)
	c.server.mu.Unlock()
	if session == nil {
		c.reject(c.rejection())
		return
	}
	respondTokens(c, session, token)
}

// requireFields responds with 400 if a token request lacks a field. It warns of a field in
// the query.
func requireFields(c *call, names ...string) bool {
	for _, name := range names {
		switch {
		case c.form.Has(name):
		case c.r.URL.Query().Has(name):
			c.warn("%s is in the query, which servers log: send it in the form", name)
		case c.form == nil && len(c.body) > 0:
			c.respondInvalid(name, "is required, in a body of the type "+formType)
			return false
		default:
			c.respondInvalid(name, "is required")
			return false
		}
	}
	return true
}

// respondTokens responds with new tokens for a session. usedRefresh is the refresh token of
// the request.
func respondTokens(c *call, of *session, usedRefresh string) {
	s := c.server
	s.mu.Lock()
	lifetime := s.lifetime
	if c.tokens.lifetime != nil {
		lifetime = *c.tokens.lifetime
	}
	response := maps.Clone(exampleSession())
	response["accessToken"] = quote(s.sessions.newAccess(of, time.Now(), lifetime, c.tokens.skew))
	switch {
	case c.tokens.noRefresh:
		delete(response, "refreshToken")
	case c.tokens.sameRefresh:
		response["refreshToken"] = quote(usedRefresh)
	default:
		response["refreshToken"] = quote(s.sessions.newRefresh(of))
	}
	s.mu.Unlock()
	c.respondJSON(http.StatusOK, response)
}

func quote(text string) json.RawMessage { return json.RawMessage(`"` + text + `"`) }

// logOut ends a session.
func logOut(c *call) {
	c.server.mu.Lock()
	ok := c.server.sessions.logOut(c.r.PathValue("refreshToken"))
	c.server.mu.Unlock()
	if !ok {
		c.reject(c.rejection())
		return
	}
	c.w.WriteHeader(http.StatusNoContent)
}

// listAccounts lists the accounts.
func listAccounts(c *call) {
	accounts, foreign := c.server.resources().All(accountsPath)
	c.foreign = foreign
	c.respondList(accounts)
}

// listUsers lists the users.
func listUsers(c *call) {
	users, foreign := c.server.resources().All(usersPath)
	c.foreign = foreign
	c.respondList(arrange(users, c.isTrue("flatten"), c.isTrue("activeOnly")))
}

// findRCAccount responds with status 404 if the path has the id of a RingCentral account that is of
// none of the accounts. If no account has such an id, any is accepted.
//
// The status is inferred.
func findRCAccount(c *call) bool {
	id := c.r.PathValue("rcAccountId")
	known := c.server.rcAccounts()
	if id == "" || len(known) == 0 || slices.Contains(known, wire.ID(id)) {
		return true
	}
	c.warn("no account has the rcAccountId %s: the accounts have %s", id, known)
	c.respondError(http.StatusNotFound, "not.found", "There is no such account")
	return false
}

// rcAccounts returns the ids of the RingCentral accounts of all accounts.
func (s *Server) rcAccounts() []wire.ID {
	type linked struct {
		RCAccountID wire.ID `json:"rcAccountId"`
	}
	var ids []wire.ID
	accounts, _ := s.resources().All(accountsPath)
	for data := range accounts {
		var account struct {
			linked
			MainAccount linked `json:"mainAccount"`
		}
		_ = json.Unmarshal(data, &account) // a value of SetAccountsJSON with another type is ignored
		ids = append(ids, account.RCAccountID, account.MainAccount.RCAccountID)
	}
	return slices.DeleteFunc(ids, func(id wire.ID) bool { return id == "" })
}

// isTrue reports whether a boolean parameter in the query is true.
func (c *call) isTrue(parameter string) bool {
	b, err := strconv.ParseBool(c.r.URL.Query().Get(parameter))
	return err == nil && b
}

// authorizeCall checks the access token, and responds with 401 if it is not valid.
//
// The text for a request without a token is inferred.
func authorizeCall(c *call) bool {
	scheme, token, _ := strings.Cut(c.r.Header.Get("Authorization"), " ")
	if name := c.tokenCookie(); name != "" {
		scheme, token = "Bearer", ""
		if cookie, err := c.r.Cookie(name); err == nil {
			token = cookie.Value
		}
	}
	s := c.server
	s.mu.Lock()
	problem := s.sessions.access[strings.TrimSpace(token)].problem(c.began)
	s.mu.Unlock()
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		problem = "Jwt is missing"
	}
	if problem != "" {
		c.respond(http.StatusUnauthorized, textType, problem)
	}
	return problem == ""
}

// tokenCookie returns the name of the cookie that has the access token, or "" if it is in the
// header Authorization.
func (c *call) tokenCookie() string {
	if c.operation == nil {
		return ""
	}
	op, _ := gen.FindOperation(c.operation.Method, c.operation.Path)
	return op.TokenCookie
}

// requireToken passes requests with a valid access token to h.
func requireToken(h http.Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if c := callOf(r); authorizeCall(c) {
			h.ServeHTTP(w, r)
			c.w.WriteHeader(http.StatusOK) // if h wrote nothing
		}
	}
}
