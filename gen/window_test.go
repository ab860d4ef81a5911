package gen_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/wire"
)

// TestInteractionSearchCheck runs in a bubble, in which it is midnight in UTC of 2000-01-01.
func TestInteractionSearchCheck(t *testing.T) {
	tests := []struct {
		name   string
		search gen.InteractionSearch
		want   string // the error, "" for none
		ready  string // WindowError.Ready
	}{
		{"longest", gen.InteractionSearch{SegmentEndTime: "1999-12-31 12:00:00", TimeInterval: 10_800, TimeZone: "UTC"}, "", ""},
		{"latest", gen.InteractionSearch{SegmentEndTime: "1999-12-31 23:50:00", TimeInterval: 300, TimeZone: "UTC"}, "", ""},
		{"latest in a zone", gen.InteractionSearch{SegmentEndTime: "1999-12-31 18:50:00", TimeInterval: 300, TimeZone: "America/New_York"}, "", ""},
		{
			"too long", gen.InteractionSearch{SegmentEndTime: "1999-12-31 12:00:00", TimeInterval: 10_801, TimeZone: "UTC"},
			"ringcx: call: not sent: timeInterval must be from 1 to 10800 seconds, and is 10801 (RingCX API reference)", "",
		},
		{
			"no length", gen.InteractionSearch{SegmentEndTime: "1999-12-31 12:00:00", TimeZone: "UTC"},
			"ringcx: call: not sent: timeInterval must be from 1 to 10800 seconds, and is 0 (RingCX API reference)", "",
		},
		{
			"too recent", gen.InteractionSearch{SegmentEndTime: "1999-12-31 18:50:01", TimeInterval: 300, TimeZone: "America/New_York"},
			"ringcx: call: not sent: the window must have ended at least 5m0s ago, and ended 4m59s ago (RingCX API reference)", "2000-01-01T00:00:01Z",
		},
		{
			"in the future", gen.InteractionSearch{SegmentEndTime: "2000-01-01 00:00:00", TimeInterval: 900, TimeZone: "UTC"},
			"ringcx: call: not sent: the window must have ended at least 5m0s ago, and ends in 15m0s (RingCX API reference)", "2000-01-01T00:20:00Z",
		},
		{
			"with an offset", gen.InteractionSearch{SegmentEndTime: "1999-12-31T12:00:00Z", TimeInterval: 900, TimeZone: "UTC"},
			`ringcx: call: not sent: segmentEndTime must have the form "YYYY-MM-DD HH:mm:ss", without an offset, and is "1999-12-31T12:00:00Z" (RingCX API reference)`, "",
		},
		{
			"with a fraction", gen.InteractionSearch{SegmentEndTime: "1999-12-31 12:00:00.5", TimeInterval: 900, TimeZone: "UTC"},
			`ringcx: call: not sent: segmentEndTime must have the form "YYYY-MM-DD HH:mm:ss", without an offset, and is "1999-12-31 12:00:00.5" (RingCX API reference)`, "",
		},
		{
			"no zone", gen.InteractionSearch{SegmentEndTime: "1999-12-31 12:00:00", TimeInterval: 900},
			`ringcx: call: not sent: timeZone must be the name of a time zone, such as "America/New_York", and is "" (RingCX API reference)`, "",
		},
		{
			"local zone", gen.InteractionSearch{SegmentEndTime: "1999-12-31 12:00:00", TimeInterval: 900, TimeZone: "Local"},
			`ringcx: call: not sent: timeZone must be the name of a time zone, such as "America/New_York", and is "Local" (RingCX API reference)`, "",
		},
		{
			"unknown zone", gen.InteractionSearch{SegmentEndTime: "1999-12-31 12:00:00", TimeInterval: 900, TimeZone: "Mars/Base"},
			`ringcx: call: not sent: timeZone must be the name of a time zone: unknown time zone Mars/Base (if this machine has no time zones, import time/tzdata) (RingCX API reference)`, "",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { wantWindowError(t, tt.search.Check(), tt.want, tt.ready) })
		})
	}
}

// wantWindowError compares err with the text of a *gen.WindowError and its field Ready.
func wantWindowError(t *testing.T, err error, want, ready string) {
	t.Helper()
	if want == "" {
		if err != nil {
			t.Errorf("Check returned %v", err)
		}
		return
	}
	w, ok := errors.AsType[*gen.WindowError](err)
	if !ok {
		t.Fatalf("Check returned %T %v, want a *gen.WindowError", err, err)
	}
	got := ""
	if !w.Ready.IsZero() {
		got = w.Ready.UTC().Format(time.RFC3339)
	}
	if w.Error() != want || got != ready {
		t.Errorf("Check returned\n%v, ready at %q, want\n%v, ready at %q", w, got, want, ready)
	}
}

