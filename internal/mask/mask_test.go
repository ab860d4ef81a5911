package mask

import "testing"

func TestSecret(t *testing.T) {
	tests := []struct{ value, want string }{
		{"", "…"},
		{"abcdef", "…"},
		{"0123456789-abcdef", "…"},
		{"0123456789--abcdef", "…abcdef"},
	}
	for _, tt := range tests {
		if got := Secret(tt.value); got != tt.want {
			t.Errorf("Secret(%q) = %q, want %q", tt.value, got, tt.want)
		}
	}
}
