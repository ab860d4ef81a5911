package storetest

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

// owners is a Memory that is also a LeaseStore. Its fields select a bug.
type owners struct {
	*Memory
	mu   sync.Mutex
	held map[string]int // serial number of the Hold, by name
	last int

	name      func(key, owner string) string
	again     bool // Hold succeeds for an owner that is alive
	leak      bool // release does nothing
	any       bool // release also ends another Hold
	exclusive bool // concurrent calls of Held return true
	asked     int
	ended     bool // Held returns false if its context has ended
	hang      bool // Hold ignores its context
	scoped    bool // the lease ends with the context of Hold
	stuck     bool // Hold marks the owner as alive, and then returns the error of its context
	nothing   bool // Hold returns neither a release nor an error
	blind     bool // Held returns false if its context ends during the call
	ends      bool // a Hold that fails returns a release that ends the Hold of another one
	racy      bool // check and write of Hold are separate
}

func newOwners(m *Memory) *owners {
	return &owners{Memory: m, held: map[string]int{}, name: func(key, owner string) string { return key + "\x00" + owner }}
}

func (o *owners) Hold(ctx context.Context, key, owner string) (release func(), err error) {
	if o.hang && ctx.Err() != nil {
		time.Sleep(time.Hour) // in the synctest bubble
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	name := o.name(key, owner)
	if o.held[name] != 0 && !o.again {
		return o.failedHold(name), errors.New("the owner is alive")
	}
	if o.racy {
		o.mu.Unlock()
		time.Sleep(time.Millisecond) // in the synctest bubble
		o.mu.Lock()
	}
	o.last++
	mine := o.last
	o.held[name] = mine
	if err := ctx.Err(); err != nil && o.stuck {
		return nil, err
	}
	release = func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		if !o.leak && (o.any || o.held[name] == mine) {
			delete(o.held, name)
		}
	}
	if o.scoped {
		context.AfterFunc(ctx, release)
	}
	if o.nothing {
		release = nil
	}
	return release, nil
}

// failedHold returns the release of a Hold that fails.
func (o *owners) failedHold(name string) func() {
	if !o.ends {
		return nil
	}
	return func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		delete(o.held, name)
	}
}

func (o *owners) Held(ctx context.Context, key, owner string) (alive bool, err error) {
	if o.ended && ctx.Err() != nil {
		return false, nil
	}
	if o.blind && ctx.Err() == nil && ctx.Err() != nil { // ended between the two checks
		return false, nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.asked++; o.exclusive && o.asked%racers == 0 {
		return true, nil
	}
	return o.held[o.name(key, owner)] != 0, nil
}

func leaseBug(name string, bug func(*owners), breaks ...string) bugCase {
	return bugCase{name, breaks, func(m *Memory) ringcx.Store {
		o := newOwners(m)
		bug(o)
		return o
	}}
}

var leaseBugs = []bugCase{
	leaseBug("release does nothing", func(o *owners) { o.leak = true }, "lease", "concurrent Held"),
	leaseBug("Hold succeeds twice", func(o *owners) { o.again = true }, "lease twice"),
	leaseBug("release ends another Hold", func(o *owners) { o.any = true }, "release twice"),
	leaseBug("all owners of a key are one", func(o *owners) { o.name = func(key, _ string) string { return key } }, "leases are separate"),
	leaseBug("all keys are one", func(o *owners) { o.name = func(_, owner string) string { return owner } }, "leases are separate"),
	leaseBug("owners ignore case", func(o *owners) {
		o.name = func(key, owner string) string { return key + strings.ToLower(owner) }
	}, "leases are separate"),
	leaseBug("concurrent calls of Held interfere", func(o *owners) { o.exclusive = true }, "concurrent Held"),
	leaseBug("Held with an ended context returns false", func(o *owners) { o.ended = true }, "lease context ended"),
	leaseBug("lease ends with the context of Hold", func(o *owners) { o.scoped = true }, "lease outlives its context"),
	leaseBug("Hold that fails leaves the owner alive", func(o *owners) { o.stuck = true }, "failed Hold"),
	leaseBug("Hold returns neither a release nor an error", func(o *owners) { o.nothing = true }, "lease"),
	leaseBug("Held returns false if its context ends during the call", func(o *owners) { o.blind = true }, "lease context ends during a call"),
	leaseBug("release of a Hold that failed ends another Hold", func(o *owners) { o.ends = true }, "lease twice"),
	leaseBug("check and write of Hold are separate", func(o *owners) { o.racy = true }, "concurrent Hold"),
	leaseBug("leases are in the memory of a Store", func(*owners) {}, "leases of two Stores"),
	leaseBug("Hold ignores its context", func(o *owners) { o.hang = true }, "lease context ended"),
}
