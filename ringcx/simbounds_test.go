package ringcx_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"
)

// longestCall is how long a call may take. A call is bad if it takes longer, or if it
// fails before its context ends. Every bad call must be attributed to a trouble that
// affects its process at that time and whose bound is not exhausted.
const longestCall = 2 * time.Second

// bound limits the bad calls of one process that may be attributed to one occurrence of a
// trouble.
type bound struct {
	bad    int           // of an affected process
	after  time.Duration // how long after the end of the trouble bad calls are attributed to it
	others int           // of a process that is not affected
}

// occurrence is one occurrence of a trouble.
type occurrence struct {
	name string
	bound
	known bool // the kind is in knownFailures
	from  time.Time

	mu    sync.Mutex
	open  int          // number of parts of the trouble that have not ended
	to    time.Time    // end of the part that ended last
	only  map[int]bool // ids of the affected processes; nil: all
	used  map[int]int  // bad calls by process id; calls with the same start count once
	last  map[int]time.Time
	extra int // bad calls beyond the bound, of a kind in knownFailures
	late  time.Duration
}

// affects limits x to the given processes.
func (x *occurrence) affects(processes ...*simProcess) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.only = map[int]bool{}
	for _, p := range processes {
		x.only[p.id] = true
	}
}

// also adds a process to the processes that x affects.
func (x *occurrence) also(p *simProcess) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.only == nil {
		x.only = map[int]bool{}
	}
	x.only[p.id] = true
}

// resume begins a further part of the trouble. Each part needs a call of end.
func (x *occurrence) resume() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.open++
}

func (x *occurrence) end() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.open--
	x.to = time.Now()
}

// allowed returns how many bad calls of the process may be attributed to x. The caller
// holds the lock.
func (x *occurrence) allowed(id int) int {
	if x.only == nil || x.only[id] {
		return x.bad
	}
	return x.others
}

// covers reports whether bad calls of the process between start and now may be attributed
// to x.
func (x *occurrence) covers(id int, start time.Time) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	affected := x.allowed(id) > 0 || x.known || *simMeasure
	after := x.after
	if x.known || *simMeasure {
		after += time.Hour
	}
	return affected && (x.open > 0 || !start.After(x.to.Add(after)))
}

// priority returns 1 if x affects the process and 0 otherwise.
func (x *occurrence) priority(id int) int {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.only == nil || x.only[id] {
		return 1
	}
	return 0
}

// charge attributes a bad call to x and reports whether the bound allows it.
func (x *occurrence) charge(id int, start time.Time, force bool) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.open == 0 {
		x.late = max(x.late, start.Sub(x.to))
	}
	together := x.used[id] > 0 && x.last[id].Equal(start)
	inBound := x.used[id] < x.allowed(id) || together && x.allowed(id) > 0
	switch {
	case together:
	case inBound || *simMeasure:
		x.used[id]++
		x.last[id] = start
	case force:
		x.extra++
	}
	return inBound || force || *simMeasure
}

// occurrences holds the troubles of a simulation so far.
type occurrences struct {
	slow time.Duration // is added to each bound.after if the calls of a process are more than 30 s apart
	mu   sync.Mutex
	all  []*occurrence
}

func (e *occurrences) begin(t trouble) *occurrence {
	_, known := knownFailures[t.name]
	t.bound.after += e.slow
	x := &occurrence{name: t.name, bound: t.bound, known: known, from: time.Now(), open: 1, used: map[int]int{}, last: map[int]time.Time{}}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all = append(e.all, x)
	return x
}

// end ends x. If x lasted 10 minutes or more, the effects of troubles that ended during x
// may appear only now: their bound.after starts again.
func (e *occurrences) end(x *occurrence) {
	x.end()
	if time.Since(x.from) < 10*time.Minute {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, o := range e.all {
		o.mu.Lock()
		if o.to.After(x.from) {
			o.to = x.to
		}
		o.mu.Unlock()
	}
}

// covering returns the occurrences that cover the process since start, newest first.
func (e *occurrences) covering(id int, start time.Time) (found []*occurrence) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, x := range slices.Backward(e.all) {
		if x.covers(id, start) {
			found = append(found, x)
		}
	}
	return found
}

