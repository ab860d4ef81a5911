// Package keepalive detects HTTP/2 connections that no longer respond. By default net/http
// sends no pings: it keeps using such a connection, and each request on it times out.
package keepalive

import (
	"net/http"
	"reflect"
	"runtime"
	"slices"
	"sync"
	"time"
	"weak"
)

// A connection that no longer responds is closed after pingAfter + pingTimeout. This is
// less than the 10 s after which package ringcx gives up a token request: the next
// request must not use the same connection.
const (
	pingAfter   = 5 * time.Second  // without a frame
	pingTimeout = 4 * time.Second  // without a response to a ping
	idleTimeout = 90 * time.Second // of a copy whose original has none, as in http.DefaultTransport
)

// Transport returns the RoundTripper to use for requests instead of rt. For an
// *http.Transport that uses HTTP/2 of net/http it is a copy that pings its
// connections and closes those that do not respond; any other RoundTripper is returned
// unchanged, and so is an *http.Transport with both ping times set. A nil rt means
// http.DefaultTransport.
//
// Calls with the same original return the same copy, so that all users of the
// original share the copy's connections. If a field of the original has changed since
// the last call, Transport makes a new copy. It does not change the original. A copy is
// dropped when the garbage collector frees the original.
//
// Safe for concurrent use, but not while the program changes the fields of rt.
func Transport(rt http.RoundTripper) http.RoundTripper {
	if rt == nil {
		rt = http.DefaultTransport
	}
	original, ok := rt.(*http.Transport)
	if !ok || !lacksPings(original) {
		return rt
	}
	c := original.Clone() // initializes HTTP/2 in original, which TLSNextProto then shows
	if original.TLSNextProto["h2"] == nil || c.TLSNextProto != nil {
		return rt // no HTTP/2, or not that of net/http
	}
	return copies.get(original, c)
}

// lacksPings reports whether the program left a ping time of t unset.
func lacksPings(t *http.Transport) bool {
	return t != nil && (t.HTTP2 == nil || t.HTTP2.SendPingTimeout == 0 || t.HTTP2.PingTimeout == 0)
}

// addPings sets the times that are not set in c.
func addPings(c *http.Transport) {
	// The original uses HTTP/2. Without this field its copy would not, because Clone
	// sets TLSClientConfig.
	c.ForceAttemptHTTP2 = true
	if c.HTTP2 == nil {
		c.HTTP2 = &http.HTTP2Config{}
	}
	if c.HTTP2.SendPingTimeout == 0 {
		c.HTTP2.SendPingTimeout = pingAfter
	}
	if c.HTTP2.PingTimeout == 0 {
		c.HTTP2.PingTimeout = pingTimeout
	}
	if c.IdleConnTimeout == 0 {
		c.IdleConnTimeout = idleTimeout // the program has no access to the copy's connections
	}
}

// copies contains the copy of each *http.Transport in use.
var copies = copySet{byOriginal: map[weak.Pointer[http.Transport]]transportCopy{}}

type copySet struct {
	mu         sync.Mutex
	byOriginal map[weak.Pointer[http.Transport]]transportCopy
}

type transportCopy struct {
	settings  []any // of the original when it was copied
	transport *http.Transport
}

// get returns the copy of original. It is c if there is no copy yet, or if the program
// has changed a field of original since.
func (s *copySet) get(original, c *http.Transport) *http.Transport {
	key, now := weak.Make(original), settings(original)
	s.mu.Lock()
	defer s.mu.Unlock()
	old, found := s.byOriginal[key]
	if found && slices.Equal(old.settings, now) {
		return old.transport
	}
	if found {
		old.transport.CloseIdleConnections()
	} else {
		runtime.AddCleanup(original, s.drop, key)
	}
	addPings(c)
	s.byOriginal[key] = transportCopy{now, c}
	return c
}

// drop removes the copy of an original that is no longer in use.
func (s *copySet) drop(key weak.Pointer[http.Transport]) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.byOriginal[key].transport.CloseIdleConnections()
	delete(s.byOriginal, key)
}

// settings returns the exported fields of t, in a form that can be compared: the
// addresses of functions, maps and pointers, and the values of other fields.
func settings(t *http.Transport) []any {
	var all []any
	v := reflect.ValueOf(t).Elem()
	for i := range v.NumField() {
		if !v.Type().Field(i).IsExported() {
			continue
		}
		switch f := v.Field(i); f.Kind() {
		case reflect.Func, reflect.Map, reflect.Pointer:
			all = append(all, f.Pointer())
		default:
			all = append(all, f.Interface())
		}
	}
	return all
}
