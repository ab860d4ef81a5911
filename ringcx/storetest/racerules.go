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
	racers     = 8 // concurrent goroutines
	raceRounds = 5
	increments = 20 // by each goroutine
)

// raceRules are the rules of concurrent calls.
var raceRules = []rule{
	{"concurrent swaps", "of concurrent calls with the same version, exactly one succeeds, and the others return ErrConflict", checkConcurrentSwaps},
	{"no lost update", "a swap that succeeds replaces the record of the given version, not a later one", checkNoLostUpdate},
}

// checkConcurrentSwaps creates, swaps and deletes a record, each in concurrent goroutines.
func checkConcurrentSwaps(tr *trial) {
	for range raceRounds {
		data, version := race(tr, "create", "", "created")
		tr.wantRecord("after concurrent calls created the record", data, version)
		data, version = race(tr, "swap", version, "swapped")
		tr.wantRecord("after concurrent calls swapped the record", data, version)
		race(tr, "delete", version, "")
		tr.wantNoRecord("after concurrent calls deleted the record")
	}
}

// race calls CompareAndSwap concurrently with the same version, and checks that one call
// succeeds. It returns what that call wrote. An empty text deletes the record.
func race(tr *trial, operation, version, text string) (data []byte, newVersion string) {
	tr.Helper()
	var mu sync.Mutex
	var wg sync.WaitGroup
	start := make(chan struct{})
	succeeded := 0
	for i := range racers {
		var mine []byte // nil deletes the record
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
				succeeded++
				data, newVersion = mine, v
			case !errors.Is(err, ringcx.ErrConflict):
				tr.errorfOnce("one of %d concurrent calls to %s the record returns the error %v, want one that wraps ringcx.ErrConflict", racers, operation, err)
			}
		})
	}
	close(start)
	wg.Wait()
	if succeeded != 1 {
		tr.fatalf("%d of %d concurrent calls to %s the record succeeded, want 1", succeeded, racers, operation)
	}
	return data, newVersion
}

// checkNoLostUpdate increments a counter in concurrent goroutines while others read it.
func checkNoLostUpdate(tr *trial) {
	const total = racers * increments
	tr.swap("", counter(0))
	var wg sync.WaitGroup
	for range racers {
		wg.Go(func() {
			for i := 0; i < increments && increment(tr); i++ {
			}
		})
	}
	for range 2 {
		wg.Go(func() {
			for i, last := 0, 0; i < total && last >= 0; i++ {
				last = readCounter(tr, last)
			}
		})
	}
	wg.Wait()
	data, _ := tr.load()
	if got, want := string(data), string(counter(total)); got != want {
		tr.fatalf("after %d swaps that each added 1, the record is %q, want %q: updates were lost", total, got, want)
	}
}

// counter returns a record with the number n. parseCounter detects if only a part of it was
// written.
func counter(n int) []byte {
	digits := strconv.Itoa(n)
	return []byte(digits + " " + string(bytes.Repeat([]byte("."), 100+n%50)) + " " + digits)
}

// parseCounter returns the number in a record of counter; ok is false for other data.
func parseCounter(data []byte) (n int, ok bool) {
	digits, _, _ := bytes.Cut(data, []byte(" "))
	n, err := strconv.Atoi(string(digits))
	return n, err == nil && bytes.Equal(data, counter(n))
}

// increment adds 1 to the counter. It returns false after a failure. Each conflict is due to
// an increment of another goroutine, so the number of attempts is bounded.
func increment(tr *trial) bool {
	for range racers * increments {
		data, version, err := tr.store.Load(tr.Context(), tr.key)
		n, ok := parseCounter(data)
		if err != nil || !ok {
			tr.errorfOnce("during concurrent swaps, Load returns %s and the error %v, want a record that was written", excerpt(data), err)
			return false
		}
		_, err = tr.store.CompareAndSwap(tr.Context(), tr.key, version, counter(n+1))
		if err == nil {
			return true
		}
		if !errors.Is(err, ringcx.ErrConflict) {
			tr.errorfOnce("during concurrent swaps, CompareAndSwap returns the error %v, want nil or ringcx.ErrConflict", err)
			return false
		}
	}
	tr.errorfOnce("CompareAndSwap returns ErrConflict more often than there were swaps")
	return false
}

// readCounter reads the counter, which must be at least last. It returns -1 after a
// failure.
func readCounter(tr *trial, last int) int {
	data, _, err := tr.store.Load(tr.Context(), tr.key)
	n, ok := parseCounter(data)
	valid := ok && n >= last
	if err != nil || !valid {
		tr.errorfOnce("after the counter was %d, Load returns %s and the error %v, want at least %d", last, excerpt(data), err, last)
		return -1
	}
	return n
}
