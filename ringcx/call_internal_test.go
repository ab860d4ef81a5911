package ringcx

import (
	"net/http"
	"testing"

	"github.com/ringcx-go/ringcx-go/gen"
)

// TestIsIdempotent checks which requests may be sent again after a status 503.
func TestIsIdempotent(t *testing.T) {
	search := gen.Operation{ID: "search", Idempotent: true}
	load := gen.Operation{ID: "load"}
	update := gen.Operation{ID: "update", Idempotent: true}
	action := gen.Operation{ID: "action"}
	key := http.Header{"Idempotency-Key": {"1"}}
	tests := []struct {
		name   string
		method string
		header http.Header
		op     gen.Operation
		want   bool
	}{
		{"GET", "GET", nil, gen.Operation{}, true},
		{"no method, which means GET", "", nil, gen.Operation{}, true},
		{"OPTIONS", "OPTIONS", nil, gen.Operation{}, true},
		{"PUT of an unknown path", "PUT", nil, gen.Operation{}, false},
		{"PUT of an unknown path, with a key", "PUT", key, gen.Operation{}, true},
		{"PUT that replaces", "PUT", nil, update, true},
		{"PUT that acts", "PUT", nil, action, false},
		{"PUT that acts, with a key", "PUT", key, action, true},
		{"DELETE of an unknown path", "DELETE", nil, gen.Operation{}, true},
		{"DELETE that acts", "DELETE", nil, action, false},
		{"POST of an unknown path", "POST", nil, gen.Operation{}, false},
		{"POST of an unknown path, with a key", "POST", key, gen.Operation{}, true},
		{"POST that searches", "POST", nil, search, true},
		{"POST that loads", "POST", nil, load, false},
		{"POST that loads, with a key", "POST", key, load, true},
		{"PATCH", "PATCH", nil, load, false},
		{"another method", "MERGE", nil, gen.Operation{}, false},
	}
	for _, tt := range tests {
		if got := isIdempotent(&http.Request{Method: tt.method, Header: tt.header}, tt.op); got != tt.want {
			t.Errorf("%s: %t, want %t", tt.name, got, tt.want)
		}
	}
}
