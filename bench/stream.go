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

// reading reads a list of n users and calls seen for each of them.
type reading func(n int, seen func()) error

// readings are the compared ways to read a list.
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

// readingLoop returns a loop that reads a list of n users with readings[name].
func readingLoop(name string) loop {
	return func(n int) {
		got := 0
		if err := readings[name](n, func() { got++ }); err != nil || got != n {
			panic(fmt.Sprint(name, " read ", got, " of ", n, " users: ", err))
		}
	}
}

// peakHeap reads a list and returns the maximal size of the heap in bytes. Run it in a
// new process.
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

// peakOfChild runs peakHeap in a new process. It returns the result in MiB.
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

// measureStream measures how long it takes to read 100,000 users.
func measureStream(out *results) error {
	timings := map[string]timing{}
	for range streamRounds {
		for _, name := range readingNames {
			runtime.GC()
			timings[name] = append(timings[name], perCall(1, streamUsers, readingLoop(name)))
		}
	}
	ms := func(name string) float64 { return median(timings[name]) * streamUsers / 1e6 }
	share, decoder := timings["stream"].ratio(timings["all"]), timings["decoder"].ratio(timings["all"])
	out.rows = append(out.rows, row{
		what: "Stream, 100,000 users: time", target: "≤ 1.0 × reading all at once",
		met:       func(own, _ cell) bool { return own.median(1) <= 1 },
		reference: newCell("io.ReadAll + json.Unmarshal: %.0f ms; json.Decoder: %.2f ×", ms("all"), decoder),
		cells:     map[string]cell{ringcxName: newCell("%.0f ms, %.2f ×", ms("stream"), share)},
	})
	return measurePeaks(out)
}

// measurePeaks measures the memory that this needs.
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
		what: "the same: peak heap size", target: "≤ 8 MiB for any length",
		met:       func(own, _ cell) bool { return own.median(0) <= 8 && own.median(1) <= 8 },
		reference: newCell("io.ReadAll + json.Unmarshal: %.0f MiB; json.Decoder: %.1f MiB", peaks["all"], peaks["decoder"]),
		cells:     map[string]cell{ringcxName: newCell("%.1f MiB; of 1,000,000 users %.1f MiB", peaks["stream"], long)},
	})
	out.panels = append(out.panels, panel{title: "100,000 users: peak heap size, MiB", bars: []bar{
		{"Stream", figure{peaks["stream"]}}, {"json.Decoder", figure{peaks["decoder"]}}, {"all at once", figure{peaks["all"]}},
	}})
	return nil
}

// users is a list of n users in the format of RingCX. It generates the list while it is
// read, without allocations.
type users struct {
	n, made int
	buffer  []byte // the unread rest of the last user
	space   [512]byte
	ended   bool
}

var _ io.ReadCloser = (*users)(nil)

// Read implements io.Reader.
func (u *users) Read(p []byte) (n int, err error) {
	for n < len(p) {
		if len(u.buffer) == 0 {
			if u.ended {
				return n, io.EOF
			}
			u.next()
		}
		k := copy(p[n:], u.buffer)
		u.buffer = u.buffer[k:]
		n += k
	}
	return n, nil
}

// Close implements io.Closer.
func (u *users) Close() error { return nil }

// next generates the next user or the end of the list.
func (u *users) next() {
	b := u.space[:0]
	switch {
	case u.made == u.n:
		u.ended = true
		if u.n == 0 {
			b = append(b, '[')
		}
		u.buffer = append(b, ']')
		return
	case u.made == 0:
		b = append(b, '[')
	default:
		b = append(b, ',')
	}
	id := int64(1001 + u.made)
	appendID := func(before string) {
		b = strconv.AppendInt(append(b, before...), id, 10)
	}
	appendID(`{"userId":`)
	appendID(`,"userName":"user`)
	appendID(`@example.com","firstName":"User","lastName":"No. `)
	b = append(b, `","enabled":true,"parentPath":"1001","roles":[{"roleType":"USER","description":"User"}]`...)
	appendID(`,"rcUserId":"1000`)
	b = append(b, `","creationDate":"2020-05-15T20:38:13.686+0000"}`...)
	u.made++
	u.buffer = b
}
