package ringcx

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx/internal/servertime"
)

const (
	// maxSent is how many requests of a kind are sent in sentWindow: one less than the
	// services allow, because requests that are sent apart may arrive together.
	//
	// Source: RingCX documentation, 5 exchanges a minute; RingCentral
	// documentation, 5 sign-ins a minute per application. Whether a refresh counts
	// as an exchange is not documented: it is counted as one.
	maxSent    = 4
	sentWindow = time.Minute

	// rateCooldown is the cooldown after a 429 without Retry-After, and how long the
	// other processes wait after the first 429 of one process.
	//
	// Source: RingCentral documentation: a penalty lasts 60 s, and calls in that time
	// prolong it.
	rateCooldown = time.Minute

	// exchangeCooldown is the cooldown of the exchange after a rejection that another
	// sign-in would not change.
	exchangeCooldown = 5 * time.Minute

	// loginCooldown is the cooldown of the sign-in after RingCentral rejected it.
	loginCooldown = time.Minute

	// rejectedWait is how long the other processes wait after an exchange of one process
	// was rejected. No rate was exceeded: they only must not all be rejected at once.
	rejectedWait = 15 * time.Second

	// maxWitnesses bounds how often the wait of the other processes doubles: 15 s × 2⁸
	// is longer than any cooldown.
	maxWitnesses = 9

	// maxShared is how many cooldowns and requests of a stage are read from a record. This
	// package never writes more.
	maxShared = 64
)

// limits holds back requests that the services would reject. Its times are on the
// monotonic clock. It is used by one goroutine at a time.
type limits struct {
	process   string // this process
	cooldowns map[Stage][]cooldown
	sent      map[Stage][]sentRequest // by the first stage of countedWith
	last      map[Stage]string        // the id of the request that was taken last
	ownUntil  time.Time               // until when this process does not sign in; not shared
	slack     time.Duration           // by which the processes' times of a request may differ
}

// limitState is the state of the limits of one stage in the shared record.
type limitState struct {
	Cooldowns []cooldown    `json:"rests,omitempty"`
	Sent      []sentRequest `json:"hits,omitempty"`
}

// sentRequest is one request that counts towards a limit. Its id is unique, so a request
// that many processes know of counts once.
type sentRequest struct {
	ID string `json:"id"`
	servertime.Timestamp
	End string `json:"end,omitempty"` // how it ended; empty: not known yet
}

const (
	endArrived  = "arrived" // a response came; the timestamp is that of the response
	endCanceled = "void"    // the request reached no service and does not count
)

// cooldown says until when a process sends no requests of a stage, because a service asked
// it to wait or rejected it.
type cooldown struct {
	Owner  string               `json:"owner"` // the process that got the response
	Since  servertime.Timestamp `json:"since"`
	Until  servertime.Timestamp `json:"until"`  // the owner waits until then
	Others int64                `json:"others"` // how long the other processes wait, from Since on, in milliseconds

	shared  bool // a record has had it
	removed bool // and another process removed it there
}

// wait returns how long the other processes wait, within bounds.
func (c cooldown) wait() time.Duration {
	d := time.Duration(min(c.Others, maxRetryAfter.Milliseconds())) * time.Millisecond
	return min(max(d, rejectedWait), rateCooldown)
}

// same reports whether c and o are the same cooldown.
func (c cooldown) same(o cooldown) bool { return c.Owner == o.Owner && c.Until.Same(o.Until) }

func newLimits() limits {
	return limits{cooldowns: map[Stage][]cooldown{}, sent: map[Stage][]sentRequest{}, last: map[Stage]string{}}
}

// countedWith returns the stages that count towards one limit.
func countedWith(stage Stage) []Stage {
	if stage == StageLogin {
		return []Stage{StageLogin}
	}
	return []Stage{StageExchange, StageRefresh}
}

// take counts a request of the stage that is about to be sent, or returns why it must not
// be sent. It keeps that many of the requests of the minute for later.
func (l *limits) take(stage Stage, keep int) error {
	if wait := time.Until(l.closedUntil(stage)); wait > 0 {
		return localLimit(stage, wait, "held back: the service rejected an earlier request or asked to wait")
	}
	key := countedWith(stage)[0]
	l.sent[key] = slices.DeleteFunc(l.sent[key], func(s sentRequest) bool { return !s.Read && !l.recent(s) })
	counted := l.counted(key)
	if n, most := len(counted), maxSent-keep; n >= most {
		slices.SortFunc(counted, func(a, b sentRequest) int { return a.Local.Compare(b.Local) })
		return localLimit(stage, sentWindow+l.slack-time.Since(counted[n-most].Local),
			fmt.Sprintf("held back: %d requests were sent in the last minute", n))
	}
	l.last[key] = rand.Text()[:10]
	l.sent[key] = append(l.sent[key], sentRequest{ID: l.last[key], Timestamp: servertime.Here(time.Now())})
	return nil
}

