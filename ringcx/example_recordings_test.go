package ringcx_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
	"github.com/ringcx-go/ringcx-go/wire"
)

// The ids of the example. In production: AccountID and RCAccountID of an account of
// client.Accounts.List.
const accountID, rcAccountID = "333333", "444444"

// This example saves the recordings of a search. A recording that is not ready yet is left
// for the next run, unless it is too old to become ready.
func Example_archiveRecordings() {
	fake := ringcxtest.New()
	defer fake.Close()
	fake.SetInteractions(recorded("a", time.Now().Add(-20*time.Minute)), recorded("b", time.Now().Add(-6*time.Minute)))
	client, err := ringcx.New(fake.Config())
	if err != nil {
		log.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "recordings")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	ctx, now := context.Background(), time.Now()
	for segment, err := range client.Reports.AllInteractionsBetween(ctx, rcAccountID, accountID, now.Add(-time.Hour), now.Add(-gen.ReportDelay)) {
		if err != nil {
			log.Fatal(err)
		}
		id := wire.Value(segment.SegmentID)
		switch n, err := saveRecording(ctx, client, segment, filepath.Join(dir, string(id))); {
		case errors.Is(err, wire.ErrNotReady) && time.Since(wire.Value(segment.SegmentEndTimeMs).Time) > 2*gen.MediaDelay:
			fmt.Println(id, "has no recording")
		case errors.Is(err, wire.ErrNotReady):
			fmt.Println(id, "try again later")
		case err != nil:
			log.Fatal(err)
		default:
			fmt.Println(id, n, "bytes")
		}
	}
	// Output:
	// a 960044 bytes
	// b try again later
}

// saveRecording saves the recording of a segment to a file with this name and the extension of its
// type, and returns its size. The file has its name only when it is complete.
func saveRecording(ctx context.Context, client *ringcx.Client, segment gen.InteractionSegment, name string) (int64, error) {
	dialog, id := wire.Value(segment.DialogID), wire.Value(segment.SegmentID)
	resp, err := client.Recordings.Get(ctx, rcAccountID, accountID, dialog, id, nil)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	file, err := os.Create(name + ".part")
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(file, resp.Body) // an error if the connection breaks off
	if err := errors.Join(err, file.Close()); err != nil {
		return n, err
	}
	extension := ".wav"
	if resp.Header.Get("Content-Type") == "audio/mpeg" {
		extension = ".mp3"
	}
	return n, os.Rename(name+".part", name+extension)
}

// recorded returns a segment of a minute, for the fake.
func recorded(id string, end time.Time) gen.InteractionSegment {
	return gen.InteractionSegment{
		SegmentID: new(wire.ID(id)), DialogID: new(wire.ID("dialog-" + id)), SegmentDurationMs: new(int64(60_000)),
		SegmentEndTimeMs: &wire.Time{Time: end},
	}
}
