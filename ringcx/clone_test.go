package ringcx_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

const (
	cloneTime      = time.Hour       // how long both copies run
	cloneLogins    = 2               // one, and one because of the copy
	cloneExchanges = 4               // one, and three because of the copy
	cloneSafe      = 5 * time.Minute // how long after the start of the copy calls may fail
)

var cloneTests = []struct {
	name   string
	before time.Duration // age of the process at the snapshot
	paused time.Duration // how long the copy is paused
	offset time.Duration // delay of the calls of the copy
	midway bool          // take the snapshot during a refresh
}{
	{"at the same time", 10 * time.Minute, 0, 0, false},
	{"a millisecond later", 10 * time.Minute, 0, time.Millisecond, false},
	{"three seconds later", 10 * time.Minute, 0, 3 * time.Second, false},
	{"restored after 4 minutes", 10 * time.Minute, 4 * time.Minute, time.Second, false},
	{"restored after 50 minutes", 10 * time.Minute, 50 * time.Minute, time.Second, false},
	{"during a refresh", 10 * time.Minute, 0, time.Second, true},
	{"during a refresh, restored after 4 minutes", 10 * time.Minute, 4 * time.Minute, time.Second, true},
}

// TestClone restores a copy of a running process, including its memory, from a snapshot.
// Both copies continue with the same Store, which a third process shares.
func TestClone(t *testing.T) {
	for _, c := range cloneTests {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newScenario(t, 0, 2)
				defer s.close()
				stop := make(chan struct{})
				s.calls(s.workers[0], stop)
				time.Sleep(c.before)
				if c.midway {
					s.untilRefresh()
				}
				clone := s.clone(s.workers[0])
				s.calls(s.workers[1], stop)
				time.Sleep(c.paused + c.offset)
				began := time.Now()
				s.calls(clone, stop)
				time.Sleep(cloneTime)
				close(stop)
				s.running.Wait()
				s.checkClones(clone, began)
			})
		})
	}
}

// clone returns a copy of a process. It holds the locks that the next calls and the next
// response of the process need, so that their effects follow the copy.
func (s *scenario) clone(w *worker) *worker {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	s.traffic.mu.Lock()
	defer s.traffic.mu.Unlock()
	client := *w.client
	client.Tokens = ringcx.Clone(w.client.Tokens)
	s.closers = append(s.closers, client.Tokens.Close)
	return &worker{id: w.id, client: &client, link: w.link, store: w.store}
}

// calls requests a token every second until stop is closed.
func (s *scenario) calls(w *worker, stop chan struct{}) {
	s.running.Go(func() {
		for {
			s.running.Go(func() { w.do(w.token) })
			select {
			case <-stop:
				return
			case <-time.After(time.Second):
			}
		}
	})
}

// untilRefresh makes the next refresh slow and returns while it is under way.
func (s *scenario) untilRefresh() {
	s.fake.Fault(ringcxtest.Refresh, ringcxtest.Slow(5*time.Second), 1)
	for before := s.fake.Counts().Refreshes; s.fake.Counts().Refreshes == before; {
		time.Sleep(100 * time.Millisecond)
	}
	time.Sleep(2 * time.Second)
}

// checkClones asserts bounds for failed calls and for requests after the copy started.
func (s *scenario) checkClones(clone *worker, began time.Time) {
	s.Helper()
	s.check()
	c, failed, late := s.fake.Counts(), 0, 0
	for _, w := range append(s.workers, clone) {
		for _, o := range w.between(began, time.Now()) {
			if o.err != nil {
				failed++
				if o.at.Sub(began) > cloneSafe {
					late++
				}
			}
		}
	}
	s.Logf("%d refresh tokens sent twice by the processes (%d received twice), %d calls failed, %d of them after %v; %d sign-ins, %d exchanges, %d refreshes, peak %d",
		s.traffic.resent, c.RefreshReused, failed, late, cloneSafe, c.Logins, c.Exchanges, c.Refreshes, c.PeakTokenRequests)
	if late > 0 || c.Logins > cloneLogins || c.Exchanges > cloneExchanges || c.PeakTokenRequests > 5 {
		s.Errorf("%d calls failed late, %d sign-ins, %d exchanges, %d token requests in a minute", late, c.Logins, c.Exchanges, c.PeakTokenRequests)
	}
}
