package ringcxtest_test

import (
	"context"
	"fmt"
	"log"
	"net/http"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
	"github.com/ringcx-go/ringcx-go/wire"
)

// An inbound call that a program records and sends to another queue, until the caller hangs up.
func ExampleServer_AddCall() {
	fake := ringcxtest.New()
	defer fake.Close()
	uii := fake.AddCall("333333", ringcxtest.PhoneCall{
		ActiveCall: gen.ActiveCall{ANI: new("5550001001"), DNIS: new("5550002002")},
		ProductID:  6101, // the queue
	})

	client, err := ringcx.New(fake.Config())
	if err != nil {
		log.Fatal(err)
	}
	for call, err := range client.ActiveCalls.All(context.Background(), "333333", nil) {
		if err != nil {
			log.Fatal(err)
		}
		if _, err := client.ActiveCalls.SetRecording(context.Background(), "333333", call.UII, gen.SetCallRecordingParams{Record: true}); err != nil {
			log.Fatal(err)
		}
		if _, err := client.ActiveCalls.Requeue(context.Background(), "333333", call.UII, &gen.RequeueCallParams{GateID: new(int64(6102))}); err != nil {
			log.Fatal(err)
		}
	}
	fake.EndCall(uii)

	for _, call := range fake.Calls("333333") {
		fmt.Println("recorded:", call.Recording, "queue:", call.ProductID, "ended:", call.Ended)
	}
	// Output: recorded: true queue: 6102 ended: true
}

// RingCX may respond with true although there is no call.
func ExampleServer_SetBehavior() {
	fake := ringcxtest.New()
	defer fake.Close()
	fake.SetBehavior(ringcxtest.Behavior{CallsNotCreated: true})

	client, err := ringcx.New(fake.Config())
	if err != nil {
		log.Fatal(err)
	}
	ok, err := client.ActiveCalls.Create(context.Background(), "333333", gen.CreateCallParams{
		Username: "maria.lopez", Destination: "5550001001", RingDuration: 30, CallerID: "5550002002",
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(ok, len(fake.Calls("333333")))
	// Output: true 0
}

// A receiver that does not send back the header Validation-Token is rejected.
func ExampleServer_SetWebhookClient() {
	fake := ringcxtest.New()
	defer fake.Close()
	receiver := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	fake.SetWebhookClient(ringcxtest.HandlerClient(receiver))

	client, err := ringcx.New(fake.Config())
	if err != nil {
		log.Fatal(err)
	}
	_, err = client.AgentStateSubscriptions.Create(context.Background(), "444444", "333333", gen.AgentStateSubscriptionRequest{
		SubscriptionName: "Wallboard", NotificationURL: "https://program.example.com/agent-states",
	})
	fmt.Println(err)
	// Output: ringcx: call: POST /voice/api/cx/integration/v1/accounts/444444/sub-accounts/333333/agent-states/subscriptions: 400 SUB-525 The receiver does not follow the rules: the response must have the Validation-Token of the request as a header
}

// An event that the program receives in memory.
func ExampleServer_SendAgentState() {
	fake := ringcxtest.New()
	defer fake.Close()
	fake.SetWebhookClient(ringcxtest.HandlerClient(gen.AgentStateHandler(func(_ context.Context, e gen.AgentStateEvent) error {
		fmt.Println(wire.Value(e.Username), wire.Value(e.EventType))
		return nil
	})))

	client, err := ringcx.New(fake.Config())
	if err != nil {
		log.Fatal(err)
	}
	_, err = client.AgentStateSubscriptions.Create(context.Background(), "444444", "333333", gen.AgentStateSubscriptionRequest{
		SubscriptionName: "Wallboard", NotificationURL: "https://program.example.com/agent-states",
	})
	if err != nil {
		log.Fatal(err)
	}
	event := gen.AgentStateEvent{Username: new("maria.lopez"), EventType: new("LUNCH")}
	if err := fake.SendAgentState(context.Background(), "444444", "333333", event); err != nil {
		log.Fatal(err)
	}
	// Output: maria.lopez LUNCH
}
