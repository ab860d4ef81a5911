package ringcx_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
	"github.com/ringcx-go/ringcx-go/wire"
)

// pollInterval is how often ClickToDial lists the active calls: one list is two requests (a
// page, and the empty one after it), so 60 a minute. RingCX allows the sub-account 120.
const pollInterval = 2 * time.Second

// ClickToDial calls a number with the phone of an agent, and returns the call when it is
// active. The caller limits the time to wait with ctx.
//
// RingCX responds only with true, without the id of the call, and true does not mean that there
// is a call. So ClickToDial looks for a call to this number that was not there before.
func ClickToDial(ctx context.Context, client *ringcx.Client, accountID wire.ID, request gen.CreateCallParams) (gen.ActiveCall, error) {
	var none gen.ActiveCall
	before := map[wire.ID]bool{}
	for call, err := range client.ActiveCalls.All(ctx, accountID, nil) {
		if err != nil {
			return none, err
		}
		before[call.UII] = true
	}
	if ok, err := client.ActiveCalls.Create(ctx, accountID, request); err != nil {
		return none, err // after a network error there may be a call: do not dial again at once
	} else if !ok {
		return none, errors.New("RingCX did not start the call")
	}
	for {
		for call, err := range client.ActiveCalls.All(ctx, accountID, nil) {
			if err != nil {
				return none, err
			}
			isWanted := wire.Value(call.DNIS) == request.Destination || wire.Value(call.DNISE164) == request.Destination
			if isWanted && !before[call.UII] {
				return call, nil
			}
		}
		select {
		case <-time.After(pollInterval):
		case <-ctx.Done():
			return none, fmt.Errorf("there is no call to %s: %w", request.Destination, ctx.Err())
		}
	}
}

// Click to dial: a program calls a customer with the phone of an agent, waits for the call, and
// sets its disposition before it ends it.
func Example_clickToDial() {
	fake := ringcxtest.New() // in production: ringcx.ConfigFromEnv
	defer fake.Close()
	client, err := ringcx.New(fake.Config())
	if err != nil {
		log.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 40*time.Second)
	defer cancel()
	const accountID = "333333" // of the sub-account: see client.Accounts.List

	call, err := ClickToDial(ctx, client, accountID, gen.CreateCallParams{
		Username:     "john.wang+333333_1@example.com", // as RingCX generated it; the plus sign is escaped
		Destination:  "5550001001",
		RingDuration: 30, // seconds
		CallerID:     "5550002002",
	})
	if rejected, ok := errors.AsType[*ringcx.Error](err); ok && rejected.Code == "active.calls.agent.not.logged.in" {
		log.Fatal("the agent must log in first")
	}
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(wire.Value(call.CallState), "call to", wire.Value(call.DNIS))

	uii := call.UII // not found after the call has ended
	if _, err := client.ActiveCalls.Dispose(ctx, accountID, uii, gen.DisposeCallParams{Disposition: "Resolved"}); err != nil {
		log.Fatal(err)
	}
	if _, err := client.ActiveCalls.HangUp(ctx, accountID, uii); err != nil {
		log.Fatal(err)
	}
	_, err = client.ActiveCalls.Ping(ctx, accountID, uii)
	fmt.Println("ended:", errors.Is(err, ringcx.ErrNotFound))
	// Output:
	// ACTIVE call to 5550001001
	// ended: true
}
