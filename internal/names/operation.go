package names

import "strings"

// Operation is a line of operations.tsv. The package comment describes the columns.
type Operation struct {
	// Family is the tag, for example "Agent Groups".
	Family string
	// Method is the HTTP method in capitals.
	Method string
	// Path is the path template. It begins with a slash.
	Path string
	// ID is our operationId.
	ID string
	// Official is the operationId of the source. It is never empty.
	Official string
	// Service is service and method, for example "AgentGroups.List", or empty.
	Service string
	// Published reports whether the published specification has the operation.
	Published bool
	// Typed reports whether openapi.yaml has the operation or is about to get it.
	Typed bool
	// Why is why the operation is not typed, and empty if it is.
	Why string
	// Body is the Content-Type of the request body, or empty.
	Body string
	// BodySchema is the schema of the request body.
	BodySchema string
	// Status is the statuses of success in ascending order.
	Status []int
	// Content is the Content-Type of a success, or empty if it has no body.
	Content string
	// Schema is the schema of a success.
	Schema string
	// PathParams is the parameters in the path, in its order.
	PathParams []Param
	// Query is the parameters in the query.
	Query []Param
	// Headers is the parameters in the header.
	Headers []Param
	// Paging is the parameters for pages, or nil.
	Paging *Paging
	// Permission is the permission of the user that the operation needs, or empty.
	Permission string
	// Limits is the rate limits other than the usual one.
	Limits []Limit
	// Idempotent reports whether a POST may be sent again. It is false for other methods.
	Idempotent bool
	// Deprecated reports whether the published specification calls it deprecated.
	Deprecated bool
	// Served is who responds in the fake: "engine", "table", "hand" or "example".
	Served string
	// Observed is "documented" or "inferred".
	Observed string
}

// Paging is the parameters of an operation with pages.
type Paging struct {
	// Page and Rows are the names of the parameters.
	Page, Rows string
	// First is the number of the first page, or empty if it is not documented.
	First string
}

// Limit is a rate limit.
type Limit struct {
	Requests, Seconds int
}

// Operations returns all operations in ascending order of family, path and method.
func Operations() []Operation {
	rows := table(operationsTable)
	list := make([]Operation, len(rows))
	for i, row := range rows {
		list[i] = operation(row)
	}
	return list
}

func operation(row map[string]string) Operation {
	o := Operation{
		Family: row["family"], Method: row["method"], Path: row["path"],
		ID: row["operationId"], Official: row["official"], Service: row["service"],
		Published: row["source"] == "published", Typed: row["typed"] == "yes", Why: row["why"],
		Body: row["body"], BodySchema: row["body schema"],
		Content: row["content"], Schema: row["schema"],
		PathParams: params(row["path parameters"]), Query: params(row["query"]), Headers: params(row["headers"]),
		Paging: paging(row["paging"]), Permission: row["permission"], Limits: limits(row["limits"]),
		Idempotent: row["idempotent"] == "yes", Deprecated: row["deprecated"] == "yes",
		Served: row["served"], Observed: row["observed"],
	}
	if o.Official == "" {
		o.Official = o.ID
	}
	for _, status := range strings.Fields(row["status"]) {
		o.Status = append(o.Status, number(status))
	}
	return o
}

func paging(text string) *Paging {
	words := append(strings.Fields(text), "", "", "")
	if words[0] == "" {
		return nil
	}
	return &Paging{Page: words[0], Rows: words[1], First: words[2]}
}

func limits(text string) []Limit {
	var list []Limit
	for _, word := range strings.Fields(text) {
		requests, seconds, _ := strings.Cut(word, "/")
		list = append(list, Limit{Requests: number(requests), Seconds: number(seconds)})
	}
	return list
}
