package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

const (
	racers     = 8
	raceRounds = 5
	increments = 20 // of each racer
)

var raceRules = []rule{
	{"one winner", "of all who name the same version, exactly one succeeds, and the others get ErrConflict", checkOneWinner},
	{"no lost update", "a swap that succeeded replaced the record of the version named, and no later one", checkNoLostUpdate},
}

// checkOneWinner lets racers create, swap and delete one record at once.
func checkOneWinner(tr *trial) {
	for range raceRounds {
		data, version := tr.race("create", "", "created")
		tr.holds("after racers created it", data, version)
		data, version = tr.race("swap", version, "swapped")
		tr.holds("after racers swapped it", data, version)
		tr.race("delete", version, "")
		tr.absent("after racers deleted it")
	}
}

// race lets all racers name the same version, and returns what the winner wrote.
func (tr *trial) race(what, version, text string) (data []byte, newVersion string) {
	tr.Helper()
	var mu sync.Mutex
	var wg sync.WaitGroup
	start := make(chan struct{})
	won := 0
	for i := range racers {
		var mine []byte // nil deletes
		if text != "" {
			mine = fmt.Appendf(nil, "%s by %d", text, i)
		}
		wg.Go(func() {
			<-start
			v, err := tr.store.CompareAndSwap(tr.Context(), tr.key, version, mine)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				won++
				data, newVersion = mine, v
			case !errors.Is(err, ringcx.ErrConflict):
				tr.raced("one of %d concurrent calls to %s one record reports %v, want an error that wraps ringcx.ErrConflict", racers, what, err)
			}
		})
	}
	close(start)
	wg.Wait()
	if won != 1 {
		tr.stop("%d of %d concurrent calls to %s one record succeeded, want 1", won, racers, what)
	}
	return data, newVersion
}

// checkNoLostUpdate lets racers count in one record while others read it.
func checkNoLostUpdate(tr *trial) {
	const total = racers * increments
	tr.swap("", count(0))
	var wg sync.WaitGroup
	for range racers {
		wg.Go(func() {
			for i := 0; i < increments && tr.increment(); i++ {
			}
		})
	}
	for range 2 {
		wg.Go(func() {
			for i, last := 0, 0; i < total && last >= 0; i++ {
				last = tr.follow(last)
			}
		})
	}
	wg.Wait()
	data, _ := tr.load()
	if got, want := string(data), string(count(total)); got != want {
		tr.stop("after %d swaps that each added 1, the record is %q, want %q: the rest was lost", total, got, want)
	}
}

// count is a record that shows when only a part of it was written.
func count(n int) []byte {
	digits := strconv.Itoa(n)
	return []byte(digits + " " + string(bytes.Repeat([]byte("."), 100+n%50)) + " " + digits)
}

// counted reads a record of count; ok is false for any other.
func counted(data []byte) (n int, ok bool) {
	digits, _, _ := bytes.Cut(data, []byte(" "))
	n, err := strconv.Atoi(string(digits))
	return n, err == nil && bytes.Equal(data, count(n))
}

// increment adds one. A conflict means that another racer did, so that the tries
// are bounded.
func (tr *trial) increment() bool {
	for range racers * increments {
		data, version, err := tr.store.Load(tr.Context(), tr.key)
		n, ok := counted(data)
		if err != nil || !ok {
			tr.raced("between swaps of others, Load returns %s and %v, want a record that was written", excerpt(data), err)
			return false
		}
		_, err = tr.store.CompareAndSwap(tr.Context(), tr.key, version, count(n+1))
		if err == nil {
			return true
		}
		if !errors.Is(err, ringcx.ErrConflict) {
			tr.raced("among swaps of others, CompareAndSwap reports %v, want nil or ringcx.ErrConflict", err)
			return false
		}
	}
	tr.raced("CompareAndSwap reports more conflicts than there were swaps")
	return false
}

// follow reads the count, which never falls, and returns it; -1 is a failure.
func (tr *trial) follow(last int) int {
	data, _, err := tr.store.Load(tr.Context(), tr.key)
	n, ok := counted(data)
	if err != nil || !ok || n < last {
		tr.raced("after the count was %d, Load returns %s and %v, want as much or more", last, excerpt(data), err)
		return -1
	}
	return n
}
