package ringcx_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
	"github.com/ringcx-go/ringcx-go/wire"
)

const (
	filePattern = "POST /voice/api/v1/admin/x"
	filePath    = "/voice/api/v1/admin/x"
)

// uploadForm is like the multipart bodies of package gen.
type uploadForm struct {
	File wire.File `json:"file"`
}

// upload sends a multipart form with a file.
func upload(ctx context.Context, client *ringcx.Client, file io.Reader) error {
	body, err := wire.Multipart(uploadForm{wire.File{Name: "leads.csv", Reader: file}})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, filePath, body)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", body.ContentType())
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// received is what a server got.
type received struct {
	content string
	length  int64 // Content-Length
}

// receiveFiles makes fake receive files.
func receiveFiles(t *testing.T, fake *ringcxtest.Server) *[]received {
	t.Helper()
	var all []received
	fake.Handle(filePattern, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		file, _, err := r.FormFile("file")
		if err != nil {
			t.Error(err)
			return
		}
		content, err := io.ReadAll(file)
		if err != nil {
			t.Error(err)
		}
		all = append(all, received{string(content), r.ContentLength})
	}))
	return &all
}

// TestUploadIsSentAgain has a server reject an upload first. A file that can seek is sent
// again, from where it was.
func TestUploadIsSentAgain(t *testing.T) {
	for _, tt := range []struct {
		name  string
		fault ringcxtest.Fault
		want  error // for a file that cannot seek
	}{
		{"401", ringcxtest.Expired, ringcx.ErrUnauthorized},
		{"429", ringcxtest.RateLimit(time.Second), ringcx.ErrRateLimited},
	} {
		for _, network := range []string{"memory", "loopback"} {
			t.Run(tt.name+" "+network, func(t *testing.T) {
				fake := ringcxtest.NewServer(t)
				files := receiveFiles(t, fake)
				cfg := fake.Config()
				if network == "loopback" {
					cfg = fake.LoopbackConfig()
				}
				client := newClient(t, cfg)
				content := strings.Repeat("0123456789", 100_000)
				file := strings.NewReader("header" + content)
				if _, err := file.Seek(6, io.SeekStart); err != nil {
					t.Fatal(err)
				}
				fake.Fault(filePattern, tt.fault, 1)
				if err := upload(t.Context(), client, file); err != nil {
					t.Error(err)
				}
				if len(*files) != 1 || (*files)[0].content != content || (*files)[0].length < int64(len(content)) {
					t.Errorf("the server got %d files, want one with its Content-Length", len(*files))
				}
				fake.Fault(filePattern, tt.fault, 1)
				if err := upload(t.Context(), client, bytes.NewBufferString(content)); !errors.Is(err, tt.want) {
					t.Errorf("file that cannot seek: %v, want %v", err, tt.want)
				}
				if err := upload(t.Context(), client, bytes.NewBufferString(content)); err != nil {
					t.Error(err)
				}
				if len(*files) != 2 || (*files)[1].content != content || (*files)[1].length != -1 {
					t.Errorf("the server got %d files, want a second one without Content-Length", len(*files))
				}
			})
		}
	}
}

// TestUploadAfter503 checks that an upload is not sent again after a 503: it is a POST.
func TestUploadAfter503(t *testing.T) {
	s := &service{script: []*http.Response{status(503, "1"), ok}}
	client := newClient(t, ringcx.Config{HTTPClient: &http.Client{Transport: s}})
	err := upload(t.Context(), client, strings.NewReader("x"))
	if e, isError := errors.AsType[*ringcx.Error](err); !isError || e.StatusCode != 503 || len(s.bodies) != 1 {
		t.Errorf("error is %v after %d requests, want 503 after one", err, len(s.bodies))
	}
}

// TestUploadWhileTheFirstIsRead has a transport that still reads the first body when it has
// returned a 401. The second body is complete.
func TestUploadWhileTheFirstIsRead(t *testing.T) {
	content := strings.Repeat("0123456789", 100_000)
	var reading sync.WaitGroup
	var second []byte
	attempts, tokens := 0, &service{}
	base := roundTripperWithoutClose(func(r *http.Request) (*http.Response, error) {
		if strings.HasPrefix(r.URL.Path, "/api/auth/") {
			return tokens.RoundTrip(r)
		}
		if attempts++; attempts == 2 {
			var err error
			second, err = io.ReadAll(r.Body)
			return response(200, "text/plain", ""), err
		}
		started := make(chan struct{})
		reading.Go(func() {
			b := make([]byte, 1)
			_, err := r.Body.Read(b)
			for close(started); err == nil; {
				_, err = r.Body.Read(b)
			}
			r.Body.Close()
		})
		<-started
		return response(401, "text/plain", "Jwt is expired"), nil
	})
	client := newClient(t, ringcx.Config{HTTPClient: &http.Client{Transport: base}})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, filePath, wire.File{Reader: strings.NewReader(content)}.Body())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Do(req); err != nil {
		t.Error(err)
	}
	if reading.Wait(); string(second) != content {
		t.Errorf("the second body has %d bytes, want %d", len(second), len(content))
	}
}

