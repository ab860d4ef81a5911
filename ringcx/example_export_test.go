package ringcx_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"time"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
	"github.com/ringcx-go/ringcx-go/wire"
)

// This example exports the interactions of yesterday from 8 to 17 o'clock as lines of JSON, one
// window after the other. If the program stops, it can continue after the last complete window.
//
// AllInteractionsBetween keeps to RingCX's limits: the eight windows of a day take two minutes. It
// counts the requests of this process only, so that a second run within 15 minutes may get status
// 429. A segment that ended at the edge of two windows may be in both of them: store segments by
// SegmentID. One call for the whole time yields it once.
func Example_exportInteractions() {
	newYork, err := time.LoadLocation("America/New_York")
	if err != nil {
		log.Fatal(err)
	}
	year, month, today := time.Now().In(newYork).Date()
	from, to := time.Date(year, month, today-1, 8, 0, 0, 0, newYork), time.Date(year, month, today-1, 17, 0, 0, 0, newYork)

	fake := ringcxtest.New() // in production: ringcx.ConfigFromEnv
	defer fake.Close()
	fake.SetInteractions(ended("a", from), ended("b", from.Add(3*time.Hour)), ended("c", from.Add(4*time.Hour)))
	client, err := ringcx.New(fake.Config())
	if err != nil {
		log.Fatal(err)
	}

	// In production: AccountID and RCAccountID of an account of client.Accounts.List.
	const accountID, rcAccountID = "333333", "444444"
	ctx := context.Background()
	lines := json.NewEncoder(io.Discard) // in production: a file
	for start := from; start.Before(to); start = start.Add(gen.ReportWindow) {
		n := 0
		for segment, err := range client.Reports.AllInteractionsBetween(ctx, rcAccountID, accountID, start, start.Add(gen.ReportWindow)) {
			if err != nil {
				log.Fatal(err)
			}
			if err := lines.Encode(segment); err != nil {
				log.Fatal(err)
			}
			n++
		}
		fmt.Println(start.Format("15:04"), n, "segments")
	}
	// Output:
	// 08:00 1 segments
	// 11:00 2 segments
	// 14:00 0 segments
}

// ended returns a segment of an interaction, for the fake.
func ended(id string, end time.Time) gen.InteractionSegment {
	return gen.InteractionSegment{SegmentID: new(wire.ID(id)), SegmentEndTimeMs: &wire.Time{Time: end}}
}
