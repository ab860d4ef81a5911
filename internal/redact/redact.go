// Package redact replaces secrets in texts and errors with [Mask].
//
// Package ringcx passes through it every text that comes from a server, a Store or a
// token source before the text becomes part of an error.
package redact

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"html"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// Mask replaces each secret.
const Mask = "***"

// Scrubber replaces known secrets, and whatever looks like a token. The zero value is
// not usable: see [New]. Safe for concurrent use.
type Scrubber struct {
	whole, parts forms
	quotes       bool // also mask what net/http quotes
}

// New returns a Scrubber for secrets. It finds them as they are, escaped once or more
// (in URLs, JSON, Go and HTML), and encoded (in Base64 and hexadecimal). Empty secrets
// are ignored.
//
// If a secret contains characters that separate the parts of a URL or of a status
// line, its parts of 8 bytes or more are replaced, too: net/http and net/url split
// such texts and report one part.
func New(secrets ...string) Scrubber {
	var parts []string
	for _, secret := range secrets {
		fields := strings.FieldsFunc(secret, func(r rune) bool { return strings.ContainsRune(" \t/?#@:", r) })
		if len(fields) > 1 {
			parts = append(parts, slices.DeleteFunc(fields, func(s string) bool { return len(s) < shortestPart })...)
		}
	}
	return Scrubber{whole: newForms(secrets), parts: newForms(parts)}
}

// MaskQuotes returns a copy of s that also replaces what net/http quotes of a response
// that it cannot parse. Use it if the secrets in the response are not known.
func (s Scrubber) MaskQuotes() Scrubber {
	s.quotes = true
	return s
}

// Text returns text without secrets.
func (s Scrubber) Text(text string) string {
	text = s.parts.replace(s.whole.replace(text))
	if mayHoldToken(text) {
		text = tokenLike().ReplaceAllString(text, "${1}${2}"+Mask)
	}
	if s.quotes {
		text = malformed().ReplaceAllString(text, "${1} "+Mask)
	}
	return text
}

const (
	shortestPart     = 8    // length of a part of a secret that is replaced; shorter ones match by chance
	shortestEncoding = 8    // likewise for an encoded secret
	longestEscaped   = 4096 // length of a secret whose mixed escapes are found; tokens are shorter
)

// forms replaces a set of secrets in all the forms in which they appear in texts.
type forms struct {
	literal *strings.Replacer
	escaped []*regexp.Regexp
}

func newForms(secrets []string) (f forms) {
	var all []string
	for _, secret := range secrets {
		if secret == "" {
			continue
		}
		all = append(append(all, secret), encodings(secret)...)
		if len(secret) <= longestEscaped && strings.ContainsFunc(secret, reserved) {
			f.escaped = append(f.escaped, regexp.MustCompile(escapes(secret)))
		}
	}
	// Longer ones first: one secret may be a prefix of another.
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) })
	var oldNew []string
	for _, form := range all {
		oldNew = append(oldNew, form, Mask)
	}
	f.literal = strings.NewReplacer(oldNew...)
	return f
}

func (f forms) replace(text string) string {
	text = f.literal.Replace(text)
	for _, e := range f.escaped {
		text = e.ReplaceAllString(text, Mask)
	}
	return text
}

// tokenLike matches a JWT, a bearer token, and the value of a JSON or form field that
// contains a token: a server may return a token that this process does not know yet.
var tokenLike = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?` +
		`|(?i)\b(bearer\s+)[\w.~+/=-]{16,}` +
		`|(?i)((?:access_?token|refresh_?token|client_?secret|assertion|password|loginHashcode|phoneLoginPin)(?:\\?"\s*:\s*\\?"|=))[^\s"&\\]+`)
})

// mayHoldToken reports whether tokenLike may match text. It is a quick check: matching
// the regular expression against a page of HTML is slow.
func mayHoldToken(text string) bool {
	text = strings.ToLower(text)
	return slices.ContainsFunc([]string{"eyj", "bearer", "token", "secret", "assertion", "password", "hashcode", "loginpin"},
		func(word string) bool { return strings.Contains(text, word) })
}

// malformed matches the errors of net/http for a response that it cannot parse,
// including the part of the response that they quote.
var malformed = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?s)(malformed [A-Za-z ]*[A-Za-z])[ :]*[":].*`)
})

// reserved reports whether URLs, JSON, Go or HTML may escape r.
func reserved(r rune) bool {
	return r >= utf8.RuneSelf || !strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~", r)
}

// escapes returns a regular expression that matches secret if any of its reserved
// characters are escaped once or more, as in URLs, JSON, Go or HTML.
func escapes(secret string) string {
	var b strings.Builder
	for _, r := range secret {
		if !reserved(r) {
			b.WriteString(regexp.QuoteMeta(string(r)))
			continue
		}
		self := regexp.QuoteMeta(string(r))
		fmt.Fprintf(&b, `(?:\\*%s|(?i:\\+u%04x|\\+x%02x|&#0*%d;|&#x0*%x;)|%s`, self, r, r, r, r, percent(r))
		switch name := strings.Trim(html.EscapeString(string(r)), "&;"); {
		case r == ' ':
			b.WriteString(`|\+`)
		case r == '"':
			b.WriteString(`|&quot;`)
		case r == '\'':
			b.WriteString(`|&apos;`)
		case name != "" && name != string(r):
			b.WriteString(`|&` + name + `;`)
		}
		b.WriteString(`)`)
	}
	return b.String()
}

// percent returns a regular expression that matches r as URLs escape it.
func percent(r rune) string {
	var b strings.Builder
	for _, c := range []byte(string(r)) {
		fmt.Fprintf(&b, `%%(?:25)*(?i:%02x)`, c)
	}
	return b.String()
}

// encodings returns secret in Base64 and in hexadecimal. Of the Base64 it returns the
// part that does not depend on the bytes around secret, for each of the three possible
// alignments.
func encodings(secret string) (all []string) {
	for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for before := range 3 {
			text := encoding.EncodeToString([]byte(strings.Repeat("\x00", before) + secret))
			all = append(all, text[(8*before+5)/6:8*(before+len(secret))/6])
		}
	}
	digits := hex.EncodeToString([]byte(secret))
	all = append(all, digits, strings.ToUpper(digits))
	return slices.DeleteFunc(all, func(s string) bool { return len(s) < shortestEncoding })
}
