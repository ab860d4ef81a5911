package ringcxtest

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/wire"
)

// stateActive is the state of a call that is not over. RingCX documents no other one.
const stateActive = "ACTIVE"

// PhoneCall is a call between people: one that is active, or one that has ended. See
// [Server.AddCall] and [Server.Calls].
type PhoneCall struct {
	// ActiveCall is what listActiveCalls returns.
	gen.ActiveCall

	// Product and ProductID are what listActiveCalls compares with its parameters, such as
	// "ACD" and the id of a queue. A call of createCall has "AGENT" and the id of the agent, or
	// 0 if the Server does not know the agent. (Which calls have which product is inferred.)
	Product   string
	ProductID int64

	// Request is the request that created the call, or nil for one of AddCall.
	Request *gen.CreateCallParams

	// Sessions are the phones in the call: first those of ANI and DNIS.
	Sessions []CallSession

	OnHold      bool                   // set by setCallHold
	Recording   bool                   // set by setCallRecording
	Disposition *gen.DisposeCallParams // of disposeCall, or nil

	// Ended reports whether the call is over. Its uii is not valid any more.
	Ended bool
}

// CallSession is a phone in a call.
type CallSession struct {
	ID    string // for hangUpSessionByID; its form is inferred
	Phone string
	Type  gen.SessionType // empty if the phone was not added by joinCall
}

// phoneCalls are the calls of all accounts.
type phoneCalls struct {
	byAccount map[wire.ID][]*PhoneCall
	last      int // number of the last uii
}

func newPhoneCalls() phoneCalls { return phoneCalls{byAccount: make(map[wire.ID][]*PhoneCall)} }

// add adds a copy of a call, and completes it. began is its start.
func (p *phoneCalls) add(accountID wire.ID, call PhoneCall, began time.Time) *PhoneCall {
	if call.UII == "" {
		p.last++
		call.UII = wire.ID(began.UTC().Format("20060102150405") + fmt.Sprintf("%016d", p.last))
	}
	call.AccountID = cmp.Or(call.AccountID, &accountID)
	call.CallState = cmp.Or(call.CallState, new(stateActive))
	call.EnqueueTime = cmp.Or(call.EnqueueTime, &gen.Time{Time: began.UTC().Truncate(time.Millisecond)})
	call.Product = cmp.Or(call.Product, "ACD")
	call.Sessions = slices.Clone(call.Sessions)
	for _, phone := range []*string{call.ANI, call.DNIS} {
		if phone != nil {
			call.join(*phone, "")
		}
	}
	p.byAccount[accountID] = append(p.byAccount[accountID], &call)
	return &call
}

// join adds a session.
func (call *PhoneCall) join(phone string, kind gen.SessionType) {
	last := 0
	for _, s := range call.Sessions {
		n, _ := strconv.Atoi(s.ID) // another form does not count
		last = max(last, n)
	}
	call.Sessions = append(call.Sessions, CallSession{strconv.Itoa(last + 1), phone, kind})
}

// leave removes the sessions for which f returns true, and reports whether there was one.
func (call *PhoneCall) leave(f func(CallSession) bool) bool {
	before := len(call.Sessions)
	call.Sessions = slices.DeleteFunc(call.Sessions, f)
	return len(call.Sessions) < before
}

// find returns a call that is active, or nil.
func (p *phoneCalls) find(accountID, uii wire.ID) *PhoneCall {
	for _, call := range p.byAccount[accountID] {
		if call.UII == uii && !call.Ended {
			return call
		}
	}
	return nil
}

// isListed reports whether listActiveCalls returns the call.
func (call *PhoneCall) isListed(now time.Time, delay time.Duration) bool {
	isNew := call.Request != nil && now.Before(call.EnqueueTime.Add(delay))
	return !call.Ended && !isNew
}

// matches reports whether the call is one that the parameters of listActiveCalls ask for.
func (call *PhoneCall) matches(q url.Values) bool {
	product, externalID := q.Get("product"), q.Get("externalId")
	id, hasID := parseNumber(q, "productId")
	switch {
	case product != "" && product != "ACCOUNT" && product != call.Product:
		return false
	case hasID && id != call.ProductID:
		return false
	}
	return externalID == "" || externalID == wire.Value(call.ExternalID)
}

// waits reports whether the call waits in a queue.
func (call *PhoneCall) waits() bool {
	hasAgent := wire.Value(call.AgentFirstName)+wire.Value(call.AgentLastName) != ""
	return !call.Ended && !hasAgent && call.Request == nil
}

// AddCall starts a call of a sub-account, such as an inbound one, and returns its uii. A zero
// Product is "ACD". If the UII, the AccountID, the CallState or the EnqueueTime is missing,
// AddCall sets it: the call is active from now on. A call without the name of an agent waits in
// a queue. AddCall adds a session for ANI and one for DNIS.
//
//	uii := fake.AddCall("333333", ringcxtest.PhoneCall{
//		ActiveCall: gen.ActiveCall{ANI: new("5550001001"), DNIS: new("5550002002")},
//		ProductID:  6101, // the queue
//	})
func (s *Server) AddCall(accountID wire.ID, call PhoneCall) (uii wire.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls.add(accountID, call, time.Now()).UII
}

// EndCall ends a call, as if a person had hung up. The test fails at once if no call with this
// uii is active.
func (s *Server) EndCall(uii wire.ID) {
	if s.tb != nil {
		s.tb.Helper()
	}
	s.mu.Lock()
	ended := false
	for accountID := range s.calls.byAccount {
		if call := s.calls.find(accountID, uii); call != nil {
			call.Ended, ended = true, true
		}
	}
	s.mu.Unlock()
	if !ended {
		s.fail("EndCall(%q): no such call is active", uii)
	}
}

// Calls returns the calls of a sub-account in the order in which they started, also those that
// have ended. There are none until AddCall or an operation starts one. The caller may change
// the slice.
func (s *Server) Calls(accountID wire.ID) []PhoneCall {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]PhoneCall, 0, len(s.calls.byAccount[accountID]))
	for _, call := range s.calls.byAccount[accountID] {
		c := *call
		c.Sessions = slices.Clone(call.Sessions)
		all = append(all, c)
	}
	return all
}
