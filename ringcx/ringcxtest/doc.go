// Package ringcxtest provides a fake RingCentral and a fake RingCX for tests. It serves the
// sign-in to RingCentral and every operation of openapi.yaml, in memory or on a loopback
// port. It needs no network and no RingCentral account.
//
// Create a [Server] with [NewServer], pass its Config to the code under test, and check
// which requests arrived:
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
// Report is the function under test. It takes a [ringcx.Config].
//
// [Server.Config] connects in memory, without sockets. The test can therefore run in a
// testing/synctest bubble, in which five minutes pass instantly. A program that needs a
// real address can use [Server.LoopbackConfig] or [Server.URL].
//
// # Tokens and sessions
//
// A Server handles tokens as the services do:
//
//   - A RingCX access token is valid for five minutes. After that, RingCX responds with
//     status 401 and the text "Jwt is expired".
//   - A refresh token can be used once.
//   - An exchange returns a refresh token only if includeRefresh is true.
//   - RingCentral keeps five sessions. The sixth sign-in ends the oldest one: its
//     RingCentral tokens and the refresh tokens obtained with them are rejected.
//   - A RingCentral access token is valid for an hour. Its refresh token obtains the next
//     one, and another refresh token: see [Server.SignIn].
//
// # Faults and rate limits
//
// By default every valid request succeeds. [Server.Fault] makes requests to one endpoint
// fail, [Server.LimitRates] enforces the rate limits of the services, and
// [Server.ExpireTokens] and [Server.RevokeSession] end tokens and sessions.
//
// # Data
//
// A Server keeps resources: what a request creates is listed, found, changed and deleted by
// other requests. It recognizes them by the shape of the paths in openapi.yaml. The
// collections begin with the examples of openapi.yaml, except below a resource that a request or
// [Server.Set] has made. The session data in the response to an exchange are examples, too. Operations without resources, such as reports, respond with their
// example.
//
// [Server.Set] and [Server.SetJSON] replace the resources at a path, and [Server.Get] reads
// them. [Server.SetAccounts], [Server.SetUsers] and [Server.GenerateUsers] do this for accounts
// and users. [Server.Respond] chooses the response of an operation, and
// [Server.SetPermissions] what the user may do. [Server.SetInteractions] replaces the segments
// that reports, recordings, transcripts and summaries are about, and [Server.SetAuditLogs] the
// audit log. [Server.Handle] adds an endpoint that
// openapi.yaml does not describe.
//
// Leads that are loaded, directly or from a file, are in the lists of their campaign, and
// searches find them after two seconds: use testing/synctest, or set [Behavior].LeadDelay.
// As in RingCX, a load may reject leads, or fail with status 200. Set the campaignLeads of an
// account to an empty slice to begin without the lead of the examples.
//
// # Calls and webhooks
//
// No call is active at first. An operation or [Server.AddCall] starts one, an operation or
// [Server.EndCall] ends it, and [Server.Calls] returns all. [Server.SetWebhookClient] and
// [Server.SendAgentState] send requests to a program that subscribes to the states of agents.
// [Server.SetBehavior] turns on what RingCX does that may surprise a program.
//
// # Contract checks
//
// A Server created by [NewServer] compares every request and every response with
// openapi.yaml, and fails the test if one of them does not match. The message names the
// operation, the location and the rule. It contains no values, because they may be
// secrets. A location in a body is a JSON pointer; a parameter or header is named:
//
//	contract violation: refreshToken: request: /refresh_token: required
//	contract violation: listUsers: request: query flatten: cannot be parsed
//
// A query parameter that openapi.yaml does not declare is also a violation. The requests
// to RingCentral are not part of openapi.yaml; this package checks them with rules of its
// own. Endpoints added by [Server.Handle] are not checked.
package ringcxtest
