package ringcx_test

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"sync"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

// overcount checks the errors of requests that the local limit rejected. None may report
// more sent requests than all processes have sent.
type overcount struct {
	traffic *traffic

	mu             sync.Mutex
	limited, wrong int   // rejected requests, and those with a count that is too high
	first          error // of the wrong ones
}

var sentText = regexp.MustCompile(`held back: (\d+) requests were sent in the last minute`)

// limitWindow is how long the limit may count a request: a minute, plus 2 s by which
// clocks may differ, plus 2 s because a Date header has a resolution of a second.
const limitWindow = 64 * time.Second

// event is an OnEvent function.
func (o *overcount) event(e ringcx.Event) {
	err, ok := errors.AsType[*ringcx.Error](e.Err)
	if !ok || err.Code != "local_limit" || e.Stage == ringcx.StageLogin {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.limited++
	counted := sentText.FindStringSubmatch(err.Error())
	if counted == nil {
		return
	}
	if n, _ := strconv.Atoi(counted[1]); n > o.traffic.within(limitWindow) {
		o.wrong++
		o.first = cmp.Or(o.first, fmt.Errorf("%w, but %d were sent", e.Err, o.traffic.within(limitWindow)))
	}
}

// counts returns how many requests the limit rejected, how many of them with a count that
// is too high, and the error of the first of these.
func (o *overcount) counts() (limited, wrong int, first error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.limited, o.wrong, o.first
}
