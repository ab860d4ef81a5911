package ringcx_test

import (
	"math/rand/v2"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// trouble is one way in which a day can go wrong.
type trouble struct {
	name  string
	cause func(*simulation, *rand.Rand)
}

var (
	tokenEndpoints = []ringcxtest.Endpoint{ringcxtest.Refresh, ringcxtest.Exchange}
	authEndpoints  = append(tokenEndpoints[:2:2], ringcxtest.Login)
	allEndpoints   = append(authEndpoints[:3:3], ringcxtest.Accounts)
)

// troubles are all of them. Their order is part of what a seed means.
var troubles = []trouble{
	{"none", func(*simulation, *rand.Rand) {}},
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
	{"revoked", func(s *simulation, _ *rand.Rand) { s.fake.RevokeSession() }},
	{"expired early", func(s *simulation, _ *rand.Rand) { s.fake.ExpireTokens() }},
	{"clock steps", func(s *simulation, r *rand.Rand) {
		s.any(r).skew.Store(int64((2*r.Float64() - 1) * float64(10*time.Minute)))
	}},
	{"suspended", func(s *simulation, r *rand.Rand) {
		h := s.any(r)
		h.suspended.Store(true)
		time.Sleep(time.Hour)
		h.suspended.Store(false)
	}},
}

// fault is a trouble that makes the next few requests to one of the endpoints
// go wrong. What comes after a refresh is reached only if the session has ended.
func fault(name string, endpoints []ringcxtest.Endpoint, f ringcxtest.Fault) trouble {
	return trouble{name, func(s *simulation, r *rand.Rand) {
		endpoint := endpoints[r.IntN(len(endpoints))]
		s.fake.Fault(endpoint, f, 1+r.IntN(*simBurst))
		if endpoint == ringcxtest.Exchange || endpoint == ringcxtest.Login {
			s.fake.RevokeSession()
		}
	}}
}
