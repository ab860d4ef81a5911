package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"
)

// shared are the sources that two clients of x/oauth2 share. ReuseTokenSource is
// known to NewClient, which uses it as it is; behind any other type it is not.
var shared = map[string]func(*endpoint) oauth2.TokenSource{
	ringcxName: func(e *endpoint) oauth2.TokenSource { return ringcxSource(e, time.Minute) },
	oauth2Name: func(e *endpoint) oauth2.TokenSource { return oauth2Source(e, time.Minute) },
	oauth2Name + " wrapped": func(e *endpoint) oauth2.TokenSource {
		return struct{ oauth2.TokenSource }{oauth2Source(e, time.Minute)}
	},
}

// twoClients has two clients of x/oauth2 use one source at once. Run it with the
// race detector.
func twoClients(name string) error {
	source := shared[name](&endpoint{life: time.Hour, latency: time.Millisecond})
	ctx := context.WithValue(context.Background(), oauth2.HTTPClient, &http.Client{Transport: bare{}})
	var both sync.WaitGroup
	errs := make([]error, 2)
	for i := range errs {
		client := oauth2.NewClient(ctx, source)
		both.Go(func() {
			for range 1000 {
				resp, err := client.Do(request())
				if err != nil {
					errs[i] = err
					return
				}
				resp.Body.Close()
			}
		})
	}
	both.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// measureRaces runs twoClients with the race detector, which needs a C compiler.
func measureRaces(out *results) {
	cells := map[string]string{
		ringcxName: races(ringcxName),
		oauth2Name: fmt.Sprintf("%s; behind a type of one's own: %s", races(oauth2Name), races(oauth2Name+" wrapped")),
	}
	out.rows = append(out.rows, row{
		what: "one source under two oauth2.NewClient", reach: "no race", met: cells[ringcxName] == "no race", cells: cells,
	})
}

func races(name string) string {
	cmd := exec.Command("go", "run", "-race", ".", "-child", "clients", "-of", name)
	out, err := cmd.CombinedOutput()
	switch {
	case bytes.Contains(out, []byte("WARNING: DATA RACE")):
		return "race"
	case err != nil:
		return "not measured: " + strings.TrimSpace(string(out[max(0, len(out)-60):]))
	}
	return "no race"
}
