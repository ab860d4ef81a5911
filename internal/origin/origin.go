// Package origin tells whether two addresses belong to one server. The client
// and the command ask it before a token leaves, so they must agree.
package origin

import (
	"net/url"
	"strings"
)

// Same reports whether a and b, of http or https, have the same scheme, host and
// port.
func Same(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && strings.EqualFold(a.Hostname(), b.Hostname()) && port(a) == port(b)
}

func port(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	if u.Scheme == "http" {
		return "80"
	}
	return "443"
}
