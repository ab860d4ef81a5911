package ringcxtest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
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

// mainAccount is the RingCentral account of the examples of openapi.yaml.
const mainAccount = "444444"

// feed is a valid request for a subscription.
func feed() gen.AgentStateSubscriptionRequest {
	return gen.AgentStateSubscriptionRequest{SubscriptionName: "Feed", NotificationURL: "https://program.test/states"}
}

// accepting responds as the rules of a receiver require.
func accepting(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Validation-Token", r.Header.Get("Validation-Token"))
}

// receiving returns a Server and a client, whose subscriptions have no examples. If receiver is
// not nil, it gets the requests to subscribers.
func receiving(t *testing.T, receiver http.HandlerFunc) (*ringcxtest.Server, *ringcx.Client) {
	t.Helper()
	fake := ringcxtest.NewServer(t)
	fake.Set(subscriptionsPath, []gen.AgentStateSubscription{})
	if receiver != nil {
		fake.SetWebhookClient(ringcxtest.HandlerClient(receiver))
	}
	return fake, newClient(t, fake)
}

const subscriptionsPath = "/voice/api/cx/integration/v1/accounts/" + mainAccount + "/sub-accounts/" + account + "/agent-states/subscriptions"

func TestCreateSubscription(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, client := receiving(t, nil)
		request := feed()
		request.CustomHeaders = map[string]*any{"X-Secret": new(any("s"))}
		request.RetryCount, request.ExpiresAt = new(int64(0)), new(time.Now().Add(time.Hour).Unix())
		full, err := client.AgentStateSubscriptions.Create(t.Context(), mainAccount, account, request)
		if err != nil {
			t.Fatal(err)
		}
		request = feed()
		request.SubscriptionName, request.RetryCount, request.Active = "Other", nil, nil
		short, err := client.AgentStateSubscriptions.Create(t.Context(), mainAccount, account, request)
		if err != nil {
			t.Fatal(err)
		}
		now := &gen.Time{Time: time.Now().UTC()}
		want := []gen.AgentStateSubscription{{
			SubscriptionName: "Feed", NotificationURL: &request.NotificationURL, Active: new(true), MaxRetryCount: new(int64(0)),
			CustomHeaders: map[string]*any{"X-Secret": new(any("s"))}, ExpiresAt: new(now.Add(time.Hour).Unix()),
		}, {
			SubscriptionName: "Other", NotificationURL: &request.NotificationURL, Active: new(true), MaxRetryCount: new(int64(3)),
		}}
		for i, got := range []gen.AgentStateSubscription{full, short} {
			if got.SubscriptionID == "" {
				t.Error("a subscription has no id")
			}
			want[i].SubscriptionID, want[i].SubAccountID = got.SubscriptionID, new(gen.ID(account))
			want[i].CreatedAt, want[i].UpdatedAt = now, now
			want[i].MainAccountID, want[i].CreatedBy, want[i].UpdatedBy = got.MainAccountID, got.CreatedBy, got.UpdatedBy
		}
		listed, err := client.AgentStateSubscriptions.List(t.Context(), mainAccount, account)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, listed); diff != "" {
			t.Errorf("subscriptions (-want +got):\n%s", diff)
		}
	})
}