// attribute attributes a bad call between start and now to an occurrence. It returns ""
// if a bound allows the call, or else a text that names the exhausted bounds.
func (e *occurrences) attribute(id int, start time.Time) string {
	covering := e.covering(id, start)
	slices.SortStableFunc(covering, func(a, b *occurrence) int { return b.priority(id) - a.priority(id) })
	for _, force := range []bool{false, true} {
		for _, x := range covering {
			if (x.known || !force) && x.charge(id, start, force) {
				return ""
			}
		}
	}
	text := "no trouble affects the process"
	for i, x := range covering {
		if i == 0 {
			text = "exhausted bounds:"
		}
		text += fmt.Sprintf(" %q (%d bad calls of an affected process and %d of another one allowed, began %v ago)", x.name, x.bad, x.others, time.Since(x.from).Round(time.Second))
	}
	return text
}

// affected reports whether any trouble affects the process now.
func (e *occurrences) affected(id int) bool { return len(e.covering(id, time.Now())) > 0 }

// any reports whether any trouble affects any process now.
func (e *occurrences) any() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.ContainsFunc(e.all, func(x *occurrence) bool {
		x.mu.Lock()
		defer x.mu.Unlock()
		return x.open > 0 || time.Since(x.to) < x.after
	})
}

// log prints the maximum numbers that were charged to each kind of trouble.
func (e *occurrences) log(t testing.TB) {
	bad, others, late, extra := map[string]int{}, map[string]int{}, map[string]time.Duration{}, map[string]int{}
	for _, x := range e.all {
		for id, n := range x.used {
			if x.only == nil || x.only[id] {
				bad[x.name] = max(bad[x.name], n)
			} else {
				others[x.name] = max(others[x.name], n)
			}
		}
		late[x.name] = max(late[x.name], x.late)
		extra[x.name] += x.extra
	}
	for name := range late {
		if bad[name]+others[name]+extra[name] > 0 {
			t.Logf("trouble %q: at most %d bad calls of an affected process, %d of another one, the last %v after the end; %d beyond the bound",
				name, bad[name], others[name], late[name].Round(time.Second), extra[name])
		}
	}
}

// violation reports that p broke a rule of the protocol. It only logs this while a
// trouble of knownFailures covers p.
func (s *simulation) violation(p *simProcess, format string, args ...any) {
	text := fmt.Sprintf("at %v process %d: ", s.at(), p.id) + fmt.Sprintf(format, args...)
	for _, x := range s.occurrences.covering(p.id, time.Now()) {
		if x.known {
			s.Logf("known failure: %q: %s", x.name, text)
			return
		}
	}
	s.Error(text)
}

const (
	mostRefreshesOn401 = 80 // per hour and process, while one endpoint always returns 401
	peakWithoutStore   = 12 // exchanges and refreshes in 60 s, while a process cannot use the Store

	callsPerHour = 150 // of a process, in a little more than an hour
)

