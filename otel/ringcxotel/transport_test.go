package ringcxotel_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"golang.org/x/oauth2"

	"github.com/ringcx-go/ringcx-go/otel/ringcxotel"
	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
)

// recorder keeps spans and metrics in memory.
type recorder struct {
	spans  *tracetest.InMemoryExporter
	tracer *sdktrace.TracerProvider
	reader *sdkmetric.ManualReader
	meter  *sdkmetric.MeterProvider
}

func newRecorder() *recorder {
	r := &recorder{spans: tracetest.NewInMemoryExporter(), reader: sdkmetric.NewManualReader()}
	r.tracer = sdktrace.NewTracerProvider(sdktrace.WithSyncer(r.spans))
	r.meter = sdkmetric.NewMeterProvider(sdkmetric.WithReader(r.reader))
	return r
}

// transport returns a Transport that records with r.
func (r *recorder) transport(base http.RoundTripper) *ringcxotel.Transport {
	return ringcxotel.New(ringcxotel.Config{Base: base, TracerProvider: r.tracer, MeterProvider: r.meter})
}

// span is what the tests compare of a span.
type span struct {
	Name   string
	Kind   trace.SpanKind
	Took   time.Duration
	Failed bool
	Attrs  map[attribute.Key]any
}

// recorded returns the spans in the order of their ends.
func (r *recorder) recorded() (spans []span) {
	for _, s := range r.spans.GetSpans() {
		spans = append(spans, span{
			Name: s.Name, Kind: s.SpanKind, Took: s.EndTime.Sub(s.StartTime), Failed: s.Status.Code == codes.Error,
			Attrs: values(attribute.NewSet(s.Attributes...)),
		})
	}
	return spans
}

// values returns the values of a set by their keys.
func values(set attribute.Set) map[attribute.Key]any {
	m := map[attribute.Key]any{}
	for _, kv := range set.ToSlice() {
		m[kv.Key] = kv.Value.AsInterface()
	}
	return m
}

// duration returns the metric http.client.request.duration.
func (r *recorder) duration(t *testing.T) (metricdata.Metrics, []metricdata.HistogramDataPoint[float64]) {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := r.reader.Collect(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	if len(all.ScopeMetrics) != 1 || len(all.ScopeMetrics[0].Metrics) != 1 {
		t.Fatalf("got %d scopes, want one with one metric", len(all.ScopeMetrics))
	}
	scope := all.ScopeMetrics[0]
	if scope.Scope.Name != ringcxotel.ScopeName || scope.Scope.SchemaURL != ringcxotel.SchemaURL {
		t.Errorf("the scope is %+v", scope.Scope)
	}
	return scope.Metrics[0], scope.Metrics[0].Data.(metricdata.Histogram[float64]).DataPoints
}

// attempt returns the span of an attempt to list the users, with more attributes. Each
// request takes 20 ms.
func attempt(status int64, more map[attribute.Key]any) span {
	s := span{Name: "GET /voice/api/v1/admin/users", Kind: trace.SpanKindClient, Took: 20 * time.Millisecond, Failed: status >= 400, Attrs: map[attribute.Key]any{
		"http.request.method": "GET", "url.template": "/voice/api/v1/admin/users", "ringcx.operation": "listUsers",
		"url.scheme": "https", "server.address": "ringcx.test", "server.port": int64(443),
		"http.response.status_code": status, "network.protocol.version": "1.1",
	}}
	if s.Failed {
		s.Attrs["error.type"] = fmt.Sprint(status)
	}
	for k, v := range more {
		s.Attrs[k] = v
	}
	return s
}

// delayed delays each request by 20 ms.
type delayed struct{ base http.RoundTripper }

func (d delayed) RoundTrip(r *http.Request) (*http.Response, error) {
	time.Sleep(20 * time.Millisecond)
	return d.base.RoundTrip(r)
}

// signedIn returns a client of the fake that has a token, whose requests r records.
func signedIn(t *testing.T, r *recorder, fake *ringcxtest.Server) *ringcx.Client {
	t.Helper()
	cfg := fake.Config()
	cfg.HTTPClient = &http.Client{Transport: r.transport(delayed{cfg.HTTPClient.Transport})}
	client, err := ringcx.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Tokens.Token(); err != nil {
		t.Fatal(err)
	}
	return client
}

// TestSpans checks the spans of a call that is sent again after a 429, and that they are
// children of the caller's span.
func TestSpans(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, fake := newRecorder(), ringcxtest.New()
		defer fake.Close()
		client := signedIn(t, r, fake)
		r.spans.Reset()
		fake.Fault(ringcxtest.Users, ringcxtest.RateLimit(2*time.Second), 2)
		ctx, parent := r.tracer.Tracer("test").Start(t.Context(), "parent")
		if _, err := ringcx.Get(client.ListUsersWithResponse(ctx, nil)); err != nil {
			t.Fatal(err)
		}
		want := []span{
			attempt(429, nil),
			attempt(429, map[attribute.Key]any{"http.request.resend_count": int64(1)}),
			attempt(200, map[attribute.Key]any{"http.request.resend_count": int64(2)}),
		}
		if diff := cmp.Diff(want, r.recorded()); diff != "" {
			t.Errorf("spans (-want +got):\n%s", diff)
		}
		for _, s := range r.spans.GetSpans() {
			if s.Parent.SpanID() != parent.SpanContext().SpanID() || s.InstrumentationScope.Name != ringcxotel.ScopeName {
				t.Errorf("%s has the parent %v and the scope %v", s.Name, s.Parent.SpanID(), s.InstrumentationScope)
			}
		}
	})
}

