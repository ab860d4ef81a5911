package main

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// guard rejects requests that a web page in a browser of this machine sends to the
// control endpoints: POSTs of another origin, and, unless the mock is public,
// requests for a host name that is not this machine's (DNS rebinding).
func guard(control http.Handler, public bool) http.Handler {
	var origins http.CrossOriginProtection
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !public && !isLoopback(r.Host):
			http.Error(w, "the control endpoints serve the hosts localhost and 127.0.0.1 only: use one of them, or start the mock with --public", http.StatusForbidden)
		case origins.Check(r) != nil:
			http.Error(w, "the control endpoints serve no web page of another origin: steer the mock from the test program", http.StatusForbidden)
		default:
			control.ServeHTTP(w, r)
		}
	})
}

// isLoopback reports whether the Host header names this machine.
func isLoopback(hostport string) bool {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return strings.EqualFold(host, "localhost") || err == nil && addr.Unmap().IsLoopback()
}
