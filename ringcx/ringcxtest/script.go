package ringcxtest

import (
	"fmt"
	"maps"
	"slices"
)

// script is a fault and how often it is still to come.
type script struct {
	fault Fault
	left  int
}

// Fault has the next n requests to an endpoint meet f. Several faults of one
// endpoint follow each other. The exchanges are marked in [Server.Log] and not
// checked against openapi.yaml. What is left when the test ends is told in its
// log.
//
// A fault that cannot happen fails the test at once: an endpoint that does not
// exist, a fault that makes no sense there, an n below 1.
func (s *Server) Fault(e Endpoint, f Fault, n int) {
	if s.tb != nil {
		s.tb.Helper()
	}
	if err := s.TryFault(e, f, n); err != nil {
		s.fail("%v", err)
	}
}

// TryFault is Fault for a program that reads its faults from somewhere: it
// returns an error where Fault fails the test.
func (s *Server) TryFault(e Endpoint, f Fault, n int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case f.name == "":
		return fmt.Errorf("the zero Fault is no fault: use Refuse, RateLimit or another one of this package")
	case !e.known() && !s.handled[e]:
		return fmt.Errorf("fault %q: there is no endpoint %q", f, e)
	case f.fits != nil && !f.fits(e):
		return fmt.Errorf("fault %q cannot happen at endpoint %q", f, e)
	case n < 1:
		return fmt.Errorf("fault %q at endpoint %q: %d times: it must be at least once", f, e, n)
	}
	s.faults[e] = append(s.faults[e], &script{fault: f, left: n})
	return nil
}

// ClearFaults forgets all faults that are still to come.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.faults)
}

// tellUnmet writes the faults that are still to come into the log of the test:
// what it meant to try, it has not tried. It is no failure, because an n may be
// larger than needed. Of a long fault, such as a Status with a large body, 80
// characters tell which one it is. The Server's mutex is held.
func (s *Server) tellUnmet() {
	s.tb.Helper()
	for _, e := range slices.Sorted(maps.Keys(s.faults)) {
		for _, f := range s.faults[e] {
			s.tb.Logf("ringcxtest: fault %.80q at endpoint %q: %d left that no request met", f.fault, e, f.left)
		}
	}
}

// nextFault returns the fault of the next request to e, or nil.
func (s *Server) nextFault(e Endpoint) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	queue := s.faults[e]
	if len(queue) == 0 {
		return nil
	}
	first := queue[0]
	if first.left--; first.left == 0 {
		s.faults[e] = queue[1:]
	}
	return &first.fault
}
