package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/internal/permission"
	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/wire"
)

// families finds out which services of RingCX the user may use. It sends one request that reads
// for each service. The ids in the paths are those of an account, and of the first resources in the
// responses so far.
type families struct {
	client *ringcx.Client
	ids    map[string]string // by the name of the path parameter
}

// checked is the result for a service.
type checked struct {
	service string
	op      gen.Operation
	skipped string // why nothing was sent, or ""
	err     error
}

// newFamilies returns the families for an account.
func newFamilies(client *ringcx.Client, account gen.Account) *families {
	ids := map[string]string{
		"accountId": string(account.AccountID), "subAccountId": string(account.AccountID),
		"mainAccountId": string(wire.Value(account.MainAccountID)),
	}
	ids["rcAccountId"] = string(wire.Value(account.RCAccountID))
	if main := account.MainAccount; main != nil {
		ids["rcAccountId"] = cmp.Or(ids["rcAccountId"], string(wire.Value(main.RCAccountID)))
	}
	return &families{client: client, ids: ids}
}

// check sends a request for each service, in the order of their names. A service whose paths
// need ids that are not known yet waits for the other services.
func (f *families) check(ctx context.Context) ([]checked, error) {
	var all []checked
	var waiting [][]gen.Operation
	for service, ops := range services() {
		if len(ops) == 0 {
			all = append(all, checked{service: service, skipped: "has no request that only reads"})
			continue
		}
		waiting = append(waiting, ops)
	}
	for {
		var later [][]gen.Operation
		for _, ops := range waiting {
			op, path := f.resolvable(ops)
			if path == "" {
				later = append(later, ops)
				continue
			}
			err := f.send(ctx, op, path)
			if ctx.Err() != nil {
				return all, err
			}
			all = append(all, checked{service: serviceOf(op), op: op, err: err})
		}
		if len(later) == len(waiting) {
			break
		}
		waiting = later
	}
	for _, ops := range waiting {
		reason := "needs a " + f.missing(ops[0]) + ", and no response had one"
		all = append(all, checked{service: serviceOf(ops[0]), op: ops[0], skipped: reason})
	}
	slices.SortFunc(all, func(a, b checked) int { return cmp.Compare(a.service, b.service) })
	return all, nil
}

// services returns the names of the services in their order, and the operations of each that only
// read, lists first and then those with the shortest paths.
func services() iter.Seq2[string, []gen.Operation] {
	all := make(map[string][]gen.Operation)
	for _, op := range gen.Operations() {
		if op.Service == "" {
			continue
		}
		name := serviceOf(op)
		all[name] = append(all[name], op)
	}
	return func(yield func(string, []gen.Operation) bool) {
		for _, name := range slices.Sorted(maps.Keys(all)) {
			ops := slices.DeleteFunc(slices.Clone(all[name]), func(op gen.Operation) bool { return !onlyReads(op) })
			slices.SortStableFunc(ops, func(a, b gen.Operation) int {
				return cmp.Or(listsLast(a)-listsLast(b), strings.Count(a.Path, "{")-strings.Count(b.Path, "{"), len(a.Path)-len(b.Path))
			})
			if !yield(name, ops) {
				return
			}
		}
	}
}

// onlyReads reports whether families may send an operation: a GET, or the search for
// interactions, for which it knows a valid body.
func onlyReads(op gen.Operation) bool {
	isCheck := strings.Contains(op.Service, ".Check")
	return op.Method == http.MethodGet && !isCheck || op.ID == interactionsID
}

// interactionsID is the id of the operation that lists the segments of interactions.
const interactionsID = "listInteractions"

// mediaDelay is how long ago the interactions ended whose segments are used: then their recordings
// and transcripts are ready.
const mediaDelay = 15 * time.Minute

// requestBody returns the body for an operation, or nil if it has none.
func requestBody(op gen.Operation) ([]byte, error) {
	if op.ID != interactionsID {
		return nil, nil
	}
	to := time.Now().UTC().Add(-mediaDelay)
	return json.Marshal(gen.NewInteractionSearch(to.Add(-gen.ReportWindow), to))
}

// listsLast is 0 for an operation that lists, and 1 for any other.
func listsLast(op gen.Operation) int {
	if _, method, _ := strings.Cut(op.Service, "."); strings.HasPrefix(method, "List") {
		return 0
	}
	return 1
}

