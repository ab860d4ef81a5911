package main

import (
	"runtime"
	"runtime/debug"
	"testing"
)

func TestDescribeBuild(t *testing.T) {
	system := " go1.26.0 " + runtime.GOOS + "/" + runtime.GOARCH
	settings := func(modified string) []debug.BuildSetting {
		return []debug.BuildSetting{{Key: "vcs.revision", Value: "abc123"}, {Key: "vcs.modified", Value: modified}}
	}
	tests := []struct {
		name     string
		version  string
		settings []debug.BuildSetting
		want     string
	}{
		{"released", "v1.2.3", settings("false"), "ringcx v1.2.3" + system},
		{"devel", "(devel)", nil, "ringcx devel" + system},
		{"no module", "", nil, "ringcx devel" + system},
		{"revision", "(devel)", settings("false"), "ringcx devel revision abc123" + system},
		{"modified", "(devel)", settings("true"), "ringcx devel revision abc123 (modified)" + system},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			info := &debug.BuildInfo{GoVersion: "go1.26.0", Main: debug.Module{Version: tt.version}, Settings: tt.settings}
			if got := describeBuild(info); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