// TestDuration checks the metric for the same call: the two attempts with status 429 are
// one series, and the resend count is not an attribute.
func TestDuration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, fake := newRecorder(), ringcxtest.New()
		defer fake.Close()
		client := signedIn(t, r, fake)
		fake.Fault(ringcxtest.Users, ringcxtest.RateLimit(2*time.Second), 2)
		if _, err := ringcx.Get(client.ListUsersWithResponse(t.Context(), nil)); err != nil {
			t.Fatal(err)
		}
		metric, points := r.duration(t)
		if metric.Name != "http.client.request.duration" || metric.Unit != "s" {
			t.Errorf("the metric is %s in %s", metric.Name, metric.Unit)
		}
		got := map[string]uint64{}
		for _, p := range points {
			attrs := values(p.Attributes)
			got[fmt.Sprint(attrs["http.request.method"], " ", attrs["url.template"], " ", attrs["http.response.status_code"])] += p.Count
			if attrs["url.template"] == nil {
				continue // a request for a token
			}
			if diff := cmp.Diff(attempt(attrs["http.response.status_code"].(int64), nil).Attrs, attrs); diff != "" {
				t.Errorf("attributes (-want +got):\n%s", diff)
			}
			if want := 0.02 * float64(p.Count); p.Sum < want-1e-9 || p.Sum > want+1e-9 || p.Bounds[0] != 0.005 {
				t.Errorf("%v: the sum is %v s, want %v s; the bounds are %v", attrs, p.Sum, want, p.Bounds)
			}
		}
		want := map[string]uint64{
			"GET /voice/api/v1/admin/users 429": 2, "GET /voice/api/v1/admin/users 200": 1,
			"POST <nil> 200": 2, // the sign-in and the exchange
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("counts (-want +got):\n%s", diff)
		}
	})
}

// roundTripper is a function as an http.RoundTripper.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

type resetError struct{ text string }

func (e resetError) Error() string { return e.text }

// TestOtherRequests checks the spans of requests that are not calls, and of errors.
func TestOtherRequests(t *testing.T) {
	const secret = "s3ntinel"
	tests := []struct {
		name, method, url string
		resp              *http.Response
		err               error
		want              span
	}{
		{
			"logout", "DELETE", "https://cx.example/api/auth/logout/" + secret, &http.Response{StatusCode: 204, ProtoMajor: 2}, nil,
			span{Name: "DELETE", Attrs: map[attribute.Key]any{
				"http.request.method": "DELETE", "url.scheme": "https", "server.address": "cx.example", "server.port": int64(443),
				"http.response.status_code": int64(204), "network.protocol.version": "2",
			}},
		},
		{
			"network error", "", "http://127.0.0.1:8080/x?token=" + secret, nil, fmt.Errorf("a: %w", resetError{"reset by " + secret}),
			span{Name: "GET", Failed: true, Attrs: map[attribute.Key]any{
				"http.request.method": "GET", "url.scheme": "http", "server.address": "127.0.0.1", "server.port": int64(8080),
				"error.type": "github.com/ringcx-go/ringcx-go/otel/ringcxotel_test.resetError",
			}},
		},
		{
			"unknown method", "BREW", "http://cx.example/x", &http.Response{StatusCode: 500}, nil,
			span{Name: "HTTP", Failed: true, Attrs: map[attribute.Key]any{
				"http.request.method": "_OTHER", "http.request.method_original": "BREW", "url.scheme": "http", "server.address": "cx.example", "server.port": int64(80),
				"http.response.status_code": int64(500), "error.type": "500",
			}},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRecorder()
			rt := r.transport(roundTripper(func(*http.Request) (*http.Response, error) { return tt.resp, tt.err }))
			req, err := http.NewRequestWithContext(t.Context(), tt.method, tt.url, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Method = tt.method
			req.Header.Set("Authorization", "Bearer "+secret)
			resp, err := rt.RoundTrip(req)
			if resp != tt.resp || !errors.Is(err, tt.err) {
				t.Errorf("RoundTrip returned %v, %v", resp, err)
			}
			got := r.recorded()[0]
			got.Took, got.Kind = 0, 0
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("span (-want +got):\n%s", diff)
			}
			_, points := r.duration(t)
			if text := fmt.Sprintf("%+v %+v", r.spans.GetSpans(), points); strings.Contains(text, secret) {
				t.Errorf("the secret was recorded: %s", text)
			}
		})
	}
}

