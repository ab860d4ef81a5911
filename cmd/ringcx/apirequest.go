package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/textproto"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/ringcx-go/ringcx-go/internal/origin"
	"github.com/ringcx-go/ringcx-go/ringcx"
)

// apiRequest is the request that the command line describes.
type apiRequest struct {
	method, path      string
	fields, rawFields []string // name=value
	input             string   // a file name, or "-" for standard input
	headers           []string // Name: value
	out               *outputFlags
}

// methods are the allowed methods.
var methods = []string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
}

// hasBody reports whether requests with the method may have a body. For other
// methods, the fields are added to the query.
func hasBody(method string) bool { return method != http.MethodGet && method != http.MethodHead }

// build returns the request. All its errors are usage errors.
func (r apiRequest) build(ctx context.Context, baseURL string, stdin io.Reader) (*http.Request, error) {
	method := strings.ToUpper(r.method)
	if !slices.Contains(methods, method) {
		return nil, usagef("method %q: it must be one of %s", r.method, strings.Join(methods, ", "))
	}
	target, err := resolve(cmp.Or(baseURL, ringcx.DefaultBaseURL), r.path)
	if err != nil {
		return nil, err
	}
	fields, err := r.parseFields()
	if err != nil {
		return nil, err
	}
	var body []byte
	switch {
	case r.input != "":
		body, err = r.readInput(method, stdin)
	case !hasBody(method):
		target.RawQuery = joinQuery(target.RawQuery, fields)
	case len(fields) > 0:
		body, err = fieldsJSON(fields)
	}
	if err != nil {
		return nil, err
	}
	req, err := newRequest(ctx, method, target, body)
	if err != nil {
		return nil, err
	}
	return req, setHeaders(req.Header, r.headers)
}

func newRequest(ctx context.Context, method string, target *url.URL, body []byte) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, method, target.String(), bytes.NewReader(body))
	if err != nil {
		return nil, usagef("%w", err)
	}
	req.Header.Set("Accept", "application/json, */*;q=0.5")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return req, nil
}

// credentialHeaders are the headers that contain secrets. A secret on a command line can
// be seen by other users of the machine, and is stored in the history of the shell.
var credentialHeaders = []string{"Authorization", "Proxy-Authorization", "Cookie"}

// protocolHeaders are the headers that package net/http sets itself.
var protocolHeaders = []string{"Connection", "Content-Length", "Host", "Te", "Trailer", "Transfer-Encoding", "Upgrade"}

// headerName matches the valid names of headers (RFC 9110, section 5.1).
var headerName = regexp.MustCompile("^[0-9A-Za-z!#$%&'*+.^_`|~-]+$")

// setHeaders parses headers of the form "Name: value" and sets them. All its errors are
// usage errors. They contain no value, because it may be a secret.
func setHeaders(h http.Header, headers []string) error {
	first := make(map[string]bool)
	for _, text := range headers {
		name, value, ok := strings.Cut(text, ":")
		name, value = textproto.CanonicalMIMEHeaderKey(strings.TrimSpace(name)), strings.TrimSpace(value)
		switch {
		case !ok || !headerName.MatchString(name):
			return usagef("--header: write it as 'Name: value'")
		case slices.Contains(credentialHeaders, name):
			return usagef("--header %s: it is not allowed, because it contains a secret; the program adds the token itself", name)
		case slices.Contains(protocolHeaders, name):
			return usagef("--header %s: it is not allowed, because the program sets it itself", name)
		case strings.ContainsFunc(value, unicode.IsControl):
			return usagef("--header %s: the value contains a control character", name)
		}
		if !first[name] {
			h.Del(name)
			first[name] = true
		}
		h.Add(name, value)
	}
	return nil
}

// pathParameter matches a parameter in a path of openapi.yaml, which completion offers.
var pathParameter = regexp.MustCompile(`\{[^{}/]*\}`)

// resolve returns the URL of path. If path is a complete URL, it must have the
// origin of baseURL.
func resolve(baseURL, path string) (*url.URL, error) {
	base, err := url.Parse(baseURL)
	if err != nil {
		return nil, usagef("%w", err)
	}
	if name := pathParameter.FindString(path); name != "" {
		return nil, usagef("path %q: replace %s with a value", path, name)
	}
	target, err := url.Parse(path)
	if err != nil {
		return nil, usagef("path %q is not valid: %w", path, err)
	}
	if target.Scheme == "" && target.Host == "" {
		if target.Path == "" {
			return nil, usagef("the path is empty: write it like /voice/api/v1/admin/accounts")
		}
		joined := base.JoinPath(target.EscapedPath())
		joined.RawQuery = target.RawQuery
		return joined, nil
	}
	if !origin.Same(base, target) || target.User != nil {
		return nil, usagef("%s is not at %s: the token may only be sent to that server (see RINGCX_BASE_URL)", target.Redacted(), base)
	}
	target.Fragment = ""
	return target, nil
}

