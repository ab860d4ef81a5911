package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// mockData are the flags of "ringcx mock" that select its data.
type mockData struct {
	users                               number
	generate                            bool // --users was given
	usersFile, accountsFile, routesFile string
}

// load gives the data to the fake. All errors are usage errors.
func (d mockData) load(fake *ringcxtest.Server) error {
	switch {
	case !d.generate:
	case d.usersFile != "":
		return usagef("--users and --users-from select the same data: use one of them")
	case d.users < 0:
		return usagef("--users %d: the number must not be negative", d.users)
	default:
		fake.GenerateUsers(int(d.users))
	}
	for _, f := range []struct {
		flag, file string
		set        func([]byte) error
	}{
		{"--users-from", d.usersFile, fake.SetUsersJSON},
		{"--accounts", d.accountsFile, fake.SetAccountsJSON},
		{"--data", d.routesFile, func(data []byte) error { return setRoutes(fake, data) }},
	} {
		if f.file == "" {
			continue
		}
		if err := loadFile(f.file, f.set); err != nil {
			return usagef("%s %s: %w", f.flag, f.file, err)
		}
	}
	return nil
}

// loadFile passes the content of a file to set. An error for invalid JSON contains the line.
func loadFile(file string, set func([]byte) error) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return errors.Unwrap(err) // without the name, which the caller adds
	}
	err = set(data)
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		before := data[:min(int(syntax.Offset), len(data))]
		return fmt.Errorf("line %d: %w", 1+bytes.Count(before, []byte("\n")), err)
	}
	return err
}

// dataFlags are the routes that have a flag of their own.
var dataFlags = map[string]string{
	"GET /voice/api/v1/admin/accounts": "--accounts",
	"GET /voice/api/v1/admin/users":    "--users-from",
}

// setRoutes adds the routes and resources in a JSON object. Its names are patterns of
// http.ServeMux, whose values are the bodies of the responses, or paths of resources.
func setRoutes(fake *ringcxtest.Server, data []byte) error {
	var routes map[string]json.RawMessage
	err := json.Unmarshal(data, &routes)
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("not valid JSON: %w", syntax)
	}
	if err != nil || routes == nil {
		return errors.New(`not a JSON object of routes and bodies, such as {"GET /voice/api/v1/admin/x": []}`)
	}
	for _, pattern := range slices.Sorted(maps.Keys(routes)) {
		if flag := dataFlags[pattern]; flag != "" {
			return fmt.Errorf("%q: use %s for this route", pattern, flag)
		}
		if strings.HasPrefix(pattern, "/") {
			if err := fake.SetJSON(pattern, routes[pattern]); err != nil {
				return fmt.Errorf("%q: %w", pattern, errors.Unwrap(err))
			}
			continue
		}
		if method, _, ok := strings.Cut(pattern, " "); ok && method != strings.ToUpper(method) {
			return fmt.Errorf("%q: write the method in capitals: %s", pattern, strings.ToUpper(method))
		}
		if err := fake.TryHandle(pattern, jsonHandler(routes[pattern])); err != nil {
			return fmt.Errorf("%q: %s", pattern, routeProblem(err.Error()))
		}
	}
	return nil
}

var (
	routeConflict = regexp.MustCompile(`(?s)^pattern ".*?" \(registered at .*?\) conflicts with pattern "(.*?)" \(registered at .*`)
	routeSyntax   = regexp.MustCompile(`(?s)^parsing ".*": at offset \d+: `)
)

// routeProblem returns the text of an error of http.ServeMux without the pattern and
// without the places in the source code of this program.
func routeProblem(text string) string {
	isShort := strings.Contains(text, "missing /") || strings.Contains(text, "invalid pattern") || strings.Contains(text, "invalid method")
	if isShort {
		return "write a route as a method and a path, such as GET /voice/api/v1/admin/x"
	}
	if c := routeConflict.FindStringSubmatch(text); c != nil {
		return fmt.Sprintf("it matches requests that %q matches too", c[1])
	}
	return routeSyntax.ReplaceAllString(text, "")
}

// number is the value of a flag.
type number int

var _ pflag.Value = (*number)(nil)

// String returns the number.
func (n *number) String() string { return strconv.Itoa(int(*n)) }

// Type returns the name of the value in the help.
func (n *number) Type() string { return "int" }

// Set parses a number.
func (n *number) Set(text string) error {
	v, err := strconv.Atoi(text)
	if err != nil {
		return errors.New("want a number")
	}
	*n = number(v)
	return nil
}

// jsonHandler responds with body.
func jsonHandler(body json.RawMessage) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(body) // fails only if the client closed the connection
	})
}
