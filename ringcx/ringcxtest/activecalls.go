package ringcxtest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/wire"
)

// checkPath responds with 404 if a resource in the path of c does not exist, as package engine
// does. Only an operation of which that package keeps nothing may use it.
func (c *call) checkPath() bool {
	response := c.server.resources().Serve(c.operation, c.engineRequest())
	if p := response.Problem; p != nil {
		c.respondProblem(response.Status, p)
		return false
	}
	return true
}

// pathID returns an id in the path.
func (c *call) pathID(name string) wire.ID { return wire.ID(c.r.PathValue(name)) }

// respondBool writes a boolean as text, as RingCX does.
func (c *call) respondBool(ok bool) { c.respond(http.StatusOK, textType, strconv.FormatBool(ok)) }

// createCall starts a call between an agent and a destination.
func createCall(c *call) {
	if !c.checkPath() {
		return
	}
	q := c.r.URL.Query()
	request := gen.CreateCallParams{Username: q.Get("username"), Destination: q.Get("destination"), CallerID: q.Get("callerId")}
	request.RingDuration, _ = strconv.ParseInt(q.Get("ringDuration"), 10, 64) // the contract checks it
	if strings.Contains(request.Username, " ") {
		c.warn("username has a space: a plus sign must be sent as %%2B")
	}
	b := c.server.currentBehavior()
	switch {
	case slices.Contains(b.AgentsNotLoggedIn, request.Username), slices.Contains(b.AgentsNotLoggedIn, "*"):
		c.respondError(http.StatusBadRequest, "active.calls.agent.not.logged.in", "The agent is not logged in")
		return
	case !b.CallsNotCreated:
		c.startCall(&request)
	}
	c.respondBool(true)
}

// startCall adds the call of a request. That the caller id is its ani and the destination its
// dnis is inferred.
func (c *call) startCall(request *gen.CreateCallParams) {
	accountID := c.pathID("accountId")
	agent := c.agent(accountID, request.Username)
	s := c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls.add(accountID, PhoneCall{
		ActiveCall: gen.ActiveCall{
			ANI: &request.CallerID, DNIS: &request.Destination,
			AgentFirstName: agent.FirstName, AgentLastName: agent.LastName,
		},
		Product: "AGENT", ProductID: wire.Value(agent.AgentID), Request: request,
	}, c.began)
}

// agent returns the agent of a sub-account with a username, or the zero Agent.
func (c *call) agent(accountID wire.ID, username string) (found gen.Agent) {
	groups := accountsPath + "/" + url.PathEscape(string(accountID)) + "/agentGroups"
	all, _ := c.server.resources().All(groups)
	for raw := range all {
		var group struct{ AgentGroupID wire.ID }
		_ = json.Unmarshal(raw, &group) // a group of SetJSON may have another id
		agents, _ := c.server.resources().All(groups + "/" + url.PathEscape(string(group.AgentGroupID)) + "/agents")
		for raw := range agents {
			var a gen.Agent
			if err := json.Unmarshal(raw, &a); err == nil && a.Username == username {
				return a
			}
		}
	}
	return gen.Agent{}
}

// listActiveCalls lists the calls that are active. Without maxRows all are on the first page.
func listActiveCalls(c *call) {
	if !c.checkPath() {
		return
	}
	q, s := c.r.URL.Query(), c.server
	s.mu.Lock()
	found := make([]gen.ActiveCall, 0)
	for _, call := range s.calls.byAccount[c.pathID("accountId")] {
		if call.isListed(c.began, s.behavior.CallDelay) && call.matches(q) {
			found = append(found, call.ActiveCall)
		}
	}
	s.mu.Unlock()
	page, _ := parseNumber(q, "page")
	if rows, ok := parseNumber(q, "maxRows"); ok || page > 0 {
		found = pageOf(found, page, rows)
	}
	c.respondJSON(http.StatusOK, found)
}

// parseNumber returns a number in the query, or false if there is none.
func parseNumber(q url.Values, name string) (n int64, ok bool) {
	n, err := strconv.ParseInt(q.Get(name), 10, 64)
	return n, err == nil
}

// pageOf returns the elements of a page. The pages count from 0.
func pageOf[T any](all []T, page, rows int64) []T {
	n := int64(len(all))
	rows = min(max(rows, 0), n)
	start := min(max(page, 0)*rows, n)
	return all[start:min(start+rows, n)]
}

// onCall returns a handler that changes the call in the path, and responds with the boolean
// that change returns. The values are those of the query. A call that has ended is not found.
func onCall(change func(c *call, call *PhoneCall, q url.Values) bool) func(*call) {
	return func(c *call) {
		if !c.checkPath() {
			return
		}
		accountID, uii := c.pathID("accountId"), c.pathID("uii")
		s := c.server
		s.mu.Lock()
		phoneCall := s.calls.find(accountID, uii)
		if phoneCall == nil {
			phoneCall = c.exampleCall(accountID, uii)
		}
		done := phoneCall != nil && change(c, phoneCall, c.r.URL.Query())
		s.mu.Unlock()
		if phoneCall == nil {
			c.respondError(http.StatusNotFound, "not.found", "There is no active call with this uii")
			return
		}
		c.respondBool(done)
	}
}

