package ringcxtest

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/wire"
)

// changed returns a change in the audit log.
func changed(id wire.ID, at time.Time, action gen.AuditAction, class string) gen.AuditLog {
	return gen.AuditLog{
		ID: id, CreateTime: new(at.UnixMilli()), ActionType: &action, AuditedClass: &class, AuditedEntityID: "e-" + string(id),
		AccountID: new(wire.ID(subAccountID)), AuthUser: &gen.AuditLogUser{UserID: new(wire.ID("u-" + id))},
	}
}

func TestSearchAuditLogs(t *testing.T) {
	tests := []struct {
		name     string
		behavior Behavior
		change   func(*gen.AuditLogSearch)
		want     []wire.ID
	}{
		{"all", Behavior{}, func(*gen.AuditLogSearch) {}, []wire.ID{"b", "a"}},
		{"no delay", Behavior{AuditDelay: -1}, func(*gen.AuditLogSearch) {}, []wire.ID{"b", "a", "new"}},
		{"ascending", Behavior{}, func(s *gen.AuditLogSearch) { s.AscOrDesc = new(gen.SortOrderAscending) }, []wire.ID{"a", "b"}},
		{"descending", Behavior{}, func(s *gen.AuditLogSearch) { s.AscOrDesc = new(gen.SortOrderDescending) }, []wire.ID{"b", "a"}},
		{"actions", Behavior{}, func(s *gen.AuditLogSearch) { s.AuditActions = []gen.AuditAction{"DELETE"} }, []wire.ID{"b"}},
		{"entities", Behavior{}, func(s *gen.AuditLogSearch) { s.SearchEntities = []string{"Agent", "Gate"} }, []wire.ID{"a"}},
		{"full name", Behavior{}, func(s *gen.AuditLogSearch) { s.SearchEntities = []string{"com.example.Queue"} }, []wire.ID{"b"}},
		{"entity", Behavior{}, func(s *gen.AuditLogSearch) { s.AuditedEntityID = new("e-a") }, []wire.ID{"a"}},
		{"user", Behavior{}, func(s *gen.AuditLogSearch) { s.CreateUserID = new("u-b") }, []wire.ID{"b"}},
		{"another account", Behavior{}, func(s *gen.AuditLogSearch) { s.AccountID = new(wire.ID("7")) }, nil},
		{"any time", Behavior{}, func(s *gen.AuditLogSearch) { s.StartDateTime, s.EndDateTime = nil, nil }, []wire.ID{"b", "a", "old"}},
		{"milliseconds", Behavior{}, func(s *gen.AuditLogSearch) {
			end := time.Now().Add(-time.Hour).UnixMilli()
			s.StartDateTime, s.EndDateTime, s.EndDateTimeAsUnix = nil, nil, &end
		}, []wire.ID{"old"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, client := newAPI(t)
				s.SetBehavior(tt.behavior)
				now := time.Now()
				s.SetAuditLogs(
					changed("b", now.Add(-20*time.Minute), "DELETE", "com.example.Queue"), changed("a", now.Add(-30*time.Minute), "UPDATE", "com.example.Gate"),
					changed("new", now.Add(-4*time.Minute), "UPDATE", "x"), changed("old", now.Add(-2*time.Hour), "UPDATE", "x"),
				)
				search := gen.NewAuditLogSearch(subAccountID, now.Add(-30*time.Minute), now)
				tt.change(&search)
				// AuditLogs.Search would reject a search until now.
				found, err := ringcx.Get(client.SearchAuditLogsWithResponse(t.Context(), search))
				if err != nil {
					t.Fatal(err)
				}
				var got []wire.ID
				for _, entry := range found {
					got = append(got, entry.ID)
				}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("changes (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestAllAuditLogsBetween reads three windows. Two of them contain the change at their edge.
func TestAllAuditLogsBetween(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, client := newAPI(t)
		to := time.Now().Add(-gen.AuditDelay)
		from := to.Add(-40 * time.Minute)
		first := changed("first", from, "UPDATE", "x")
		edge, last := changed("edge", from.Add(gen.AuditWindow), "UPDATE", "x"), changed("last", to.Add(-time.Second), "UPDATE", "x")
		s.SetAuditLogs(changed("early", from.Add(-time.Second), "UPDATE", "x"), first, edge, changed("deleted", from, "DELETE", "x"), last, changed("late", to, "UPDATE", "x"))
		s.Fault("searchAuditLogs", Status(200, string(marshal([]gen.AuditLog{first, edge}))), 1)
		var got []wire.ID
		search := gen.AuditLogSearch{AuditActions: []gen.AuditAction{"UPDATE"}, EndDateTimeAsUnix: new(int64(1))}
		for entry, err := range client.AuditLogs.AllBetween(t.Context(), search, from, to) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, entry.ID)
		}
		if diff := cmp.Diff([]wire.ID{"first", "edge", "last"}, got); diff != "" {
			t.Errorf("changes (-want +got):\n%s", diff)
		}
		if n := s.Counts().Arrivals["searchAuditLogs"]; n != 3 {
			t.Errorf("%d requests, want 3", n)
		}
		for _, err := range client.AuditLogs.AllBetween(t.Context(), search, from, to.Add(time.Minute)) {
			if w, ok := errors.AsType[*gen.WindowError](err); !ok || !w.Ready.Equal(time.Now().Add(time.Minute)) {
				t.Errorf("too recent: %v, want a *gen.WindowError that is ready in a minute", err)
			}
		}
	})
}

// TestAuditTimes checks the default change, and that RingCX rejects Z.
func TestAuditTimes(t *testing.T) {
	tb := &recordingTB{TB: t}
	s := NewServer(tb)
	client, err := ringcx.New(s.Config())
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	found, err := client.AuditLogs.Search(t.Context(), gen.NewAuditLogSearch(subAccountID, now.Add(-2*time.Hour), now.Add(-gen.AuditDelay)))
	if err != nil || len(found) != 1 {
		t.Errorf("%d changes, error %v", len(found), err)
	}
	_, err = ringcx.Get(client.SearchAuditLogsWithResponse(t.Context(), gen.AuditLogSearch{EndDateTime: new("2025-11-20T00:15:00Z")}))
	wantStatus(t, err, 400)
	want := []string{"searchAuditLogs: request: /endDateTime: pattern"}
	if diff := cmp.Diff(want, reportedViolations(tb)); diff != "" {
		t.Errorf("violations (-want +got):\n%s", diff)
	}
	tb.end()
}
