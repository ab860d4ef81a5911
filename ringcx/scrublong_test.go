package ringcx

import (
	"strings"
	"testing"
)

// TestScrubOfALongSecret has secrets longer than a regular expression may be.
func TestScrubOfALongSecret(t *testing.T) {
	for _, n := range []int{500, 2000, 100_000} {
		secret := strings.Repeat("+a", n)
		if got := scrubber([]string{secret}).Replace("a " + secret + " b"); got != "a *** b" {
			t.Errorf("a secret of %d bytes: %d bytes are left", 2*n, len(got))
		}
	}
}
