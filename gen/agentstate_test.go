package gen_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/wire"
)

func TestAgentStateHandler(t *testing.T) {
	const away, lunch = `{"event_type": "AWAY", "new_field": {}}`, `{"event_type": "LUNCH", "external_agent_id": null}`
	tests := []struct {
		name, method, body string
		err                error
		status             int
		events             []string
	}{
		{"event", "POST", away, nil, 200, []string{"AWAY"}},
		{"spaces around", "POST", " \n" + away + "\n", nil, 200, []string{"AWAY"}},
		{"two events", "POST", "[" + away + "," + lunch + "]", nil, 200, []string{"AWAY", "LUNCH"}},
		{"no event", "POST", "", nil, 200, nil},
		{"empty array", "POST", "[]", nil, 200, nil},
		{"error", "POST", "[" + away + "," + lunch + "]", errors.New("x"), 500, []string{"AWAY"}},
		{"GET", "GET", "", nil, 405, nil},
		{"text", "POST", "hello", nil, 400, nil},
		{"null", "POST", "null", nil, 400, nil},
		{"null in an array", "POST", "[" + away + ",null]", nil, 400, nil},
		{"two objects", "POST", away + "," + lunch, nil, 400, nil},
		{"two lines", "POST", away + "\n" + lunch, nil, 400, nil},
		{"number", "POST", "7", nil, 400, nil},
		{"wrong type", "POST", `{"event_type": 7}`, nil, 400, nil},
		{"wrong type in an array", "POST", "[" + away + ",7]", nil, 400, nil},
		{"cut off", "POST", `{"event_type": "AW`, nil, 400, nil},
		{"too large", "POST", `{"event_type": "` + strings.Repeat("x", 1<<20) + `"}`, nil, 400, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var events []string
			h := gen.AgentStateHandler(func(_ context.Context, e gen.AgentStateEvent) error {
				events = append(events, wire.Value(e.EventType))
				return tt.err
			})
			w, r := httptest.NewRecorder(), httptest.NewRequest(tt.method, "/", strings.NewReader(tt.body))
			r.Header.Set("Validation-Token", "token-1")
			h.ServeHTTP(w, r)
			if w.Code != tt.status || w.Body.Len() > 0 {
				t.Errorf("status %d and body %q, want %d and no body", w.Code, w.Body, tt.status)
			}
			if got := w.Header().Get("Validation-Token"); (got == "token-1") != (tt.status == http.StatusOK) {
				t.Errorf("Validation-Token %q with status %d", got, w.Code)
			}
			if diff := cmp.Diff(tt.events, events); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAgentStateHandlerWithoutToken(t *testing.T) {
	w := httptest.NewRecorder()
	gen.AgentStateHandler(nil).ServeHTTP(w, httptest.NewRequest("POST", "/", nil))
	if _, ok := w.Header()["Validation-Token"]; ok || w.Code != http.StatusOK {
		t.Errorf("status %d and header %v, want 200 without a Validation-Token", w.Code, w.Header())
	}
}

// TestAgentStateHandlerTime receives an event with which the program needs longer than RingCX
// waits.
func TestAgentStateHandlerTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		h := gen.AgentStateHandler(func(ctx context.Context, _ gen.AgentStateEvent) error {
			<-ctx.Done()
			return ctx.Err()
		})
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("POST", "/", strings.NewReader("{}")))
		if took := time.Since(began); w.Code != http.StatusInternalServerError || took != 3*time.Second {
			t.Errorf("status %d after %v, want 500 after 3s", w.Code, took)
		}
	})
}
