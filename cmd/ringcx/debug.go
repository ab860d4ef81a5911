package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ringcx-go/ringcx-go/internal/redact"
	"github.com/ringcx-go/ringcx-go/ringcx"
)

const debugFlag = "debug"

// maxDebugBody is how much of a body --debug prints, in bytes.
const maxDebugBody = 64 << 10

// debugTransport is an http.RoundTripper that prints the requests that it sends and
// their responses, without secrets. A request is printed before it is sent, a response
// when it arrives, and its body when it has been read. Safe for concurrent use.
type debugTransport struct {
	base *http.Transport

	mu      sync.Mutex // also for w
	w       io.Writer
	count   int
	secrets secrets
}

// newDebugTransport returns a debugTransport that prints to w. It never prints the
// credentials of cfg.
func newDebugTransport(w io.Writer, cfg ringcx.Config) *debugTransport {
	base := http.DefaultTransport.(*http.Transport).Clone()
	// Package ringcx sets these times for a transport of net/http, but not for others.
	base.HTTP2 = &http.HTTP2Config{SendPingTimeout: 5 * time.Second, PingTimeout: 5 * time.Second}
	t := &debugTransport{base: base, w: w}
	if login, ok := cfg.RingCentral.(*ringcx.JWTLogin); ok {
		t.secrets.learn(login.ClientSecret, login.JWT)
	}
	return t
}

// CloseIdleConnections closes the connections that are not in use.
func (t *debugTransport) CloseIdleConnections() { t.base.CloseIdleConnections() }

// RoundTrip sends req.
func (t *debugTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	req, body, err := withBody(req)
	if err != nil {
		return nil, err
	}
	n := t.printRequest(req, body)
	start := time.Now()
	resp, err := t.base.RoundTrip(req)
	took := milliseconds(time.Since(start))
	if err != nil {
		t.print(n, '<', "no response after "+took+": "+err.Error())
		return nil, err
	}
	t.print(n, '<', resp.Status+" in "+took+"\n"+headerText(resp.Header))
	resp.Body = &debugBody{ReadCloser: resp.Body, done: func(seen []byte, total int64) {
		t.printBody(n, '<', resp.Header.Get("Content-Type"), seen, total)
	}}
	return resp, nil
}

// withBody returns a copy of req whose body is in memory, and the body.
func withBody(req *http.Request) (*http.Request, []byte, error) {
	if req.Body == nil || req.Body == http.NoBody {
		return req, nil, nil
	}
	body, err := io.ReadAll(req.Body)
	req.Body.Close()
	if err != nil {
		return nil, nil, err
	}
	r := *req
	r.Body = io.NopCloser(bytes.NewReader(body))
	return &r, body, nil
}

// printRequest prints a request and returns its number.
func (t *debugTransport) printRequest(req *http.Request, body []byte) int {
	t.mu.Lock()
	t.count++
	n := t.count
	if _, credentials, ok := strings.Cut(req.Header.Get("Authorization"), " "); ok {
		t.secrets.learn(credentials)
	}
	for _, c := range req.CookiesNamed(tokenCookie) {
		t.secrets.learn(c.Value)
	}
	t.secrets.learn(redact.RequestSecrets(req)...)
	t.mu.Unlock()
	t.print(n, '>', req.Method+" "+urlText(req.URL)+"\n"+headerText(req.Header))
	if len(body) > 0 {
		t.printBody(n, '>', req.Header.Get("Content-Type"), body, int64(len(body)))
	}
	return n
}

// printBody prints the first maxDebugBody bytes of a body. seen may be shorter than the
// body, which has total bytes.
func (t *debugTransport) printBody(n int, direction byte, contentType string, seen []byte, total int64) {
	if total == 0 {
		return
	}
	seen = seen[:min(len(seen), maxDebugBody)]
	t.mu.Lock()
	text, found := bodyText(contentType, seen)
	t.secrets.learn(found...)
	t.mu.Unlock()
	if rest := total - int64(len(seen)); rest > 0 {
		text += fmt.Sprintf("\n… and %d more bytes", rest)
	}
	t.print(n, direction, "\n"+text)
}

// print prints lines of text, without secrets and control characters.
func (t *debugTransport) print(n int, direction byte, text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var b strings.Builder
	for line := range strings.SplitSeq(strings.TrimRight(t.secrets.remove(text), "\n"), "\n") {
		b.WriteString(strings.TrimRight(fmt.Sprintf("#%d %c %s", n, direction, printable(line)), " ") + "\n")
	}
	_, _ = io.WriteString(t.w, b.String()) // an error of standard error cannot be reported
}

// debugBody is a body that calls done once, when it was read or closed.
type debugBody struct {
	io.ReadCloser
	seen  bytes.Buffer
	total int64
	done  func(seen []byte, total int64)
}

// Read implements io.Reader.
func (b *debugBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.total += int64(n)
	b.seen.Write(p[:min(n, max(0, maxDebugBody-b.seen.Len()))])
	if err != nil {
		b.finish()
	}
	return n, err
}

