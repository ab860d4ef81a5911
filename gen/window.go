package gen

import (
	"fmt"
	"time"
)

const (
	// ReportWindow is how long the window of a report may be: 3 hours.
	//
	// Source: RingCX API reference. An older page of the RingCX developer guide has one hour
	// for interactions.
	ReportWindow = 3 * time.Hour

	// ReportDelay is how long ago the window of a report must have ended: 5 minutes. Recordings
	// and transcripts take longer: see [MediaDelay].
	//
	// Source: RingCX API reference and RingCX developer guide, "Integration reports".
	ReportDelay = 5 * time.Minute

	// MediaDelay is how long after its end a segment has its recording and its transcript: 15
	// minutes, the longest time that is documented. If the error still wraps [wire.ErrNotReady]
	// after twice that time, there is probably none (inferred).
	//
	// Source: RingCX developer guide, "Integration reports" and "Call transcripts".
	MediaDelay = 15 * time.Minute

	// AuditWindow is how long a search of the audit log should be: 15 minutes. A longer one is
	// not rejected.
	//
	// Source: RingCX developer guide, "Administrative Audit Log APIs".
	AuditWindow = 15 * time.Minute

	// AuditDelay is how long after a change the audit log has it: 5 minutes.
	//
	// Source: RingCX developer guide, "Administrative Audit Log APIs".
	AuditDelay = 5 * time.Minute
)

// The sources of the rules for windows.
const (
	reportSource = "RingCX API reference"
	auditSource  = `RingCX developer guide, "Administrative Audit Log APIs"`
)

// windowRules are the rules for the windows of an operation.
type windowRules struct {
	length, delay time.Duration // how long a window may be, and how long ago it must have ended
	source        string
}

var (
	reportRules = windowRules{ReportWindow, ReportDelay, reportSource}
	auditRules  = windowRules{AuditWindow, AuditDelay, auditSource}
)

// WindowError is the error for a window of time that RingCX would reject, or for which it would
// not return everything. Nothing was sent.
type WindowError struct {
	// Rule is what the window must be, and what it is.
	Rule string
	// Source is where the rule is documented.
	Source string
	// Ready is when the same window may be requested, if it is only too recent. It is zero if
	// the window is never valid.
	Ready time.Time
}

// Error returns the rule and its source.
func (e *WindowError) Error() string {
	return "ringcx: call: not sent: " + e.Rule + " (" + e.Source + ")"
}

// windowError returns the error for a window of a report that is never valid.
func windowError(format string, args ...any) *WindowError {
	return &WindowError{Rule: fmt.Sprintf(format, args...), Source: reportSource}
}

// Check returns a [*WindowError] if RingCX would reject the window: it is longer than
// [ReportWindow], or ended less than [ReportDelay] ago by the clock of this machine, or its
// time or time zone has another form. The methods of [ReportsService] call it. The methods of
// the generated client do not: they send any window.
func (s InteractionSearch) Check() error {
	start, err := parseReportTime("segmentEndTime", s.SegmentEndTime, s.TimeZone)
	if err != nil {
		return err
	}
	if longest := int64(ReportWindow / time.Second); s.TimeInterval < 1 || s.TimeInterval > longest {
		return windowError("timeInterval must be from 1 to %d seconds, and is %d", longest, s.TimeInterval)
	}
	return reportRules.checkEnd(start.Add(time.Duration(s.TimeInterval) * time.Second))
}

// Check is like [InteractionSearch.Check]. It also returns an error if endDate is not after
// startDate, or if timeInterval is not positive.
func (r StatsRequest) Check() error {
	start, err := parseReportTime("startDate", r.StartDate, r.TimeZone)
	if err != nil {
		return err
	}
	end, err := parseReportTime("endDate", r.EndDate, r.TimeZone)
	if err != nil {
		return err
	}
	switch length := end.Sub(start); {
	case length <= 0:
		return windowError("endDate must be after startDate")
	case length > ReportWindow:
		return windowError("endDate must be at most %v after startDate, and is %v", ReportWindow, length)
	case r.TimeInterval < 1:
		return windowError("timeInterval must be positive, and is %d", r.TimeInterval)
	}
	return reportRules.checkEnd(end)
}

// checkEnd returns an error if a window that ends at end is too recent.
func (r windowRules) checkEnd(end time.Time) error {
	ago := time.Since(end)
	if ago >= r.delay {
		return nil
	}
	is := fmt.Sprintf("ended %v ago", ago.Round(time.Second))
	if ago < 0 {
		is = fmt.Sprintf("ends in %v", (-ago).Round(time.Second))
	}
	rule := fmt.Sprintf("the window must have ended at least %v ago, and %s", r.delay, is)
	return &WindowError{Rule: rule, Source: r.source, Ready: end.Add(r.delay)}
}

// check returns an error if to is not after from, or too recent.
func (r windowRules) check(from, to time.Time) error {
	if !from.Before(to) {
		return &WindowError{Rule: "the end of the time must be a second or more after its start", Source: r.source}
	}
	return r.checkEnd(to)
}

