package ringcx_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"text/tabwriter"
	"time"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
	"github.com/ringcx-go/ringcx-go/wire"
)

// This example shows the queues every 10 seconds until its context ends.
func Example_wallboard() {
	fake := ringcxtest.New()
	defer fake.Close()
	fake.Set("/voice/api/v1/admin/accounts/333333/realTimeData/inbound", []gen.RealTimeQueue{
		{GateID: new(int64(6101)), GateName: new("Billing"), InQueue: new(int64(3)), LongestInQueue: new(int64(75)), Available: new(int64(2))},
		{GateID: new(int64(6102)), GateName: new("Support"), InQueue: new(int64(0)), Available: new(int64(5))},
	})
	client, err := ringcx.New(fake.Config())
	if err != nil {
		log.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background()) // in production: signal.NotifyContext
	defer cancel()
	wallboard(ctx, client, func(queues []gen.RealTimeQueue) {
		table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "queue\twaiting\tlongest\tavailable")
		for _, q := range queues {
			longest := time.Duration(wire.Value(q.LongestInQueue)) * time.Second
			fmt.Fprintf(table, "%s\t%d\t%v\t%d\n", wire.Value(q.GateName), wire.Value(q.InQueue), longest, wire.Value(q.Available))
		}
		if err := table.Flush(); err != nil {
			log.Print(err)
		}
		cancel() // one table is enough here
	})
	// Output:
	// queue    waiting  longest  available
	// Billing  3        1m15s    2
	// Support  0        0s       5
}

// wallboard calls show with the queues every 10 seconds, the shortest time that RingCX
// recommends. It returns when ctx ends.
func wallboard(ctx context.Context, client *ringcx.Client, show func([]gen.RealTimeQueue)) {
	ticker := time.NewTicker(10 * time.Second)
	defer ticker.Stop()
	for ctx.Err() == nil {
		queues, err := client.RealTimeData.ListQueues(ctx, "333333")
		if err != nil {
			log.Print(err) // the last table stays
		} else {
			show(queues)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
		}
	}
}
