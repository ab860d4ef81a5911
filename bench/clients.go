package main

import (
	"bytes"
	"context"
	"log"
	"math"
	"net/http"
	"os/exec"
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
	out.rows = append(out.rows, row{
		what: "one source under two oauth2.NewClient: data races", reach: "none in any pass",
		met: func(own, _ cell) bool { return own.figures[0].max() == 0 },
		cells: map[string]cell{
			ringcxName: newCell("%d passes", races(ringcxName)),
			oauth2Name: newCell("%d passes; behind another type: %d", races(oauth2Name), races(oauth2Name+" wrapped")),
		},
	})
}

// races returns 1 if the race detector finds a race, 0 if not, and NaN if it
// cannot be run.
func races(name string) float64 {
	cmd := exec.Command("go", "run", "-race", ".", "-child", "clients", "-of", name)
	out, err := cmd.CombinedOutput()
	switch {
	case bytes.Contains(out, []byte("WARNING: DATA RACE")):
		return 1
	case err != nil:
		log.Printf("races of %s not measured: %v: %s", name, err, bytes.TrimSpace(out))
		return math.NaN()
	}
	return 0
}
