package ringcx_test

import (
	"encoding/base64"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// twoLogins is a trouble of TestFleetOfTwoLogins alone: any number of calls may
// fail, but with an error that names the cause.
var twoLogins = trouble{name: "two logins with one Key", bound: bound{bad: 1 << 30}}

// TestFleetOfTwoLogins has processes with two logins and, by mistake, one Key. No
// process is ever given a token of the other login.
func TestFleetOfTwoLogins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newFleet(t, 0, nil)
		s.excuses.begin(twoLogins)
		other := otherLogin(t)
		for i, h := range s.hosts {
			h.configure = func(cfg *ringcx.Config) { cfg.Key = "by mistake" }
			if i%2 == 1 {
				h.fake, h.configure = other, configureOther
			}
			h.start()
		}
		var served atomic.Int64
		var wg sync.WaitGroup
		for _, h := range s.hosts {
			wg.Go(func() { served.Add(h.askAsTenant()) })
		}
		wg.Wait()
		if served.Load() == 0 {
			t.Error("no process was given a token")
		}
		for _, h := range s.hosts {
			h.close()
		}
		other.Close()
		s.fake.Close()
	})
}

// otherLogin returns the services of a second app and user. Their tokens are
// unlike those of the first.
func otherLogin(t *testing.T) *ringcxtest.Server {
	other := ringcxtest.New()
	login := other.Config().RingCentral.(*ringcx.JWTLogin)
	login.HTTPClient = other.Client()
	for range 100 {
		if _, err := login.Token(); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(2 * time.Minute) // or the limit counts these sign-ins
	other.LimitRates(true)
	return other
}

func configureOther(cfg *ringcx.Config) {
	cfg.Key = "by mistake"
	login := cfg.RingCentral.(*ringcx.JWTLogin)
	login.ClientID = otherClientID
	login.JWT = "e30." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"555555"}`)) + ".another-jwt"
}

// askAsTenant asks for tokens for 20 minutes and returns how often it was given
// one.
func (h *simHost) askAsTenant() (served int64) {
	for step := range 40 {
		time.Sleep(time.Duration((0.5 + h.sim.draw(h.id, step).Float64()) * float64(30*time.Second)))
		client, _ := h.process()
		token, err := client.Tokens.TokenContext(h.sim.Context())
		switch {
		case err == nil:
			served++
			if !h.sim.watch.issued(h.fake, token.AccessToken) {
				h.sim.violation(h, "was given a token of the other login")
			}
		case !strings.Contains(err.Error(), "Key"):
			h.sim.violation(h, "the error does not name the Key: %v", err)
		}
	}
	return served
}
