package storetest

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

// owners is a Memory that is a LeaseStore too, and has a bug where a field says so.
type owners struct {
	*Memory
	mu   sync.Mutex
	held map[string]int // by name, the Hold that it is from
	last int

	name      func(key, owner string) string
	again     bool // holds an owner that is held
	leak      bool // release does nothing
	any       bool // release ends any Hold
	exclusive bool // to be asked by two at once looks like a holder
	asked     int
	ended     bool // a context that has ended is no owner
	hang      bool // does not look at its context
}

func newOwners(m *Memory) *owners {
	return &owners{Memory: m, held: map[string]int{}, name: func(key, owner string) string { return key + "\x00" + owner }}
}

func (o *owners) Hold(ctx context.Context, key, owner string) (release func(), err error) {
	if o.hang && ctx.Err() != nil {
		time.Sleep(time.Hour) // of the bubble
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	name := o.name(key, owner)
	if o.held[name] != 0 && !o.again {
		return nil, errors.New("held already")
	}
	o.last++
	mine := o.last
	o.held[name] = mine
	return func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		if !o.leak && (o.any || o.held[name] == mine) {
			delete(o.held, name)
		}
	}, nil
}

func (o *owners) Held(ctx context.Context, key, owner string) (alive bool, err error) {
	if o.ended && ctx.Err() != nil {
		return false, nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.asked++; o.exclusive && o.asked%racers == 0 {
		return true, nil
	}
	return o.held[o.name(key, owner)] != 0, nil
}

func leaseFlaw(name string, bug func(*owners), breaks ...string) flaw {
	return flaw{name, breaks, func(m *Memory) ringcx.Store {
		o := newOwners(m)
		bug(o)
		return o
	}}
}

var leaseFlaws = []flaw{
	leaseFlaw("release forgotten", func(o *owners) { o.leak = true }, "held", "held for all"),
	leaseFlaw("held again", func(o *owners) { o.again = true }, "held twice"),
	leaseFlaw("release of another Hold", func(o *owners) { o.any = true }, "released twice"),
	leaseFlaw("one owner", func(o *owners) { o.name = func(key, _ string) string { return key } }, "held apart"),
	leaseFlaw("one key", func(o *owners) { o.name = func(_, owner string) string { return owner } }, "held apart"),
	leaseFlaw("case of owners", func(o *owners) {
		o.name = func(key, owner string) string { return key + strings.ToLower(owner) }
	}, "held apart"),
	leaseFlaw("asked one by one", func(o *owners) { o.exclusive = true }, "held for all"),
	leaseFlaw("ended context is no owner", func(o *owners) { o.ended = true }, "held context ended"),
	leaseFlaw("waits for its database", func(o *owners) { o.hang = true }, "held context ended"),
}