// exampleCall adds the call with the uii of the examples of openapi.yaml, unless it has ended,
// so that the examples of all operations work. It returns nil for another uii. The Server's
// mutex is held.
func (c *call) exampleCall(accountID, uii wire.ID) *PhoneCall {
	parameter := c.operation.Spec().Parameters.GetByInAndName("path", "uii")
	hasUii := func(call *PhoneCall) bool { return call.UII == uii }
	if parameter.Example != string(uii) || slices.ContainsFunc(c.server.calls.byAccount[accountID], hasUii) {
		return nil
	}
	numbers := gen.ActiveCall{UII: uii, ANI: new("5550001001"), DNIS: new("5550002002")}
	return c.server.calls.add(accountID, PhoneCall{ActiveCall: numbers}, c.began)
}

// hangUpCall ends the call.
func hangUpCall(_ *call, call *PhoneCall, _ url.Values) bool {
	call.Ended = true
	return true
}

// hangUpSession removes a phone. That the response for an unknown one is false is inferred, as
// for the other operations that cannot do what they should.
func hangUpSession(_ *call, call *PhoneCall, q url.Values) bool {
	return call.leave(func(s CallSession) bool { return s.Phone == q.Get("phone") })
}

// hangUpSessionByID removes a session.
func hangUpSessionByID(_ *call, call *PhoneCall, q url.Values) bool {
	return call.leave(func(s CallSession) bool { return s.ID == q.Get("sessionId") })
}

// pingCall reports that the call is active.
func pingCall(*call, *PhoneCall, url.Values) bool { return true }

// joinCall adds a phone to the call.
func joinCall(_ *call, call *PhoneCall, q url.Values) bool {
	call.join(q.Get("destination"), gen.SessionType(q.Get("sessionType")))
	return true
}

// dtsLayout is the form of callBackDTS.
const dtsLayout = "20060102150405"

// disposeCall sets the disposition of the call.
func disposeCall(c *call, call *PhoneCall, q url.Values) bool {
	d := &gen.DisposeCallParams{Disposition: q.Get("disposition"), Callback: c.isTrue("callback")}
	if q.Has("callBackDTS") {
		d.CallBackDTS = new(q.Get("callBackDTS"))
	}
	if q.Has("notes") {
		d.Notes = new(q.Get("notes"))
	}
	if _, err := time.Parse(dtsLayout, wire.Value(d.CallBackDTS)); err != nil && d.Callback {
		c.warn("callBackDTS must be a time in the form yyyyMMddHHmmss if callback is true")
		return false
	}
	call.Disposition = d
	return true
}

// requeueCall sends the call to another queue, so that it has no agent (inferred).
func requeueCall(c *call, call *PhoneCall, q url.Values) bool {
	id, ok := parseNumber(q, "gateId")
	if !ok {
		c.warn("gateId is missing: it is the id of the queue")
		return false
	}
	call.Product, call.ProductID = "ACD", id
	call.AgentFirstName, call.AgentLastName, call.DestinationName = nil, nil, nil
	return true
}

// setCallHold puts the call on hold, or continues it.
func setCallHold(_ *call, call *PhoneCall, q url.Values) bool {
	state := gen.HoldState(q.Get("state"))
	if state != gen.HoldStateOn && state != gen.HoldStateOff {
		return false
	}
	call.OnHold = state == gen.HoldStateOn
	return true
}

// setCallRecording starts or stops the recording of the call.
func setCallRecording(c *call, call *PhoneCall, _ url.Values) bool {
	call.Recording = c.isTrue("record")
	return true
}

// waitingCalls returns how many calls to the number of the request wait in a queue.
func (c *call) waitingCalls() (n int64) {
	s := c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, call := range s.calls.byAccount[c.pathID("accountId")] {
		if call.waits() && wire.Value(call.DNIS) == c.r.URL.Query().Get("destination_number") {
			n++
		}
	}
	return n
}

// checkQueueStatus reports whether fewer than maxq calls wait. The reasons are inferred, as are
// those of checkQueueThreshold.
func checkQueueStatus(c *call) {
	limit, _ := parseNumber(c.r.URL.Query(), "maxq")
	c.respondPrerouteCheck(limit, "open", "full")
}

// checkQueueThreshold reports whether fewer than maxCallsQueued calls wait.
func checkQueueThreshold(c *call) {
	limit, ok := parseNumber(c.r.URL.Query(), "maxCallsQueued")
	if !ok && c.server.currentBehavior().QueueThresholdTen {
		limit = 10
	}
	c.respondPrerouteCheck(limit, "below the limit", "not below the limit")
}

// respondPrerouteCheck reports whether fewer calls than limit wait.
func (c *call) respondPrerouteCheck(limit int64, yes, no string) {
	if !c.checkPath() {
		return
	}
	ok, reason := c.waitingCalls() < limit, yes
	if !ok {
		reason = no
	}
	c.respondJSON(http.StatusOK, gen.PrerouteCheck{Status: &ok, Reason: &reason})
}
