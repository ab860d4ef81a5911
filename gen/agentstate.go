package gen

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"time"
)

// The limits of a request to an AgentStateHandler.
const (
	// agentStateTimeout is how long RingCX waits for a response.
	//
	// Source: RingCX developer guide, "Agent State Subscription APIs".
	agentStateTimeout = 3 * time.Second

	// agentStateBytes is the largest body that is read. The size of an event is not documented;
	// its fields need less than 1 KiB.
	agentStateBytes = 1 << 20
)

// AgentStateHandler returns a handler that receives what RingCX sends to the notificationUrl of
// a subscription to the states of agents: see [AgentStateSubscriptionsService.Create]. It
// calls handle for each event, and responds as RingCX requires: with status 200, with the header
// Validation-Token of the request, and without a body. A request without a body, with which
// RingCX may check the receiver, has no event.
//
// RingCX waits 3 seconds for the response: then the context of handle ends. A handle that needs
// longer should store the event and return. If handle returns an error, the status is 500, and
// RingCX sends the event again, up to retryCount times. So handle may get an event twice. It may
// be called by several goroutines at the same time.
//
// A request that is not a POST gets the status 405, one whose body is not an event or an array
// of events, or has more than 1 MiB, 400. Everybody who knows the URL can send requests: give
// the subscription a secret in customHeaders, and check it before this handler.
//
// Source: RingCX developer guide, "Agent State Subscription APIs". The method and the form of the
// body are inferred.
func AgentStateHandler(handle func(ctx context.Context, event AgentStateEvent) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", http.MethodPost)
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		w.WriteHeader(receiveAgentStates(w, r, handle))
	})
}

// receiveAgentStates calls handle for the events of a request, and returns the status of the
// response.
func receiveAgentStates(w http.ResponseWriter, r *http.Request, handle func(context.Context, AgentStateEvent) error) int {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, agentStateBytes))
	if err != nil {
		return http.StatusBadRequest
	}
	events, err := readAgentStates(body)
	if err != nil {
		return http.StatusBadRequest
	}
	ctx, cancel := context.WithTimeout(r.Context(), agentStateTimeout)
	defer cancel()
	for _, event := range events {
		if err := handle(ctx, event); err != nil {
			return http.StatusInternalServerError
		}
	}
	if token := r.Header.Get("Validation-Token"); token != "" {
		w.Header().Set("Validation-Token", token)
	}
	return http.StatusOK
}

// readAgentStates returns the events of a body: an event, an array of events, or nothing.
func readAgentStates(body []byte) (events []AgentStateEvent, err error) {
	body = bytes.TrimSpace(body)
	if len(body) == 0 {
		return nil, nil
	}
	if body[0] == '{' {
		events = make([]AgentStateEvent, 1)
		return events, json.Unmarshal(body, &events[0])
	}
	var list []*AgentStateEvent
	if err := json.Unmarshal(body, &list); err != nil {
		return nil, err
	}
	if list == nil || slices.Contains(list, nil) {
		return nil, errors.New("null is not an event")
	}
	for _, event := range list {
		events = append(events, *event)
	}
	return events, nil
}
