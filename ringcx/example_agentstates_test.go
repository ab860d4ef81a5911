package ringcx_test

import (
	"context"
	"crypto/subtle"
	"fmt"
	"log"
	"net/http"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
	"github.com/ringcx-go/ringcx-go/wire"
)

// Subscribe makes RingCX send the states of agents as request says. It updates the subscription
// with this name, because RingCX rejects a second one that is active (status 409).
func Subscribe(ctx context.Context, client *ringcx.Client, rcAccountID, accountID wire.ID, request gen.AgentStateSubscriptionRequest) error {
	for sub, err := range client.AgentStateSubscriptions.All(ctx, rcAccountID, accountID) {
		if err != nil {
			return err
		}
		if sub.SubscriptionName == request.SubscriptionName {
			_, err = client.AgentStateSubscriptions.Update(ctx, rcAccountID, accountID, sub.SubscriptionID, request)
			return err
		}
	}
	_, err := client.AgentStateSubscriptions.Create(ctx, rcAccountID, accountID, request)
	return err
}

// WithSecret passes requests with this header to h. RingCX sends the customHeaders of a
// subscription, others do not know them.
func WithSecret(header, secret string, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if subtle.ConstantTimeCompare([]byte(r.Header.Get(header)), []byte(secret)) != 1 {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// Receive the states of agents: a program starts its receiver, subscribes it, and gets each
// change. RingCX may send a change twice.
func Example_agentStates() {
	fake := ringcxtest.New() // in production: ringcx.ConfigFromEnv
	defer fake.Close()
	client, err := ringcx.New(fake.Config())
	if err != nil {
		log.Fatal(err)
	}

	const secret = "0b5a3d0e" // in production: a long one from crypto/rand
	mux := http.NewServeMux()
	mux.Handle("/agent-states", WithSecret("X-Secret", secret, gen.AgentStateHandler(func(_ context.Context, e gen.AgentStateEvent) error {
		fmt.Println(wire.Value(e.Username), wire.Value(e.PrevState), "->", wire.Value(e.EventType))
		return nil // an error makes RingCX send the event again
	})))
	// In production: http.ListenAndServe(":8080", mux), behind a proxy with TLS 1.2 or newer.
	fake.SetWebhookClient(ringcxtest.HandlerClient(mux))

	err = Subscribe(context.Background(), client, "444444", "333333", gen.AgentStateSubscriptionRequest{
		SubscriptionName: "Wallboard",
		NotificationURL:  "https://program.example.com/agent-states",
		CustomHeaders:    map[string]*any{"X-Secret": new(any(secret))},
	})
	if err != nil {
		log.Fatal(err)
	}

	// What RingCX sends when an agent has logged in, and then goes to lunch.
	for _, state := range [][2]string{{"LOGIN", "AVAILABLE"}, {"AVAILABLE", "LUNCH"}} {
		event := gen.AgentStateEvent{Username: new("maria.lopez"), PrevState: &state[0], EventType: &state[1]}
		if err := fake.SendAgentState(context.Background(), "444444", "333333", event); err != nil {
			log.Fatal(err)
		}
	}
	// Output:
	// maria.lopez LOGIN -> AVAILABLE
	// maria.lopez AVAILABLE -> LUNCH
}