// readInput reads the body and checks that it is valid JSON, the only format that
// RingCX accepts.
func (r apiRequest) readInput(method string, stdin io.Reader) ([]byte, error) {
	switch {
	case len(r.fields)+len(r.rawFields) > 0:
		return nil, usagef("--input and fields cannot be combined: each of them is the body")
	case !hasBody(method):
		return nil, usagef("--input: %s has no body; use --field for the query", method)
	}
	var body []byte
	var err error
	if r.input == "-" {
		body, err = io.ReadAll(stdin)
	} else {
		body, err = os.ReadFile(r.input)
	}
	if errors.Is(err, fs.ErrNotExist) && beginsText(r.input) {
		return nil, usagef("--input: it is the name of a file with JSON, not the JSON itself; write the JSON to standard input and use --input -, or use -F name=value")
	}
	if err != nil {
		return nil, usagef("--input: %w", err)
	}
	var checked json.RawMessage
	if err := json.Unmarshal(body, &checked); err != nil {
		return nil, usagef("--input: the body is not valid JSON: %w", err)
	}
	return body, nil
}

// beginsText reports whether input begins like a JSON object, array or string.
func beginsText(input string) bool {
	return strings.IndexAny(strings.TrimSpace(input), `{["`) == 0
}

// bodyFlag matches the error for a flag with which other programs, such as curl, send a
// body.
var bodyFlag = regexp.MustCompile(`^unknown flag: --(data(-raw|-binary|-urlencode)?|body|json)$|^unknown shorthand flag: 'd' `)

// flagError adds a hint to the error for an unknown flag.
func flagError(_ *cobra.Command, err error) error {
	if bodyFlag.MatchString(err.Error()) {
		return fmt.Errorf("%w; to send a body, use --input FILE, --input - or -F name=value", err)
	}
	return err
}

// field is the value of one --field or --raw-field flag.
type field struct {
	name string
	text string          // the value as it was written
	json json.RawMessage // the value as JSON
}

func (r apiRequest) parseFields() ([]field, error) {
	var fields []field
	for _, f := range r.fields {
		parsed, err := parseField("--field", f)
		if err != nil {
			return nil, err
		}
		if isTyped(parsed.text) {
			parsed.json = json.RawMessage(parsed.text)
		}
		fields = append(fields, parsed)
	}
	for _, f := range r.rawFields {
		parsed, err := parseField("--raw-field", f)
		if err != nil {
			return nil, err
		}
		fields = append(fields, parsed)
	}
	return fields, nil
}

// parseField parses name=value. The value is a string.
func parseField(flag, text string) (field, error) {
	name, value, ok := strings.Cut(text, "=")
	if !ok || name == "" {
		return field{}, usagef("%s %q: write it as name=value", flag, text)
	}
	quoted, err := json.Marshal(value)
	return field{name: name, text: value, json: quoted}, err
}

// isTyped reports whether text is true, false, null or a JSON number.
func isTyped(text string) bool {
	isOther := strings.IndexAny(text, `"[{`) == 0 // a JSON string, array or object
	isPadded := strings.TrimSpace(text) != text
	return !isOther && !isPadded && json.Valid([]byte(text))
}

// joinQuery adds fields to a query.
func joinQuery(query string, fields []field) string {
	parts := []string{query}
	if query == "" {
		parts = nil
	}
	for _, f := range fields {
		parts = append(parts, url.QueryEscape(f.name)+"="+url.QueryEscape(f.text))
	}
	return strings.Join(parts, "&")
}

// fieldsJSON returns a JSON object with the fields in their order.
func fieldsJSON(fields []field) ([]byte, error) {
	seen := make(map[string]bool)
	var parts []string
	for _, f := range fields {
		if seen[f.name] {
			return nil, usagef("field %q is given twice: each field of a body can be given once", f.name)
		}
		seen[f.name] = true
		name, err := json.Marshal(f.name)
		if err != nil {
			return nil, err
		}
		parts = append(parts, string(name)+":"+string(f.json))
	}
	return []byte("{" + strings.Join(parts, ",") + "}"), nil
}
