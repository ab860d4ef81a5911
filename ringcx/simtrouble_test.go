package ringcx_test

import (
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// trouble is one way in which a day can go wrong. Outside of the bounds of all
// troubles no call may fail: see bound.
type trouble struct {
	name  string
	bound bound
	cause func(*simulation, *excuse, *rand.Rand)
}

var (
	tokenEndpoints = []ringcxtest.Endpoint{ringcxtest.Refresh, ringcxtest.Exchange}
	authEndpoints  = append(tokenEndpoints[:2:2], ringcxtest.Login)
	allEndpoints   = append(authEndpoints[:3:3], ringcxtest.Accounts)
)

// troubles are those of one process. Their order is part of what a seed means.
var troubles = []trouble{
	{"none", bound{}, func(*simulation, *excuse, *rand.Rand) {}},
	fault("refused", allEndpoints, ringcxtest.Refuse),
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
	fault("life 0", tokenEndpoints, ringcxtest.Lifetime(0)),
	fault("life negative", tokenEndpoints, ringcxtest.Lifetime(-time.Hour)),
	fault("life short", tokenEndpoints, ringcxtest.Lifetime(20*time.Second)),
	fault("life huge", tokenEndpoints, ringcxtest.Lifetime(1000*time.Hour)),
	fault("slow", allEndpoints, ringcxtest.Slow(3*time.Second)),
	fault("too slow", allEndpoints, ringcxtest.Slow(25*time.Second)),
	fault("answer lost", allEndpoints, ringcxtest.DropAnswer),
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
	sick("services silent to all", all, silent),
	sick("services deaf to all", all, deaf),
	{"endpoint always 401", bounds["endpoint always 401"], deniedFor(false)},
	{"endpoint always 401 to a stream", bounds["endpoint always 401 to a stream"], deniedFor(true)},
	{"logout", bounds["logout"], func(s *simulation, _ *excuse, r *rand.Rand) { s.any(r).logout() }},
	{"logout that fails", bounds["logout that fails"], logoutFails},
}

// fault is a trouble that makes the next few requests to one of the endpoints
// go wrong. What comes after a refresh is reached only if the session has ended.
func fault(name string, endpoints []ringcxtest.Endpoint, f ringcxtest.Fault) trouble {
	return trouble{name, bounds[name], func(s *simulation, _ *excuse, r *rand.Rand) {
		endpoint := endpoints[r.IntN(len(endpoints))]
		s.fake.Fault(endpoint, f, 1+r.IntN(*simBurst))
		if endpoint == ringcxtest.Exchange || endpoint == ringcxtest.Login {
			s.causes.Add(1)
			s.fake.RevokeSession()
		}
	}}
}

// instant is a trouble that is over at once.
func instant(name string, cause func(*simulation)) trouble {
	return trouble{name, bounds[name], func(s *simulation, _ *excuse, _ *rand.Rand) { cause(s) }}
}

// expiredAgain ends all tokens as often as a minute allows, and more often.
func expiredAgain(s *simulation) {
	for range 20 {
		s.fake.ExpireTokens()
		time.Sleep(8 * time.Second)
	}
}

// clock sets a machine's clock, by the given time at most.
func clock(name string, most time.Duration) trouble {
	return trouble{name, bounds[name], func(s *simulation, x *excuse, r *rand.Rand) {
		h := s.any(r)
		x.affects(h)
		h.skew.Store(int64((2*r.Float64() - 1) * float64(most)))
		if most > 10*time.Minute { // until the machine has asked for the time
			time.Sleep(time.Duration(r.Int64N(int64(20 * time.Minute))))
			h.skew.Store(0)
		}
	}}
}

// suspend is a trouble in which a process makes no calls. Time goes on for it: a
// bubble has one clock for all.
func suspend(name string, d time.Duration) trouble {
	return trouble{name, bounds[name], func(s *simulation, x *excuse, r *rand.Rand) {
		h := s.any(r)
		x.affects(h)
		h.suspended.Store(true)
		time.Sleep(d)
		h.suspended.Store(false)
	}}
}

// The parts of a fleet that a trouble affects.
func one([]*simHost) int         { return 1 }
func third(hosts []*simHost) int { return (len(hosts) + 2) / 3 }
func half(hosts []*simHost) int  { return (len(hosts) + 1) / 2 }
func all(hosts []*simHost) int   { return len(hosts) }

// sick is a trouble that breaks the network of a part of the fleet for an hour.
func sick(name string, part func([]*simHost) int, what sickness) trouble {
	return trouble{name, bounds[name], func(s *simulation, x *excuse, r *rand.Rand) {
		hosts := s.some(r, part(s.hosts))
		x.affects(hosts...)
		for _, h := range hosts {
			h.sick.Store(&what)
		}
		time.Sleep(time.Hour)
		for _, h := range hosts {
			h.sick.Store(nil)
		}
	}}
}

// limited is a proxy that has been told to wait.
var limited = proxy(429, http.Header{"Retry-After": {"3600"}}, "slow down")

// deniedFor makes all processes call an endpoint for an hour that always returns
// 401, with a body that cannot be sent again or without one.
func deniedFor(stream bool) func(*simulation, *excuse, *rand.Rand) {
	return func(s *simulation, x *excuse, _ *rand.Rand) {
		before := s.fake.Counts().Refreshes
		for _, h := range s.hosts[:(len(s.hosts)+1)/2] { // RingCX allows 120 calls a minute
			h.streams.Store(stream)
			h.denied.Store(true)
		}
		time.Sleep(time.Hour)
		for _, h := range s.hosts {
			h.denied.Store(false)
		}
		if n := s.fake.Counts().Refreshes - before; s.isOneKind() && n > mostDenied*len(s.hosts) {
			s.violation(s.hosts[0], "%d refreshes in an hour because of an endpoint that always returns 401", n)
		}
	}
}

// logoutFails ends the session while the services reject that or do not respond,
// and once more when they do.
func logoutFails(s *simulation, x *excuse, r *rand.Rand) {
	h := s.any(r)
	fails := []ringcxtest.Fault{ringcxtest.Status(500, "down"), ringcxtest.Refuse, ringcxtest.Slow(25 * time.Second), ringcxtest.DropAnswer}
	s.fake.Fault(ringcxtest.Logout, fails[r.IntN(len(fails))], 1)
	if r.IntN(2) == 0 {
		s.fake.Fault(ringcxtest.Revoke, fails[r.IntN(len(fails))], 1)
	}
	if r.IntN(2) == 0 {
		h.next(step{at: "swap", after: true, do: "pause", pause: 45 * time.Second, why: x})
	}
	h.logout()
	h.logout()
}