// Close implements io.Closer.
func (b *debugBody) Close() error {
	b.finish()
	return b.ReadCloser.Close()
}

func (b *debugBody) finish() {
	if b.done != nil {
		b.done(b.seen.Bytes(), b.total)
		b.done = nil
	}
}

// urlText returns a URL without the secrets in its path and query.
func urlText(u *url.URL) string {
	text := u.Scheme + "://" + u.Host + pathText(u)
	if u.RawQuery != "" {
		query, _ := formText(u.RawQuery)
		text += "?" + query
	}
	return text
}

// pathText returns the escaped path of a URL without a secret in it.
func pathText(u *url.URL) string {
	path, secret := redact.CutPath(u.EscapedPath())
	if secret != "" {
		path += hidden
	}
	return path
}

// secretHeader matches the names of headers whose values are secrets.
var secretHeader = regexp.MustCompile(`(?i)^(cookie|set-cookie)$|(token|secret|password|api-?key)$`)

// headerText returns the headers, sorted, without secrets.
func headerText(h http.Header) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(h)) {
		for _, value := range h[name] {
			switch {
			case strings.HasSuffix(name, "Authorization"):
				scheme, _, _ := strings.Cut(value, " ")
				value = scheme + " " + hidden
			case secretHeader.MatchString(name):
				value = hidden
			}
			fmt.Fprintf(&b, "%s: %s\n", name, value)
		}
	}
	return b.String()
}

// bodyText returns a body without the secrets of its fields, and these secrets.
func bodyText(contentType string, body []byte) (text string, found []string) {
	kind, _, _ := strings.Cut(contentType, ";")
	switch {
	case kind == "application/x-www-form-urlencoded":
		return formText(string(body))
	case json.Valid(body):
		return jsonText(body)
	case bytes.IndexByte(body, 0) >= 0:
		return fmt.Sprintf("(%d bytes of %s)", len(body), cmp.Or(kind, "an unknown type")), nil
	}
	return fieldText.ReplaceAllStringFunc(string(body), func(field string) string {
		parts := fieldText.FindStringSubmatch(field)
		if !isSecretField(parts[2]) {
			return field
		}
		found = append(found, strings.Trim(parts[4], `"`))
		return parts[1] + parts[2] + parts[3] + `"` + hidden + `"`
	}), found
}

// fieldText matches a field of JSON text that is incomplete or not valid. Its groups are
// the quote, the name, the separator and the value.
var fieldText = regexp.MustCompile(`(")(\w+)("\s*:\s*)("(?:[^"\\]|\\.)*"?|[-+.\w]+)`)

// jsonText returns JSON text without secrets, and these secrets. The text is valid.
func jsonText(body []byte) (text string, found []string) {
	h := newHider(body)
	clean, err := h.run()
	if err != nil {
		return "(" + err.Error() + ")", nil // cannot happen
	}
	for _, raw := range h.found {
		var s string
		if json.Unmarshal(raw, &s) == nil {
			found = append(found, s)
		}
	}
	return string(clean), found
}

// formText returns a form or a query without the secrets of its fields, and these
// secrets.
func formText(form string) (text string, found []string) {
	fields := strings.Split(form, "&")
	for i, f := range fields {
		name, value, ok := strings.Cut(f, "=")
		plain, err := url.QueryUnescape(name)
		if !ok || err != nil || !isSecretField(plain) {
			continue
		}
		fields[i] = name + "=" + hidden
		if plain, err := url.QueryUnescape(value); err == nil {
			found = append(found, plain)
		}
	}
	return strings.Join(fields, "&"), found
}

// secrets are the secrets that were seen so far.
type secrets struct{ known []string }

// shortestSecret is the length of the shortest secret that is looked for in texts.
// Shorter ones occur by chance.
const shortestSecret = 8

// learn adds secrets, each also in the forms that it has in a URL and in JSON.
func (s *secrets) learn(values ...string) {
	for _, v := range values {
		quoted, _ := json.Marshal(v) // cannot fail: it is a string
		for _, form := range []string{v, url.QueryEscape(v), url.PathEscape(v), strings.Trim(string(quoted), `"`)} {
			if len(form) >= shortestSecret && form != hidden && !slices.Contains(s.known, form) {
				s.known = append(s.known, form)
			}
		}
	}
	slices.SortFunc(s.known, func(a, b string) int { return len(b) - len(a) }) // a secret may contain another one
}

// jwtText matches what looks like a JSON Web Token.
var jwtText = regexp.MustCompile(`[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}`)

// remove returns text without the secrets.
func (s *secrets) remove(text string) string {
	for _, known := range s.known {
		text = strings.ReplaceAll(text, known, hidden)
	}
	return jwtText.ReplaceAllStringFunc(text, func(found string) string {
		if strings.HasPrefix(found, "eyJ") { // the JSON object of the header
			return hidden
		}
		return found
	})
}