func TestInvalidSubscription(t *testing.T) {
	tests := []struct {
		name   string
		change func(*gen.AgentStateSubscriptionRequest)
		field  string
	}{
		{"no name", func(r *gen.AgentStateSubscriptionRequest) { r.SubscriptionName = "" }, "subscriptionName"},
		{"relative URL", func(r *gen.AgentStateSubscriptionRequest) { r.NotificationURL = "/states" }, "notificationUrl"},
		{"another scheme", func(r *gen.AgentStateSubscriptionRequest) { r.NotificationURL = "ftp://program.test" }, "notificationUrl"},
		{"no URL", func(r *gen.AgentStateSubscriptionRequest) { r.NotificationURL = "%" }, "notificationUrl"},
		{"11 retries", func(r *gen.AgentStateSubscriptionRequest) { r.RetryCount = new(int64(11)) }, "retryCount"},
		{"negative retries", func(r *gen.AgentStateSubscriptionRequest) { r.RetryCount = new(int64(-1)) }, "retryCount"},
		{"ended", func(r *gen.AgentStateSubscriptionRequest) { r.ExpiresAt = new(time.Now().Unix()) }, "expiresAt"},
		{"10 retries", func(r *gen.AgentStateSubscriptionRequest) { r.RetryCount = new(int64(10)) }, ""},
		{"no end", func(r *gen.AgentStateSubscriptionRequest) { r.ExpiresAt = new(int64(0)) }, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, client := receiving(t, nil)
			service, request := client.AgentStateSubscriptions, feed()
			valid, err := service.Create(t.Context(), mainAccount, account, request)
			if err != nil {
				t.Fatal(err)
			}
			request.SubscriptionName = "Other"
			tt.change(&request)
			_, created := service.Create(t.Context(), mainAccount, account, request)
			if tt.field == "" {
				request.SubscriptionName = "Third"
			}
			_, updated := service.Update(t.Context(), mainAccount, account, valid.SubscriptionID, request)
			for _, err := range []error{created, updated} {
				status, _ := errorCode(err)
				if tt.field == "" && err == nil {
					continue
				}
				if tt.field == "" || status != 400 || !strings.Contains(err.Error(), tt.field) {
					t.Errorf("error %v, want status 400 with the field %q", err, tt.field)
				}
			}
		})
	}
}

func TestDuplicateSubscription(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, client := receiving(t, nil)
		service, ctx := client.AgentStateSubscriptions, t.Context()
		create := func(change func(*gen.AgentStateSubscriptionRequest)) (wire.ID, int) {
			request := feed()
			change(&request)
			got, err := service.Create(ctx, mainAccount, account, request)
			status, _ := errorCode(err)
			if err != nil && status == 0 {
				t.Fatal(err)
			}
			return got.SubscriptionID, status
		}
		same := func(*gen.AgentStateSubscriptionRequest) {}
		inactive := func(r *gen.AgentStateSubscriptionRequest) { r.Active = new(false) }
		first, status := create(func(r *gen.AgentStateSubscriptionRequest) { r.ExpiresAt = new(time.Now().Add(time.Hour).Unix()) })
		if status != 0 {
			t.Fatalf("status %d for the first subscription", status)
		}
		if _, status := create(same); status != 409 {
			t.Errorf("status %d for a duplicate name, want 409", status)
		}
		second, status := create(inactive)
		if status != 0 {
			t.Errorf("status %d for a duplicate name that is not active, want success", status)
		}
		_, err := service.Update(ctx, mainAccount, account, second, feed())
		if status, _ := errorCode(err); status != 409 {
			t.Errorf("activating it: %v, want status 409", err)
		}
		request := feed()
		request.ExpiresAt = new(time.Now().Add(time.Hour).Unix())
		if _, err := service.Update(ctx, mainAccount, account, first, request); err != nil {
			t.Errorf("updating a subscription with its own name: %v", err)
		}
		time.Sleep(time.Hour) // the first one ends
		if _, err := service.Update(ctx, mainAccount, account, second, feed()); err != nil {
			t.Errorf("activating it after the end of the other one: %v", err)
		}
		if err := service.Delete(ctx, mainAccount, account, second); err != nil {
			t.Fatal(err)
		}
		if _, status := create(same); status != 0 {
			t.Errorf("status %d after the other one was deleted, want success", status)
		}
	})
}

