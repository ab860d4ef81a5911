package contract

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/ringcx-go/ringcx-go/internal/route"
)

//go:embed openapi.json
var embedded []byte

// OpenAPI returns the Document of openapi.yaml. The first call reads its index.
var OpenAPI = sync.OnceValue(func() *Document {
	d, err := New(embedded)
	if err != nil {
		panic(fmt.Sprintf("ringcxtest: the embedded openapi.yaml: %v", err))
	}
	return d
})

// Document is an OpenAPI document whose operations are decoded when they are called. It is
// safe for concurrent use.
type Document struct {
	operations []*Operation // in ascending order of Path
	ids        map[string]*Operation
	table      route.Table
	components map[ref][]byte // the JSON of each component
	loading    loading
}

// New returns the Document of an OpenAPI 3.1 document in JSON. It reads the index, and decodes no
// schema. The caller must not change the JSON after that.
func New(compact []byte) (*Document, error) {
	d := &Document{ids: make(map[string]*Operation), components: make(map[ref][]byte)}
	s := &scanner{data: compact}
	s.object(func(key string) {
		switch key {
		case "paths":
			s.object(func(path string) { d.indexPath(s, path) })
		case "components":
			s.object(func(kind string) {
				s.object(func(name string) { d.components[ref{kind, name}] = s.skip() })
			})
		case "security":
			d.loading.security = s.skip()
		default:
			s.skip()
		}
	})
	if s.err != nil {
		return nil, s.err
	}
	slices.SortStableFunc(d.operations, func(a, b *Operation) int { return strings.Compare(a.Path, b.Path) })
	d.table = route.Table{Len: len(d.operations), At: func(i int) (string, string) {
		return d.operations[i].Method, d.operations[i].Path
	}}
	for _, o := range d.operations {
		if err := o.readFacts(); err != nil {
			return nil, fmt.Errorf("%s %s: %w", o.Method, o.Path, err)
		}
		if d.ids[o.ID] != nil {
			return nil, fmt.Errorf("%s %s: the operationId %q is missing or not unique", o.Method, o.Path, o.ID)
		}
		d.ids[o.ID] = o
	}
	return d, nil
}

// indexPath adds the operations of a path.
func (d *Document) indexPath(s *scanner, path string) {
	first := len(d.operations)
	var parameters []byte
	s.object(func(key string) {
		value := s.skip()
		switch key {
		case "parameters":
			parameters = value
		case "get", "put", "post", "delete", "options", "head", "patch", "trace":
			d.operations = append(d.operations, &Operation{
				Method: strings.ToUpper(key), Path: path, document: d, json: value,
			})
		}
	})
	for _, o := range d.operations[first:] {
		o.shared = parameters
	}
}

// Operations returns the operations in ascending order of their paths.
func (d *Document) Operations() []*Operation { return slices.Clone(d.operations) }

// ByID returns the operation with this operationId, or nil.
func (d *Document) ByID(operationID string) *Operation { return d.ids[operationID] }

// Find returns the operation for a request with this method, in capitals, and this path,
// which is that of [url.URL.EscapedPath]. The path parameters are not escaped. Find returns nil
// if there is no such operation.
//
// If the templates of several operations match, Find returns the one with a static segment in
// place of a parameter.
func (d *Document) Find(method, escapedPath string) (o *Operation, pathParams map[string]string) {
	i := d.table.Find(method, escapedPath)
	if i < 0 {
		return nil, nil
	}
	o = d.operations[i]
	template, path := o.Path, escapedPath
	for template != "" {
		var name, value string
		name, template, _ = strings.Cut(template, "/")
		value, path, _ = strings.Cut(path, "/")
		if !strings.HasPrefix(name, "{") {
			continue
		}
		if text, err := url.PathUnescape(value); err == nil {
			value = text
		}
		if pathParams == nil {
			pathParams = make(map[string]string)
		}
		pathParams[strings.Trim(name, "{}")] = value
	}
	return o, pathParams
}

// decode decodes a value of the document.
func decode[T any](text []byte, what string) (v T, err error) {
	if err := json.Unmarshal(text, &v); err != nil {
		return v, fmt.Errorf("%s: %w", what, err)
	}
	return v, nil
}
