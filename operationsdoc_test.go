package ringcx_test

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/internal/names"
	"github.com/ringcx-go/ringcx-go/internal/permission"
)

const operationsFile = "docs/operations.md"

var update = flag.Bool("update", false, "write "+operationsFile)

// TestOperationsFile compares docs/operations.md with openapi.yaml and the table of names. With
// -update it writes the file.
func TestOperationsFile(t *testing.T) {
	want := operationsDocument(t)
	if *update {
		if err := os.WriteFile(operationsFile, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(operationsFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(want, string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s\nrun: make operations", operationsFile, diff)
	}
}

const operationsHeader = `| method | operationId | does | request | needs | limit |
| --- | --- | --- | --- | --- | --- |
`

// TestOperationsTables checks that each line of docs/operations.md that is a row has the columns
// of its table, and that each operation has a row.
func TestOperationsTables(t *testing.T) {
	data, err := os.ReadFile(operationsFile)
	if err != nil {
		t.Fatal(err)
	}
	rows, columns := make(map[string]bool), 0
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		cells := strings.Split(line, " | ")
		switch {
		case !strings.HasPrefix(line, "|"):
			columns = 0
		case columns == 0:
			columns = len(cells)
		case len(cells) != columns || !strings.HasSuffix(line, "|"):
			t.Errorf("%s: %q: %d cells, want %d", operationsFile, line, len(cells), columns)
		default:
			rows[cells[1]] = true
		}
	}
	for _, o := range operations(t) {
		if !rows["`"+o.OperationID+"`"] {
			t.Errorf("%s has no row with the operationId %s", operationsFile, o.OperationID)
		}
	}
}

func operationsDocument(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString(`# Operations

<!-- Written by "make operations" from openapi.yaml and internal/names. Do not edit. -->

Each operation of [openapi.yaml](../openapi.yaml), by the tag under which it stands there. A
` + "`Client`" + ` has a field for each service: ` + "`client.Queues.List(ctx, accountID, groupID, nil)`" + `. Lists
also have an iterator: ` + "`Queues.All`, `Queues.AllAgents`" + `. The services are types of package
` + "`gen`" + `: ` + "`go doc github.com/ringcx-go/ringcx-go/gen.QueuesService.List`" + ` prints the limits and the
surprises of a method. The *operationId* is the name that ` + "`Fault` and `Respond`" + ` of ringcxtest take.

*Needs* is the permission or role that RingCX documents, as ` + "`SetPermissions`" + ` of ringcxtest takes
it (a role as ` + "`ROLE SUPER_USER`" + `). The app needs the scope Read Accounts,
and CX Routing for the availability of a queue. *Limit* is the number of requests that RingCX
allows; without one it is 120 in a minute. A call that meets a 429 is sent again: for bulk work,
set ` + "`Config.MaxReplays`" + ` to 8, which waits for at least a minute in all. The requests and responses are as documented by RingCentral,
unless the row says *seen* (in public clients) or *inferred* (from what is documented or seen). None
was tried against the live service.
`)
	byID := make(map[string]gen.Operation)
	for _, op := range gen.Operations() {
		byID[op.ID] = op
	}
	families := make(map[string][]operation)
	for _, o := range operations(t) {
		families[o.Tags[0]] = append(families[o.Tags[0]], o)
	}
	for _, family := range sortedKeys(families) {
		fmt.Fprintf(&b, "\n## %s\n\n%s", family, operationsHeader)
		slices.SortFunc(families[family], func(x, y operation) int { return cmp.Compare(methodOf(x), methodOf(y)) })
		for _, o := range families[family] {
			op := byID[o.OperationID]
			summary := strings.Join(strings.Fields(o.Summary), " ") // a row is one line
			fmt.Fprintf(&b, "| %s | `%s` | %s%s | `%s %s` | %s | %s |\n", methodOf(o), o.OperationID, summary, observed(o),
				op.Method, o.path, permission.Text(op.Permission), limits(op.Limits))
		}
	}
	b.WriteString(`
## Not typed yet

These published operations can be called with ` + "`client.Do`" + `. Their names are settled in
[internal/names](../internal/names/operations.tsv), so that typing them later renames nothing.

| family | operations | why |
| --- | --- | --- |
`)
	missing := make(map[[2]string]int)
	for _, o := range names.Operations() {
		if !o.Typed {
			missing[[2]string{o.Family, o.Why}]++
		}
	}
	keys := make([][2]string, 0, len(missing))
	for k := range missing {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(x, y [2]string) int { return cmp.Or(cmp.Compare(x[0], y[0]), cmp.Compare(x[1], y[1])) })
	for _, k := range keys {
		fmt.Fprintf(&b, "| %s | %d | %s |\n", k[0], missing[k], strings.ReplaceAll(k[1], "later family", "not yet"))
	}
	return b.String()
}

// methodOf returns the method of the service, or the flat method if there is no service.
func methodOf(o operation) string {
	if service, ok := o.Extensions["x-service"].(string); ok {
		return "`" + service + "`"
	}
	return "`" + o.OperationID + "`"
}

// observed says where the shape of an operation is from, if it is not documented.
func observed(o operation) string {
	switch o.Extensions["x-observed"] {
	case "seen":
		return " *Seen.*"
	case "inferred":
		return " *Inferred.*"
	}
	return ""
}

// limits describes rate limits, for example "15 in 10 s, 60 in 30 s".
func limits(all []gen.RateLimit) string {
	var parts []string
	for _, l := range all {
		parts = append(parts, fmt.Sprintf("%d in %g s", l.Requests, l.Window.Seconds()))
	}
	return strings.Join(parts, ", ")
}
