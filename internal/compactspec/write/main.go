// Write writes the compact JSON of an OpenAPI document in YAML to a file:
//
//	go run ./internal/compactspec/write openapi.yaml openapi.json
package main

import (
	"fmt"
	"os"

	"github.com/ringcx-go/ringcx-go/internal/compactspec"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: write openapi.yaml openapi.json")
		os.Exit(2)
	}
	if err := write(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "compactspec:", err)
		os.Exit(1)
	}
}

func write(from, to string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	out, err := compactspec.Compact(data)
	if err != nil {
		return fmt.Errorf("%s: %w", from, err)
	}
	return os.WriteFile(to, out, 0o644) //nolint:gosec // part of the source code
}
