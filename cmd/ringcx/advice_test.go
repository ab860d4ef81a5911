package main

import (
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/wire"
)

func TestExplain(t *testing.T) {
	limited := ringcx.Error{Stage: ringcx.StageRefresh, StatusCode: 429, Code: "local_limit",
		Message: "held back: 4 requests were sent in the last minute", RetryAfter: 61 * time.Second}
	after401 := limited
	after401.Cause = &ringcx.Error{Stage: ringcx.StageCall, Method: "GET", Path: "/x", StatusCode: 401, Message: "Jwt is expired"}
	asked := limited
	asked.Message = "held back: the service rejected an earlier request or asked to wait"
	tests := []struct {
		name string
		err  error
		want string
	}{
		{"limit", &limited, "refresh: 4 token requests were sent in the last minute; try again in 1m1s; --no-cache signs in each time"},
		{"limit after 401", &after401, "refresh: 4 token requests were sent in the last minute; try again in 1m1s; --no-cache signs in each time " +
			"(a new token is needed after this: GET /x: 401 Jwt is expired)"},
		{"limit of the service", &asked, "refresh: the service rejected an earlier request or asked to wait; try again in 1m1s"},
		{"truncated", &wire.DecodeError{Method: "GET", Path: "/x", StatusCode: 200, Err: fmt.Errorf("ended: %w", io.ErrUnexpectedEOF)},
			"GET /x: the response of the server ended early; try again"},
		{"another mismatch", &wire.DecodeError{Err: errors.New("x")}, "ringcx: call: the response does not match openapi.yaml: x"},
		{"another error", errors.New("ringcx: Config.BaseURL is x"), "ringcx: RINGCX_BASE_URL is x"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := explain(tt.err); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}
