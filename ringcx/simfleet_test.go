package ringcx_test

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// TestFleetWithoutTrouble simulates processes that share a session. Only their clocks are
// wrong. It asserts the numbers in the README.
func TestFleetWithoutTrouble(t *testing.T) {
	seeds(t, 1, func(t *testing.T, seed uint64) {
		s := newFleet(t, seed, troubles[:1])
		s.run()
		c := s.fake.Counts()
		one := s.refreshesOfOne()
		if c.Logins != 1 || c.Exchanges != 1 || c.Refreshes > one*105/100 || c.Unauthorized > 0 || c.RateLimited > 0 {
			t.Errorf("%d sign-ins, %d exchanges, %d refreshes (a single process: %d), %d × 401, %d × 429",
				c.Logins, c.Exchanges, c.Refreshes, one, c.Unauthorized, c.RateLimited)
		}
		lives := float64(c.Refreshes+1) * float64(len(s.processes))
		if reads := float64(s.store.reads) / lives; reads > 1.5 {
			t.Errorf("%.2f reads of the Store per process and token, want at most 1.5", reads)
		}
	})
}

// TestFleetColdStart starts all processes at once, while RingCX responds slowly.
func TestFleetColdStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newFleet(t, 0, nil)
		s.fake.Fault(ringcxtest.Exchange, ringcxtest.Slow(3*time.Second), 1)
		var wg sync.WaitGroup
		for _, p := range s.processes {
			wg.Go(func() {
				if err := p.call(t.Context()); err != nil {
					t.Errorf("process %d: %v", p.id, err)
				}
			})
		}
		wg.Wait()
		for _, p := range s.processes {
			p.close()
		}
		spent{Logins: 1, Exchanges: 1}.check(t, s.fake)
		s.fake.Close()
	})
}

// TestFleet simulates a fleet with all kinds of trouble, mixed. With -sim.kinds, each of
// the first seeds has a single kind. The number of exchanges depends on the troubles;
// checkCounts asserts that each exchange has a cause.
func TestFleet(t *testing.T) {
	n, first := *fleetSeeds, uint64(len(fleetTroubles))
	if *simKinds {
		first = 0
	}
	seeds(t, n, func(t *testing.T, seed uint64) {
		s := newFleet(t, first+seed, fleetTroubles)
		s.run()
	})
}

// TestFleetOfOne simulates a single process with a Store. Other processes cannot hide
// errors in the state of this process.
func TestFleetOfOne(t *testing.T) {
	var kinds []trouble
	for _, t := range fleetTroubles {
		if slices.Contains([]string{
			"none", "expired early", "lost write", "ambiguous write", "Store down", "Store down for long",
			"Store lost during a renewal", "Store hangs", "record downgraded", "rolling restart", "waiting logouts",
		}, t.name) {
			kinds = append(kinds, t)
		}
	}
	seeds(t, int64(len(kinds)), func(t *testing.T, seed uint64) {
		newFleetOf(t, 1, seed, kinds).run()
	})
}

// TestFleetOfVersions simulates processes of two versions that use different record
// formats, and so different records. Each version has a session of its own.
func TestFleetOfVersions(t *testing.T) {
	seeds(t, 1, func(t *testing.T, seed uint64) {
		s := newFleet(t, seed, troubles[:1])
		for _, p := range s.processes[:len(s.processes)/2] {
			p.format = " of another format"
		}
		s.causes.Add(1)
		s.run()
		if c := s.fake.Counts(); c.Logins != 2 || c.Exchanges != 2 || c.Refreshes > 2*s.refreshesOfOne()*105/100 || c.Unauthorized > 0 {
			t.Errorf("%d sign-ins, %d exchanges, %d refreshes, %d × 401, want the numbers of two fleets", c.Logins, c.Exchanges, c.Refreshes, c.Unauthorized)
		}
	})
}

