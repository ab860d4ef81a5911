package ringcx_test

import (
	"bytes"
	"context"
	"fmt"
	"log"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
	"github.com/ringcx-go/ringcx-go/wire"
)

// This example creates a queue with two dispositions and an agent, and then changes the
// priority of the queue. A PUT replaces the queue, so the change is merged with what RingCX sent.
func Example_queues() {
	fake := ringcxtest.New() // in production: ringcx.ConfigFromEnv
	defer fake.Close()
	client, err := ringcx.New(fake.Config())
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	const account, group = "333333", 6001 // from client.Accounts.List and client.QueueGroups.List
	queue, err := client.Queues.Create(ctx, account, group, gen.Queue{GateName: new("Returns")})
	if err != nil {
		log.Fatal(err)
	}
	id := wire.Value(queue.GateID)
	dispositions, err := client.QueueDispositions.SaveList(ctx, account, group, id, []gen.QueueDisposition{
		{Disposition: new("Resolved"), IsSuccess: new(true)}, {Disposition: new("Call back")},
	})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := client.Queues.AssignAgents(ctx, account, group, id, []gen.AgentQueueAccess{{AgentID: new(int64(111111))}}); err != nil {
		log.Fatal(err)
	}

	received, err := client.GetQueueWithResponse(ctx, account, group, id)
	if err != nil {
		log.Fatal(err)
	}
	body, err := wire.Merge(received.Body, gen.Queue{GatePriority: new(int64(1))})
	if err != nil {
		log.Fatal(err)
	}
	queue, err = ringcx.Get(client.UpdateQueueWithBodyWithResponse(ctx, account, group, id, "application/json", bytes.NewReader(body)))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(wire.Value(queue.GateName), "has the priority", wire.Value(queue.GatePriority), "and", len(dispositions), "dispositions")
	// Output: Returns has the priority 1 and 2 dispositions
}