// TestReceiverRules creates a subscription whose receiver breaks a rule, and sends an event to
// one that begins to break it later.
func TestReceiverRules(t *testing.T) {
	body := func(n int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			accepting(w, r)
			_, _ = io.WriteString(w, strings.Repeat("x", n))
		}
	}
	after := func(d time.Duration) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			select {
			case <-time.After(d):
				accepting(w, r)
			case <-r.Context().Done():
			}
		}
	}
	tests := []struct {
		name     string
		receiver http.HandlerFunc
		problem  string // empty if the receiver is valid
		lenient  bool   // with AnyReceiver it is valid
	}{
		{"valid", accepting, "", true},
		{"just in time", after(2999 * time.Millisecond), "", true},
		{"too late", after(3001 * time.Millisecond), "within 3s", false},
		{"no token", func(http.ResponseWriter, *http.Request) {}, "Validation-Token", true},
		{"wrong token", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Validation-Token", "x") }, "Validation-Token", true},
		{"status 204", func(w http.ResponseWriter, r *http.Request) { accepting(w, r); w.WriteHeader(204) }, "status is 204", true},
		{"status 500", func(w http.ResponseWriter, r *http.Request) { accepting(w, r); w.WriteHeader(500) }, "status is 500", false},
		{"small body", body(800), "", true},
		{"body and header too large", body(1000), "1024 bytes", true},
		{"large body", body(100_000), "1024 bytes", true},
		{"broken connection", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "EOF", false},
	}
	for _, tt := range tests {
		for _, anyReceiver := range []bool{false, true} {
			t.Run(fmt.Sprint(tt.name, " ", anyReceiver), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					fake, client := receiving(t, tt.receiver)
					fake.SetBehavior(ringcxtest.Behavior{AnyReceiver: anyReceiver})
					isValid := tt.problem == "" || anyReceiver && tt.lenient
					_, err := client.AgentStateSubscriptions.Create(t.Context(), mainAccount, account, feed())
					checkProblem(t, "Create", err, isValid, tt.problem)
					if status, code := errorCode(err); err != nil && (status != 400 || code != "SUB-525") {
						t.Errorf("Create: status %d, code %q; want 400 with SUB-525", status, code)
					}
					fake.Set(subscriptionsPath, []gen.AgentStateSubscription{
						{SubscriptionID: "1", SubscriptionName: "Feed", Active: new(true), NotificationURL: new("http://program.test")},
					})
					err = fake.SendAgentState(t.Context(), mainAccount, account, gen.AgentStateEvent{})
					checkProblem(t, "SendAgentState", err, isValid, tt.problem)
				})
			})
		}
	}
}

func checkProblem(t *testing.T, what string, err error, isValid bool, problem string) {
	t.Helper()
	if isValid && err != nil {
		t.Errorf("%s: %v, want no error", what, err)
	}
	if !isValid && (err == nil || !strings.Contains(err.Error(), problem)) {
		t.Errorf("%s: %v, want an error that contains %q", what, err, problem)
	}
}

// TestReceiverIsCalledLast checks that the receiver gets no request for a subscription that is
// rejected for another reason.
func TestReceiverIsCalledLast(t *testing.T) {
	calls := 0
	fake, client := receiving(t, func(w http.ResponseWriter, r *http.Request) {
		calls++
		accepting(w, r)
	})
	fake.Set(subscriptionsPath, []gen.AgentStateSubscription{{SubscriptionID: "1", SubscriptionName: "Feed", Active: new(true)}})
	service, free := client.AgentStateSubscriptions, feed()
	free.SubscriptionName = "Other"
	tests := []struct {
		name   string
		save   func() error
		status int
		calls  int
	}{
		{"no subscription", func() error { _, err := service.Update(t.Context(), mainAccount, account, "2", free); return err }, 404, 0},
		{"taken name", func() error { _, err := service.Create(t.Context(), mainAccount, account, feed()); return err }, 409, 0},
		{"valid", func() error { _, err := service.Update(t.Context(), mainAccount, account, "1", free); return err }, 0, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			calls = 0
			if status, _ := errorCode(tt.save()); status != tt.status || calls != tt.calls {
				t.Errorf("status %d after %d calls of the receiver, want %d after %d", status, calls, tt.status, tt.calls)
			}
		})
	}
}

