package ringcxtest

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/wire"
)

// The ids of the example of openapi.yaml.
const (
	rcAccountID  = "444444"
	subAccountID = "333333"
	dialogID     = "8f0c1d2e-1111-4a5b-9c3d-000000000001"
	segmentID    = "8f0c1d2e-1111-4a5b-9c3d-000000000002"
)

// newAPI returns a Server and a Client of it.
func newAPI(t *testing.T) (*Server, *ringcx.Client) {
	t.Helper()
	s := NewServer(t)
	client, err := ringcx.New(s.Config())
	if err != nil {
		t.Fatal(err)
	}
	return s, client
}

// endedAt returns a segment of a minute.
func endedAt(id string, end time.Time) gen.InteractionSegment {
	return gen.InteractionSegment{
		SegmentID: new(wire.ID(id)), DialogID: new(wire.ID("d-" + id)), SegmentDurationMs: new(int64(60_000)),
		SegmentStartTimeMs: &wire.Time{Time: end.Add(-time.Minute)}, SegmentEndTimeMs: &wire.Time{Time: end},
	}
}

// wantStatus compares err with an *Error of a status.
func wantStatus(t *testing.T, err error, status int) {
	t.Helper()
	e, ok := errors.AsType[*ringcx.Error](err)
	if !ok || e.StatusCode != status {
		t.Errorf("error is %v, want an *Error with status %d", err, status)
	}
}

// TestInteractionsOfADay exports a day with segments at the edges of windows. In a bubble it is
// midnight in UTC of 2000-01-01.
func TestInteractionsOfADay(t *testing.T) {
	for _, overlap := range []bool{false, true} {
		t.Run(fmt.Sprintf("overlap=%t", overlap), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, client := newAPI(t)
				s.LimitRates(true)
				s.SetBehavior(Behavior{WindowsOverlap: overlap})
				to := time.Now().Add(-gen.ReportDelay)
				from := to.Add(-24 * time.Hour)
				s.SetInteractions(
					endedAt("early", from.Add(-time.Millisecond)), endedAt("first", from), endedAt("in", from.Add(time.Hour)),
					endedAt("edge", from.Add(3*time.Hour)), endedAt("last", to.Add(-time.Millisecond)), endedAt("late", to.Add(time.Second)),
				)
				var got []string
				for segment, err := range client.Reports.AllInteractionsBetween(t.Context(), rcAccountID, subAccountID, from, to) {
					if err != nil {
						t.Fatal(err)
					}
					got = append(got, string(wire.Value(segment.SegmentID)))
				}
				if diff := cmp.Diff([]string{"first", "in", "edge", "last"}, got); diff != "" {
					t.Errorf("segments (-want +got):\n%s", diff)
				}
				arrived := s.Counts().Arrivals["listInteractions"]
				if took := time.Since(to.Add(gen.ReportDelay)); arrived != 8 || took != 122*time.Second {
					t.Errorf("%d requests in %v, want 8 in 2m2s", arrived, took)
				}
			})
		})
	}
}

// TestInteractionsNearAnEdge exports two windows whose responses both contain segments that ended
// up to a minute before or after the edge between them.
func TestInteractionsNearAnEdge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, client := newAPI(t)
		to := time.Now().Add(-time.Hour)
		edge := to.Add(-gen.ReportWindow)
		var near []gen.InteractionSegment
		for _, after := range []time.Duration{-time.Minute, -30 * time.Second, -time.Second, 0, 30 * time.Second, time.Minute} {
			near = append(near, endedAt(after.String(), edge.Add(after)))
		}
		s.Fault("listInteractions", Status(200, string(marshal(near))), 2)
		var got []string
		for segment, err := range client.Reports.AllInteractionsBetween(t.Context(), rcAccountID, subAccountID, edge.Add(-gen.ReportWindow), to) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, string(wire.Value(segment.SegmentID)))
		}
		if diff := cmp.Diff([]string{"-1m0s", "-30s", "-1s", "0s", "30s", "1m0s"}, got); diff != "" {
			t.Errorf("segments (-want +got):\n%s", diff)
		}
	})
}