func serviceOf(op gen.Operation) string {
	service, _, _ := strings.Cut(op.Service, ".")
	return service
}

// resolvable returns the first operation whose path can be written with the known ids, and
// the path. The path is empty if there is none.
func (f *families) resolvable(ops []gen.Operation) (gen.Operation, string) {
	for _, op := range ops {
		if f.missing(op) == "" {
			return op, f.path(op)
		}
	}
	return gen.Operation{}, ""
}

// missing returns the first path parameter of op whose value is not known.
func (f *families) missing(op gen.Operation) string {
	for segment := range strings.SplitSeq(op.Path, "/") {
		if name, ok := parameterName(segment); ok && f.ids[name] == "" {
			return name
		}
	}
	return ""
}

// path returns the path of op with the known ids.
func (f *families) path(op gen.Operation) string {
	segments := strings.Split(op.Path, "/")
	for i, segment := range segments {
		if name, ok := parameterName(segment); ok {
			segments[i] = url.PathEscape(f.ids[name])
		}
	}
	return strings.Join(segments, "/")
}

func parameterName(segment string) (string, bool) {
	name, ok := strings.CutPrefix(segment, "{")
	return strings.TrimSuffix(name, "}"), ok
}

// send sends a request and learns the ids in its response.
func (f *families) send(ctx context.Context, op gen.Operation, path string) error {
	if op.Paging != nil && op.Paging.Rows != "" {
		path += "?" + op.Paging.Rows + "=1"
	}
	body, err := requestBody(op)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, op.Method, path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := f.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	f.learn(json.NewDecoder(io.LimitReader(resp.Body, maxFamilyBody)))
	return nil
}

// maxFamilyBody is how much of a response is read to find ids: 1 MiB.
const maxFamilyBody = 1 << 20

// learn reads the first element of an array, and takes its fields whose names end in "Id" as
// the values of path parameters. It ignores anything else.
func (f *families) learn(d *json.Decoder) {
	d.UseNumber()
	if start, err := d.Token(); err != nil || start != json.Delim('[') || !d.More() {
		return
	}
	var fields map[string]any
	if d.Decode(&fields) != nil {
		return
	}
	for name, value := range fields {
		if strings.HasSuffix(name, "Id") && f.ids[name] == "" && value != nil {
			f.ids[name] = fmt.Sprint(value)
		}
	}
}

// families prints which services the user may use with the first account.
func (d *doctor) families(ctx context.Context, client *ringcx.Client, accounts []gen.Account) error {
	if len(accounts) == 0 || d.skip {
		return nil
	}
	account := accounts[0]
	fmt.Fprintf(d.out, "\nWhat your user may read in account %s, with one request for each service:\n", printable(string(account.AccountID)))
	all, err := newFamilies(client, account).check(ctx)
	for _, c := range all {
		fmt.Fprintf(d.out, "%s %-24s %s\n", d.status(c), c.service, c.result())
	}
	return err
}

func (d *doctor) status(c checked) string {
	switch {
	case c.skipped != "" || c.hasNone():
		return d.style.faint("skipped")
	case c.err == nil:
		return d.style.green("ok     ")
	case isRejection(c.err):
		return d.style.yellow("no     ")
	}
	return d.style.red("FAILED ")
}

func (c checked) result() string {
	needs := permission.Text(c.op.Permission)
	switch {
	case c.skipped != "":
		return c.skipped
	case c.hasNone():
		return "the segment in the request has none, or not yet: " + describe(c.err)
	case c.err == nil:
		return c.op.Service
	case needs != "" && isRejection(c.err):
		return describe(c.err) + "; documented as: needs " + needs
	}
	return describe(c.err)
}

// hasNone reports whether the response is that a segment of an interaction has no recording,
// transcript or summary. It does not say whether the user may use the service.
func (c checked) hasNone() bool { return c.op.Delayed && errors.Is(c.err, wire.ErrNotReady) }

// isRejection reports whether err is a response that says that the user or the account may not
// use the service.
func isRejection(err error) bool {
	return errors.Is(err, ringcx.ErrForbidden) || errors.Is(err, ringcx.ErrNotFound)
}