// parseReportTime returns the time in a field of a request for a report.
func parseReportTime(field, text, zone string) (time.Time, error) {
	location, err := time.LoadLocation(zone)
	switch {
	case zone == "" || zone == "Local":
		return time.Time{}, windowError(`timeZone must be the name of a time zone, such as "America/New_York", and is %q`, zone)
	case err != nil:
		return time.Time{}, windowError("timeZone must be the name of a time zone: %v (if this machine has no time zones, import time/tzdata)", err)
	}
	t, err := time.ParseInLocation(time.DateTime, text, location)
	if err != nil || len(text) != len(time.DateTime) {
		return time.Time{}, windowError(`%s must have the form "YYYY-MM-DD HH:mm:ss", without an offset, and is %q`, field, text)
	}
	return t, nil
}

// NewInteractionSearch returns the search for the segments of interactions that ended
// between from and to. Fractions of a second are ignored.
//
// The time zone is that of from if it has a name, such as "America/New_York", and its offset
// does not change within a day of the window. Otherwise it is "UTC". That RingCX knows this
// name is inferred: the documentation has names of places only.
func NewInteractionSearch(from, to time.Time) InteractionSearch {
	from, to = from.Truncate(time.Second), to.Truncate(time.Second)
	zone := reportZone(from, to)
	return InteractionSearch{
		SegmentEndTime: from.In(zone).Format(time.DateTime),
		TimeInterval:   int64(to.Sub(from) / time.Second), TimeZone: zone.String(),
	}
}

// NewStatsRequest returns the request for the figures between from and to, with a row for each
// interval. The time zone is chosen as by [NewInteractionSearch], and fractions of a second are
// ignored.
func NewStatsRequest(from, to time.Time, interval time.Duration) StatsRequest {
	from, to = from.Truncate(time.Second), to.Truncate(time.Second)
	zone := reportZone(from, to)
	return StatsRequest{
		StartDate: from.In(zone).Format(time.DateTime), EndDate: to.In(zone).Format(time.DateTime),
		TimeInterval: int64(interval / time.Second), TimeZone: zone.String(),
	}
}

// reportZone returns the time zone in which to write the times of a window.
func reportZone(from, to time.Time) *time.Location {
	const day = 24 * time.Hour // more than any time that occurs twice
	name := from.Location().String()
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		return time.UTC
	}
	_, want := from.Zone()
	_, offset := from.In(zone).Zone()
	since, until := from.In(zone).ZoneBounds()
	changesBefore := !since.IsZero() && from.Add(-day).Before(since)
	changesAfter := !until.IsZero() && to.Add(day).After(until)
	if offset != want || changesBefore || changesAfter {
		return time.UTC
	}
	return zone
}

// auditLayout is the form of times in a search of the audit log. RingCX rejects the suffix Z.
//
// Source: RingCX developer guide, "Administrative Audit Log APIs".
const auditLayout = "2006-01-02T15:04:05.000-07:00"

// NewAuditLogSearch returns the search for the changes of an account between from and to, with
// the times in the form that RingCX requires. The caller may set other fields. The end must be
// [AuditDelay] ago. The response has no pages, so search a short time, such as [AuditWindow];
// [AuditLogsService.AllBetween] divides a longer one.
func NewAuditLogSearch(accountID ID, from, to time.Time) AuditLogSearch {
	return AuditLogSearch{
		AccountID:     &accountID,
		StartDateTime: new(from.Format(auditLayout)), EndDateTime: new(to.Format(auditLayout)),
	}
}

// Check returns a [*WindowError] if RingCX would reject a time, for example because it ends in
// Z, or if the end is not after the start. It also returns one if the end is less than
// [AuditDelay] ago by the clock of this machine: the response would lack the last changes. Both
// pairs of fields are checked. A time that is nil is valid. [AuditLogsService.Search] calls
// Check; the methods of the generated client do not.
func (s AuditLogSearch) Check() error {
	starts, err := auditTimes("startDateTime", s.StartDateTime, s.StartDateTimeAsUnix)
	if err != nil {
		return err
	}
	ends, err := auditTimes("endDateTime", s.EndDateTime, s.EndDateTimeAsUnix)
	if err != nil {
		return err
	}
	for _, end := range ends {
		for _, start := range starts {
			if !end.After(start.Time) {
				return &WindowError{Rule: end.field + " must be after " + start.field, Source: auditSource}
			}
		}
		if err := auditRules.checkEnd(end.Time); err != nil {
			return err
		}
	}
	return nil
}

// auditTime is a time in a field of a search of the audit log.
type auditTime struct {
	field string
	time.Time
}

// auditTimes returns the times in a field, and in the field with the suffix AsUnix, that are not
// nil.
func auditTimes(field string, text *string, unix *int64) (times []auditTime, err error) {
	if text != nil {
		t, err := time.Parse("2006-01-02T15:04:05-07:00", *text)
		if err != nil {
			rule := fmt.Sprintf(`%s must be a time with an offset, such as "2026-11-26T08:00:00.000+00:00", and is %q`, field, *text)
			return nil, &WindowError{Rule: rule, Source: auditSource}
		}
		times = append(times, auditTime{field, t})
	}
	if unix != nil {
		times = append(times, auditTime{field + "AsUnix", time.UnixMilli(*unix)})
	}
	return times, nil
}