// TestInteractionsOfTwoAccounts checks that each sub-account has limits of its own.
func TestInteractionsOfTwoAccounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, client := newAPI(t)
		s.LimitRates(true)
		s.SetAccounts(gen.Account{AccountID: "1"}, gen.Account{AccountID: "2"})
		s.SetInteractions()
		start, to := time.Now(), time.Now().Add(-time.Hour)
		for _, account := range []wire.ID{"1", "2"} {
			for _, err := range client.Reports.AllInteractionsBetween(t.Context(), rcAccountID, account, to.Add(-9*time.Hour), to) {
				t.Error(err)
			}
		}
		if got := s.Counts(); time.Since(start) != 0 || got.Arrivals["listInteractions"] != 6 || got.RateLimited != 0 {
			t.Errorf("%d requests in %v, %d with status 429", got.Arrivals["listInteractions"], time.Since(start), got.RateLimited)
		}
	})
}

// TestInteractionsTwice checks that two iterators of a client keep to the limits together.
func TestInteractionsTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, client := newAPI(t)
		s.LimitRates(true)
		s.SetInteractions()
		to := time.Now().Add(-time.Hour)
		start := time.Now()
		for range 2 {
			for _, err := range client.Reports.AllInteractionsBetween(t.Context(), rcAccountID, subAccountID, to.Add(-15*time.Hour), to) {
				t.Error(err)
			}
		}
		if took := time.Since(start); took != 15*time.Minute+time.Second {
			t.Errorf("10 requests took %v, want 15m1s", took)
		}
	})
}

func TestInteractionsBetweenFails(t *testing.T) {
	tests := []struct {
		name     string
		behavior Behavior
		from, to time.Duration // before midnight
		want     string
		sent     int
	}{
		{"too recent", Behavior{}, 24 * time.Hour, 4 * time.Minute, "must have ended at least 5m0s ago, and ended 4m0s ago", 0},
		{"empty", Behavior{}, time.Hour, time.Hour, "the end of the time must be a second or more after its start", 0},
		{"backward", Behavior{WindowsBackward: true}, 3 * time.Hour, time.Hour, "a segment ended at 1999-12-31T20:30:00Z: RingCX uses other windows than documented, or another time zone than UTC", 1},
		{
			"one hour", Behavior{LongestWindow: time.Hour}, 6 * time.Hour, time.Hour,
			"The request is not valid; timeInterval: must be from 1 to 3600 (window from 1999-12-31T18:00:00Z to 1999-12-31T21:00:00Z)", 1,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, client := newAPI(t)
				s.SetBehavior(tt.behavior)
				midnight := time.Now().UTC()
				s.SetInteractions(endedAt("a", midnight.Add(-3*time.Hour-30*time.Minute)))
				var last error
				for _, err := range client.Reports.AllInteractionsBetween(t.Context(), rcAccountID, subAccountID, midnight.Add(-tt.from), midnight.Add(-tt.to)) {
					last = err
				}
				if last == nil || !strings.Contains(last.Error(), tt.want) {
					t.Errorf("error is %v, want %q", last, tt.want)
				}
				if sent := s.Counts().Arrivals["listInteractions"]; sent != tt.sent {
					t.Errorf("%d requests, want %d", sent, tt.sent)
				}
			})
		})
	}
}

