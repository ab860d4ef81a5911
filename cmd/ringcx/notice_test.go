package main

import (
	"bytes"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

func TestRetryNotice(t *testing.T) {
	tests := []struct {
		name string
		call ringcx.Call
		want string
	}{
		{"limit", ringcx.Call{Method: "GET", PathTemplate: "/x/{id}", StatusCode: 429, Wait: 7 * time.Second}, "GET /x/{id}: rate limited, retrying in 7 s"},
		{"unknown path", ringcx.Call{Method: "GET", StatusCode: 429, Wait: time.Minute}, "rate limited, retrying in 60 s"},
		{"status", ringcx.Call{Method: "GET", PathTemplate: "/x", StatusCode: 503, Wait: 1234 * time.Millisecond}, "GET /x: 503 Service Unavailable, retrying in 1.2 s"},
		{"unknown status", ringcx.Call{Method: "GET", PathTemplate: "/x", StatusCode: 599, Wait: 40 * time.Millisecond}, "GET /x: 599, retrying in 0 s"},
		{"no response", ringcx.Call{Method: "GET", PathTemplate: "/x", Err: errors.New("reset"), Wait: time.Second}, "GET /x: no response, retrying in 1 s"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := retryNotice(tt.call); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestNotices lets commands wait in virtual time.
func TestNotices(t *testing.T) {
	rejected := &ringcx.Error{Stage: ringcx.StageExchange, Method: "POST", Path: "/x", StatusCode: 429, Message: "slow down", RetryAfter: 7 * time.Second}
	heldBack := &ringcx.Error{Stage: ringcx.StageExchange, StatusCode: 429, Code: "local_limit", Message: "held back: 4 requests were sent in the last minute", RetryAfter: 62 * time.Second}
	const (
		soon = slowAfter - time.Millisecond
		late = slowAfter + time.Millisecond
	)
	event := func(stage ringcx.Stage, err error) func(*notices) {
		return func(n *notices) { n.onEvent(ringcx.Event{Stage: stage, Err: err}) }
	}
	call := func(status int, wait time.Duration) func(*notices) {
		return func(n *notices) {
			n.onCall(ringcx.Call{StatusCode: status, Retry: status != http.StatusOK, Wait: wait})
		}
	}
	sleep := func(d time.Duration) func(*notices) { return func(*notices) { time.Sleep(d) } }
	tests := []struct {
		name  string
		steps []func(*notices)
		want  string
	}{
		{"fast", []func(*notices){sleep(soon), event(ringcx.StageLogin, nil), sleep(soon), event(ringcx.StageExchange, nil), sleep(soon), call(200, 0), sleep(soon)}, ""},
		{"slow sign-in", []func(*notices){sleep(time.Minute)}, "ringcx: still waiting for a token\n"},
		{"slow exchange", []func(*notices){event(ringcx.StageLogin, nil), sleep(late)}, "ringcx: still waiting for RingCX to exchange the token\n"},
		{"slow call", []func(*notices){event(ringcx.StageAdopt, nil), sleep(late)}, "ringcx: still waiting for the response of RingCX\n"},
		{"slow body", []func(*notices){call(200, 0), sleep(late)}, "ringcx: still waiting for the rest of the response\n"},
		{"slow body on a terminal", []func(*notices){func(n *notices) { n.after = false }, call(200, 0), sleep(late)}, ""},
		{"slow renewal", []func(*notices){call(401, 0), sleep(late)}, "ringcx: still waiting for a new token\n"},
		{
			"a limit", []func(*notices){call(429, 7*time.Second), sleep(7*time.Second + soon), call(429, 2*time.Second), sleep(2*time.Second + late)},
			"ringcx: rate limited, retrying in 7 s\nringcx: rate limited, retrying in 2 s\nringcx: still waiting for the response of RingCX\n",
		},
		{
			"a failed exchange", []func(*notices){event(ringcx.StageExchange, rejected), sleep(soon), event(ringcx.StageExchange, heldBack), sleep(late)},
			"ringcx: still waiting for a token: trying again in 6 s, because this failed: POST /x: 429 slow down\n",
		},
		{
			"the same failure twice", []func(*notices){event(ringcx.StageExchange, errors.New("reset\nx")), sleep(late), event(ringcx.StageExchange, errors.New("reset\nx")), sleep(late)},
			"ringcx: still waiting for a token: trying again within seconds, because this failed: reset\n",
		},
		{
			"our own limit", []func(*notices){event(ringcx.StageExchange, heldBack), sleep(late)},
			"ringcx: still waiting for a token: trying again in 61 s, because this failed: 4 token requests were sent in the last minute; --no-cache signs in each time\n",
		},
		{"a failed logout", []func(*notices){call(200, 0), event(ringcx.StageLogout, rejected), sleep(late)}, "ringcx: still waiting for the rest of the response\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var errs bytes.Buffer
				cmd := &cobra.Command{}
				cmd.SetContext(t.Context())
				cmd.SetOut(&bytes.Buffer{})
				cmd.SetErr(&errs)
				n := newNotices(cmd)
				for _, step := range tt.steps {
					step(n)
				}
				n.stop()
				time.Sleep(time.Minute)
				if diff := cmp.Diff(tt.want, errs.String()); diff != "" {
					t.Errorf("standard error (-want +got):\n%s", diff)
				}
			})
		})
	}
}
