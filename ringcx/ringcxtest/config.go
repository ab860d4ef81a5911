package ringcxtest

import (
	"github.com/ringcx-go/ringcx-go/ringcx"
)

// The one app and the one user that the fake signs in. They are good for
// nothing else.
const (
	ClientID     = "ringcxtest-client-id"
	ClientSecret = "ringcxtest-client-secret"
	JWT          = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiI0NDQ0NDQiLCJpc3MiOiJyaW5nY3h0ZXN0In0.ringcxtest-jwt-credential"
)

// The hosts in memory. The ending is reserved for tests (RFC 6761), so that a
// request that leaves the fake by mistake reaches nobody.
const (
	ringCXHost      = "ringcx.test"
	ringCentralHost = "platform.ringcentral.test"
)

// Config returns a Config for this Server, in memory: its HTTPClient is
// [Server.Client], and its addresses exist only there. The sign-in is a
// [ringcx.JWTLogin], so that a Store needs no Key. Change what you like.
func (s *Server) Config() ringcx.Config {
	return ringcx.Config{
		RingCentral: signIn("https://" + ringCentralHost),
		BaseURL:     "https://" + ringCXHost,
		HTTPClient:  s.Client(),
	}
}

// LoopbackConfig returns a Config for this Server over a real connection: both
// addresses are [Server.URL], and HTTPClient is nil. Do not use it in a bubble
// of testing/synctest: time stands still there, so whatever waits hangs.
func (s *Server) LoopbackConfig() ringcx.Config {
	return ringcx.Config{RingCentral: signIn(s.URL()), BaseURL: s.URL()}
}

func signIn(baseURL string) *ringcx.JWTLogin {
	return &ringcx.JWTLogin{ClientID: ClientID, ClientSecret: ClientSecret, JWT: JWT, BaseURL: baseURL}
}