// TestReportsAreChecked checks that RingCX rejects what the services do not send.
func TestReportsAreChecked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, client := newAPI(t)
		interactions := func(start string, length int64, zone string) {
			t.Helper()
			search := gen.InteractionSearch{SegmentEndTime: start, TimeInterval: length, TimeZone: zone}
			_, err := ringcx.Get(client.ListInteractionsWithResponse(t.Context(), rcAccountID, subAccountID, search))
			wantStatus(t, err, 400)
		}
		interactions("1999-12-31 23:50:01", 300, "UTC")
		interactions("1999-12-31 12:00:00", 10_801, "UTC")
		interactions("1999-12-31 12:00:00", 0, "UTC")
		interactions("1999-12-31T12:00:00", 300, "UTC")
		interactions("1999-12-31 12:00:00", 300, "Mars/Base")
		stats := func(start, end string, interval int64) {
			t.Helper()
			request := gen.StatsRequest{StartDate: start, EndDate: end, TimeInterval: interval, TimeZone: "UTC"}
			_, err := ringcx.Get(client.ListQueueStatsWithResponse(t.Context(), rcAccountID, subAccountID, request))
			wantStatus(t, err, 400)
		}
		stats("1999-12-31 12:00:00", "1999-12-31 15:00:01", 900)
		stats("1999-12-31 12:00:00", "1999-12-31 12:00:00", 900)
		stats("1999-12-31 22:00:00", "1999-12-31 23:55:01", 900)
		stats("1999-12-31 12:00:00", "1999-12-31 13:00:00", 0)
		stats("noon", "1999-12-31 13:00:00", 900)
		stats("1999-12-31 12:00:00", "", 900)
	})
}

// TestInteractionTimesInMilliseconds checks both forms of times, and the default segment.
func TestInteractionTimesInMilliseconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, client := newAPI(t)
		end := time.Now().UTC()
		search := gen.NewInteractionSearch(end.Add(-2*time.Hour), end.Add(-30*time.Minute))
		for _, milliseconds := range []bool{false, true} {
			s.SetBehavior(Behavior{InteractionTimesInMilliseconds: milliseconds})
			result, err := client.ListInteractionsWithResponse(t.Context(), rcAccountID, subAccountID, search)
			segments, err := ringcx.Get(result, err)
			if err != nil || len(segments) != 1 {
				t.Fatalf("%d segments, error %v", len(segments), err)
			}
			if got := segments[0]; !got.SegmentEndTimeMs.Equal(end.Add(-time.Hour)) || got.SegmentEvents[0].EventTimeMs.IsZero() {
				t.Errorf("segment: %+v", got)
			}
			if isNumber := strings.Contains(string(result.Body), `"eventTimeMs":94`); isNumber != milliseconds {
				t.Errorf("body: %s", result.Body)
			}
		}
	})
}

// TestStats checks the rows of figures, in both units of the interval.
func TestStats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, client := newAPI(t)
		from := time.Date(1999, 12, 31, 8, 0, 0, 0, time.UTC)
		var times []string
		for row, err := range client.Reports.AllQueueStatsBetween(t.Context(), rcAccountID, subAccountID, from, from.Add(5*time.Hour), time.Hour) {
			if err != nil {
				t.Fatal(err)
			}
			times = append(times, wire.Value(row.DateTimeFrom))
		}
		want := []string{"1999-12-31 08:00:00", "1999-12-31 09:00:00", "1999-12-31 10:00:00", "1999-12-31 11:00:00", "1999-12-31 12:00:00"}
		if diff := cmp.Diff(want, times); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
		if n := s.Counts().Arrivals["listQueueStats"]; n != 2 {
			t.Errorf("%d requests, want 2", n)
		}
		s.SetBehavior(Behavior{StatsInMinutes: true})
		request := gen.NewStatsRequest(from, from.Add(time.Hour), 15*time.Minute)
		_, err := client.Reports.ListAgentStats(t.Context(), rcAccountID, subAccountID, request)
		wantStatus(t, err, 400)
		request.TimeInterval = 15
		rows, err := client.Reports.ListExtendedAgentStats(t.Context(), rcAccountID, subAccountID, request)
		if err != nil || len(rows) != 4 || wire.Value(rows[3].DateTimeFrom) != "1999-12-31 08:45:00" {
			t.Errorf("rows %+v, error %v", rows, err)
		}
	})
}

