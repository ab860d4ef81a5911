package permission_test

import (
	"testing"

	"github.com/ringcx-go/ringcx-go/internal/permission"
)

func TestText(t *testing.T) {
	tests := []struct{ permission, want string }{
		{"READ Campaign", "READ on Campaign"},
		{"READ Account + UPDATE Campaign", "READ on Account and UPDATE on Campaign"},
		{"UPDATE Queue + CREATE QueueGroup(target)", "UPDATE on Queue and CREATE on QueueGroup (target)"},
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
