// Package ringcxotel records the requests of package ringcx with OpenTelemetry: a span for
// each attempt of a call, and the metric http.client.request.duration.
//
//	cfg.HTTPClient = &http.Client{Transport: ringcxotel.New(ringcxotel.Config{})}
//	client, err := ringcx.New(cfg)
//
// The span of an attempt is a child of the span in the context of the call. Its name is the
// method and the path template of openapi.yaml, for example
// "GET /voice/api/v1/admin/users". A call that is sent again has several spans; from the
// second on they have the attribute http.request.resend_count.
//
// Spans and metric follow the semantic conventions for HTTP clients of OpenTelemetry, in the
// version of [SchemaURL], with these differences:
//
//   - The attribute "ringcx.operation" is the operationId of openapi.yaml. Like
//     url.template, spans and metric have it if openapi.yaml has the request.
//   - The attribute url.full is not recorded: a path or a query can contain personal data,
//     and the path of a logout contains a token.
//   - No header with the context of the trace is sent to RingCX.
//
// Spans and metric contain no secret and no text of an error: error.type is the status, or
// the Go type of the error.
//
// Requests that are not calls, such as sign-ins and other token requests, are recorded, too.
// Their spans have the method as the name, and neither path template nor operation.
//
// This package is a module of its own, so that programs without it do not depend on
// OpenTelemetry.
package ringcxotel

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/semconv/v1.43.0/httpconv"
	"go.opentelemetry.io/otel/trace"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

// ScopeName is the name of the instrumentation scope of the spans and the metric.
const ScopeName = "github.com/ringcx-go/ringcx-go/otel/ringcxotel"

// SchemaURL names the version of the semantic conventions that spans and metric follow.
const SchemaURL = semconv.SchemaURL

// OperationKey is the key of the attribute that contains the operationId in openapi.yaml,
// for example "listUsers".
const OperationKey = attribute.Key("ringcx.operation")

// Config configures a [Transport]. The zero value of each field means its default.
type Config struct {
	// Base sends the requests. It is used as it is, and must meet the requirements of
	// ringcx.Config.HTTPClient for a RoundTripper that is not an *http.Transport: in
	// particular, for an *http.Transport set both ping times of its HTTP2 field, because
	// package ringcx does not see it behind the Transport.
	//
	// Default: a copy of http.DefaultTransport with the ping times of package ringcx.
	Base http.RoundTripper

	// TracerProvider makes the spans. Default: otel.GetTracerProvider().
	TracerProvider trace.TracerProvider

	// MeterProvider records the metric. Default: otel.GetMeterProvider().
	MeterProvider metric.MeterProvider
}

// Transport is an http.RoundTripper that records the requests that it sends. Use it as the
// Transport of ringcx.Config.HTTPClient, or as the base of ringcx.TokenSource.Transport: in
// the context of their requests it finds the operation and the number of the attempt
// ([ringcx.CallFromContext]). It is safe for concurrent use.
type Transport struct {
	base     http.RoundTripper
	tracer   trace.Tracer
	duration httpconv.ClientRequestDuration
}

// New returns a Transport for cfg. If the meter does not make the metric, New reports the
// error with otel.Handle, and the Transport makes spans only.
func New(cfg Config) *Transport {
	t := &Transport{base: cfg.Base}
	if t.base == nil {
		t.base = defaultBase()
	}
	if cfg.TracerProvider == nil {
		cfg.TracerProvider = otel.GetTracerProvider()
	}
	if cfg.MeterProvider == nil {
		cfg.MeterProvider = otel.GetMeterProvider()
	}
	t.tracer = cfg.TracerProvider.Tracer(ScopeName, trace.WithSchemaURL(SchemaURL))
	var err error
	t.duration, err = httpconv.NewClientRequestDuration(cfg.MeterProvider.Meter(ScopeName, metric.WithSchemaURL(SchemaURL)))
	if err != nil {
		otel.Handle(err)
	}
	return t
}

// These times are those with which package ringcx copies an *http.Transport. See
// ringcx.Config.HTTPClient.
const (
	pingAfter   = 5 * time.Second
	pingTimeout = 4 * time.Second
)

// defaultBase returns a copy of http.DefaultTransport that detects HTTP/2 connections that
// no longer respond. If the program has replaced http.DefaultTransport by another
// RoundTripper, it returns that one.
func defaultBase() http.RoundTripper {
	original, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return http.DefaultTransport
	}
	c := original.Clone()
	if c.HTTP2 == nil {
		c.HTTP2 = &http.HTTP2Config{}
	}
	if c.HTTP2.SendPingTimeout == 0 {
		c.HTTP2.SendPingTimeout = pingAfter
	}
	if c.HTTP2.PingTimeout == 0 {
		c.HTTP2.PingTimeout = pingTimeout
	}
	return c
}

