package contract

import (
	"fmt"
	"sync"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
)

// Operation is an operation of a [Document]. Its fields are facts that need no schema.
type Operation struct {
	ID         string // operationId
	Method     string // in capitals
	Path       string // template, such as "/users/{userId}"
	Service    string // x-service, such as "Campaigns.List", or ""
	Permission string // x-permission, such as "READ Campaign", or ""
	Limits     []Limit
	Paging     *Paging // nil if the operation has no pages
	Idempotent bool    // x-idempotent
	Observed   string  // x-observed, or ""

	document *Document
	json     []byte // the operation
	shared   []byte // the parameters of its path, or nil
	once     sync.Once
	loaded   *loaded
	err      error // of loading

	hasParameters bool
}

// Limit is a rate limit of x-rate-limit.
type Limit struct {
	Requests int
	Window   time.Duration
}

// Paging names the parameters for the pages of a list, from x-paging.
type Paging struct {
	Page  string `json:"page"`  // the number of the page
	Rows  string `json:"rows"`  // the number of elements of a page
	First *int   `json:"first"` // the number of the first page; nil if it is not documented
	In    string `json:"in"`    // "body" if they are fields of the body; else they are in the query
}

// readFacts reads the fields of the operation that need no schema.
func (o *Operation) readFacts() error {
	var err error
	o.hasParameters = o.shared != nil
	s := &scanner{data: o.json}
	s.object(func(key string) {
		value := s.skip()
		if err == nil && s.err == nil {
			err = o.readFact(key, value)
		}
	})
	if s.err != nil {
		return s.err
	}
	return err
}

func (o *Operation) readFact(key string, value []byte) (err error) {
	switch key {
	case "operationId":
		o.ID, err = decode[string](value, key)
	case "parameters":
		o.hasParameters = true
	case "x-service":
		o.Service, err = decode[string](value, key)
	case "x-permission":
		o.Permission, err = decode[string](value, key)
	case "x-observed":
		o.Observed, err = decode[string](value, key)
	case "x-idempotent":
		o.Idempotent, err = decode[bool](value, key)
	case "x-paging":
		o.Paging, err = decode[*Paging](value, key)
	case "x-rate-limit":
		var limits []struct{ Requests, Seconds int }
		limits, err = decode[[]struct{ Requests, Seconds int }](value, key)
		for _, l := range limits {
			o.Limits = append(o.Limits, Limit{l.Requests, time.Duration(l.Seconds) * time.Second})
		}
	}
	return err
}

// Spec returns the operation with its schemas. The first call decodes it. The caller must not
// change the result. Spec panics if the operation is not valid.
func (o *Operation) Spec() *openapi3.Operation { return o.load().operation }

// load decodes the operation once.
func (o *Operation) load() *loaded {
	o.once.Do(func() { o.loaded, o.err = o.document.load(o) })
	if o.err != nil {
		panic(fmt.Sprintf("ringcxtest: operation %s: %v", o.ID, o.err))
	}
	return o.loaded
}
