package gen

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/ringcx-go/ringcx-go/internal/pace"
	"github.com/ringcx-go/ringcx-go/wire"
)

// AllInteractionsBetween returns an iterator over the segments of interactions that ended
// between from and to, a time that may be longer than [ReportWindow]:
//
//	yesterday := time.Date(2026, 11, 26, 0, 0, 0, 0, newYork)
//	for segment, err := range client.Reports.AllInteractionsBetween(ctx, rcAccountID, accountID, yesterday, yesterday.AddDate(0, 0, 1)) {
//		if err != nil {
//			return err
//		}
//		…
//	}
//
// It calls [ReportsService.ListInteractions] for one window after the other, with the time zone
// that [NewInteractionSearch] chooses. A window is requested when the segments of the window
// before have been consumed. It waits so that this process keeps to the limits of the operation
// (3 requests in a minute, 9 in 15 minutes): a day takes two minutes. All iterators of a client
// for the same sub-account wait together. Other processes, also a run of this program before, and
// calls of ListInteractions are not counted; RingCX may then return status 429. If it asks for
// more than a minute, the iterator ends with that error: wait for RetryAfter of the *ringcx.Error,
// and begin again with the window that the error names. A program that does this by itself makes a
// call for each window.
//
// The iterator yields at most one error, with the zero segment, and then ends. It is a
// [*WindowError], and nothing is sent, if to is not after from or less than [ReportDelay] ago.
// Otherwise it wraps the error of ListInteractions or of ctx, and names the window. The segments
// of a window are yielded after its response was read completely, so those of all windows
// before have been yielded and those of this window have not.
//
// RingCX does not say whether the edges belong to a window. A segment that two windows contain
// is yielded once; they are compared by SegmentID. A segment that ended exactly at to may also be
// yielded, so that two calls for consecutive times may both yield it.
//
// That a window begins at SegmentEndTime is documented, and on one page contradicted. If a
// segment ended more than a minute outside of its window, RingCX uses other windows than
// documented, or another time zone: that is an error, too.
func (s *ReportsService) AllInteractionsBetween(ctx context.Context, rcAccountID wire.ID, subAccountID wire.ID, from, to time.Time) iter.Seq2[InteractionSegment, error] {
	list := func(ctx context.Context, from, to time.Time) ([]InteractionSegment, error) {
		return s.ListInteractions(ctx, rcAccountID, subAccountID, NewInteractionSearch(from, to))
	}
	return func(yield func(InteractionSegment, error) bool) {
		w := windows[InteractionSegment]{(*service)(s), (*ListInteractionsResult)(nil).Operation(), subAccountID, (&segments{}).next(list), reportRules}
		w.between(ctx, from, to, yield)
	}
}

// AllAgentStatsBetween returns an iterator over the times of each agent in each interval
// between from and to. It calls [ReportsService.ListAgentStats], with windows and errors as
// [ReportsService.AllInteractionsBetween]. Choose from so that intervals begin there, and an
// interval that divides [ReportWindow], such as 15 minutes. The field DateTimeFrom is in the time
// zone that [NewStatsRequest] chooses.
func (s *ReportsService) AllAgentStatsBetween(ctx context.Context, rcAccountID wire.ID, subAccountID wire.ID, from, to time.Time, interval time.Duration) iter.Seq2[AgentStats, error] {
	list := func(ctx context.Context, from, to time.Time) ([]AgentStats, error) {
		return s.ListAgentStats(ctx, rcAccountID, subAccountID, NewStatsRequest(from, to, interval))
	}
	return windows[AgentStats]{(*service)(s), (*ListAgentStatsResult)(nil).Operation(), subAccountID, list, reportRules}.iterator(ctx, from, to)
}

// AllExtendedAgentStatsBetween is like [ReportsService.AllAgentStatsBetween] for the interactions
// of each agent in each queue. It calls [ReportsService.ListExtendedAgentStats].
func (s *ReportsService) AllExtendedAgentStatsBetween(ctx context.Context, rcAccountID wire.ID, subAccountID wire.ID, from, to time.Time, interval time.Duration) iter.Seq2[ExtendedAgentStats, error] {
	list := func(ctx context.Context, from, to time.Time) ([]ExtendedAgentStats, error) {
		return s.ListExtendedAgentStats(ctx, rcAccountID, subAccountID, NewStatsRequest(from, to, interval))
	}
	return windows[ExtendedAgentStats]{(*service)(s), (*ListExtendedAgentStatsResult)(nil).Operation(), subAccountID, list, reportRules}.iterator(ctx, from, to)
}

// AllQueueStatsBetween is like [ReportsService.AllAgentStatsBetween] for the interactions of each
// queue. It calls [ReportsService.ListQueueStats].
func (s *ReportsService) AllQueueStatsBetween(ctx context.Context, rcAccountID wire.ID, subAccountID wire.ID, from, to time.Time, interval time.Duration) iter.Seq2[QueueStats, error] {
	list := func(ctx context.Context, from, to time.Time) ([]QueueStats, error) {
		return s.ListQueueStats(ctx, rcAccountID, subAccountID, NewStatsRequest(from, to, interval))
	}
	return windows[QueueStats]{(*service)(s), (*ListQueueStatsResult)(nil).Operation(), subAccountID, list, reportRules}.iterator(ctx, from, to)
}