// RoundTrip implements http.RoundTripper. The span ends, and the duration is measured,
// when the header of the response was read.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	call, _ := ringcx.CallFromContext(req.Context())
	r := describe(req, call)
	ctx, span := t.tracer.Start(req.Context(), r.name,
		trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(r.spanAttributes(req, call)...))
	defer span.End()

	start := time.Now()
	resp, err := t.base.RoundTrip(req.WithContext(ctx))
	took := time.Since(start)
	if resp == nil && err == nil {
		err = fmt.Errorf("ringcxotel: %T returned neither a response nor an error", t.base)
	}
	end := endAttributes(resp, err)
	span.SetAttributes(end...)
	if err != nil || resp.StatusCode >= 400 {
		span.SetStatus(codes.Error, "")
	}
	t.duration.Record(ctx, took.Seconds(), r.method, r.host, r.port, append(end, r.attributes...)...)
	return resp, err
}

// CloseIdleConnections closes the idle connections of the base. Package ringcx calls it
// after a token request timed out.
func (t *Transport) CloseIdleConnections() {
	if c, ok := t.base.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// request is what is recorded of a request before it is sent.
type request struct {
	name       string // of the span
	method     httpconv.RequestMethodAttr
	host       string
	port       int
	attributes []attribute.KeyValue // the others
}

// describe returns the request of an attempt. The call is zero if req is not a call.
func describe(req *http.Request, call ringcx.Call) request {
	r := request{method: methodOf(req), attributes: []attribute.KeyValue{semconv.URLScheme(req.URL.Scheme)}}
	r.host, r.port = serverOf(req.URL)
	if r.name = string(r.method); r.method == httpconv.RequestMethodOther {
		r.name = "HTTP"
	}
	if call.PathTemplate != "" {
		r.name += " " + call.PathTemplate
		r.attributes = append(r.attributes, semconv.URLTemplate(call.PathTemplate))
	}
	if call.Operation != "" {
		r.attributes = append(r.attributes, OperationKey.String(call.Operation))
	}
	return r
}

// spanAttributes returns the attributes with which the span of r begins.
func (r request) spanAttributes(req *http.Request, call ringcx.Call) []attribute.KeyValue {
	attrs := append([]attribute.KeyValue{
		semconv.HTTPRequestMethodKey.String(string(r.method)), semconv.ServerAddress(r.host), semconv.ServerPort(r.port),
	}, r.attributes...)
	if r.method == httpconv.RequestMethodOther {
		attrs = append(attrs, semconv.HTTPRequestMethodOriginal(req.Method))
	}
	if call.Attempt > 1 {
		attrs = append(attrs, semconv.HTTPRequestResendCount(call.Attempt-1))
	}
	return attrs
}

// endAttributes returns the attributes of a response or an error.
func endAttributes(resp *http.Response, err error) []attribute.KeyValue {
	if err != nil {
		return []attribute.KeyValue{semconv.ErrorType(err)}
	}
	attrs := []attribute.KeyValue{semconv.HTTPResponseStatusCode(resp.StatusCode)}
	if v := protocolVersion(resp); v != "" {
		attrs = append(attrs, semconv.NetworkProtocolVersion(v))
	}
	if resp.StatusCode >= 400 {
		attrs = append(attrs, semconv.ErrorTypeKey.String(strconv.Itoa(resp.StatusCode)))
	}
	return attrs
}

// protocolVersion returns the version of HTTP, for example "1.1" or "2", or "" if it is not
// known.
func protocolVersion(resp *http.Response) string {
	switch {
	case resp.ProtoMajor == 0:
		return ""
	case resp.ProtoMajor == 1:
		return "1." + strconv.Itoa(resp.ProtoMinor)
	}
	return strconv.Itoa(resp.ProtoMajor)
}

// methodOf returns the method of req. It is "_OTHER" for a method that the semantic
// conventions do not name, so that the metric has few different methods.
func methodOf(req *http.Request) httpconv.RequestMethodAttr {
	switch m := cmp.Or(req.Method, http.MethodGet); m {
	case http.MethodConnect, http.MethodDelete, http.MethodGet, http.MethodHead, http.MethodOptions,
		http.MethodPatch, http.MethodPost, http.MethodPut, http.MethodTrace:
		return httpconv.RequestMethodAttr(m)
	}
	return httpconv.RequestMethodOther
}

// serverOf returns the host and the port of u, by default that of its scheme.
func serverOf(u *url.URL) (host string, port int) {
	if port, err := strconv.Atoi(u.Port()); err == nil {
		return u.Hostname(), port
	}
	if u.Scheme == "http" {
		return u.Hostname(), 80
	}
	return u.Hostname(), 443
}
