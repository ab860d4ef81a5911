package wire_test

import (
	"testing"

	"github.com/ringcx-go/ringcx-go/wire"
)

// TestValueOf checks the value of a pointer and of nil.
func TestValueOf(t *testing.T) {
	if got := wire.Value(new("x")); got != "x" {
		t.Errorf("Value = %q, want x", got)
	}
	if got := wire.Value[bool](nil); got {
		t.Errorf("Value(nil) = %t, want false", got)
	}
}