func TestStatsRequestCheck(t *testing.T) {
	request := func(start, end string, interval int64) gen.StatsRequest {
		return gen.StatsRequest{StartDate: "1999-12-31 " + start, EndDate: "1999-12-31 " + end, TimeInterval: interval, TimeZone: "UTC"}
	}
	const prefix, suffix = "ringcx: call: not sent: ", " (RingCX API reference)"
	tests := []struct {
		name    string
		request gen.StatsRequest
		want    string
		ready   string
	}{
		{"longest", request("20:55:00", "23:55:00", 900), "", ""},
		{"too long", request("20:00:00", "23:00:01", 900), "endDate must be at most 3h0m0s after startDate, and is 3h0m1s", ""},
		{"empty", request("20:00:00", "20:00:00", 900), "endDate must be after startDate", ""},
		{"too recent", request("22:00:00", "23:56:00", 900), "the window must have ended at least 5m0s ago, and ended 4m0s ago", "2000-01-01T00:01:00Z"},
		{"no interval", request("20:00:00", "21:00:00", 0), "timeInterval must be positive, and is 0", ""},
		{"no end", gen.StatsRequest{StartDate: "1999-12-31 12:00:00", TimeZone: "UTC"}, `endDate must have the form "YYYY-MM-DD HH:mm:ss", without an offset, and is ""`, ""},
		{"no start", gen.StatsRequest{TimeZone: "UTC"}, `startDate must have the form "YYYY-MM-DD HH:mm:ss", without an offset, and is ""`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.want != "" {
				tt.want = prefix + tt.want + suffix
			}
			synctest.Test(t, func(t *testing.T) { wantWindowError(t, tt.request.Check(), tt.want, tt.ready) })
		})
	}
}

func TestAuditLogSearchCheck(t *testing.T) {
	const prefix, suffix = "ringcx: call: not sent: ", ` (RingCX developer guide, "Administrative Audit Log APIs")`
	const form = `must be a time with an offset, such as "2026-11-26T08:00:00.000+00:00", and is `
	tests := []struct{ name, start, end, want string }{
		{"milliseconds", "2025-11-20T00:00:00.000-08:00", "2025-11-20T00:15:00.000-08:00", ""},
		{"seconds", "2025-11-20T00:00:00+00:00", "2025-11-20T00:15:00+00:00", ""},
		{"Z", "2025-11-20T00:00:00Z", "2025-11-20T00:15:00+00:00", "startDateTime " + form + `"2025-11-20T00:00:00Z"`},
		{"no colon", "2025-11-20T00:00:00+00:00", "2025-11-20T00:15:00+0000", "endDateTime " + form + `"2025-11-20T00:15:00+0000"`},
		{"no offset", "2025-11-20T00:00:00", "2025-11-20T00:15:00+00:00", "startDateTime " + form + `"2025-11-20T00:00:00"`},
		{"wrong order", "2025-11-20T00:00:00+00:00", "2025-11-20T00:15:00+01:00", "endDateTime must be after startDateTime"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.want != "" {
				tt.want = prefix + tt.want + suffix
			}
			wantWindowError(t, gen.AuditLogSearch{StartDateTime: &tt.start, EndDateTime: &tt.end}.Check(), tt.want, "")
		})
	}
	if err := (gen.AuditLogSearch{}).Check(); err != nil {
		t.Errorf("without times: %v", err)
	}
}

// TestAuditLogSearchTimes runs in a bubble, in which it is midnight in UTC of 2000-01-01.
func TestAuditLogSearchTimes(t *testing.T) {
	const prefix, suffix = "ringcx: call: not sent: ", ` (RingCX developer guide, "Administrative Audit Log APIs")`
	midnight := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	text := func(ago time.Duration) *string {
		return new(midnight.Add(-ago).Format("2006-01-02T15:04:05.000-07:00"))
	}
	unix := func(ago time.Duration) *int64 { return new(midnight.Add(-ago).UnixMilli()) }
	tests := []struct {
		name        string
		search      gen.AuditLogSearch
		want, ready string
	}{
		{"latest", gen.AuditLogSearch{StartDateTime: text(20 * time.Minute), EndDateTime: text(5 * time.Minute)}, "", ""},
		{"latest in milliseconds", gen.AuditLogSearch{StartDateTimeAsUnix: unix(20 * time.Minute), EndDateTimeAsUnix: unix(5 * time.Minute)}, "", ""},
		{"only a start", gen.AuditLogSearch{StartDateTimeAsUnix: unix(time.Minute)}, "", ""},
		{"too recent", gen.AuditLogSearch{EndDateTime: text(time.Minute)}, "the window must have ended at least 5m0s ago, and ended 1m0s ago", "2000-01-01T00:04:00Z"},
		{"in the future", gen.AuditLogSearch{EndDateTime: text(-time.Hour)}, "the window must have ended at least 5m0s ago, and ends in 1h0m0s", "2000-01-01T01:05:00Z"},
		{"in the future in milliseconds", gen.AuditLogSearch{EndDateTimeAsUnix: unix(-time.Hour)}, "the window must have ended at least 5m0s ago, and ends in 1h0m0s", "2000-01-01T01:05:00Z"},
		{
			"wrong order in milliseconds", gen.AuditLogSearch{StartDateTimeAsUnix: unix(time.Hour), EndDateTimeAsUnix: unix(time.Hour)},
			"endDateTimeAsUnix must be after startDateTimeAsUnix", "",
		},
		{
			"wrong order of both forms", gen.AuditLogSearch{StartDateTime: text(time.Hour), EndDateTimeAsUnix: unix(2 * time.Hour)},
			"endDateTimeAsUnix must be after startDateTime", "",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.want != "" {
				tt.want = prefix + tt.want + suffix
			}
			synctest.Test(t, func(t *testing.T) { wantWindowError(t, tt.search.Check(), tt.want, tt.ready) })
		})
	}
}

