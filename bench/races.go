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

// shared creates the sources that two clients of x/oauth2 share. NewClient recognizes
// ReuseTokenSource and does not wrap it again. It does not recognize it if it is wrapped
// in another type.
var shared = map[string]func(*endpoint) oauth2.TokenSource{
	ringcxName: func(e *endpoint) oauth2.TokenSource { return ringcxSource(e, time.Minute) },
	oauth2Name: func(e *endpoint) oauth2.TokenSource { return oauth2Source(e, time.Minute) },
	oauth2Name + " wrapped": func(e *endpoint) oauth2.TokenSource {
		return struct{ oauth2.TokenSource }{oauth2Source(e, time.Minute)}
	},
}

// twoClients uses one source in two clients of x/oauth2 concurrently. Run it with the
// race detector.
func twoClients(name string) error {
	source := shared[name](&endpoint{life: time.Hour, latency: time.Millisecond})
	ctx := context.WithValue(context.Background(), oauth2.HTTPClient, &http.Client{Transport: stub{}})
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

// measureRaces runs twoClients with the race detector. The detector needs a C compiler.
func measureRaces(out *results) {
	out.rows = append(out.rows, row{
		what: "one source in two oauth2.NewClient: data races", target: "none in any pass",
		met: func(own, _ cell) bool { return own.figures[0].max() == 0 },
		cells: map[string]cell{
			ringcxName: newCell("%d passes", races(ringcxName)),
			oauth2Name: newCell("%d passes; wrapped in another type: %d", races(oauth2Name), races(oauth2Name+" wrapped")),
		},
	})
}

// races returns 1 if the race detector finds a race, 0 if it finds none, and NaN if it
// cannot run.
func races(name string) float64 {
	cmd := exec.Command("go", "run", "-race", ".", "-child", "races", "-of", name)
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