// bounds contains the bound of each kind of trouble, for processes that make a call every
// 30 s. A kind that is missing allows no bad calls.
var bounds = map[string]bound{
	"rejected":                {20, 6 * time.Minute, 0}, // no exchange for 5 minutes after one was rejected
	"401":                     {20, 6 * time.Minute, 0},
	"secret echoed":           {24, 6 * time.Minute, 0},
	"revoked at the exchange": {28, 6 * time.Minute, 0},
	"rate limit":              {16, 2 * time.Minute, 0},
	"rate limit 7 s":          {8, 2 * time.Minute, 0},
	"rate limit 3 min":        {18, 4 * time.Minute, 0},
	"penalty":                 {16, 2 * time.Minute, 0},

	"500":                {8, 2 * time.Minute, 0},
	"502 of a proxy":     {8, 2 * time.Minute, 0},
	"503":                {8, 2 * time.Minute, 0},
	"HTML":               {8, 2 * time.Minute, 0},
	"truncated":          {8, 2 * time.Minute, 0},
	"redirect":           {8, 2 * time.Minute, 0},
	"no token":           {8, 2 * time.Minute, 0},
	"no refresh token":   {4, 2 * time.Minute, 0},
	"same refresh token": {4, 2 * time.Minute, 0},
	"lifetime 0":         {6, 2 * time.Minute, 0},
	"lifetime negative":  {6, 2 * time.Minute, 0},
	"lifetime short":     {4, 2 * time.Minute, 0},
	"lifetime huge":      {4, 2 * time.Minute, 0},
	"slow":               {6, 2 * time.Minute, 0},
	"too slow":           {7, 2 * time.Minute, 0},
	"response lost":      {8, 2 * time.Minute, 0},
	"unreachable":        {8, 2 * time.Minute, 0},
	"date skewed":        {4, 6 * time.Minute, 0}, // the lifetime of a token with the wrong expiry is 5 minutes
	"date skewed back":   {4, 6 * time.Minute, 0},

	"revoked":                 {4, 2 * time.Minute, 0},
	"expired early":           {3, 2 * time.Minute, 0},
	"expired again and again": {10, 2 * time.Minute, 0},
	"clock steps":             {3, 6 * time.Minute, 0},
	"clock steps by hours":    {4, 6 * time.Minute, 0},
	"suspended":               {1, 6 * time.Minute, 0},
	"suspended for hours":     {1, 6 * time.Minute, 0},
	"all suspended":           {1, 6 * time.Minute, 0},
	"logout":                  {3, 2 * time.Minute, 0},
	"logout that fails":       {8, 2 * time.Minute, 2},

	"endpoint always 401":             {3, 2 * time.Minute, 0},
	"endpoint always 401 to a stream": {3, 2 * time.Minute, 0},

	"killed":           {2, 2 * time.Minute, 4}, // the lease lasts 30 s
	"paused":           {4, 2 * time.Minute, 4},
	"paused for long":  {14, 2 * time.Minute, 4},
	"paused for hours": {400, 6 * time.Minute, 4},
	"ambiguous write":  {1, 2 * time.Minute, 0},
	"lost write":       {3, 2 * time.Minute, 2},
	"late write":       {3, 2 * time.Minute, 2},
	"very late write":  {3, 2 * time.Minute, 2},
	"stale read":       {1, 2 * time.Minute, 0},
	"record deleted":   {2, 2 * time.Minute, 0},
	"record corrupted": {2, 2 * time.Minute, 0},

	"Store lost during a renewal":  {24, 6 * time.Minute, 24}, // no exchange for 5 minutes after two were rejected with 401
	"record lost during a renewal": {4, 2 * time.Minute, 3},
	"waiting logouts":              {6, 2 * time.Minute, 4},

	"record downgraded":            {2, 2 * time.Minute, 0},
	"rolling restart":              {2, 2 * time.Minute, 0},
	"cold start":                   {2, 2 * time.Minute, 0},
	"cold start without the Store": {6, 2 * time.Minute, 0},
	"commands":                     {1, 2 * time.Minute, 0},
	"cloned":                       {2, 2 * time.Minute, 2}, // all tokens expire halfway

	"Store down":                    {4, 2 * time.Minute, 0},
	"Store down for long":           {60, 2 * time.Minute, 0},
	"Store down, tokens expired":    {6, 2 * time.Minute, 0},
	"partition from the Store":      {4, 2 * time.Minute, 0},
	"long partition from the Store": {60, 2 * time.Minute, 0},
	"partition from the services":   {6, 2 * time.Minute, 0},
	"Store hangs":                   {6, 2 * time.Minute, 0},
	"Store hangs for all":           {8, 2 * time.Minute, 0},

	"requests lost for one":     {callsPerHour, 2 * time.Minute, 0},
	"responses lost for one":    {callsPerHour, 2 * time.Minute, 0},
	"requests lost for a third": {callsPerHour, 2 * time.Minute, 1},
	"requests lost for half":    {callsPerHour, 2 * time.Minute, 6},
	"requests lost for all":     {callsPerHour, 2 * time.Minute, 0},
	"responses lost for all":    {callsPerHour, 2 * time.Minute, 0},
	"403 for one":               {callsPerHour, 6 * time.Minute, 0},
	"429 for one":               {2 * callsPerHour, 61 * time.Minute, 0}, // Retry-After is an hour
	"HTML for one":              {callsPerHour, 2 * time.Minute, 0},
	"connection reset for one":  {callsPerHour, 2 * time.Minute, 0},
}

// knownFailures describes kinds of trouble in which the package currently breaks a rule or
// a bound. Failures during such a trouble and in the hour after it are logged but do not
// fail the test.
var knownFailures = map[string]string{}
