package ringcxtest_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
	"github.com/ringcx-go/ringcx-go/wire"
)

// newClient returns a client of fake.
func newClient(t *testing.T, fake *ringcxtest.Server) *ringcx.Client {
	t.Helper()
	client, err := ringcx.New(fake.Config())
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// dial is a request of an agent whose username has a plus sign.
func dial() gen.CreateCallParams {
	return gen.CreateCallParams{Username: "kim+333333_1@example.com", Destination: "5550001001", RingDuration: 30, CallerID: "5550002002"}
}

// uiis returns the uiis that the list of active calls has.
func uiis(t *testing.T, client *ringcx.Client, params *gen.ListActiveCallsParams) []wire.ID {
	t.Helper()
	calls, err := client.ActiveCalls.List(t.Context(), account, params)
	if err != nil {
		t.Fatal(err)
	}
	all := []wire.ID{}
	for _, c := range calls {
		all = append(all, c.UII)
	}
	return all
}

// errorCode returns status and code of an *Error, or zero values.
func errorCode(err error) (status int, code string) {
	if e, ok := errors.AsType[*ringcx.Error](err); ok {
		return e.StatusCode, e.Code
	}
	return 0, ""
}

func TestCreateCall(t *testing.T) {
	fake := ringcxtest.NewServer(t)
	fake.Set("/voice/api/v1/admin/accounts/333333/agentGroups/7001/agents", []gen.Agent{
		{AgentID: new(int64(5)), Username: "lee@example.com", FirstName: new("Lee")},
		{AgentID: new(int64(6)), Username: "kim+333333_1@example.com", FirstName: new("Kim"), LastName: new("Park")},
	})
	client := newClient(t, fake)
	before := time.Now()
	ok, err := client.ActiveCalls.Create(t.Context(), account, dial())
	if !ok || err != nil {
		t.Fatalf("Create = %t, %v; want true", ok, err)
	}
	calls, err := client.ActiveCalls.List(t.Context(), account, nil)
	if err != nil || len(calls) != 1 {
		t.Fatalf("List = %v, %v; want one call", calls, err)
	}
	got := calls[0]
	start, err := time.Parse("20060102150405", string(got.UII[:14]))
	if len(got.UII) != 30 || err != nil || start.Before(before.UTC().Truncate(time.Second)) {
		t.Errorf("uii %q, want 30 digits that begin with the time %v", got.UII, before.UTC())
	}
	want := gen.ActiveCall{
		UII: got.UII, AccountID: new(gen.ID(account)), CallState: new("ACTIVE"), EnqueueTime: got.EnqueueTime,
		ANI: new("5550002002"), DNIS: new("5550001001"), AgentFirstName: new("Kim"), AgentLastName: new("Park"),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("call (-want +got):\n%s", diff)
	}
	seen := fake.Calls(account)
	request := dial()
	if len(seen) != 1 || seen[0].ProductID != 6 || !cmp.Equal(seen[0].Request, &request) {
		t.Errorf("Calls = %+v, want one of the agent 6 with the request", seen)
	}
}

// TestUsernameIsEscaped checks what the generated client sends: a plus sign would be a space.
func TestUsernameIsEscaped(t *testing.T) {
	fake := ringcxtest.NewServer(t)
	request, err := gen.NewCreateCallRequest(fake.Config().BaseURL, account, new(dial()))
	if err != nil {
		t.Fatal(err)
	}
	if want := "username=kim%2B333333_1%40example.com"; !strings.Contains(request.URL.RawQuery, want) {
		t.Errorf("query %q, want %q in it", request.URL.RawQuery, want)
	}
	request.URL.RawQuery = strings.Replace(request.URL.RawQuery, "%2B", "+", 1)
	if _, err := newClient(t, fake).Do(request); err != nil {
		t.Error(err)
	}
	log := fake.Log()
	if got := log[len(log)-1].Warning; !strings.Contains(got, "%2B") {
		t.Errorf("warning %q, want one that names %%2B", got)
	}
}

func TestCreateCallSurprises(t *testing.T) {
	tests := []struct {
		name     string
		behavior ringcxtest.Behavior
		ok       bool
		code     string
		calls    int
	}{
		{"default", ringcxtest.DefaultBehavior(), true, "", 1},
		{"true without a call", ringcxtest.Behavior{CallsNotCreated: true}, true, "", 0},
		{"agent", ringcxtest.Behavior{AgentsNotLoggedIn: []string{"x", dial().Username}}, false, "active.calls.agent.not.logged.in", 0},
		{"all agents", ringcxtest.Behavior{AgentsNotLoggedIn: []string{"*"}}, false, "active.calls.agent.not.logged.in", 0},
		{"another agent", ringcxtest.Behavior{AgentsNotLoggedIn: []string{"x"}}, true, "", 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fake := ringcxtest.NewServer(t)
			fake.SetBehavior(tt.behavior)
			client := newClient(t, fake)
			ok, err := client.ActiveCalls.Create(t.Context(), account, dial())
			status, code := errorCode(err)
			if ok != tt.ok || code != tt.code || (code != "" && status != 400) || (code == "" && err != nil) {
				t.Errorf("Create = %t, %v; want %t and the code %q with status 400", ok, err, tt.ok, tt.code)
			}
			if got := uiis(t, client, nil); len(got) != tt.calls {
				t.Errorf("active calls %v, want %d", got, tt.calls)
			}
		})
	}
}

func TestCallDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		fake.SetBehavior(ringcxtest.Behavior{CallDelay: 3 * time.Second})
		client := newClient(t, fake)
		if _, err := client.ActiveCalls.Create(t.Context(), account, dial()); err != nil {
			t.Fatal(err)
		}
		inbound := fake.AddCall(account, ringcxtest.PhoneCall{})
		if got := uiis(t, client, nil); !cmp.Equal(got, []wire.ID{inbound}) {
			t.Errorf("active calls at once %v, want only %s", got, inbound)
		}
		time.Sleep(3 * time.Second)
		if got := uiis(t, client, nil); len(got) != 2 {
			t.Errorf("active calls after 3 s %v, want 2", got)
		}
	})
}

func TestListActiveCalls(t *testing.T) {
	fake := ringcxtest.NewServer(t)
	client := newClient(t, fake)
	if got := uiis(t, client, nil); len(got) != 0 {
		t.Fatalf("active calls %v, want none at first", got)
	}
	add := func(product string, id int64, externalID string) wire.ID {
		call := ringcxtest.PhoneCall{Product: product, ProductID: id}
		call.ExternalID = &externalID
		return fake.AddCall(account, call)
	}
	a, b, c := add("", 6101, "crm-1"), add("", 6102, ""), add("OUTBOUND", 6101, "crm-2")
	fake.AddCall("99990001", ringcxtest.PhoneCall{})
	page := func(page, rows int64) *gen.ListActiveCallsParams {
		return &gen.ListActiveCallsParams{Page: &page, MaxRows: &rows}
	}
	tests := []struct {
		name   string
		params *gen.ListActiveCallsParams
		want   []wire.ID
	}{
		{"all", nil, []wire.ID{a, b, c}},
		{"of the account", &gen.ListActiveCallsParams{Product: new("ACCOUNT")}, []wire.ID{a, b, c}},
		{"of a product", &gen.ListActiveCallsParams{Product: new("ACD")}, []wire.ID{a, b}},
		{"of a queue", &gen.ListActiveCallsParams{Product: new("ACD"), ProductID: new(int64(6101))}, []wire.ID{a}},
		{"of a lead", &gen.ListActiveCallsParams{ExternalID: new("crm-2")}, []wire.ID{c}},
		{"first page", page(0, 2), []wire.ID{a, b}},
		{"second page", page(1, 2), []wire.ID{c}},
		{"third page", page(2, 2), []wire.ID{}},
		{"page without a number of rows", &gen.ListActiveCallsParams{Page: new(int64(1))}, []wire.ID{}},
		{"large page", page(1<<31-1, 1<<31-1), []wire.ID{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, uiis(t, client, tt.params)); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
		})
	}
	var all []wire.ID
	for call, err := range client.ActiveCalls.All(t.Context(), account, &gen.ListActiveCallsParams{MaxRows: new(int64(1))}) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, call.UII)
	}
	if diff := cmp.Diff([]wire.ID{a, b, c}, all); diff != "" {
		t.Errorf("calls of all pages (-want +got):\n%s", diff)
	}
}

