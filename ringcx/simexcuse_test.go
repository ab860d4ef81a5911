package ringcx_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"
)

// A call is bad if it fails although its context has not ended, or if it takes
// longer than longestCall. Every bad call needs an excuse: a trouble that affects
// its process at that time and whose bound is not used up.
const longestCall = 2 * time.Second

// bound says how many calls of one process may be bad because of one occurrence
// of a trouble, during it and after it.
type bound struct {
	bad    int           // of an affected process
	after  time.Duration // how long after its end a bad call is still attributed to it
	others int           // of a process that is not affected
}

// excuse is one occurrence of a trouble.
type excuse struct {
	name string
	bound
	red  bool // see knownRed
	from time.Time

	mu    sync.Mutex
	open  int          // parts of the trouble that have not ended
	to    time.Time    // when the last one did
	only  map[int]bool // the ids of the affected processes; nil: all
	used  map[int]int  // bad calls by id; those that began together count once
	last  map[int]time.Time
	extra int // bad calls beyond the bound, of a trouble that is known to be red
	late  time.Duration
}

// affects limits x to some processes.
func (x *excuse) affects(hosts ...*simHost) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.only = map[int]bool{}
	for _, h := range hosts {
		x.only[h.id] = true
	}
}

// also adds a process to those that x affects.
func (x *excuse) also(h *simHost) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.only == nil {
		x.only = map[int]bool{}
	}
	x.only[h.id] = true
}

// resume begins a part of the trouble, which end ends.
func (x *excuse) resume() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.open++
}

func (x *excuse) end() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.open--
	x.to = time.Now()
}

// allowed is how many bad calls of the process x excuses. The lock is held.
func (x *excuse) allowed(id int) int {
	if x.only == nil || x.only[id] {
		return x.bad
	}
	return x.others
}

// covers reports whether x affects the process at a time from start to now.
func (x *excuse) covers(id int, start time.Time) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	affected := x.allowed(id) > 0 || x.red || *simMeasure
	after := x.after
	if x.red || *simMeasure {
		after += time.Hour
	}
	return affected && (x.open > 0 || !start.After(x.to.Add(after)))
}

// priority is lower if x does not affect the process.
func (x *excuse) priority(id int) int {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.only == nil || x.only[id] {
		return 1
	}
	return 0
}

// charge attributes a bad call to x and reports whether the bound allows it.
func (x *excuse) charge(id int, start time.Time, force bool) bool {
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

// excuses are all troubles so far.
type excuses struct {
	slow time.Duration // by how much the calls of a process are farther apart than 30 s
	mu   sync.Mutex
	all  []*excuse
}

func (e *excuses) begin(t trouble) *excuse {
	_, red := knownRed[t.name]
	t.bound.after += e.slow
	x := &excuse{name: t.name, bound: t.bound, red: red, from: time.Now(), open: 1, used: map[int]int{}, last: map[int]time.Time{}}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all = append(e.all, x)
	return x
}

// end ends x. What happened in a long trouble may be noticed only after it: its
// time begins anew.
func (e *excuses) end(x *excuse) {
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

// covering returns the excuses that a process has, the newest first.
func (e *excuses) covering(id int, start time.Time) (found []*excuse) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, x := range slices.Backward(e.all) {
		if x.covers(id, start) {
			found = append(found, x)
		}
	}
	return found
}

// excused attributes what went wrong from start to now at a process. It returns
// "" if an excuse allows it, or else which excuses were used up.
func (e *excuses) excused(id int, start time.Time) string {
	covering := e.covering(id, start)
	slices.SortStableFunc(covering, func(a, b *excuse) int { return b.priority(id) - a.priority(id) })
	for _, force := range []bool{false, true} {
		for _, x := range covering {
			if (x.red || !force) && x.charge(id, start, force) {
				return ""
			}
		}
	}
	text := "no trouble affects it"
	for i, x := range covering {
		if i == 0 {
			text = "used up:"
		}
		text += fmt.Sprintf(" %q (%d and %d allowed, since %v)", x.name, x.bad, x.others, time.Since(x.from).Round(time.Second))
	}
	return text
}

// affected reports whether any trouble affects the process now.
func (e *excuses) affected(id int) bool { return len(e.covering(id, time.Now())) > 0 }

// any reports whether any trouble affects any process now.
func (e *excuses) any() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.ContainsFunc(e.all, func(x *excuse) bool {
		x.mu.Lock()
		defer x.mu.Unlock()
		return x.open > 0 || time.Since(x.to) < x.after
	})
}

// log prints for each kind of trouble the most that was charged to it.
func (e *excuses) log(t testing.TB) {
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
			t.Logf("trouble %q: at most %d bad calls of a process, %d of others, until %v after its end, %d beyond its bound",
				name, bad[name], others[name], late[name].Round(time.Second), extra[name])
		}
	}
}

// violation reports a broken rule of the protocol, unless a trouble at that
// process is known to break it.
func (s *simulation) violation(h *simHost, format string, args ...any) {
	text := fmt.Sprintf("at %v process %d: ", s.at(), h.id) + fmt.Sprintf(format, args...)
	for _, x := range s.excuses.covering(h.id, time.Now()) {
		if x.red {
			s.Logf("known: %q: %s", x.name, text)
			return
		}
	}
	s.Error(text)
}
