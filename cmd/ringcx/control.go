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

// maxControlBody is the size of the largest body that the control endpoints read,
// in bytes.
const maxControlBody = 1 << 20

// control serves the control endpoints of a fake.
type control struct{ fake *ringcxtest.Server }

// newControl returns a handler that serves the fake and its control endpoints. See
// guard for the requests that the control endpoints accept.
func newControl(fake *ringcxtest.Server, public bool) http.Handler {
	c := control{fake}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /_control/expire", action(fake.ExpireTokens))
	mux.HandleFunc("POST /_control/revoke", action(fake.RevokeSession))
	mux.HandleFunc("POST /_control/clear", action(fake.ClearFaults))
	mux.HandleFunc("POST /_control/fault", c.fault)
	mux.HandleFunc("GET /_control/counts", c.counts)
	mux.HandleFunc("/_control/", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "unknown control endpoint: use POST /_control/expire, /_control/revoke, /_control/fault or /_control/clear, or GET /_control/counts", http.StatusNotFound)
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

// guard rejects requests that web pages in a browser of this machine send to the
// control endpoints: POST requests from another origin and, unless the mock is
// public, requests with the Host of another machine (DNS rebinding).
func guard(control http.Handler, public bool) http.Handler {
	var origins http.CrossOriginProtection
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !public && !isLoopback(r.Host):
			http.Error(w, "the control endpoints accept the Host localhost or 127.0.0.1 only: use one of them, or start the mock with --public", http.StatusForbidden)
		case origins.Check(r) != nil:
			http.Error(w, "the control endpoints reject web pages of another origin: send the request from the test program", http.StatusForbidden)
		default:
			control.ServeHTTP(w, r)
		}
	})
}

// isLoopback reports whether a Host header names this machine.
func isLoopback(hostport string) bool {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return strings.EqualFold(host, "localhost") || err == nil && addr.Unmap().IsLoopback()
}

// action returns a handler that calls do and ignores the request.
func action(do func()) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		do()
		w.WriteHeader(http.StatusNoContent)
	}
}

// faultRequest is the body of a request to /_control/fault.
type faultRequest struct {
	Endpoint ringcxtest.Endpoint `json:"endpoint"`
	Fault    string              `json:"fault"`
	N        *int                `json:"n"` // default 1
}

func (c control) fault(w http.ResponseWriter, r *http.Request) {
	f, err := readFaultRequest(r)
	if err == nil {
		err = c.addFault(f)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (c control) addFault(f faultRequest) error {
	if f.Endpoint == "" || f.Fault == "" {
		return errors.New("endpoint and fault are required, for example endpoint=refreshToken fault=drop-answer")
	}
	fault, err := ringcxtest.ParseFault(f.Fault)
	if err != nil {
		return fmt.Errorf("%w: see 'ringcx mock --help'", err)
	}
	n := 1
	if f.N != nil {
		n = *f.N
	}
	return c.fake.TryFault(f.Endpoint, fault, n)
}

// readFaultRequest reads a JSON object or a form. It does not use the Content-Type,
// because curl -d always sends that of a form.
func readFaultRequest(r *http.Request) (faultRequest, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxControlBody))
	if err != nil {
		return faultRequest{}, err
	}
	if bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) {
		return parseJSONFault(body)
	}
	return parseFormFault(body)
}

func parseJSONFault(body []byte) (faultRequest, error) {
	var f faultRequest
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return f, fmt.Errorf("the body is not a valid JSON object with endpoint, fault and n: %w", err)
	}
	return f, nil
}

func parseFormFault(body []byte) (faultRequest, error) {
	var f faultRequest
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return f, fmt.Errorf("the body is not a valid form: %w", err)
	}
	f.Endpoint, f.Fault = ringcxtest.Endpoint(form.Get("endpoint")), form.Get("fault")
	if text := form.Get("n"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			return f, fmt.Errorf("n is %q: it must be a number", text)
		}
		f.N = &n
	}
	return f, nil
}

func (c control) counts(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	_ = e.Encode(countsJSON(c.fake.Counts())) // fails only if the client closed the connection
}

// countsJSON returns the counts with the names they have in JSON. Requests to no
// endpoint are counted as "unknown".
func countsJSON(c ringcxtest.Counts) map[string]any {
	for _, m := range []map[ringcxtest.Endpoint]int{c.Arrivals, c.Peaks} {
		if n, ok := m[""]; ok {
			delete(m, "")
			m["unknown"] = n
		}
	}
	return map[string]any{
		"logins": c.Logins, "loginRefreshes": c.LoginRefreshes, "revokes": c.Revokes, "exchanges": c.Exchanges, "refreshes": c.Refreshes,
		"logouts": c.Logouts, "calls": c.Calls, "arrivals": c.Arrivals, "peaks": c.Peaks,
		"peakTokenRequests": c.PeakTokenRequests, "refreshReused": c.RefreshReused,
		"wrongHostBearers": c.WrongHostBearers, "rateLimited": c.RateLimited, "unauthorized": c.Unauthorized,
	}
}
