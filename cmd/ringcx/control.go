package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// maxControlBody bounds the body of a request to the control endpoints.
const maxControlBody = 1 << 20

// control steers a fake over HTTP.
type control struct{ fake *ringcxtest.Server }

// newControl returns the fake with its control endpoints. See guard for who may use
// them.
func newControl(fake *ringcxtest.Server, public bool) http.Handler {
	c := control{fake}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /_control/expire", plain(fake.ExpireTokens))
	mux.HandleFunc("POST /_control/revoke", plain(fake.RevokeSession))
	mux.HandleFunc("POST /_control/clear", plain(fake.ClearFaults))
	mux.HandleFunc("POST /_control/fault", c.fault)
	mux.HandleFunc("GET /_control/counts", c.counts)
	mux.HandleFunc("/_control/", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "there are POST /_control/expire, /_control/revoke, /_control/fault and /_control/clear, and GET /_control/counts", http.StatusNotFound)
	})
	guarded := guard(mux, public)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/_control/") {
			guarded.ServeHTTP(w, r)
			return
		}
		fake.ServeHTTP(w, r)
	})
}

// plain answers a request that needs no body: it does do.
func plain(do func()) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		do()
		w.WriteHeader(http.StatusNoContent)
	}
}

// order is a fault that a test asks for.
type order struct {
	Endpoint ringcxtest.Endpoint `json:"endpoint"`
	Fault    string              `json:"fault"`
	N        *int                `json:"n"` // default 1
}

func (c control) fault(w http.ResponseWriter, r *http.Request) {
	o, err := readOrder(r)
	if err == nil {
		err = c.script(o)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (c control) script(o order) error {
	if o.Endpoint == "" || o.Fault == "" {
		return errors.New("endpoint and fault are required, for example endpoint=refreshToken fault=drop-answer")
	}
	fault, err := ringcxtest.ParseFault(o.Fault)
	if err != nil {
		return fmt.Errorf("%w: see 'ringcx mock --help'", err)
	}
	n := 1
	if o.N != nil {
		n = *o.N
	}
	return c.fake.TryFault(o.Endpoint, fault, n)
}

// readOrder reads a JSON object or a form. Their first character tells which,
// because curl -d calls everything a form.
func readOrder(r *http.Request) (order, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxControlBody))
	if err != nil {
		return order{}, err
	}
	if bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) {
		return readJSONOrder(body)
	}
	return readFormOrder(body)
}

func readJSONOrder(body []byte) (order, error) {
	var o order
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&o); err != nil {
		return o, fmt.Errorf("the body is not the JSON that it should be: %w", err)
	}
	return o, nil
}

func readFormOrder(body []byte) (order, error) {
	var o order
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return o, fmt.Errorf("the body is no form: %w", err)
	}
	o.Endpoint, o.Fault = ringcxtest.Endpoint(form.Get("endpoint")), form.Get("fault")
	if text := form.Get("n"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			return o, fmt.Errorf("n is %q: it must be a number", text)
		}
		o.N = &n
	}
	return o, nil
}

func (c control) counts(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	_ = e.Encode(countsJSON(c.fake.Counts())) // an error here is the client's, who went away
}

// countsJSON gives the counts the names that JSON has elsewhere, and requests to
// no endpoint the name "unknown".
func countsJSON(c ringcxtest.Counts) map[string]any {
	for _, m := range []map[ringcxtest.Endpoint]int{c.Arrivals, c.Peaks} {
		if n, ok := m[""]; ok {
			delete(m, "")
			m["unknown"] = n
		}
	}
	return map[string]any{
		"logins": c.Logins, "revokes": c.Revokes, "exchanges": c.Exchanges, "refreshes": c.Refreshes,
		"logouts": c.Logouts, "calls": c.Calls, "arrivals": c.Arrivals, "peaks": c.Peaks,
		"peakTokenRequests": c.PeakTokenRequests, "refreshReused": c.RefreshReused,
		"wrongHostBearers": c.WrongHostBearers, "rateLimited": c.RateLimited, "unauthorized": c.Unauthorized,
	}
}

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
