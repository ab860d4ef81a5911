// Package gen contains the types and the client that are generated from openapi.yaml.
//
// Programs get the client from New of package ringcx. New adds what this package
// lacks: the bearer token, which is renewed when needed, rate limits, and an error for
// each response with status 400 or higher.
//
//	client, err := ringcx.New(ringcx.Config{RingCentral: source})
//	accounts, err := client.Accounts.List(ctx)
//
// [Services] has the operations by subject. Their methods take ids and other required values
// as arguments, and optional parameters as a pointer, which may be nil. Parameters of which
// some are required are a struct. They return the data. A list also has an iterator, whose
// name begins with All. A method that deletes returns only an error. A method for a file returns
// the response, whose body the caller must close. An error is one of package ringcx, or a
// [*wire.DecodeError] if the response does not match openapi.yaml.
//
// These are written by hand:
//
//   - [LeadsService.LoadBatches] and [LeadsService.SearchAll], for any number of leads;
//     [LeadLoadResult.Err] and [LeadActionResult.Err], because a load or an action may fail with
//     status 200; [Lead.WithoutEmpty]
//   - [ReportsService.AllInteractionsBetween], [ReportsService.AllAgentStatsBetween],
//     [ReportsService.AllExtendedAgentStatsBetween], [ReportsService.AllQueueStatsBetween] and
//     [AuditLogsService.AllBetween], for any time
//   - [NewInteractionSearch], [NewStatsRequest] and [NewAuditLogSearch], which make requests from
//     times, and [WindowError], the error for a time that RingCX would reject
//   - [AgentStateHandler], which receives the states of agents
//   - [WalkUsers], for nested users
//
// [ClientWithResponses] has the same operations without services. Its methods also return the
// status and the headers. They take most ids in a path as [wire.PathID]: for a [wire.ID], pass
// wire.PathID(id). A field of a result is only about the statuses of a success.
//
// An optional field of a response is a pointer or a slice. It is nil if RingCX sent null
// or omitted the field; [wire.Value] reads it. Fields that openapi.yaml does not list are
// ignored. A value of an open list, such as [AgentType], may differ from all constants;
// the method Valid reports whether it is one of them.
//
// A request omits an optional field that is nil, and a list without elements. To clear a field, or
// to update a resource without losing fields, pass the Body of a result and a map to [wire.Merge],
// and send what it returns with a method whose name contains WithBody:
//
//	received, err := client.GetUserWithResponse(ctx, userID)
//	update, err := wire.Merge(received.Body, map[string]any{"roles": []string{}})
//	user, err := ringcx.Get(client.UpdateUserWithBodyWithResponse(ctx, userID, "application/json", bytes.NewReader(update)))
//
// Secrets have the type [wire.Secret], which fmt and slog print as "***". The exceptions
// are the forms [TokenExchange] and [TokenRefresh], whose tokens are plain strings: do
// not log them.
//
// [OperationOf] and [FindOperation] return what openapi.yaml says about an operation, for
// example the permission that it requires.
//
// Do not edit the files that end in .gen.go. Change openapi.yaml and run, in the root of
// the module:
//
//	go generate ./...
package gen
