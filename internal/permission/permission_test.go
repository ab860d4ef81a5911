package permission_test

import (
	"strings"
	"testing"

	"github.com/ringcx-go/ringcx-go/internal/permission"
)

func TestText(t *testing.T) {
	tests := []struct{ permission, want string }{
		{"READ Campaign", "READ Campaign"},
		{"READ Account + UPDATE Campaign", "READ Account and UPDATE Campaign"},
		{"UPDATE Queue + CREATE QueueGroup(target)", "UPDATE Queue and CREATE QueueGroup (target)"},
		{"ROLE SUPER_USER", "the role SUPER_USER"},
		{"ROLE MANAGE_USERS|SUPER_USER", "the role MANAGE_USERS or SUPER_USER"},
		{"AUTHENTICATED", ""},
		{"ANONYMOUS", ""},
		{"", ""},
	}
	for _, tt := range tests {
		if got := permission.Text(tt.permission); got != tt.want {
			t.Errorf("Text(%q) = %q, want %q", tt.permission, got, tt.want)
		}
	}
}

func TestCovered(t *testing.T) {
	tests := []struct {
		needed  string
		granted string
		want    bool
	}{
		{"", "", true},
		{"AUTHENTICATED", "", true},
		{"ANONYMOUS", "", true},
		{"NONE", "", true},
		{"READ Account", "", false},
		{"READ Account", "READ Account", true},
		{"READ Account", "UPDATE Account", false},
		{"READ Account", "READ", false},
		{"READ Account + UPDATE Campaign", "READ Account", false},
		{"READ Account + UPDATE Campaign", "UPDATE Campaign,READ Account", true},
		{"ROLE MANAGE_USERS|SUPER_USER", "ROLE SUPER_USER", true},
		{"ROLE MANAGE_USERS|SUPER_USER", "ROLE USER", false},
		{"ROLE MANAGE_USERS|SUPER_USER", "MANAGE_USERS", false},
		{"READ Queue(source) + CREATE QueueGroup(target)", "READ Queue,CREATE QueueGroup", true},
		{"READ Queue(source) + CREATE QueueGroup(target)", "READ Queue", false},
	}
	for _, tt := range tests {
		if got := permission.Covered(tt.needed, strings.Split(tt.granted, ",")); got != tt.want {
			t.Errorf("%q cover %q: %t, want %t", tt.granted, tt.needed, got, tt.want)
		}
	}
}
