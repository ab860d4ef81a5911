package ringcxtest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/wire"
)

// SetAuditLogs replaces the changes in the audit log. A change is found if it is of the account
// of the search, or if either of them has none, and if CreateTime is in its time, which does not
// contain its end (inferred). By default there is one change, the example of openapi.yaml, made
// an hour before s was created.
//
// A search for kinds of things finds the changes whose AuditedClass is one of them, or ends in
// a dot and one of them. The order is that of AscOrDesc, by CreateTime; without one it is the
// order of logs.
//
// The test fails at once if a change has no CreateTime.
func (s *Server) SetAuditLogs(logs ...gen.AuditLog) {
	if s.tb != nil {
		s.tb.Helper()
	}
	for i, entry := range logs {
		if entry.CreateTime == nil {
			s.fail("SetAuditLogs: change %d has no CreateTime", i)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.auditLogs = append([]gen.AuditLog{}, logs...)
}

// changes returns the changes in the audit log.
func (s *Server) changes() []gen.AuditLog {
	s.mu.Lock()
	all, made := s.auditLogs, s.started.Add(-time.Hour)
	s.mu.Unlock()
	if all != nil {
		return all
	}
	decodeExample("searchAuditLogs", &all)
	for i := range all {
		all[i].CreateTime = new(made.UnixMilli())
		all[i].CreateTimeAsDateTime = &wire.Time{Time: made.UTC()}
	}
	return all
}

// searchAuditLogs lists the changes that a search finds.
func searchAuditLogs(c *call) {
	if c.resources() == nil {
		return
	}
	var search gen.AuditLogSearch
	_ = json.Unmarshal(c.body, &search) // package engine has checked it
	w, ok := c.auditWindow(search)
	if !ok {
		return
	}
	latest := c.began.Add(-delayOr(c.server.currentBehavior().AuditDelay, 5*time.Minute))
	var found []gen.AuditLog
	for _, entry := range c.server.changes() {
		made := time.UnixMilli(*entry.CreateTime)
		if !made.After(latest) && w.contains(made) && matches(search, entry) {
			found = append(found, entry)
		}
	}
	sortChanges(found, wire.Value(search.AscOrDesc))
	c.respondList(each(marshalEach(found)))
}

// auditWindow returns the time of a search; each end may be zero. If it is not valid, it responds
// with status 400.
//
// Source: RingCX developer guide, "Administrative Audit Log APIs": Z is rejected.
func (c *call) auditWindow(search gen.AuditLogSearch) (w reportWindow, ok bool) {
	for _, end := range []struct {
		field string
		text  *string
		unix  *int64
		t     *time.Time
	}{
		{"startDateTime", search.StartDateTime, search.StartDateTimeAsUnix, &w.from},
		{"endDateTime", search.EndDateTime, search.EndDateTimeAsUnix, &w.to},
	} {
		if end.unix != nil {
			*end.t = time.UnixMilli(*end.unix)
		}
		if end.text == nil {
			continue
		}
		t, err := time.Parse("2006-01-02T15:04:05-07:00", *end.text)
		if err != nil {
			c.respondInvalid(end.field, "must have an offset with a colon")
			return w, false
		}
		*end.t = t
	}
	return w, true
}

// contains reports whether t is in w, whose ends may be zero.
func (w reportWindow) contains(t time.Time) bool {
	return !t.Before(w.from) && (w.to.IsZero() || t.Before(w.to))
}

// matches reports whether a search finds a change that was made in its time.
func matches(search gen.AuditLogSearch, entry gen.AuditLog) bool {
	class := wire.Value(entry.AuditedClass)
	isEntity := func(name string) bool { return class == name || strings.HasSuffix(class, "."+name) }
	var user gen.ID
	if entry.AuthUser != nil {
		user = wire.Value(entry.AuthUser.UserID)
	}
	for _, ok := range []bool{
		search.AccountID == nil || entry.AccountID == nil || *search.AccountID == *entry.AccountID,
		len(search.AuditActions) == 0 || slices.Contains(search.AuditActions, wire.Value(entry.ActionType)),
		search.AuditedEntityID == nil || *search.AuditedEntityID == fmt.Sprint(entry.AuditedEntityID),
		search.CreateUserID == nil || *search.CreateUserID == string(user),
		len(search.SearchEntities) == 0 || slices.ContainsFunc(search.SearchEntities, isEntity),
	} {
		if !ok {
			return false
		}
	}
	return true
}

// sortChanges sorts changes by their time, unless the order is neither of the known ones.
func sortChanges(changes []gen.AuditLog, order gen.SortOrder) {
	if !order.Valid() {
		return
	}
	slices.SortStableFunc(changes, func(a, b gen.AuditLog) int {
		if order == gen.SortOrderDescending {
			a, b = b, a
		}
		return cmp.Compare(*a.CreateTime, *b.CreateTime)
	})
}
