package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/internal/permission"
	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/wire"
)

// families finds out which services of RingCX the user may use. It sends one GET for each
// service. The ids in the paths are those of an account, and of the first resources in the
// responses so far.
type families struct {
	client *ringcx.Client
	ids    map[string]string // by the name of the path parameter
}

// checked is the result for a service.
type checked struct {
	service string
	op      gen.Operation
	missing string // the path parameter whose value is not known, if nothing was sent
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
	waiting := readOnlyServices()
	var all []checked
	for {
		var later [][]gen.Operation
		for _, ops := range waiting {
			op, path := f.resolvable(ops)
			if path == "" {
				later = append(later, ops)
				continue
			}
			err := f.get(ctx, op, path)
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
		all = append(all, checked{service: serviceOf(ops[0]), op: ops[0], missing: f.missing(ops[0])})
	}
	slices.SortFunc(all, func(a, b checked) int { return cmp.Compare(a.service, b.service) })
	return all, nil
}

// readOnlyServices returns the GET operations of each service, lists first and then those with
// the shortest paths.
func readOnlyServices() [][]gen.Operation {
	services := make(map[string][]gen.Operation)
	var names []string
	for _, op := range gen.Operations() {
		if op.Method != http.MethodGet || op.Service == "" || strings.Contains(op.Service, ".Check") {
			continue
		}
		name := serviceOf(op)
		if services[name] == nil {
			names = append(names, name)
		}
		services[name] = append(services[name], op)
	}
	slices.Sort(names)
	var all [][]gen.Operation
	for _, name := range names {
		ops := services[name]
		slices.SortStableFunc(ops, func(a, b gen.Operation) int {
			return cmp.Or(listsLast(a)-listsLast(b), strings.Count(a.Path, "{")-strings.Count(b.Path, "{"), len(a.Path)-len(b.Path))
		})
		all = append(all, ops)
	}
	return all
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

// get sends a GET and learns the ids in its response.
func (f *families) get(ctx context.Context, op gen.Operation, path string) error {
	if op.Paging != nil && op.Paging.Rows != "" {
		path += "?" + op.Paging.Rows + "=1"
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, path, nil)
	if err != nil {
		return err
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
	case c.missing != "":
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
	case c.missing != "":
		return "needs a " + c.missing + ", and no response had one"
	case c.err == nil:
		return c.op.Service
	case needs != "" && isRejection(c.err):
		return describe(c.err) + "; documented as: needs " + needs
	}
	return describe(c.err)
}

// isRejection reports whether err is a response that says that the user or the account may not
// use the service.
func isRejection(err error) bool {
	return errors.Is(err, ringcx.ErrForbidden) || errors.Is(err, ringcx.ErrNotFound)
}
