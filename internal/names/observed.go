package names

import (
	_ "embed"
	"strings"
)

//go:embed observed.tsv
var observedTable string

// Observation is a line of observed.tsv: the types of one value in the samples of the developer
// guide. The package comment describes the columns.
type Observation struct {
	// Operation is our operationId. It is empty if Body is a schema.
	Operation string
	// Body is "request", "response" or a schema.
	Body string
	// Pointer is the place of the value in the body, for example "[]/campaigns[]/isActive".
	Pointer string
	// Types is the types seen, in ascending order.
	Types []string
}

// Observed returns the values in the samples, in ascending order of operation, body and pointer.
func Observed() []Observation {
	rows := table(observedTable)
	list := make([]Observation, len(rows))
	for i, row := range rows {
		list[i] = Observation{
			Operation: row["operation"], Body: row["body"], Pointer: row["pointer"],
			Types: strings.Fields(row["types"]),
		}
	}
	return list
}
