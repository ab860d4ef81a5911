package ringcx

import (
	"net/http"
	"reflect"
	"runtime"
	"slices"
	"sync"
	"time"
	"weak"
)

// A connection that goes silent is closed after pingAfter and pingTimeout
// together, which is less than tokenTimeout: a request that times out must not
// find the same connection again. net/http sends no pings unless told to.
const (
	pingAfter   = 5 * time.Second // without a frame
	pingTimeout = 4 * time.Second
	idleTimeout = 90 * time.Second // of a copy, if the original has none; as http.DefaultTransport
)

// withPings returns what requests given to rt are sent with: rt itself, or the
// copy of an *http.Transport whose HTTP/2 connections are checked by pings.
//
// All sources with the same original share one copy, and so its connections: a
// program that makes a source for each job opens no more connections than
// before. The original is not changed.
func withPings(rt http.RoundTripper) http.RoundTripper {
	if rt == nil {
		rt = http.DefaultTransport
	}
	original, ok := rt.(*http.Transport)
	if !ok || original == nil || original.HTTP2 != nil && original.HTTP2.SendPingTimeout != 0 && original.HTTP2.PingTimeout != 0 {
		return rt
	}
	c := original.Clone() // first, because it ends what the first use sets in original
	if original.TLSNextProto["h2"] == nil || c.TLSNextProto != nil {
		return rt // no HTTP/2, or not that of net/http
	}
	return copies.get(original, c)
}

// addPings sets what the program left open in c.
func addPings(c *http.Transport) {
	c.ForceAttemptHTTP2 = true // the original uses HTTP/2; its copy would not, now that it has a TLSClientConfig
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
		c.IdleConnTimeout = idleTimeout // nobody else can close its connections
	}
}

// copies holds the copy of each *http.Transport in use.
var copies = transportCopies{of: map[weak.Pointer[http.Transport]]transportCopy{}}

type transportCopies struct {
	mu sync.Mutex
	of map[weak.Pointer[http.Transport]]transportCopy
}

type transportCopy struct {
	settings  []any // of the original, when it was copied
	transport *http.Transport
}

// get returns the copy of original, which is c where there is none yet or the
// program has changed a field of original since.
func (t *transportCopies) get(original, c *http.Transport) *http.Transport {
	key, now := weak.Make(original), transportSettings(original)
	t.mu.Lock()
	defer t.mu.Unlock()
	old, found := t.of[key]
	if found && slices.Equal(old.settings, now) {
		return old.transport
	}
	if found {
		old.transport.CloseIdleConnections()
	} else {
		runtime.AddCleanup(original, t.drop, key)
	}
	addPings(c)
	t.of[key] = transportCopy{now, c}
	return c
}

// drop forgets the copy of an original that is no longer in use.
func (t *transportCopies) drop(key weak.Pointer[http.Transport]) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.of[key].transport.CloseIdleConnections()
	delete(t.of, key)
}

// transportSettings returns the exported fields of t: values, and the addresses
// of what they refer to.
func transportSettings(t *http.Transport) []any {
	var settings []any
	v := reflect.ValueOf(t).Elem()
	for i := range v.NumField() {
		if !v.Type().Field(i).IsExported() {
			continue
		}
		switch f := v.Field(i); f.Kind() {
		case reflect.Func, reflect.Map, reflect.Pointer:
			settings = append(settings, f.Pointer())
		default:
			settings = append(settings, f.Interface())
		}
	}
	return settings
}
