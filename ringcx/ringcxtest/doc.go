// Package ringcxtest is a RingCentral and a RingCX for tests: sign-in, exchange,
// refresh, accounts and users, on the routes of openapi.yaml, without a network
// and without an account.
//
// A test makes a [Server], gives its Config to the program, and looks at what
// arrived:
//
//	func TestReport(t *testing.T) {
//		fake := ringcxtest.NewServer(t)
//		fake.GenerateUsers(5000)
//		fake.Fault(ringcxtest.Users, ringcxtest.RateLimit(2*time.Second), 1)
//
//		if err := Report(t.Context(), fake.Config()); err != nil {
//			t.Error(err)
//		}
//		if got := fake.Counts().Logins; got != 1 {
//			t.Errorf("%d sign-ins, want 1", got)
//		}
//	}
//
// Report is the program's own; it takes a [ringcx.Config]. The Config of the
// fake reaches it in memory, so a test may run in a bubble of testing/synctest,
// where five minutes pass in no time. For a program that wants an address there
// is [Server.LoopbackConfig] and [Server.URL].
//
// # What is true to life
//
// An access token lives five minutes and is then refused as RingCX does it, with
// the text "Jwt is expired". A refresh token is good for one use. An exchange
// without includeRefresh=true brings none. The sixth sign-in ends the oldest of
// five sessions: its RingCentral token and the refresh tokens bought with it are
// refused. The rest has to be asked for: limits with [Server.LimitRates], and
// everything that can go wrong with [Server.Fault], [Server.ExpireTokens] and
// [Server.RevokeSession].
//
// Accounts, users and the answer to an exchange are the examples of
// openapi.yaml, until [Server.SetAccounts], [Server.SetUsers] or
// [Server.GenerateUsers] say otherwise.
//
// # The contract
//
// A Server of [NewServer] compares every request and every answer with
// openapi.yaml, and fails the test where one of them breaks it. It names the
// operation, the place, and the rule, but no value, which may be a secret. The
// place in a body is a JSON pointer; a parameter or a header has its name:
//
//	contract broken: refreshToken: request: /refresh_token: required
//	contract broken: listUsers: request: query flatten: cannot be read
//
// A parameter of a query that openapi.yaml does not declare breaks the contract
// too. An endpoint that openapi.yaml does not have is served with
// [Server.Handle]; it is not checked.
//
// The two requests to RingCentral are not in openapi.yaml; they are checked by
// rules of this package.
package ringcxtest
