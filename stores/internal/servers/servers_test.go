package servers_test

import (
	"testing"

	"github.com/ringcx-go/ringcx-go/stores/internal/servers"
)

// TestRestart stops, kills and starts each server.
func TestRestart(t *testing.T) {
	for _, kind := range []servers.Kind{servers.PostgreSQL, servers.MariaDB, servers.Redis} {
		t.Run(string(kind), func(t *testing.T) {
			s := servers.Start(t, kind)
			for _, end := range []func(){s.Stop, s.Kill} {
				end()
				if err := s.Start(); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}