// counted returns the requests with the given key that count towards its limit.
func (l *limits) counted(key Stage) []sentRequest {
	return slices.DeleteFunc(slices.Clone(l.sent[key]), func(s sentRequest) bool { return s.End == endCanceled || !l.recent(s) })
}

// closedUntil returns when requests of the stage may be sent again. A process that was
// asked to wait waits in full. The others may be behind another proxy: they wait for a
// minute, and then one of them tries. If more than two processes were asked to wait, the
// wait of the others doubles with each further one. A request that succeeds ends it. A cooldown of the sign-in applies
// to all processes in full, because RingCentral suspends an application that continues.
func (l *limits) closedUntil(stage Stage) time.Time {
	var closed, longest time.Time
	var last cooldown // of another process
	witnesses := 0
	for _, c := range l.cooldowns[stage] {
		switch {
		case time.Until(c.Until.Local) <= 0:
		case c.Owner == l.process || stage == StageLogin:
			closed = later(closed, c.Until.Local)
		default:
			witnesses++
			longest = later(longest, c.Until.Local)
			if !c.Since.Local.Before(last.Since.Local) {
				last = c
			}
		}
	}
	if witnesses > 0 {
		next := last.Since.Local.Add(last.wait() << max(0, min(witnesses, maxWitnesses)-2))
		closed = later(closed, earlier(longest, next))
	}
	if stage == StageLogin {
		closed = later(closed, l.ownUntil)
	}
	return closed
}

// recent reports whether a request counts still.
func (l *limits) recent(s sentRequest) bool { return time.Since(s.Local) < sentWindow+l.slack }

// finish completes the entry of the request that was taken last. If the request may have
// reached a service, its time moves from the send to the response: it arrived in between,
// so no window of arrivals can hold more than maxSent. Otherwise it does not count.
func (l *limits) finish(stage Stage, reached bool) {
	switch s := l.lastSent(stage); {
	case s == nil:
	case reached:
		s.End, s.Timestamp = endArrived, servertime.Here(time.Now())
	default:
		s.End = endCanceled
	}
}

func (l *limits) lastSent(stage Stage) *sentRequest {
	key := countedWith(stage)[0]
	i := slices.IndexFunc(l.sent[key], func(s sentRequest) bool { return s.ID == l.last[key] })
	if i < 0 {
		return nil
	}
	return &l.sent[key][i]
}

// coolDown starts a cooldown of the stage: for d in this process, and for others in the
// other processes. It sets the RetryAfter of err, an *Error, and returns err.
func (l *limits) coolDown(stage Stage, d, others time.Duration, err error) error {
	now := time.Now()
	own := cooldown{Owner: l.process, Since: servertime.Here(now), Others: others.Milliseconds()}
	own.Until = servertime.Timestamp{Local: now.Add(d), Seen: now}
	for _, c := range l.cooldowns[stage] {
		if c.Owner == l.process && c.Until.Local.After(own.Until.Local) {
			own.Until = c.Until
		}
	}
	rest := slices.DeleteFunc(l.cooldowns[stage], func(c cooldown) bool { return c.Owner == l.process })
	l.cooldowns[stage] = append(rest, own)
	if e := asError(err); e != nil {
		e.RetryAfter = d
	}
	return err
}

// coolDownAsAsked starts a cooldown for as long as the server asked in err, if it is an
// *Error, for all stages that count towards one limit.
func (l *limits) coolDownAsAsked(stage Stage, err error) error {
	e := asError(err)
	if e == nil {
		return err
	}
	d := e.RetryAfter
	if d == 0 {
		d = rateCooldown
	}
	for _, s := range countedWith(stage) {
		err = l.coolDown(s, d, rateCooldown, err)
	}
	return err
}

// succeeded ends the cooldowns of all stages that count with this one.
func (l *limits) succeeded(stage Stage) {
	for _, s := range countedWith(stage) {
		l.cooldowns[s] = nil
	}
}

// correct sets the times of l by the services' time, because the monotonic clock stopped
// while the machine was suspended.
func (l *limits) correct(c *servertime.Clock) {
	for _, sent := range l.sent {
		for i := range sent {
			sent[i].Local = sent[i].Past(c)
		}
	}
	for _, cooldowns := range l.cooldowns {
		for i := range cooldowns {
			cooldowns[i].Until.Local = cooldowns[i].Until.Corrected(c)
		}
	}
}

// share gives the times of l the form in which processes share them.
func (l *limits) share(c *servertime.Clock) {
	for _, cooldowns := range l.cooldowns {
		for i := range cooldowns {
			cooldowns[i].Since.Share(c)
			cooldowns[i].Until.Share(c)
		}
	}
	for _, sent := range l.sent {
		for i := range sent {
			sent[i].Share(c)
		}
	}
}

func localLimit(stage Stage, wait time.Duration, why string) *Error {
	return &Error{
		Stage: stage, StatusCode: http.StatusTooManyRequests, Code: codeLocalLimit,
		Message: why, RetryAfter: clampRetryAfter(wait),
	}
}

func isLocalLimit(err error) bool {
	e := asError(err)
	return e != nil && e.Code == codeLocalLimit
}

