package ringcxotel

import "net/http"

// Base returns the RoundTripper that sends the requests of t.
func Base(t *Transport) http.RoundTripper { return t.base }