// version simulates two versions of the package that use one record format. It returns
// the record that the process writes: half of the processes, of the newer version, add a
// field. It asserts that processes of the older version keep this field.
func (p *simProcess) version(now, next []byte) []byte {
	added := []byte(`{"later":{"a":[1]},`)
	switch {
	case next == nil:
	case p.id%2 == 1 && !bytes.Contains(next, added[1:]):
		return bytes.Replace(next, []byte("{"), added, 1)
	case p.id%2 == 0 && bytes.Contains(now, added[1:]) && !bytes.Contains(next, added[1:]):
		p.sim.Errorf("the field of a newer version was dropped")
	}
	return next
}

// refreshesOfOne returns how many refreshes a single process makes without trouble.
func (s *simulation) refreshesOfOne() int {
	return int(time.Duration(*simHours)*time.Hour/(225*time.Second)) + 1
}

func newFleet(t *testing.T, seed uint64, troubles []trouble) *simulation {
	return newFleetOf(t, *simProcesses, seed, troubles)
}

func newFleetOf(t *testing.T, processes int, seed uint64, troubles []trouble) *simulation {
	s := newSimulation(t, seed, troubles)
	s.store = newSimStore()
	s.pace = cmp.Or(*simPace, 20*time.Minute)
	for id := range processes {
		p := newSimProcess(s, id)
		p.skew.Store(int64((2*s.draw(id, 0).Float64() - 1) * float64(10*time.Minute)))
		s.processes = append(s.processes, p)
	}
	return s
}

// twoLoginsTrouble is the trouble of TestFleetOfTwoLogins: any number of calls may fail,
// with an error that names the cause.
var twoLoginsTrouble = trouble{name: "two logins with one Key", bound: bound{bad: 1 << 30}}

// TestFleetOfTwoLogins simulates processes with two logins that use one Key by mistake.
// No process may get a token of the other login.
func TestFleetOfTwoLogins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newFleet(t, 0, nil)
		s.occurrences.begin(twoLoginsTrouble)
		other := otherLogin(t)
		for i, p := range s.processes {
			p.configure = func(cfg *ringcx.Config) { cfg.Key = "by mistake" }
			if i%2 == 1 {
				p.fake, p.configure = other, configureOther
			}
			p.start()
		}
		var served atomic.Int64
		var wg sync.WaitGroup
		for _, p := range s.processes {
			wg.Go(func() { served.Add(p.requestTokens()) })
		}
		wg.Wait()
		if served.Load() == 0 {
			t.Error("no process got a token")
		}
		for _, p := range s.processes {
			p.close()
		}
		other.Close()
		s.fake.Close()
	})
}

// otherLogin returns the services of a second app and user. Their tokens differ from the
// tokens of simulation.fake.
func otherLogin(t *testing.T) *ringcxtest.Server {
	other := ringcxtest.New()
	login := other.Config().RingCentral.(*ringcx.JWTLogin)
	login.HTTPClient = other.Client()
	for range 100 {
		if _, err := login.Token(); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(2 * time.Minute) // until the limit no longer counts these sign-ins
	other.LimitRates(true)
	other.SetLoginLifetimes(time.Hour, 0)
	return other
}

func configureOther(cfg *ringcx.Config) {
	cfg.Key = "by mistake"
	login := cfg.RingCentral.(*ringcx.JWTLogin)
	login.ClientID = otherClientID
	login.JWT = "e30." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"555555"}`)) + ".another-jwt"
}

// requestTokens requests tokens for 20 minutes and returns how often it got one.
func (p *simProcess) requestTokens() (served int64) {
	for step := range 40 {
		time.Sleep(time.Duration((0.5 + p.sim.draw(p.id, step).Float64()) * float64(30*time.Second)))
		client, _ := p.current()
		token, err := client.Tokens.TokenContext(p.sim.Context())
		switch {
		case err == nil:
			served++
			if !p.sim.watch.issued(p.fake, token.AccessToken) {
				p.sim.violation(p, "got a token of the other login")
			}
		case !strings.Contains(err.Error(), "Key"):
			p.sim.violation(p, "the error does not name the Key: %v", err)
		}
	}
	return served
}