// AllBetween returns an iterator over the changes in the audit log between from and to. The times
// of search are replaced; its other fields limit the search. It calls [AuditLogsService.Search]
// for one window of [AuditWindow] after the other, with errors as
// [ReportsService.AllInteractionsBetween]. Fractions of a second of from and to are ignored.
//
// RingCX does not say whether the edges belong to a window. A change that two consecutive windows
// contain is yielded once; they are compared by ID. The changes of a window are in the order of
// the response.
func (s *AuditLogsService) AllBetween(ctx context.Context, search AuditLogSearch, from, to time.Time) iter.Seq2[AuditLog, error] {
	search.StartDateTimeAsUnix, search.EndDateTimeAsUnix = nil, nil
	return func(yield func(AuditLog, error) bool) {
		before := make(map[wire.ID]bool) // the ids in the window before
		list := func(ctx context.Context, from, to time.Time) ([]AuditLog, error) {
			search.StartDateTime, search.EndDateTime = new(from.Format(auditLayout)), new(to.Format(auditLayout))
			all, err := s.Search(ctx, search)
			seen := make(map[wire.ID]bool)
			unseen := slices.DeleteFunc(all, func(c AuditLog) bool {
				seen[c.ID] = true
				return before[c.ID]
			})
			before = seen
			return unseen, err
		}
		w := windows[AuditLog]{(*service)(s), (*SearchAuditLogsResult)(nil).Operation(), wire.Value(search.AccountID), list, auditRules}
		w.between(ctx, from, to, yield)
	}
}

// windows reads a report, or the audit log, whose time is longer than one window.
type windows[T any] struct {
	service    *service
	operation  Operation
	subAccount wire.ID
	list       listFunc[T]
	rules      windowRules
}

// listFunc requests the rows of one window.
type listFunc[T any] func(ctx context.Context, from, to time.Time) ([]T, error)

// iterator returns an iterator over the rows of a time.
func (w windows[T]) iterator(ctx context.Context, from, to time.Time) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) { w.between(ctx, from, to, yield) }
}

// between passes the rows of a time to yield, and at most one error.
func (w windows[T]) between(ctx context.Context, from, to time.Time, yield func(T, error) bool) {
	var zero T
	from, to = from.Truncate(time.Second), to.Truncate(time.Second)
	if err := w.rules.check(from, to); err != nil {
		yield(zero, err)
		return
	}
	for end := from; end.Before(to); {
		start := end
		end = start.Add(min(w.rules.length, to.Sub(start)))
		rows, err := w.window(ctx, start, end)
		if err != nil {
			yield(zero, fmt.Errorf("%w (window from %s to %s)", err, start.Format(time.RFC3339), end.Format(time.RFC3339)))
			return
		}
		for _, row := range rows {
			if !yield(row, nil) {
				return
			}
		}
	}
}

// window requests one window when the limits allow it.
func (w windows[T]) window(ctx context.Context, from, to time.Time) ([]T, error) {
	var limits []pace.Limit
	for _, l := range w.operation.Limits {
		limits = append(limits, pace.Limit(l))
	}
	if err := w.service.pace.Wait(ctx, w.operation.ID+" "+string(w.subAccount), limits); err != nil {
		return nil, fmt.Errorf("ringcx: call: waiting for the rate limit of %s: %w", w.operation.ID, err)
	}
	return w.list(ctx, from, to)
}

// segments compares the segments of consecutive windows.
type segments struct {
	atEdge map[string]bool // the ids of those that the next window may contain, too
}

// tolerance is how far outside of its window a segment may have ended.
const tolerance = time.Minute

// next returns list without the segments that it returned before, and with an error if one ended
// outside of the window.
func (s *segments) next(list listFunc[InteractionSegment]) listFunc[InteractionSegment] {
	return func(ctx context.Context, from, to time.Time) ([]InteractionSegment, error) {
		all, err := list(ctx, from, to)
		if err != nil {
			return nil, err
		}
		unseen, before := all[:0], s.atEdge
		s.atEdge = make(map[string]bool)
		for _, segment := range all {
			id, end := segmentEnd(segment)
			isOutside := end.Before(from.Add(-tolerance)) || end.After(to.Add(tolerance))
			if !end.IsZero() && isOutside {
				return nil, fmt.Errorf("ringcx: call: a segment ended at %s: RingCX uses other windows than documented, or another time zone than %s", end.UTC().Format(time.RFC3339), reportZone(from, to))
			}
			if end.IsZero() || !end.Before(to.Add(-tolerance)) {
				s.atEdge[id] = true
			}
			if id == "" || !before[id] {
				unseen = append(unseen, segment)
			}
		}
		return unseen, nil
	}
}

// segmentEnd returns the id of a segment and when it ended. Either may be zero.
func segmentEnd(segment InteractionSegment) (id string, end time.Time) {
	if segment.SegmentID != nil {
		id = string(*segment.SegmentID)
	}
	if segment.SegmentEndTimeMs != nil {
		end = segment.SegmentEndTimeMs.Time
	}
	return id, end
}
