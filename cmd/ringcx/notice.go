package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

// slowAfter is how long a step may take before a notice says what the command waits for.
const slowAfter = time.Second

// notices writes to standard error what a command waits for: at once if a request is
// sent again after a pause, and after slowAfter for anything else.
type notices struct {
	w     io.Writer
	after bool // also while the body of a response is read

	failed bool // the last event was a failure; used by the goroutine of a renewal

	mu      sync.Mutex
	timer   *time.Timer
	last    string // the last line
	stopped bool
}

// newNotices returns the notices of a command. They end with an interrupt, and on a
// terminal with the first response, because the output itself follows.
func newNotices(cmd *cobra.Command) *notices {
	n := &notices{w: cmd.ErrOrStderr(), after: !isTerminal(cmd.OutOrStdout())}
	n.waitFor("a token")
	context.AfterFunc(cmd.Context(), n.stop)
	return n
}

// watch makes a client with cfg report to n.
func (n *notices) watch(cfg *ringcx.Config) {
	next := cfg.OnEvent
	cfg.OnEvent = func(e ringcx.Event) {
		n.onEvent(e)
		if next != nil {
			next(e)
		}
	}
	cfg.OnCall = n.onCall
}

func (n *notices) onEvent(e ringcx.Event) {
	switch {
	case e.Stage == ringcx.StageLogout, isHeldBack(e.Err) && n.failed:
		// A request that is held back waits because of the failure before it.
	case e.Err != nil:
		n.failed = true
		n.waitFor("a token: " + failure(e.Err))
	case e.Stage == ringcx.StageLogin:
		n.waitFor("RingCX to exchange the token")
	default:
		n.failed = false
		n.waitFor("the response of RingCX")
	}
}

// failure returns when a request is tried again, and what failed. The notice about it is written
// slowAfter later, and the command has ended by then if it does not try again.
func failure(err error) string {
	var wait time.Duration
	if e, ok := errors.AsType[*ringcx.Error](err); ok {
		later := *e
		wait, later.RetryAfter, later.Cause = e.RetryAfter-slowAfter, 0, nil
		err = &later
	}
	when := "within seconds"
	if wait > 0 {
		when = "in " + seconds(wait)
	}
	return "trying again " + when + ", because this failed: " + describe(err)
}

func (n *notices) onCall(c ringcx.Call) {
	switch {
	case c.Retry && c.Wait > 0:
		n.print(retryNotice(c))
		n.waitAfter(c.Wait, "the response of RingCX")
	case c.Retry:
		n.waitFor("a new token")
	case n.after:
		n.waitFor("the rest of the response")
	default:
		n.stop()
	}
}

// retryNotice says why a call is sent again, and when.
func retryNotice(c ringcx.Call) string {
	reason := fmt.Sprintf("%d %s", c.StatusCode, http.StatusText(c.StatusCode))
	switch {
	case c.Err != nil:
		reason = "no response"
	case c.StatusCode == http.StatusTooManyRequests:
		reason = "rate limited"
	}
	text := strings.TrimSpace(reason) + ", retrying in " + seconds(c.Wait)
	if c.PathTemplate == "" {
		return text
	}
	return c.Method + " " + c.PathTemplate + ": " + text
}

// seconds returns d in seconds with at most one decimal.
func seconds(d time.Duration) string {
	return strconv.FormatFloat(math.Round(d.Seconds()*10)/10, 'f', -1, 64) + " s"
}

// waitFor begins a step. If it is not followed by another step, or by the end of the
// command, within slowAfter, a notice says what the command waits for.
func (n *notices) waitFor(what string) { n.waitAfter(0, what) }

// waitAfter is like waitFor for a step that begins after a pause.
func (n *notices) waitAfter(pause time.Duration, what string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.stopped {
		return
	}
	if n.timer != nil {
		n.timer.Stop()
	}
	n.timer = time.AfterFunc(pause+slowAfter, func() { n.print("still waiting for " + what) })
}

// print writes a line, unless n is stopped or it has just written the same line.
func (n *notices) print(text string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.stopped && text != n.last {
		n.last = text
		fmt.Fprintln(n.w, "ringcx: "+oneLine(text))
	}
}

// stop ends the notices. Nothing is written after it.
func (n *notices) stop() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.stopped = true
	n.timer.Stop()
}
