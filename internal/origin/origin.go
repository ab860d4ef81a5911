// Package origin compares the origins of URLs. The client and the command use it to
// decide whether to send a token to a URL, so that both decide the same.
package origin

import (
	"net/url"
	"strings"
)

// Same reports whether two http or https URLs have the same scheme, host and port. A
// URL without a port has the default port of its scheme.
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
