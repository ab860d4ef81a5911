package origin

import (
	"net/url"
	"testing"
)

func TestSame(t *testing.T) {
	tests := []struct {
		a, b string
		want bool
	}{
		{"https://cx.example/a", "https://cx.example/b?c", true},
		{"https://cx.example", "HTTPS://CX.example:443", true},
		{"http://cx.example", "http://cx.example:80", true},
		{"http://cx.example", "http://cx.example:443", false},
		{"https://cx.example", "https://cx.example:8443", false},
		{"https://cx.example:443", "http://cx.example:443", false},
		{"https://cx.example", "https://cx.example.evil", false},
		{"https://cx.example", "https://cx.example@evil", false},
		{"https://cx.example", "//cx.example", false},
		{"http://[::1]:80", "http://[::1]", true},
	}
	for _, tt := range tests {
		a, errA := url.Parse(tt.a)
		b, errB := url.Parse(tt.b)
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		if Same(a, b) != tt.want || Same(b, a) != tt.want {
			t.Errorf("Same(%s, %s) is not %t in both orders", tt.a, tt.b, tt.want)
		}
	}
}