// TestNameTakenMeanwhile creates a subscription of the same name while the receiver of another
// one is called.
func TestNameTakenMeanwhile(t *testing.T) {
	var fake *ringcxtest.Server
	fake, client := receiving(t, func(w http.ResponseWriter, r *http.Request) {
		fake.Set(subscriptionsPath, []gen.AgentStateSubscription{{SubscriptionID: "1", SubscriptionName: "Feed", Active: new(true)}})
		accepting(w, r)
	})
	_, err := client.AgentStateSubscriptions.Create(t.Context(), mainAccount, account, feed())
	if status, _ := errorCode(err); status != 409 {
		t.Errorf("error %v, want status 409", err)
	}
}

func TestSendAgentState(t *testing.T) {
	type delivery struct{ Path, Secret, Type, Event string }
	var got []delivery
	var failures int // requests with an event that fail
	tokens := make(map[string]bool)
	fake, client := receiving(t, func(w http.ResponseWriter, r *http.Request) {
		data, _ := io.ReadAll(r.Body)
		got = append(got, delivery{r.Method + " " + r.URL.String(), r.Header.Get("X-Secret") + r.Header.Get("X-None"), r.Header.Get("Content-Type"), string(data)})
		tokens[r.Header.Get("Validation-Token")] = true
		if len(data) > 0 && failures > 0 {
			failures--
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		accepting(w, r)
	})
	create := func(name string, change func(*gen.AgentStateSubscriptionRequest)) {
		t.Helper()
		request := feed()
		request.SubscriptionName, request.NotificationURL = name, "https://program.test/"+name
		change(&request)
		if _, err := client.AgentStateSubscriptions.Create(t.Context(), mainAccount, account, request); err != nil {
			t.Fatal(err)
		}
	}
	create("a", func(r *gen.AgentStateSubscriptionRequest) {
		r.CustomHeaders = map[string]*any{"X-Secret": new(any("s")), "X-None": nil}
		r.RetryCount = new(int64(2))
	})
	create("off", func(r *gen.AgentStateSubscriptionRequest) { r.Active = new(false) })
	create("b", func(r *gen.AgentStateSubscriptionRequest) { r.RetryCount = new(int64(0)) })
	setUp := []delivery{{"POST https://program.test/a", "s", "", ""}, {"POST https://program.test/b", "", "", ""}}
	if diff := cmp.Diff(setUp, got); diff != "" {
		t.Fatalf("requests of the setup (-want +got):\n%s", diff)
	}
	const event = `{"agent_id":"5","event_type":"LUNCH"}`
	toA, toB := delivery{"POST https://program.test/a", "s", "application/json", event}, delivery{"POST https://program.test/b", "", "application/json", event}
	tests := []struct {
		failures int
		problem  string
		want     []delivery
	}{
		{0, "", []delivery{toA, toB}},
		{2, "", []delivery{toA, toA, toA, toB}},
		{3, `subscription "a": the status is 500`, []delivery{toA, toA, toA, toB}},
		{4, `subscription "b": the status is 500`, []delivery{toA, toA, toA, toB}},
	}
	for _, tt := range tests {
		got, failures = nil, tt.failures
		err := fake.SendAgentState(t.Context(), mainAccount, account, gen.AgentStateEvent{EventType: new("LUNCH"), AgentID: new("5")})
		checkProblem(t, fmt.Sprint(tt.failures, " failures"), err, tt.problem == "", tt.problem)
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%d failures: requests (-want +got):\n%s", tt.failures, diff)
		}
	}
	if want := len(setUp) + 2 + 3*4; len(tokens) != want || tokens[""] {
		t.Errorf("%d Validation-Tokens, want %d that differ", len(tokens), want)
	}
}