// merge returns the limits that this process and a record know of together. A request
// whose time this process cannot tell counts from when it first read it: that is late,
// and so on the safe side. Entries that are past by every clock, or implausibly far
// ahead, are ignored. lost reports that the record was lost.
func (l *limits) merge(c *servertime.Clock, shared map[Stage]limitState, lost bool) limits {
	m := newLimits()
	m.process, m.ownUntil, m.last, m.slack = l.process, l.ownUntil, l.last, servertime.Drift
	stages := map[Stage]bool{}
	for stage := range l.sent {
		stages[stage] = true
	}
	for stage := range l.cooldowns {
		stages[stage] = true
	}
	for stage := range shared {
		stages[stage] = true
	}
	for stage := range stages {
		s := shared[stage]
		m.sent[stage] = m.mergeSent(c, atMost(s.Sent, maxShared), l.sent[stage])
		m.cooldowns[stage] = mergeCooldowns(c, l.process, atMost(s.Cooldowns, maxShared), l.cooldowns[stage], lost)
	}
	return m
}

func atMost[T any](s []T, n int) []T { return s[:min(len(s), n)] }

// mergeSent returns the requests of a record and of this process, each once.
func (l *limits) mergeSent(c *servertime.Clock, shared, own []sentRequest) (sent []sentRequest) {
	for _, s := range own {
		i := slices.IndexFunc(shared, func(o sentRequest) bool { return o.ID == s.ID })
		endKnown := i >= 0 && s.End == "" && shared[i].End != ""
		switch s.Local = s.Past(c); {
		case endKnown:
			continue // taken from the record below
		case i >= 0 || l.recent(s):
			sent = append(sent, s)
		}
	}
	for _, s := range shared {
		if slices.ContainsFunc(sent, func(o sentRequest) bool { return o.ID == s.ID }) {
			continue
		}
		s.Seen, s.Read = time.Now(), true
		if s.Local = s.Past(c); !c.FarAhead(s.Timestamp, 0) {
			sent = append(sent, s)
		}
	}
	return sent
}

// mergeCooldowns returns the cooldowns of a record and those that process, this one, knows
// of. The record decides on those of other processes, unless it was lost.
func mergeCooldowns(c *servertime.Clock, process string, shared, own []cooldown, lost bool) (all []cooldown) {
	for _, o := range own {
		found := slices.ContainsFunc(shared, o.same)
		if o.Owner != process && (found || !lost) {
			continue // taken from the record below
		}
		removed := o.shared && !found && !lost
		o.removed = o.removed || removed
		o.shared = o.shared || found
		o.Until.Local = o.Until.Corrected(c)
		all = append(all, o)
	}
	for _, s := range shared {
		if known := slices.ContainsFunc(all, s.same); !known && !c.FarAhead(s.Until, maxRetryAfter) {
			all = append(all, readCooldown(c, s, own))
		}
	}
	return all
}

// readCooldown returns a cooldown of a record with its times on the monotonic clock. If own
// has it already, it keeps the time when it was first read.
func readCooldown(c *servertime.Clock, s cooldown, own []cooldown) cooldown {
	seen := time.Now()
	if i := slices.IndexFunc(own, s.same); i >= 0 {
		seen = own[i].Until.Seen
	}
	s.Since.Seen, s.Since.Read = seen, true
	s.Until.Seen, s.Until.Read = seen, true
	s.Since.Local = s.Since.Past(c)
	s.Until.Local = cooldownEnd(c, s)
	return s
}

// cooldownEnd returns when a cooldown of a record ends, at most an hour after this process
// first read it. A process that does not know the services' time uses its length.
func cooldownEnd(c *servertime.Clock, s cooldown) time.Time {
	end := c.Local(s.Until)
	if !c.Known() {
		end = s.Until.Seen.Add(max(0, time.UnixMilli(s.Until.At).Sub(time.UnixMilli(s.Since.At))))
	}
	return earlier(end, s.Until.Seen.Add(maxRetryAfter))
}

// markShared records that a record contains all of l.
func (l *limits) markShared() {
	for _, cooldowns := range l.cooldowns {
		for i := range cooldowns {
			cooldowns[i].shared = true
		}
	}
}

// state returns the limits for a record. A cooldown that other processes removed, because
// they succeeded, is not written again.
func (l *limits) state(c *servertime.Clock) map[Stage]limitState {
	states := map[Stage]limitState{}
	for stage, cooldowns := range l.cooldowns {
		s := states[stage]
		for _, o := range cooldowns {
			if !o.removed && !o.Until.Over(c) {
				s.Cooldowns = append(s.Cooldowns, o)
			}
		}
		states[stage] = s
	}
	for stage, sent := range l.sent {
		s := states[stage]
		for _, o := range sent {
			if o.Local = o.Past(c); l.recent(o) {
				s.Sent = append(s.Sent, o)
			}
		}
		states[stage] = s
	}
	for stage, s := range states {
		if len(s.Cooldowns)+len(s.Sent) == 0 {
			delete(states, stage)
		}
	}
	return states
}
