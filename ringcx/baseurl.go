package ringcx

import (
	"fmt"
	"net"
	"net/url"
	"path"
	"strings"
)

// parseBaseURL reads a base URL that may receive secrets: https, or http to
// this machine. The name of the field starts the error, which never repeats a
// password of the URL.
func parseBaseURL(field, raw, byDefault string) (*url.URL, error) {
	if raw == "" {
		raw = byDefault
	}
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" {
		return nil, fmt.Errorf("ringcx: %s is no URL with a host: write it like %s", field, byDefault)
	}
	normalize(u)
	switch {
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf("ringcx: %s must hold no user, query or fragment: write it like %s", field, byDefault)
	case u.Scheme != "https" && !(u.Scheme == "http" && isLoopback(u.Hostname())):
		return nil, fmt.Errorf("ringcx: %s is %s: it must be https (http is for loopback hosts only), or tokens travel in the clear", field, u)
	}
	return u, nil
}

// normalize gives all spellings of a base URL the same text: a lower-case host, no
// default port, and a clean path without a trailing slash. The default key is a
// hash of that text.
func normalize(u *url.URL) {
	u.Host = strings.ToLower(u.Host)
	if port := u.Port(); port == "" || port == defaultPorts[u.Scheme] {
		u.Host = strings.TrimSuffix(u.Host, ":"+port)
	}
	u.Path, u.RawPath, u.ForceQuery = strings.TrimRight(path.Clean("/"+u.Path), "/"), "", false
}

var defaultPorts = map[string]string{"https": "443", "http": "80"}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

const (
	authPath   = "/api/auth/"
	logoutPath = authPath + "logout/"
)

// isAuth reports whether u is one of RingCX's own token endpoints below base.
// They take their secrets in the form and must not see a bearer token.
func isAuth(base, u *url.URL) bool {
	return strings.HasPrefix(path.Clean(u.Path)+"/", base.Path+authPath)
}

// maskPath is the path of u without the refresh token that the documented
// logout carries in it.
func maskPath(u *url.URL) string {
	if before, _, found := strings.Cut(u.Path, logoutPath); found {
		return before + logoutPath + mask
	}
	return u.Path
}

// maskURL is raw without its query, and with the path of [maskPath], for errors that
// name a URL.
func maskURL(raw string) string {
	raw, _, _ = strings.Cut(raw, "#")
	raw, _, _ = strings.Cut(raw, "?")
	u, err := url.Parse(raw)
	if err != nil || !strings.Contains(u.Path, logoutPath) {
		return raw
	}
	return u.Scheme + "://" + u.Host + maskPath(u)
}
