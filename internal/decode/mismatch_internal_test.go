package decode

import (
	"reflect"
	"strings"
	"testing"
)

// TestNotJSONIsShort checks that the mismatch of a long body, which is searched for secrets, is
// short: the search takes 70 ms for each MB.
func TestNotJSONIsShort(t *testing.T) {
	err := notJSON([]byte(strings.Repeat("x", 1<<20)), reflect.TypeFor[string]())
	if got, want := len(err.Error()), len(notJSONPrefix)+maxQuoted; got != want {
		t.Errorf("the mismatch has %d bytes, want %d", got, want)
	}
}
