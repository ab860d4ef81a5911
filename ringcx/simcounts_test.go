package ringcx_test

// counts asserts what the services saw.
func (s *simulation) counts() {
	c := s.fake.Counts()
	most := max(peakAlone, len(s.hosts)/3)
	if s.watch.alone > most {
		s.violation(s.hosts[0], "%d exchanges and refreshes in 60 s while a process was without the Store, want at most %d", s.watch.alone, most)
	}
	if c.WrongHostBearers > 0 {
		s.Errorf("%d secrets reached another host", c.WrongHostBearers)
	}
	if s.causes.Load() < int64(s.watch.pairs) {
		s.Errorf("%d exchanges brought a token, and there was cause for %d", s.watch.pairs, s.causes.Load())
	}
	bad := int64(0)
	for _, h := range s.hosts {
		bad += h.bad.Load()
	}
	s.Logf("%d calls, %d sign-ins, %d exchanges, %d refreshes, %d × 401, %d × 429, %d bad calls, %d causes, peak %d (%d without the Store)",
		c.Calls, c.Logins, c.Exchanges, c.Refreshes, c.Unauthorized, c.RateLimited, bad, s.causes.Load(), s.watch.shared, s.watch.alone)
	if s.store != nil {
		s.Logf("Store: %d reads, %d writes", s.store.reads, s.store.writes)
	}
	s.excuses.log(s)
}