// TestNameHasTemplate checks that the name of a span has the path template, not the path,
// which here has a prefix.
func TestNameHasTemplate(t *testing.T) {
	r := newRecorder()
	client, err := ringcx.New(ringcx.Config{
		BaseURL:     "https://cx.example/proxy",
		RingCentral: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "a"}),
		HTTPClient: &http.Client{Transport: r.transport(roundTripper(func(req *http.Request) (*http.Response, error) {
			body := "[]"
			if req.Method == http.MethodPost {
				body = `{"accessToken":"an.access.token"}`
			}
			return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body))}, nil
		}))},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ringcx.Get(client.ListUsersWithResponse(t.Context(), nil)); err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "/voice/api/v1/admin/unknown/42", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	var names []string
	for _, s := range r.recorded() {
		names = append(names, s.Name)
	}
	if diff := cmp.Diff([]string{"POST", "GET /voice/api/v1/admin/users", "GET"}, names); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
}

// TestBaseGetsSpan checks that the base has the span in the context of its request, so that
// hooks and further RoundTrippers can use it, and that the caller's request is not changed.
func TestBaseGetsSpan(t *testing.T) {
	r := newRecorder()
	var got trace.SpanContext
	rt := r.transport(roundTripper(func(req *http.Request) (*http.Response, error) {
		got = trace.SpanContextFromContext(req.Context())
		return &http.Response{StatusCode: 200}, nil
	}))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://cx.example/", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rt.RoundTrip(req); err != nil {
		t.Fatal(err)
	}
	if want := r.spans.GetSpans()[0].SpanContext; !got.Equal(want) || trace.SpanContextFromContext(req.Context()).IsValid() {
		t.Errorf("the base has the span %v, want %v", got, want)
	}
}

// TestDefaults checks that New without providers uses the global ones, and that its base
// pings HTTP/2 connections.
func TestDefaults(t *testing.T) {
	r := newRecorder()
	tracer := otel.GetTracerProvider()
	otel.SetTracerProvider(r.tracer)
	otel.SetMeterProvider(r.meter)
	t.Cleanup(func() { otel.SetTracerProvider(tracer); otel.SetMeterProvider(metricnoop.NewMeterProvider()) })

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://cx.example/", nil)
	if err != nil {
		t.Fatal(err)
	}
	rt := ringcxotel.New(ringcxotel.Config{})
	if _, err := rt.RoundTrip(req); !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v", err)
	}
	if _, points := r.duration(t); len(r.recorded()) != 1 || len(points) != 1 {
		t.Errorf("got %d spans and %d series, want one each", len(r.recorded()), len(points))
	}
	base := ringcxotel.Base(rt).(*http.Transport)
	if h := base.HTTP2; base == http.DefaultTransport || h.SendPingTimeout != 5*time.Second || h.PingTimeout != 4*time.Second || !base.ForceAttemptHTTP2 {
		t.Errorf("the base has the settings %+v", h)
	}
}

// TestNoResponse checks that a base that returns neither a response nor an error causes an
// error and a failed span, not a panic.
func TestNoResponse(t *testing.T) {
	r := newRecorder()
	rt := r.transport(roundTripper(func(*http.Request) (*http.Response, error) { return nil, nil }))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://cx.example/", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rt.RoundTrip(req); err == nil || !r.recorded()[0].Failed {
		t.Errorf("got error %v and the span %+v, want an error and a failed span", err, r.recorded()[0])
	}
}

// idler counts calls of CloseIdleConnections.
type idler struct {
	roundTripper
	closed int
}

func (i *idler) CloseIdleConnections() { i.closed++ }

// TestCloseIdleConnections checks that the call reaches the base, if that has the method.
func TestCloseIdleConnections(t *testing.T) {
	base := &idler{}
	newRecorder().transport(base).CloseIdleConnections()
	newRecorder().transport(roundTripper(nil)).CloseIdleConnections()
	if base.closed != 1 {
		t.Errorf("the base was called %d times, want once", base.closed)
	}
}

// TestImports checks that a program with this package depends neither on the SDK of
// OpenTelemetry nor on what only the fake needs.
func TestImports(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range strings.Fields(string(out)) {
		if strings.HasPrefix(path, "go.opentelemetry.io/otel/sdk") || strings.Contains(path, "kin-openapi") {
			t.Errorf("ringcxotel depends on %s", path)
		}
	}
}
