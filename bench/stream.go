package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"runtime/metrics"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx"
)

// reading is a way to read a list of n users. It calls seen for each.
type reading func(n int, seen func()) error

// readings are the ways that are compared.
var readings = map[string]reading{
	"stream": func(n int, seen func()) error {
		for _, err := range ringcx.Stream[gen.User](&http.Response{StatusCode: http.StatusOK, Body: &users{n: n}}, nil) {
			if err != nil {
				return err
			}
			seen()
		}
		return nil
	},
	"decoder": func(n int, seen func()) error {
		d := json.NewDecoder(&users{n: n})
		if _, err := d.Token(); err != nil {
			return err
		}
		for d.More() {
			var u gen.User
			if err := d.Decode(&u); err != nil {
				return err
			}
			seen()
		}
		_, err := d.Token()
		return err
	},
	"all": func(n int, seen func()) error {
		data, err := io.ReadAll(&users{n: n})
		if err != nil {
			return err
		}
		var all []gen.User
		if err := json.Unmarshal(data, &all); err != nil {
			return err
		}
		for range all {
			seen()
		}
		return nil
	},
}

// readingLoop reads a list of n users in the way of that name.
func readingLoop(name string) loop {
	return func(n int) {
		got := 0
		if err := readings[name](n, func() { got++ }); err != nil || got != n {
			panic(fmt.Sprint(name, " read ", got, " of ", n, " users: ", err))
		}
	}
}

// peakHeap reads a list and returns the most that the heap had in use, in bytes.
// It wants a process of its own.
func peakHeap(name string, n int) (peak uint64, err error) {
	var mu sync.Mutex
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/unused:bytes"}}
	look := func() {
		mu.Lock()
		defer mu.Unlock()
		metrics.Read(sample)
		peak = max(peak, sample[0].Value.Uint64()+sample[1].Value.Uint64())
	}
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	go func() {
		for range ticker.C {
			look()
		}
	}()
	got := 0
	err = readings[name](n, func() {
		if got++; got%64 == 0 {
			look()
		}
	})
	if err == nil && got != n {
		err = fmt.Errorf("%d users, want %d", got, n)
	}
	mu.Lock()
	defer mu.Unlock()
	return peak, err
}

// peakOfChild runs peakHeap in a process of its own, in MiB.
func peakOfChild(name string, n int) (float64, error) {
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	out, err := exec.Command(self, "-child", "heap", "-of", name, "-n", fmt.Sprint(n)).Output()
	if err != nil {
		return 0, fmt.Errorf("reading %d users with %s: %w", n, name, err)
	}
	bytes, err := strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
	return bytes / (1 << 20), err
}

const (
	streamRounds = 5
	streamUsers  = 100_000
)

var readingNames = []string{"all", "stream", "decoder"}

// measureStream measures the reading of 100,000 users, who are made while they
// are read.
func measureStream(out *results) error {
	timings := map[string]timing{}
	for range streamRounds {
		for _, name := range readingNames {
			runtime.GC()
			timings[name] = append(timings[name], perCall(1, streamUsers, readingLoop(name)))
		}
	}
	ms := func(name string) float64 { return median(timings[name]) * streamUsers / 1e6 }
	share, bare := timings["stream"].ratio(timings["all"]), timings["decoder"].ratio(timings["all"])
	out.rows = append(out.rows, row{
		what: "Stream, 100,000 users: time", reach: "≤ 1.0 × reading all",
		met:   func(own, _ cell) bool { return own.median(1) <= 1 },
		yard:  newCell("io.ReadAll + json.Unmarshal: %.0f ms; json.Decoder: %.2f ×", ms("all"), bare),
		cells: map[string]cell{ringcxName: newCell("%.0f ms, %.2f ×", ms("stream"), share)},
	})
	return measurePeaks(out)
}

// measurePeaks measures the memory that the same takes.
func measurePeaks(out *results) error {
	peaks := map[string]float64{}
	for _, name := range readingNames {
		peak, err := peakOfChild(name, streamUsers)
		if err != nil {
			return err
		}
		peaks[name] = peak
	}
	long, err := peakOfChild("stream", 10*streamUsers)
	if err != nil {
		return err
	}
	out.rows = append(out.rows, row{
		what: "the same: peak of the heap", reach: "≤ 8 MiB, whatever the length",
		met:   func(own, _ cell) bool { return own.median(0) <= 8 && own.median(1) <= 8 },
		yard:  newCell("io.ReadAll + json.Unmarshal: %.0f MiB; json.Decoder: %.1f MiB", peaks["all"], peaks["decoder"]),
		cells: map[string]cell{ringcxName: newCell("%.1f MiB; of 1,000,000 users %.1f MiB", peaks["stream"], long)},
	})
	out.panels = append(out.panels, panel{title: "100,000 users: peak of the heap, MiB", bars: []bar{
		{"Stream", figure{peaks["stream"]}}, {"json.Decoder", figure{peaks["decoder"]}}, {"all at once", figure{peaks["all"]}},
	}})
	return nil
}
