package main

import (
	"fmt"
	"os"
	"regexp"
	"runtime"
)

var modelName = regexp.MustCompile(`(?m)^model name\s*: (.*?)\s*$`)

// machine names what the numbers were measured on.
func machine() string {
	model := "processor unknown"
	info, _ := os.ReadFile("/proc/cpuinfo") // of Linux; elsewhere it stays unknown
	if m := modelName.FindSubmatch(info); m != nil {
		model = string(m[1])
	}
	return fmt.Sprintf("%s, %d cores, %s %s/%s", model, runtime.NumCPU(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