// TestUnknownAccount uses the id of a main account as a sub-account.
func TestUnknownAccount(t *testing.T) {
	const mainAccount = "333000"
	fake := ringcxtest.NewServer(t)
	client := newClient(t, fake)
	uii := fake.AddCall(mainAccount, ringcxtest.PhoneCall{})
	calls, ctx := client.ActiveCalls, t.Context()
	_, created := calls.Create(ctx, mainAccount, dial())
	_, listed := calls.List(ctx, mainAccount, nil)
	_, pinged := calls.Ping(ctx, mainAccount, uii)
	_, checked := calls.CheckQueueStatus(ctx, mainAccount, gen.CheckQueueStatusParams{})
	for i, err := range []error{created, listed, pinged, checked} {
		if !errors.Is(err, ringcx.ErrNotFound) || !strings.Contains(err.Error(), "ccountId") {
			t.Errorf("operation %d: %v, want ErrNotFound that names the id", i, err)
		}
	}
}

// TestActiveCallsLimit sends more requests than the limit allows.
func TestActiveCallsLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := ringcxtest.NewServer(t)
		client := newClient(t, fake)
		ctx := ringcx.WithoutRetry(t.Context())
		list := func(n int) (err error) {
			for range n {
				_, err = client.ActiveCalls.List(ctx, account, nil)
			}
			return err
		}
		if err := list(121); err != nil {
			t.Errorf("without LimitRates: %v", err)
		}
		time.Sleep(time.Minute)
		fake.LimitRates(true)
		if err := list(120); err != nil {
			t.Errorf("120 requests: %v", err)
		}
		e, ok := errors.AsType[*ringcx.Error](list(1))
		if !ok || e.StatusCode != 429 || e.RetryAfter != time.Second {
			t.Errorf("request 121: %v, want status 429 with Retry-After 1 s", e)
		}
	})
}

