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

// overcount looks at requests that the local limit held back: it must not claim
// that more were sent than were.
type overcount struct {
	traffic *traffic

	mu          sync.Mutex
	held, wrong int
	first       error
}

var sentText = regexp.MustCompile(`held back: (\d+) were sent in the last minute`)

// limitWindow is how long the limit may count a request: a minute, 2 s by which
// clocks may differ, and 2 s because a Date has only seconds.
const limitWindow = 64 * time.Second

func (o *overcount) event(e ringcx.Event) {
	err, ok := errors.AsType[*ringcx.Error](e.Err)
	if !ok || err.Code != "local_limit" || e.Stage == ringcx.StageLogin {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.held++
	claimed := sentText.FindStringSubmatch(err.Error())
	if claimed == nil {
		return
	}
	if n, _ := strconv.Atoi(claimed[1]); n > o.traffic.within(limitWindow) {
		o.wrong++
		o.first = cmp.Or(o.first, fmt.Errorf("%w, but it was %d", e.Err, o.traffic.within(limitWindow)))
	}
}

// counts returns how many requests were held back, how many of them by a wrong
// count, and the first of these.
func (o *overcount) counts() (held, wrong int, first error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.held, o.wrong, o.first
}
