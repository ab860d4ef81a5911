package ringcx

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

const mask = "***"

// scrub replaces secrets in texts. Every text that this package makes of what a
// server, a Store or a token source said passes through it.
type scrub struct {
	whole, parts known
	quotes       bool // what net/http quotes of a response is replaced too
}

// known replaces known texts, also escaped ones.
type known struct {
	plain   *strings.Replacer
	escaped []*regexp.Regexp
}

// scrubber returns a scrub of these secrets, in all the forms that they travel in.
// It also knows what looks like a token.
func scrubber(secrets []string) scrub {
	var parts []string
	for _, secret := range secrets {
		fields := strings.FieldsFunc(secret, func(r rune) bool { return strings.ContainsRune(" \t/?#@:", r) })
		if len(fields) > 1 { // net/http and net/url split a status line and a URL there
			parts = append(parts, slices.DeleteFunc(fields, func(s string) bool { return len(s) < shortestPart })...)
		}
	}
	return scrub{whole: newKnown(secrets), parts: newKnown(parts)}
}

// shortestPart is how long a part of a secret is that is replaced by itself.
const shortestPart = 8

// longestEscaped is how long a secret is at most whose mixed escapes are looked for, too.
// Tokens are shorter.
const longestEscaped = 4096

func newKnown(secrets []string) (k known) {
	var all []string
	for _, secret := range secrets {
		if secret == "" {
			continue
		}
		all = append(append(all, secret), encodings(secret)...)
		if len(secret) <= longestEscaped && strings.ContainsFunc(secret, reserved) {
			k.escaped = append(k.escaped, regexp.MustCompile(escapes(secret)))
		}
	}
	// Longer ones first: one secret may be the beginning of another.
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) })
	var pairs []string
	for _, form := range all {
		pairs = append(pairs, form, mask)
	}
	k.plain = strings.NewReplacer(pairs...)
	return k
}

func (k known) replace(text string) string {
	text = k.plain.Replace(text)
	for _, e := range k.escaped {
		text = e.ReplaceAllString(text, mask)
	}
	return text
}

// Replace returns text without the secrets.
func (s scrub) Replace(text string) string {
	text = s.parts.replace(s.whole.replace(text))
	if mayHoldToken(text) {
		text = tokenLike().ReplaceAllString(text, "${1}${2}"+mask)
	}
	if s.quotes {
		text = malformed().ReplaceAllString(text, "${1} "+mask)
	}
	return text
}

// tokenLike matches a JWT, a bearer token, and the value of a JSON or form field
// that holds a token: a server may send one that this process does not know yet.
var tokenLike = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?` +
		`|(?i)\b(bearer\s+)[\w.~+/=-]{16,}` +
		`|(?i)((?:access_?token|refresh_?token|client_?secret|assertion|password|loginHashcode|phoneLoginPin)(?:\\?"\s*:\s*\\?"|=))[^\s"&\\]+`)
})

// mayHoldToken reports whether tokenLike may match, which takes long to find out in
// a page of HTML.
func mayHoldToken(text string) bool {
	text = strings.ToLower(text)
	return slices.ContainsFunc([]string{"eyj", "bearer", "token", "secret", "assertion", "password", "hashcode", "loginpin"},
		func(word string) bool { return strings.Contains(text, word) })
}

// malformed matches what net/http says of a response that it cannot parse, with the
// part of the response that it quotes.
var malformed = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?s)(malformed [A-Za-z ]*[A-Za-z])[ :]*[":].*`)
})

// reserved reports whether r is not the same in URLs, JSON, Go, and HTML.
func reserved(r rune) bool {
	return r >= utf8.RuneSelf || !strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~", r)
}

// escapes returns a regular expression that matches secret if any of its reserved
// characters are escaped as in URLs, JSON, Go, or HTML, once or more.
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

// percent matches r as URLs escape it.
func percent(r rune) string {
	var b strings.Builder
	for _, c := range []byte(string(r)) {
		fmt.Fprintf(&b, `%%(?:25)*(?i:%02x)`, c)
	}
	return b.String()
}

const shortestEncoding = 8 // anything shorter is found in texts by chance

// encodings returns secret in Base64 and in hexadecimal digits. Of the Base64 it
// returns what does not depend on the bytes around the secret.
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
