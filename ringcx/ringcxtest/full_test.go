package ringcxtest

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/ringcx-go/ringcx-go/internal/compactspec"
	"github.com/ringcx-go/ringcx-go/internal/fullspec"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest/internal/contract"
)

// fullDocument is a document with the size of the whole API.
var fullDocument = sync.OnceValue(func() []byte {
	data, err := compactspec.Compact(fullspec.Document())
	if err != nil {
		panic(err)
	}
	return data
})

// BenchmarkFirstCall measures the first NewServer, sign-in and call of a process, for each
// operation of a document with the size of the whole API.
func BenchmarkFirstCall(b *testing.B) {
	text := fullDocument()
	requests := exampleRequests(b, newFull(b, text))
	least := make(leastTimes, len(requests))
	for b.Loop() {
		for i, r := range requests {
			least.measure(i, func() {
				spec := newFull(b, text)
				s := newServer(spec)
				s.tb, s.checked = b, true
				client := inMemory(s)
				r.send(b, client, client.signIn(b).access)
				s.Close()
				apis.Delete(spec)
			})
		}
	}
	slowest := requests[slices.Index(least, slices.Max(least))]
	b.Logf("slowest: %s %s", slowest.method, slowest.target)
	least.report(b)
}

// BenchmarkRepeatedCall measures further calls of each operation with the contract check, and
// compares them with calls without it. over is the number of operations whose check costs more
// than three times the call and 150 µs for each KB of the bodies.
func BenchmarkRepeatedCall(b *testing.B) {
	spec := newFull(b, fullDocument())
	requests := exampleRequests(b, spec)
	checked, unchecked := make(leastTimes, len(requests)), make(leastTimes, len(requests))
	sizes := make([]int, len(requests))
	run := func(times leastTimes, isChecked bool) {
		s := newServer(spec)
		s.tb, s.checked = b, isChecked
		defer s.Close()
		client := inMemory(s)
		token := client.signIn(b).access
		for range 10 { // the first ones decode the operation
			for i, r := range requests {
				times.measure(i, func() { sizes[i] = len(r.body) + r.send(nil, client, token) }) // a deleted resource is not found again
			}
		}
	}
	for b.Loop() {
		run(checked, true)
		run(unchecked, false)
	}
	over := 0
	for i := range requests {
		if checked[i] > 4*unchecked[i]+150*time.Microsecond*time.Duration(sizes[i])/1024 {
			b.Logf("%s %s: %v, %v without the check, %d bytes", requests[i].method, requests[i].target, checked[i], unchecked[i], sizes[i])
			over++
		}
	}
	checked.report(b)
	slices.Sort(unchecked)
	b.ReportMetric(milliseconds(unchecked[len(unchecked)/2]), "unchecked-median-ms")
	b.ReportMetric(float64(over), "over")
}

// leastTimes are the least times that several things took. They are affected less than the average
// by what else runs on the machine.
type leastTimes []time.Duration

// measure measures number i.
func (l leastTimes) measure(i int, f func()) {
	began := time.Now()
	f()
	if took := time.Since(began); l[i] == 0 || took < l[i] {
		l[i] = took
	}
}

// report reports the median and the largest of the times.
func (l leastTimes) report(b *testing.B) {
	slices.Sort(l)
	b.ReportMetric(milliseconds(l[len(l)/2]), "median-ms")
	b.ReportMetric(milliseconds(l[len(l)-1]), "max-ms")
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func newFull(tb testing.TB, text []byte) *contract.Document {
	tb.Helper()
	d, err := contract.New(text)
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

// exampleRequest is a request with the examples of an operation.
type exampleRequest struct {
	method, target, contentType, body string

	header []string // names and values
}

// send sends the request, and returns the size of the response. If tb is not nil, it fails if the
// status is not below 300.
func (r exampleRequest) send(tb testing.TB, client testClient, token string) (size int) {
	header := slices.Concat(r.header, []string{"Authorization", "Bearer " + token, "Cookie", "access_token=" + token})
	if r.contentType != "" {
		header = append(header, "Content-Type", r.contentType)
	}
	req, err := http.NewRequest(r.method, client.ringCX+r.target, strings.NewReader(r.body))
	if err != nil {
		panic(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp := client.receive(req)
	if isSuccess := resp.err == nil && resp.status < 300; tb != nil && !isSuccess {
		tb.Errorf("%s %s: %d %v %s", r.method, r.target, resp.status, resp.err, resp.body)
	}
	return len(resp.body)
}

// exampleRequests returns a request for each operation that needs a token and sends no file.
func exampleRequests(tb testing.TB, spec *contract.Document) []exampleRequest {
	tb.Helper()
	var all []exampleRequest
	for _, o := range spec.Operations() {
		if !Endpoint(o.ID).isCall() {
			continue
		}
		r := exampleRequest{method: o.Method, target: o.Path}
		query := make(url.Values)
		for _, p := range o.Spec().Parameters {
			example := parameterExample(p.Value)
			switch p.Value.In {
			case openapi3.ParameterInPath:
				r.target = strings.ReplaceAll(r.target, "{"+p.Value.Name+"}", url.PathEscape(textOf(example)))
			case openapi3.ParameterInHeader:
				r.header = append(r.header, p.Value.Name, textOf(example))
			case openapi3.ParameterInQuery:
				for _, element := range elementsOf(example) {
					query.Add(p.Value.Name, textOf(element))
				}
			}
		}
		if len(query) > 0 {
			r.target += "?" + query.Encode()
		}
		if r.addBody(o.Spec().RequestBody) {
			all = append(all, r)
		}
	}
	return all
}

// parameterExample returns the example of a parameter, or of its schema.
func parameterExample(p *openapi3.Parameter) any {
	if p.Example != nil {
		return p.Example
	}
	for _, name := range slices.Sorted(maps.Keys(p.Examples)) {
		return p.Examples[name].Value.Value
	}
	if len(p.Schema.Value.Examples) > 0 {
		return p.Schema.Value.Examples[0]
	}
	return 1
}

// textOf returns a value as it is in a URL. (fmt would print large numbers with an exponent.)
func textOf(v any) string {
	if text, ok := v.(string); ok {
		return text
	}
	return string(marshal(v))
}

func elementsOf(v any) []any {
	if list, ok := v.([]any); ok {
		return list
	}
	return []any{v}
}

// addBody sets the body. It returns false if the body is neither JSON nor a form.
func (r *exampleRequest) addBody(ref *openapi3.RequestBodyRef) bool {
	if ref == nil {
		return true
	}
	for _, name := range []string{jsonType, formType} {
		media := ref.Value.Content[name]
		if media == nil {
			continue
		}
		value := media.Example
		for _, name := range slices.Sorted(maps.Keys(media.Examples)) {
			value = media.Examples[name].Value.Value
		}
		if value == nil && len(media.Schema.Value.Examples) > 0 {
			value = media.Schema.Value.Examples[0]
		}
		r.contentType = name
		if name == jsonType {
			r.body = string(marshal(value))
			return true
		}
		form := make(url.Values)
		object, _ := value.(map[string]any)
		for name, v := range object {
			form.Set(name, textOf(v))
		}
		r.body = form.Encode()
		return true
	}
	return false
}