// TestCallOperations changes one call with each operation.
func TestCallOperations(t *testing.T) {
	fake := ringcxtest.NewServer(t)
	client := newClient(t, fake)
	uii := fake.AddCall(account, ringcxtest.PhoneCall{
		ActiveCall: gen.ActiveCall{ANI: new("5550001001"), DNIS: new("5550002002"), AgentFirstName: new("Kim")},
	})
	calls, ctx := client.ActiveCalls, t.Context()
	other := &gen.DisposeCallParams{Disposition: "Call back", Callback: true, CallBackDTS: new("20261128090000"), Notes: new("invoice")}
	tests := []struct {
		name string
		do   func() (bool, error)
		ok   bool
		want func(*ringcxtest.PhoneCall) // what changes
	}{
		{"ping", func() (bool, error) { return calls.Ping(ctx, account, uii) }, true, nil},
		{"join", func() (bool, error) {
			return calls.Join(ctx, account, uii, gen.JoinCallParams{Destination: "5550003003", SessionType: gen.SessionTypeCoaching})
		}, true, func(c *ringcxtest.PhoneCall) {
			c.Sessions = append(c.Sessions, ringcxtest.CallSession{ID: "3", Phone: "5550003003", Type: gen.SessionTypeCoaching})
		}},
		{"remove a phone", func() (bool, error) {
			return calls.HangUpSession(ctx, account, uii, gen.HangUpSessionParams{Phone: "5550003003"})
		}, true, func(c *ringcxtest.PhoneCall) { c.Sessions = c.Sessions[:2] }},
		{"remove it again", func() (bool, error) {
			return calls.HangUpSession(ctx, account, uii, gen.HangUpSessionParams{Phone: "5550003003"})
		}, false, nil},
		{"remove a session", func() (bool, error) {
			return calls.HangUpSessionByID(ctx, account, uii, &gen.HangUpSessionByIDParams{SessionID: new("2")})
		}, true, func(c *ringcxtest.PhoneCall) { c.Sessions = c.Sessions[:1] }},
		{"remove no session", func() (bool, error) { return calls.HangUpSessionByID(ctx, account, uii, nil) }, false, nil},
		{"hold", func() (bool, error) {
			return calls.SetHold(ctx, account, uii, &gen.SetCallHoldParams{State: new(gen.HoldStateOn)})
		}, true, func(c *ringcxtest.PhoneCall) { c.OnHold = true }},
		{"hold without a state", func() (bool, error) { return calls.SetHold(ctx, account, uii, nil) }, false, nil},
		{"continue", func() (bool, error) {
			return calls.SetHold(ctx, account, uii, &gen.SetCallHoldParams{State: new(gen.HoldStateOff)})
		}, true, func(c *ringcxtest.PhoneCall) { c.OnHold = false }},
		{"record", func() (bool, error) {
			return calls.SetRecording(ctx, account, uii, gen.SetCallRecordingParams{Record: true})
		}, true, func(c *ringcxtest.PhoneCall) { c.Recording = true }},
		{"stop recording", func() (bool, error) {
			return calls.SetRecording(ctx, account, uii, gen.SetCallRecordingParams{})
		}, true, func(c *ringcxtest.PhoneCall) { c.Recording = false }},
		{"callback without a time", func() (bool, error) {
			return calls.Dispose(ctx, account, uii, gen.DisposeCallParams{Disposition: "Call back", Callback: true})
		}, false, nil},
		{"callback with another form", func() (bool, error) {
			return calls.Dispose(ctx, account, uii, gen.DisposeCallParams{Disposition: "Call back", Callback: true, CallBackDTS: new("2026-11-28T09:00:00Z")})
		}, false, nil},
		{"dispose without a callback", func() (bool, error) {
			return calls.Dispose(ctx, account, uii, gen.DisposeCallParams{Disposition: "Done"})
		}, true, func(c *ringcxtest.PhoneCall) { c.Disposition = &gen.DisposeCallParams{Disposition: "Done"} }},
		{"dispose", func() (bool, error) { return calls.Dispose(ctx, account, uii, *other) }, true, func(c *ringcxtest.PhoneCall) { c.Disposition = other }},
		{"requeue without a queue", func() (bool, error) { return calls.Requeue(ctx, account, uii, nil) }, false, nil},
		{"requeue", func() (bool, error) {
			return calls.Requeue(ctx, account, uii, &gen.RequeueCallParams{GateID: new(int64(6101))})
		}, true, func(c *ringcxtest.PhoneCall) { c.ProductID, c.AgentFirstName = 6101, nil }},
		{"hang up", func() (bool, error) { return calls.HangUp(ctx, account, uii) }, true, func(c *ringcxtest.PhoneCall) { c.Ended = true }},
	}
	want := fake.Calls(account)[0]
	for _, tt := range tests {
		ok, err := tt.do()
		if ok != tt.ok || err != nil {
			t.Errorf("%s: %t, %v; want %t", tt.name, ok, err, tt.ok)
		}
		if tt.want != nil {
			tt.want(&want)
		}
		if diff := cmp.Diff(want, fake.Calls(account)[0]); diff != "" {
			t.Fatalf("%s: call (-want +got):\n%s", tt.name, diff)
		}
	}
	for _, tt := range tests {
		if _, err := tt.do(); !errors.Is(err, ringcx.ErrNotFound) {
			t.Errorf("%s after the end: %v, want ErrNotFound", tt.name, err)
		}
	}
	if got := uiis(t, client, nil); len(got) != 0 {
		t.Errorf("active calls %v, want none", got)
	}
}

func TestEndCall(t *testing.T) {
	fake := ringcxtest.NewServer(t)
	client := newClient(t, fake)
	first, second := fake.AddCall(account, ringcxtest.PhoneCall{}), fake.AddCall(account, ringcxtest.PhoneCall{})
	fake.EndCall(first)
	if got := uiis(t, client, nil); !cmp.Equal(got, []wire.ID{second}) {
		t.Errorf("active calls %v, want only %s", got, second)
	}
	if _, err := client.ActiveCalls.Dispose(t.Context(), account, first, gen.DisposeCallParams{Disposition: "Done"}); !errors.Is(err, ringcx.ErrNotFound) {
		t.Errorf("Dispose after the end: %v, want ErrNotFound", err)
	}
	const example = "202611270815300132040000000123" // which openapi.yaml has
	if ok, err := client.ActiveCalls.HangUp(t.Context(), account, example); !ok || err != nil {
		t.Errorf("HangUp of the example: %t, %v; want true", ok, err)
	}
	if _, err := client.ActiveCalls.HangUp(t.Context(), account, example); !errors.Is(err, ringcx.ErrNotFound) {
		t.Errorf("HangUp of the example again: %v, want ErrNotFound", err)
	}
	plain := ringcxtest.New()
	defer plain.Close()
	defer func() {
		if got, want := recover(), `ringcxtest: EndCall("x"): no such call is active`; got != want {
			t.Errorf("EndCall of an unknown call panics with %v, want %q", got, want)
		}
	}()
	plain.EndCall("x")
}