// TestExampleSubscription uses a Server without Set, whose list begins with an example.
func TestExampleSubscription(t *testing.T) {
	fake := ringcxtest.NewServer(t)
	client := newClient(t, fake)
	listed, err := client.AgentStateSubscriptions.List(t.Context(), mainAccount, account)
	if err != nil || len(listed) != 1 {
		t.Fatalf("List = %v, %v; want the example", listed, err)
	}
	requests := 0
	fake.SetWebhookClient(ringcxtest.HandlerClient(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests++
		accepting(w, r)
	})))
	request := feed()
	request.SubscriptionName = listed[0].SubscriptionName
	if _, err := client.AgentStateSubscriptions.Create(t.Context(), mainAccount, account, request); err != nil {
		t.Errorf("Create with the name of the example: %v", err)
	}
	if err := fake.SendAgentState(t.Context(), mainAccount, account, gen.AgentStateEvent{}); err != nil || requests != 2 {
		t.Errorf("SendAgentState: %v after %d requests, want 2", err, requests)
	}
}

func TestSendAgentStateErrors(t *testing.T) {
	fake, _ := receiving(t, nil)
	err := fake.SendAgentState(t.Context(), mainAccount, account, gen.AgentStateEvent{})
	checkProblem(t, "without a client", err, false, "SetWebhookClient")
	fake.SetWebhookClient(ringcxtest.HandlerClient(http.HandlerFunc(accepting)))
	err = fake.SendAgentState(t.Context(), mainAccount, account, gen.AgentStateEvent{})
	checkProblem(t, "without a subscription", err, false, "no active subscription")
	fake.Set(subscriptionsPath, []gen.AgentStateSubscription{
		{SubscriptionID: "1", SubscriptionName: "Feed", Active: new(true), NotificationURL: new("https://program.test"), MaxRetryCount: new(int64(9))},
	})
	ctx, cancel := context.WithCancel(t.Context())
	requests := 0
	fake.SetWebhookClient(ringcxtest.HandlerClient(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests++
		cancel()
		<-r.Context().Done()
	})))
	if err := fake.SendAgentState(ctx, mainAccount, account, gen.AgentStateEvent{}); !errors.Is(err, context.Canceled) || requests != 1 {
		t.Errorf("canceled: %v after %d requests, want context.Canceled after one", err, requests)
	}
}

// TestAgentStateHandler uses the handler of package gen over TCP.
func TestAgentStateHandler(t *testing.T) {
	var got []string
	var failure error
	program := httptest.NewServer(gen.AgentStateHandler(func(_ context.Context, e gen.AgentStateEvent) error {
		got = append(got, wire.Value(e.EventType))
		return failure
	}))
	defer program.Close()
	fake, client := receiving(t, nil)
	fake.SetWebhookClient(program.Client())
	request := feed()
	request.NotificationURL = program.URL
	if _, err := client.AgentStateSubscriptions.Create(t.Context(), mainAccount, account, request); err != nil {
		t.Fatal(err)
	}
	if err := fake.SendAgentState(t.Context(), mainAccount, account, gen.AgentStateEvent{EventType: new("LOGIN")}); err != nil {
		t.Error(err)
	}
	failure = errors.New("no room")
	if err := fake.SendAgentState(t.Context(), mainAccount, account, gen.AgentStateEvent{EventType: new("AWAY")}); err == nil {
		t.Error("SendAgentState: no error, although the program did not accept the event")
	}
	if want := []string{"LOGIN", "AWAY", "AWAY", "AWAY", "AWAY"}; !cmp.Equal(want, got) {
		t.Errorf("events %v, want %v", got, want)
	}
}

func TestInvalidSubscriptionBody(t *testing.T) {
	fake := ringcxtest.New()
	defer fake.Close()
	client := newClient(t, fake)
	for _, body := range []string{"", "x", "[]", `{"subscriptionName": 7}`, `{"notificationUrl": "https://program.test"}`} {
		req, err := http.NewRequest("POST", subscriptionsPath, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		_, err = client.Do(req)
		if status, _ := errorCode(err); status != 400 {
			t.Errorf("body %q: %v, want status 400", body, err)
		}
	}
}
