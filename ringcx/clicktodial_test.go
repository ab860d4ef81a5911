package ringcx_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// TestClickToDial runs the function of the example against the surprises of the fake, with the
// limits of RingCX.
func TestClickToDial(t *testing.T) {
	tests := []struct {
		name     string
		behavior ringcxtest.Behavior
		code     string // of the *Error
		err      error
		took     time.Duration
	}{
		{"at once", ringcxtest.Behavior{}, "", nil, 0},
		{"after 5 s", ringcxtest.Behavior{CallDelay: 5 * time.Second}, "", nil, 6 * time.Second},
		{"true without a call", ringcxtest.Behavior{CallsNotCreated: true}, "", context.DeadlineExceeded, 90 * time.Second},
		{"agent not logged in", ringcxtest.Behavior{AgentsNotLoggedIn: []string{"*"}}, "active.calls.agent.not.logged.in", nil, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fake := ringcxtest.NewServer(t)
				fake.SetBehavior(tt.behavior)
				fake.LimitRates(true)
				client, err := ringcx.New(fake.Config())
				if err != nil {
					t.Fatal(err)
				}
				old := fake.AddCall("333333", ringcxtest.PhoneCall{ActiveCall: gen.ActiveCall{DNIS: new("5550001001")}})
				ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
				defer cancel()
				began := time.Now()
				call, err := ClickToDial(ctx, client, "333333", gen.CreateCallParams{Username: "x", Destination: "5550001001", RingDuration: 30, CallerID: "y"})
				if took := time.Since(began); took != tt.took {
					t.Errorf("took %v, want %v", took, tt.took)
				}
				rejected, _ := errors.AsType[*ringcx.Error](err)
				switch {
				case tt.code != "":
					if rejected == nil || rejected.Code != tt.code {
						t.Errorf("error %v, want the code %s", err, tt.code)
					}
				case !errors.Is(err, tt.err):
					t.Errorf("error %v, want %v", err, tt.err)
				case err == nil && (call.UII == old || call.UII != fake.Calls("333333")[1].UII):
					t.Errorf("call %s, want the new one", call.UII)
				}
				for _, entry := range fake.Log() {
					if entry.Status == 429 {
						t.Errorf("%s: status 429, want none", entry.Endpoint)
					}
				}
			})
		})
	}
}