// TestAddCall keeps what a test says about a call.
func TestAddCall(t *testing.T) {
	fake := ringcxtest.NewServer(t)
	want := gen.ActiveCall{
		UII: "20261127081530000000000000abcd", AccountID: new(gen.ID("x")), CallState: new("QUEUED"),
		EnqueueTime: &gen.Time{Time: time.Date(2026, 11, 27, 8, 15, 30, 0, time.UTC)}, ANI: new("5550001001"),
	}
	uii := fake.AddCall(account, ringcxtest.PhoneCall{ActiveCall: want, Sessions: []ringcxtest.CallSession{{ID: "7", Phone: "1"}}})
	got, err := newClient(t, fake).ActiveCalls.List(t.Context(), account, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]gen.ActiveCall{want}, got); diff != "" || uii != want.UII {
		t.Errorf("uii %q, calls (-want +got):\n%s", uii, diff)
	}
	sessions := []ringcxtest.CallSession{{ID: "7", Phone: "1"}, {ID: "8", Phone: "5550001001"}}
	for range 2 { // a change of the result changes nothing
		copied := fake.Calls(account)[0].Sessions
		if diff := cmp.Diff(sessions, copied); diff != "" {
			t.Errorf("sessions (-want +got):\n%s", diff)
		}
		copied[0].Phone = "2"
	}
}

func TestPrerouteChecks(t *testing.T) {
	const number = "5550002002"
	waiting := gen.ActiveCall{DNIS: new(number)}
	tests := []struct {
		name     string
		calls    []gen.ActiveCall
		limit    *int64 // nil: checkQueueThreshold without a limit
		ten      bool
		want     bool
		isStatus bool // checkQueueStatus
	}{
		{"no call waits", nil, new(int64(1)), false, true, false},
		{"one call waits", []gen.ActiveCall{waiting}, new(int64(1)), false, false, false},
		{"one waits, two may", []gen.ActiveCall{waiting}, new(int64(2)), false, true, false},
		{"one has an agent", []gen.ActiveCall{{DNIS: new(number), AgentLastName: new("Park")}}, new(int64(1)), false, true, false},
		{"one has ended", []gen.ActiveCall{{DNIS: new(number), UII: "ended"}}, new(int64(1)), false, true, false},
		{"another number", []gen.ActiveCall{{DNIS: new("5550009009")}}, new(int64(1)), false, true, false},
		{"no limit counts as 0", nil, nil, false, false, false},
		{"no limit counts as 10", []gen.ActiveCall{waiting}, nil, true, true, false},
		{"status, no call waits", nil, new(int64(1)), false, true, true},
		{"status, one waits", []gen.ActiveCall{waiting}, new(int64(1)), false, false, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fake := ringcxtest.NewServer(t)
			fake.SetBehavior(ringcxtest.Behavior{QueueThresholdTen: tt.ten})
			client := newClient(t, fake)
			for _, call := range tt.calls {
				if uii := fake.AddCall(account, ringcxtest.PhoneCall{ActiveCall: call}); uii == "ended" {
					fake.EndCall(uii)
				}
			}
			if _, err := client.ActiveCalls.Create(t.Context(), account, gen.CreateCallParams{Destination: number}); err != nil {
				t.Fatal(err) // an agent has this call
			}
			check := func() (gen.PrerouteCheck, error) {
				if tt.isStatus {
					return client.ActiveCalls.CheckQueueStatus(t.Context(), account, gen.CheckQueueStatusParams{DestinationNumber: number, Maxq: *tt.limit})
				}
				return client.ActiveCalls.CheckQueueThreshold(t.Context(), account, gen.CheckQueueThresholdParams{DestinationNumber: number, MaxCallsQueued: tt.limit})
			}
			got, err := check()
			if err != nil || wire.Value(got.Status) != tt.want || wire.Value(got.Reason) == "" {
				t.Errorf("%v %q, %v; want %t with a reason", wire.Value(got.Status), wire.Value(got.Reason), err, tt.want)
			}
		})
	}
}