// media requests the recording, the transcript and a summary of a segment, and returns which
// are ready. Errors must wrap wire.ErrNotReady.
func media(t *testing.T, client *ringcx.Client, dialog, segment wire.ID) (ready []string) {
	t.Helper()
	resp, err := client.Recordings.Get(t.Context(), rcAccountID, subAccountID, dialog, segment, nil)
	if err == nil {
		resp.Body.Close()
	}
	_, errTranscript := client.Transcripts.Get(t.Context(), rcAccountID, subAccountID, dialog, segment)
	_, errSummary := client.Summaries.GetAgent(t.Context(), subAccountID, segment)
	_, errFlat := ringcx.Get(client.GetAutoSummaryWithResponse(t.Context(), subAccountID, wire.PathID(segment)))
	names := []string{"recording", "transcript", "agent summary", "auto summary"}
	for i, err := range []error{err, errTranscript, errSummary, errFlat} {
		switch {
		case err == nil:
			ready = append(ready, names[i])
		case !errors.Is(err, wire.ErrNotReady):
			t.Errorf("%s: %v, want an error that wraps wire.ErrNotReady", names[i], err)
		}
	}
	return ready
}

// TestMediaIsReadyLater checks when the data of a segment is ready.
func TestMediaIsReadyLater(t *testing.T) {
	summaries := []string{"agent summary", "auto summary"}
	all := append([]string{"recording", "transcript"}, summaries...)
	tests := []struct {
		name     string
		behavior Behavior
		change   func(*gen.InteractionSegment)
		after    time.Duration
		want     []string
	}{
		{"at the end", Behavior{}, nil, 0, nil},
		{"at the end, 404", Behavior{SummaryNotFound: true}, nil, 0, nil},
		{"summaries", Behavior{}, nil, time.Minute, summaries},
		{"transcript", Behavior{}, nil, 5 * time.Minute, all[1:]},
		{"recording", Behavior{}, nil, 10 * time.Minute, all},
		{"no delay", Behavior{RecordingDelay: -1, TranscriptDelay: -1, SummaryDelay: -1}, nil, 0, all},
		{"longer", Behavior{RecordingDelay: time.Hour}, nil, 10 * time.Minute, all[1:]},
		{"no recording", Behavior{}, func(s *gen.InteractionSegment) { s.HasRecording = new(false) }, time.Hour, all[1:]},
		{"no transcript", Behavior{}, func(s *gen.InteractionSegment) { s.HasTranscript = new(false) }, time.Hour, all[:1]},
		{"another sub-account", Behavior{}, func(s *gen.InteractionSegment) { s.SubAccountID = new(wire.ID("7")) }, time.Hour, nil},
		{"another segment", Behavior{}, func(s *gen.InteractionSegment) { s.SegmentID = new(wire.ID("b")) }, time.Hour, nil},
		{"another dialog", Behavior{}, func(s *gen.InteractionSegment) { s.DialogID = new(wire.ID("b")) }, time.Hour, summaries},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, client := newAPI(t)
				s.SetBehavior(tt.behavior)
				segment := endedAt("a", time.Now())
				if tt.change != nil {
					tt.change(&segment)
				}
				s.SetInteractions(segment)
				time.Sleep(tt.after)
				if diff := cmp.Diff(tt.want, media(t, client, "d-a", "a")); diff != "" {
					t.Errorf("ready (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestMediaOfTheExample checks that the segment that a Server begins with has everything.
func TestMediaOfTheExample(t *testing.T) {
	_, client := newAPI(t)
	if got := media(t, client, dialogID, segmentID); len(got) != 4 {
		t.Errorf("ready: %q", got)
	}
	summary, err := client.Summaries.GetAuto(t.Context(), subAccountID, segmentID)
	if err != nil || !strings.HasPrefix(summary, "The customer") {
		t.Errorf("summary %q, error %v", summary, err)
	}
}

// TestRCAccount checks which ids of a RingCentral account exist.
func TestRCAccount(t *testing.T) {
	tests := []struct {
		name, accounts string // "": the default
		id             wire.ID
		exists         bool
	}{
		{"default", "", rcAccountID, true},
		{"main account of RingCX", "", "333000", false},
		{"sub-account", "", subAccountID, false},
		{"of the account", `[{"accountId":"333333","accountName":"a","rcAccountId":1}]`, "1", true},
		{"of the main account", `[{"accountId":"333333","accountName":"a","mainAccount":{"rcAccountId":"1"}}]`, "1", true},
		{"other", `[{"accountId":"333333","accountName":"a","rcAccountId":1}]`, rcAccountID, false},
		{"accounts without one", `[{"accountId":"333333","accountName":"a","rcAccountId":"null"}]`, "1", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, client := newAPI(t)
			if tt.accounts != "" {
				if err := s.SetAccountsJSON([]byte(tt.accounts)); err != nil {
					t.Fatal(err)
				}
			}
			_, errList := client.CXQueues.ListGroups(t.Context(), tt.id, subAccountID)
			_, errTranscript := client.Transcripts.Get(t.Context(), tt.id, subAccountID, dialogID, segmentID)
			for _, err := range []error{errList, errTranscript} {
				if errors.Is(err, ringcx.ErrNotFound) == tt.exists || tt.exists && err != nil {
					t.Errorf("%s: error is %v, want status 404: %t", tt.id, err, !tt.exists)
				}
			}
			log := s.Log()
			if warned := log[len(log)-1].Warning != ""; warned == tt.exists {
				t.Errorf("a warning in the log: %t", warned)
			}
		})
	}
}

// TestRecording reads a recording, a part of it, and one as a browser.
func TestRecording(t *testing.T) {
	_, client := newAPI(t)
	get := func(requested string) (*http.Response, []byte) {
		t.Helper()
		var params *gen.GetRecordingParams
		if requested != "" {
			params = &gen.GetRecordingParams{Range: &requested}
		}
		resp, err := client.Recordings.Get(t.Context(), rcAccountID, subAccountID, dialogID, segmentID, params)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp, body
	}
	const size = 44 + 170_780*16 // of the example: 170.78 s
	resp, whole := get("")
	if resp.ContentLength != size || len(whole) != size || resp.Header.Get("Content-Type") != "audio/wav" {
		t.Errorf("%d bytes, length %d, header %v", len(whole), resp.ContentLength, resp.Header)
	}
	if length := binary.LittleEndian.Uint32(whole[40:]); string(whole[:4]) != "RIFF" || length != size-44 {
		t.Errorf("header of the file: %q", whole[:44])
	}
	resp, part := get("bytes=30-100029")
	if resp.StatusCode != 206 || string(part) != string(whole[30:100_030]) || resp.Header.Get("Content-Range") != fmt.Sprintf("bytes 30-100029/%d", size) {
		t.Errorf("status %d, %d bytes, header %v", resp.StatusCode, len(part), resp.Header)
	}
	_, err := client.Recordings.Get(t.Context(), rcAccountID, subAccountID, dialogID, segmentID, &gen.GetRecordingParams{Range: new(fmt.Sprintf("bytes=%d-", size))})
	wantStatus(t, err, 416)

	resp, err = client.GetRecording(t.Context(), rcAccountID, subAccountID, dialogID, segmentID, nil, asBrowser)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.Header.Get("Content-Type") != "audio/mpeg" || !strings.HasPrefix(string(body), "\xff\xfb") || len(body) != 4744*144 {
		t.Errorf("%d bytes, header %v, error %v", len(body), resp.Header, err)
	}
}

// TestRecordingIsCut breaks off a recording, in memory and over TCP: the client gets the length of
// the whole, a part, and an error.
func TestRecordingIsCut(t *testing.T) {
	s := NewServer(t)
	for name, cfg := range map[string]ringcx.Config{"memory": s.Config(), "TCP": s.LoopbackConfig()} {
		for _, n := range []int64{0, 1000, 1_000_000} {
			t.Run(fmt.Sprint(name, " ", n), func(t *testing.T) {
				client, err := ringcx.New(cfg)
				if err != nil {
					t.Fatal(err)
				}
				s.Fault("getRecording", CutBody(n), 1)
				resp, err := client.Recordings.Get(t.Context(), rcAccountID, subAccountID, dialogID, segmentID, nil)
				if err != nil {
					t.Fatal(err)
				}
				defer resp.Body.Close()
				got, err := io.Copy(io.Discard, resp.Body)
				if got != n || !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Errorf("%d bytes, error %v, want %d and an unexpected EOF", got, err, n)
				}
				if resp.ContentLength != 44+170_780*16 {
					t.Errorf("ContentLength is %d, want that of the whole", resp.ContentLength)
				}
			})
		}
	}
}

// TestRecordingIsAPage checks that a page with status 200, as that of a proxy, is not returned as
// a recording.
func TestRecordingIsAPage(t *testing.T) {
	s, client := newAPI(t)
	s.Fault("getRecording", HTML, 1)
	resp, err := client.Recordings.Get(t.Context(), rcAccountID, subAccountID, dialogID, segmentID, nil)
	if e, ok := errors.AsType[*wire.DecodeError](err); resp != nil || !ok || !strings.HasPrefix(e.ContentType, "text/html") {
		t.Errorf("response %v, error %v, want a *wire.DecodeError for text/html", resp, err)
	}
}

func asBrowser(_ context.Context, r *http.Request) error {
	r.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64)")
	return nil
}

// TestLargeRecording reads a recording of 200 MB, in memory and over TCP, and checks that it is
// not kept in memory.
func TestLargeRecording(t *testing.T) {
	const size = 200_000_000
	s := NewServer(t)
	segment := endedAt("a", time.Now().Add(-time.Hour))
	segment.SegmentDurationMs = new(int64(size / 16))
	s.SetInteractions(segment)
	for name, cfg := range map[string]ringcx.Config{"memory": s.Config(), "TCP": s.LoopbackConfig()} {
		t.Run(name, func(t *testing.T) {
			client, err := ringcx.New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			resp, err := client.Recordings.Get(t.Context(), rcAccountID, subAccountID, "d-a", "a", nil)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			n, err := io.Copy(io.Discard, resp.Body)
			runtime.ReadMemStats(&after)
			if err != nil || n != size+44 || resp.ContentLength != n {
				t.Errorf("%d bytes of %d, error %v", n, resp.ContentLength, err)
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > 20<<20 {
				t.Errorf("%d bytes were allocated, want at most 20 MiB", used)
			}
		})
	}
}

// TestReportBehavior checks the forms of a Behavior that programs do not see through the services.
func TestReportBehavior(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, client := newAPI(t)
		end := time.Now().Add(-time.Hour)
		s.SetInteractions(endedAt("a", end), endedAt("b", time.Now()))
		for want, overlap := range []bool{false, true} {
			s.SetBehavior(Behavior{WindowsOverlap: overlap, SummaryNotFound: overlap})
			found, err := client.Reports.ListInteractions(t.Context(), rcAccountID, subAccountID, gen.NewInteractionSearch(end.Add(-time.Hour), end))
			if err != nil || len(found) != want {
				t.Errorf("overlap %t: %d segments, error %v", overlap, len(found), err)
			}
			_, err = client.Summaries.GetAuto(t.Context(), subAccountID, "b")
			if _, isError := errors.AsType[*ringcx.Error](err); isError != overlap {
				t.Errorf("summary that is not ready: %v", err)
			}
		}
		_, err := client.Reports.ListQueueStats(t.Context(), rcAccountID, subAccountID, gen.StatsRequest{})
		if _, ok := errors.AsType[*gen.WindowError](err); !ok || s.Counts().Arrivals["listQueueStats"] != 0 {
			t.Errorf("error is %v, want a *gen.WindowError and no request", err)
		}
		if data, err := io.ReadAll(newWAV(time.Second)); err != nil || len(data) != 44+16_000 {
			t.Errorf("%d bytes of a second, error %v", len(data), err)
		}
	})
}
