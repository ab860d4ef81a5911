package ringcxtest_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

func TestStreams(t *testing.T) {
	fake := ringcxtest.NewServer(t)
	media, ctx := newClient(t, fake).MediaControl, t.Context()
	request := gen.StreamRequest{StreamID: new("s1"), URL: new("https://audio.example.com:443")}
	dialog := ringcxtest.Stream{SubAccountID: account, DialogID: "d1", Request: request}
	segment := ringcxtest.Stream{SubAccountID: account, DialogID: "d1", SegmentID: "g1", Request: request}
	noID := ringcxtest.Stream{SubAccountID: account, DialogID: "d1"}
	steps := []struct {
		name string
		do   func() error
		code int // status of the error, or 0
		want []ringcxtest.Stream
	}{
		{"start", func() error { return media.StartDialogStream(ctx, "444444", account, "d1", request) }, 0, []ringcxtest.Stream{dialog}},
		{"start again", func() error { return media.StartDialogStream(ctx, "444444", account, "d1", request) }, 409, []ringcxtest.Stream{dialog}},
		{"segment", func() error { return media.StartSegmentStream(ctx, "444444", account, "d1", "g1", request) }, 0, []ringcxtest.Stream{dialog, segment}},
		{"segment again", func() error { return media.StartSegmentStream(ctx, "444444", account, "d1", "g1", request) }, 409, []ringcxtest.Stream{dialog, segment}},
		{"stop another id", func() error { return media.StopDialogStream(ctx, "444444", account, "d1", "s2") }, 404, []ringcxtest.Stream{dialog, segment}},
		{"stop in another dialog", func() error { return media.StopDialogStream(ctx, "444444", account, "d2", "s1") }, 404, []ringcxtest.Stream{dialog, segment}},
		{"stop", func() error { return media.StopDialogStream(ctx, "444444", account, "d1", "s1") }, 0, []ringcxtest.Stream{segment}},
		{"stop again", func() error { return media.StopDialogStream(ctx, "444444", account, "d1", "s1") }, 404, []ringcxtest.Stream{segment}},
		{"stop the segment", func() error { return media.StopSegmentStream(ctx, "444444", account, "d1", "g1", "s1") }, 0, []ringcxtest.Stream{}},
		{"start without an id", func() error { return media.StartDialogStream(ctx, "444444", account, "d1", gen.StreamRequest{}) }, 0, []ringcxtest.Stream{noID}},
		{"start another one", func() error { return media.StartDialogStream(ctx, "444444", account, "d1", gen.StreamRequest{}) }, 0, []ringcxtest.Stream{noID, noID}},
		{"start after the stop", func() error { return media.StartDialogStream(ctx, "444444", account, "d1", request) }, 0, []ringcxtest.Stream{noID, noID, dialog}},
	}
	for _, step := range steps {
		err := step.do()
		if code, _ := errorCode(err); code != step.code || (code == 0 && err != nil) {
			t.Errorf("%s: %v, want status %d", step.name, err, step.code)
		}
		if diff := cmp.Diff(step.want, fake.Streams()); diff != "" {
			t.Fatalf("%s: streams (-want +got):\n%s", step.name, diff)
		}
	}
}