// roundTripperWithoutClose leaves it to the function to close the body.
type roundTripperWithoutClose func(*http.Request) (*http.Response, error)

func (f roundTripperWithoutClose) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// fileSize is the size of a large file: 200 MB.
const fileSize = 200_000_000

// zeros is a large file that needs no memory.
func zeros() io.ReadSeeker { return io.NewSectionReader(zeroReader{}, 0, fileSize) }

type zeroReader struct{}

func (zeroReader) ReadAt(p []byte, _ int64) (int, error) {
	clear(p)
	return len(p), nil
}

// TestFilesAreStreamed uploads and downloads a large file: client and fake together allocate
// little, and so keep little.
func TestFilesAreStreamed(t *testing.T) {
	fake := ringcxtest.NewServer(t)
	var uploaded int64
	fake.Handle(filePattern, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		form, err := r.MultipartReader()
		if err != nil {
			t.Error(err)
			return
		}
		file, err := form.NextPart()
		if err != nil {
			t.Error(err)
			return
		}
		uploaded, _ = io.Copy(io.Discard, file)
	}))
	fake.Handle("GET "+filePath, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "audio/wav")
		_, _ = io.Copy(w, zeros())
	}))
	for _, network := range []string{"memory", "loopback"} {
		cfg := fake.Config()
		if network == "loopback" {
			cfg = fake.LoopbackConfig()
		}
		cfg.OnCall = func(ringcx.Call) {}
		client := newClient(t, cfg)
		if _, err := ringcx.Get(client.ListAccountsWithResponse(t.Context())); err != nil { // signs in
			t.Fatal(err)
		}
		before := allocated()
		if err := upload(t.Context(), client, zeros()); err != nil || uploaded != fileSize {
			t.Errorf("%s: uploaded %d bytes, %v", network, uploaded, err)
		}
		checkAllocated(t, network+": upload", before)

		before = allocated()
		downloaded, err := download(t.Context(), client)
		if err != nil || downloaded != fileSize {
			t.Errorf("%s: downloaded %d bytes, %v", network, downloaded, err)
		}
		checkAllocated(t, network+": download", before)
	}
}

// download reads a file, and returns its size.
func download(ctx context.Context, client *ringcx.Client) (int64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, filePath, nil)
	if err != nil {
		return 0, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	return io.Copy(io.Discard, resp.Body)
}

// allocated returns how many bytes have been allocated since the program started.
func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// checkAllocated checks that at most 8 MiB have been allocated since before.
func checkAllocated(t *testing.T, what string, before uint64) {
	t.Helper()
	n := allocated() - before
	if t.Logf("%s: %d KiB allocated", what, n>>10); n > 8<<20 {
		t.Errorf("%s: %d KiB allocated, want at most 8 MiB", what, n>>10)
	}
}

// TestFileOfTheGeneratedClient passes a Body to a method with WithBody.
func TestFileOfTheGeneratedClient(t *testing.T) {
	content := "a file"
	req, err := gen.NewExchangeTokenRequestWithBody("https://ringcx.test", nil, "application/octet-stream", wire.File{Reader: strings.NewReader(content)}.Body())
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := req.Body.(*wire.Body); !ok {
		t.Errorf("the body of the request is a %T, which package ringcx does not recognize", req.Body)
	}
}

// slowFile is a Reader that can seek. A Read takes a while after it has started.
type slowFile struct {
	io.Seeker
	started  chan struct{}
	finished atomic.Bool
}

func (f *slowFile) Read([]byte) (int, error) {
	close(f.started)
	sha256.Sum256(make([]byte, 16<<20))
	f.finished.Store(true)
	return 0, io.EOF
}

// TestRejectedUploadEndsReads has a server reject an upload while the file is being read. The
// call returns after the Read.
func TestRejectedUploadEndsReads(t *testing.T) {
	file := &slowFile{Seeker: strings.NewReader("x"), started: make(chan struct{})}
	var sending sync.WaitGroup
	rt := roundTripper(func(r *http.Request) (*http.Response, error) {
		if r.URL.Path != filePath {
			return (&network{}).RoundTrip(r)
		}
		sending.Go(func() { _, _ = io.Copy(io.Discard, r.Body) }) // fails after the call
		<-file.started
		return response(http.StatusRequestEntityTooLarge, "text/plain", "too large"), nil
	})
	client := newClient(t, ringcx.Config{RingCentral: sentinelLogin(), HTTPClient: &http.Client{Transport: rt}})
	err := upload(t.Context(), client, file)
	if !file.finished.Load() {
		t.Error("the call returned during a Read")
	}
	if e, ok := errors.AsType[*ringcx.Error](err); !ok || e.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("error %v, want status 413", err)
	}
	sending.Wait()
}