func location(t *testing.T, name string) *time.Location {
	t.Helper()
	l, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestNewInteractionSearch checks the time zone in which the times are written.
func TestNewInteractionSearch(t *testing.T) {
	newYork := location(t, "America/New_York")
	at := func(l *time.Location, month time.Month, day, hour int) time.Time {
		return time.Date(2026, month, day, hour, 0, 0, 999, l)
	}
	const long = 10_800
	tests := []struct {
		name string
		from time.Time
		want gen.InteractionSearch
	}{
		{"UTC", at(time.UTC, 7, 1, 8), gen.InteractionSearch{SegmentEndTime: "2026-07-01 08:00:00", TimeInterval: long, TimeZone: "UTC"}},
		{"named", at(newYork, 7, 1, 8), gen.InteractionSearch{SegmentEndTime: "2026-07-01 08:00:00", TimeInterval: long, TimeZone: "America/New_York"}},
		{"local", at(time.Local, 7, 1, 8), gen.InteractionSearch{SegmentEndTime: at(time.Local, 7, 1, 8).UTC().Format(time.DateTime), TimeInterval: long, TimeZone: "UTC"}},
		{"fixed", at(time.FixedZone("", 3600), 7, 1, 8), gen.InteractionSearch{SegmentEndTime: "2026-07-01 07:00:00", TimeInterval: long, TimeZone: "UTC"}},
		{"a name with another offset", at(time.FixedZone("America/New_York", 3600), 7, 1, 8), gen.InteractionSearch{SegmentEndTime: "2026-07-01 07:00:00", TimeInterval: long, TimeZone: "UTC"}},
		{"before the clocks change", at(newYork, 11, 1, 0), gen.InteractionSearch{SegmentEndTime: "2026-11-01 04:00:00", TimeInterval: long, TimeZone: "UTC"}},
		{"after the clocks change", at(newYork, 11, 1, 3), gen.InteractionSearch{SegmentEndTime: "2026-11-01 08:00:00", TimeInterval: long, TimeZone: "UTC"}},
		{"two days after the clocks change", at(newYork, 11, 3, 3), gen.InteractionSearch{SegmentEndTime: "2026-11-03 03:00:00", TimeInterval: long, TimeZone: "America/New_York"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, gen.NewInteractionSearch(tt.from, tt.from.Add(3*time.Hour))); diff != "" {
				t.Errorf("search (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNewStatsRequest(t *testing.T) {
	from := time.Date(2026, 7, 1, 8, 0, 0, 0, location(t, "Europe/Berlin"))
	want := gen.StatsRequest{StartDate: "2026-07-01 08:00:00", EndDate: "2026-07-01 09:30:00", TimeInterval: 900, TimeZone: "Europe/Berlin"}
	if diff := cmp.Diff(want, gen.NewStatsRequest(from, from.Add(90*time.Minute), 15*time.Minute)); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
}

func TestNewAuditLogSearch(t *testing.T) {
	from := time.Date(2025, 7, 1, 8, 0, 0, 0, time.UTC)
	got := gen.NewAuditLogSearch("333333", from, from.Add(15*time.Minute).In(location(t, "America/New_York")))
	want := gen.AuditLogSearch{
		AccountID: new(wire.ID("333333")), StartDateTime: new("2025-07-01T08:00:00.000+00:00"), EndDateTime: new("2025-07-01T04:15:00.000-04:00"),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("search (-want +got):\n%s", diff)
	}
	if err := got.Check(); err != nil {
		t.Errorf("Check: %v", err)
	}
}
