package ringcx_test

import (
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// trouble is a kind of failure of a service, the Store, a network, a clock or a process.
// Calls may fail only within the bound of a trouble.
type trouble struct {
	name  string
	bound bound
	cause func(*simulation, *occurrence, *rand.Rand)
}

var (
	tokenEndpoints = []ringcxtest.Endpoint{ringcxtest.Refresh, ringcxtest.Exchange}
	authEndpoints  = append(tokenEndpoints[:2:2], ringcxtest.Login)
	allEndpoints   = append(authEndpoints[:3:3], ringcxtest.Accounts)
)

// troubles are the kinds that need no Store. Changing their order changes the meaning of
// seeds.
var troubles = []trouble{
	{"none", bound{}, func(*simulation, *occurrence, *rand.Rand) {}},
	fault("rejected", allEndpoints, ringcxtest.Refuse),
	fault("401", allEndpoints, ringcxtest.Status(401, "no")),
	fault("rate limit", allEndpoints, ringcxtest.RateLimit(0)),
	fault("rate limit 7 s", allEndpoints, ringcxtest.RateLimit(7*time.Second)),
	fault("rate limit 3 min", allEndpoints, ringcxtest.RateLimit(3*time.Minute)),
	fault("penalty", []ringcxtest.Endpoint{ringcxtest.Login}, ringcxtest.Penalty),
	fault("500", allEndpoints, ringcxtest.Status(500, "down")),
	fault("502 of a proxy", allEndpoints, ringcxtest.Status(502, "<html>")),
	fault("503", allEndpoints, ringcxtest.Status(503, "busy")),
	fault("HTML", authEndpoints, ringcxtest.HTML),
	fault("truncated", allEndpoints, ringcxtest.Truncate),
	fault("no token", tokenEndpoints, ringcxtest.Status(200, "{}")),
	fault("no refresh token", tokenEndpoints, ringcxtest.NoRefreshToken),
	fault("same refresh token", tokenEndpoints[:1], ringcxtest.SameRefreshToken),
	fault("lifetime 0", tokenEndpoints, ringcxtest.Lifetime(0)),
	fault("lifetime negative", tokenEndpoints, ringcxtest.Lifetime(-time.Hour)),
	fault("lifetime short", tokenEndpoints, ringcxtest.Lifetime(20*time.Second)),
	fault("lifetime huge", tokenEndpoints, ringcxtest.Lifetime(1000*time.Hour)),
	fault("slow", allEndpoints, ringcxtest.Slow(3*time.Second)),
	fault("too slow", allEndpoints, ringcxtest.Slow(25*time.Second)),
	fault("response lost", allEndpoints, ringcxtest.DropAnswer),
	fault("unreachable", allEndpoints, ringcxtest.Unreachable),
	fault("secret echoed", authEndpoints, ringcxtest.EchoSecret),
	fault("date skewed", authEndpoints, ringcxtest.SkewDate(10*time.Minute)),
	fault("date skewed back", authEndpoints, ringcxtest.SkewDate(-10*time.Minute)),
	fault("redirect", authEndpoints, ringcxtest.Redirect(307, "https://evil.test/")),
	fault("revoked at the exchange", tokenEndpoints, ringcxtest.RevokedOutside),
	instant("revoked", func(s *simulation) { s.fake.RevokeSession() }),
	instant("expired early", func(s *simulation) { s.fake.ExpireTokens() }),
	instant("expired again and again", expiredAgain),
	clock("clock steps", 10*time.Minute),
	clock("clock steps by hours", 4*time.Hour),
	suspend("suspended", time.Hour),
	suspend("suspended for hours", 5*time.Hour),
	brokenNetwork("requests lost for all", all, requestsLost),
	brokenNetwork("responses lost for all", all, responsesLost),
	{"endpoint always 401", bounds["endpoint always 401"], endpoint401(false)},
	{"endpoint always 401 to a stream", bounds["endpoint always 401 to a stream"], endpoint401(true)},
	{"logout", bounds["logout"], func(s *simulation, _ *occurrence, r *rand.Rand) { s.any(r).logout() }},
	{"logout that fails", bounds["logout that fails"], logoutFails},
}

// fault returns a trouble in which the next few requests to one of the endpoints fail
// with f. For the sign-in and the exchange it also revokes the session; otherwise a
// renewal would only send a refresh.
func fault(name string, endpoints []ringcxtest.Endpoint, f ringcxtest.Fault) trouble {
	return trouble{name, bounds[name], func(s *simulation, _ *occurrence, r *rand.Rand) {
		endpoint := endpoints[r.IntN(len(endpoints))]
		s.fake.Fault(endpoint, f, 1+r.IntN(*simBurst))
		if endpoint == ringcxtest.Exchange || endpoint == ringcxtest.Login {
			s.causes.Add(1)
			s.fake.RevokeSession()
		}
	}}
}

// instant returns a trouble that ends as soon as cause returns.
func instant(name string, cause func(*simulation)) trouble {
	return trouble{name, bounds[name], func(s *simulation, _ *occurrence, _ *rand.Rand) { cause(s) }}
}

// expiredAgain ends all tokens 20 times, 8 s apart: more often than RingCX allows
// renewals.
func expiredAgain(s *simulation) {
	for range 20 {
		s.fake.ExpireTokens()
		time.Sleep(8 * time.Second)
	}
}

// clock returns a trouble that sets the clock of one process wrong by at most the given
// time.
func clock(name string, most time.Duration) trouble {
	return trouble{name, bounds[name], func(s *simulation, x *occurrence, r *rand.Rand) {
		p := s.any(r)
		x.affects(p)
		p.skew.Store(int64((2*r.Float64() - 1) * float64(most)))
		if most > 10*time.Minute { // the process has time to detect the error
			time.Sleep(time.Duration(r.Int64N(int64(20 * time.Minute))))
			p.skew.Store(0)
		}
	}}
}

// suspend returns a trouble in which one process makes no calls. Its clock keeps running,
// because a synctest bubble has only one.
func suspend(name string, d time.Duration) trouble {
	return trouble{name, bounds[name], func(s *simulation, x *occurrence, r *rand.Rand) {
		p := s.any(r)
		x.affects(p)
		p.suspended.Store(true)
		time.Sleep(d)
		p.suspended.Store(false)
	}}
}

// The functions one, third, half and all return how many processes a trouble affects.
func one([]*simProcess) int             { return 1 }
func third(processes []*simProcess) int { return (len(processes) + 2) / 3 }
func half(processes []*simProcess) int  { return (len(processes) + 1) / 2 }
func all(processes []*simProcess) int   { return len(processes) }

// brokenNetwork returns a trouble that breaks the network of some processes for an hour.
func brokenNetwork(name string, part func([]*simProcess) int, what networkFault) trouble {
	return trouble{name, bounds[name], func(s *simulation, x *occurrence, r *rand.Rand) {
		processes := s.some(r, part(s.processes))
		x.affects(processes...)
		for _, p := range processes {
			p.network.Store(&what)
		}
		time.Sleep(time.Hour)
		for _, p := range processes {
			p.network.Store(nil)
		}
	}}
}

// limited is a proxy that rejects all requests for an hour with 429.
var limited = proxy(429, http.Header{"Retry-After": {"3600"}}, "slow down")

// endpoint401 returns the cause of a trouble in which half of the processes also call an
// endpoint that always returns 401, for an hour. With stream, the calls have a body that
// cannot be sent again.
func endpoint401(stream bool) func(*simulation, *occurrence, *rand.Rand) {
	return func(s *simulation, x *occurrence, _ *rand.Rand) {
		before := s.fake.Counts().Refreshes
		for _, p := range s.processes[:(len(s.processes)+1)/2] { // RingCX allows 120 calls a minute
			p.streams401.Store(stream)
			p.calls401.Store(true)
		}
		time.Sleep(time.Hour)
		for _, p := range s.processes {
			p.calls401.Store(false)
		}
		if n := s.fake.Counts().Refreshes - before; s.hasOneKind() && n > mostRefreshesOn401*len(s.processes) {
			s.violation(s.processes[0], "%d refreshes in an hour because of an endpoint that always returns 401", n)
		}
	}
}

// logoutFails calls Logout while the services reject its requests or do not respond, and
// then once more.
func logoutFails(s *simulation, x *occurrence, r *rand.Rand) {
	p := s.any(r)
	fails := []ringcxtest.Fault{ringcxtest.Status(500, "down"), ringcxtest.Refuse, ringcxtest.Slow(25 * time.Second), ringcxtest.DropAnswer}
	s.fake.Fault(ringcxtest.Logout, fails[r.IntN(len(fails))], 1)
	if r.IntN(2) == 0 {
		s.fake.Fault(ringcxtest.Revoke, fails[r.IntN(len(fails))], 1)
	}
	if r.IntN(2) == 0 {
		p.plan(disruption{at: "swap", after: true, do: "pause", pause: 45 * time.Second, occurrence: x})
	}
	p.logout()
	p.logout()
}
