package wire_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/wire"
)

// TestDecodeError checks the text of an error with all fields and with few.
func TestDecodeError(t *testing.T) {
	reason := fmt.Errorf("the body ended early: %w", io.ErrUnexpectedEOF)
	tests := []struct {
		name string
		err  wire.DecodeError
		want string
	}{
		{"all fields", wire.DecodeError{Method: "GET", Path: "/x", StatusCode: 200, ContentType: "application/json", Field: "a.b", Err: reason},
			`ringcx: call: GET /x: the response does not match openapi.yaml: status 200: "application/json": at a.b: the body ended early: unexpected EOF`},
		{"reason only", wire.DecodeError{Err: reason},
			`ringcx: call: the response does not match openapi.yaml: the body ended early: unexpected EOF`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, tt.err.Error()); diff != "" {
				t.Errorf("Error (-want +got):\n%s", diff)
			}
			if !errors.Is(&tt.err, io.ErrUnexpectedEOF) {
				t.Error("errors.Is does not find the reason")
			}
		})
	}
}
