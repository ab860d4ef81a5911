package wire_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/wire"
)

// form is like the multipart bodies of package gen.
type form struct {
	File     wire.File        `json:"file"`
	Second   *wire.File       `json:"second,omitempty"`
	More     []wire.File      `json:"more,omitempty"`
	Note     *string          `json:"note,omitempty"`
	Count    int64            `json:"count"`
	Active   *bool            `json:"active"`
	Tags     []string         `json:"tags,omitempty"`
	ID       wire.ID          `json:"id,omitzero"`
	PIN      wire.Secret      `json:"pin,omitempty"`
	Bytes    []byte           `json:"bytes,omitempty"`
	Nested   *struct{ A int } `json:"nested,omitempty"`
	Ignored  string           `json:"-"`
	Untagged string
	private  string
}

// sent is a part of a multipart body.
type sent struct{ Name, File, Content string }

// parts returns the parts of a body.
func parts(t *testing.T, contentType string, body io.Reader) (all []sent) {
	t.Helper()
	name, params, err := mime.ParseMediaType(contentType)
	if err != nil || name != "multipart/form-data" {
		t.Fatalf("Content-Type is %q", contentType)
	}
	r := multipart.NewReader(body, params["boundary"])
	for {
		p, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(p)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, sent{p.FormName(), p.FileName(), string(content)})
	}
}

// fileNamed returns a file whose Reader can seek.
func fileNamed(name, content string) wire.File {
	return wire.File{Name: name, Reader: strings.NewReader(content)}
}

var multipartTests = []struct {
	name   string
	fields any
	want   []sent
}{
	{"a file", struct {
		File wire.File `json:"file"`
	}{fileNamed("leads.csv", "1,2\n")}, []sent{{"file", "leads.csv", "1,2\n"}}},
	{"no optional field", form{File: fileNamed("a", "")}, []sent{{"file", "a", ""}, {"count", "", "0"}, {"Untagged", "", ""}}},
	{"a pointer", &form{File: fileNamed("a", "x")}, []sent{{"file", "a", "x"}, {"count", "", "0"}, {"Untagged", "", ""}}},
	{"all fields", form{
		File: fileNamed(`a "b".csv`, "x"), Second: new(fileNamed("b", "y")), More: []wire.File{fileNamed("c", "1"), fileNamed("d", "2")},
		Note: new("a \"note\"\n<ü>"), Count: 9007199254740993, Active: new(false), Tags: []string{"x", "y"}, ID: "7", PIN: "secret",
		Bytes: []byte("bytes"), Nested: &struct{ A int }{1}, Ignored: "i", Untagged: "u", private: "p",
	}, []sent{
		{"file", `a "b".csv`, "x"}, {"second", "b", "y"}, {"more", "c", "1"}, {"more", "d", "2"},
		{"note", "", "a \"note\"\n<ü>"}, {"count", "", "9007199254740993"}, {"active", "", "false"}, {"tags", "", "x"}, {"tags", "", "y"},
		{"id", "", "7"}, {"pin", "", "secret"}, {"bytes", "", "Ynl0ZXM="}, {"nested", "", `{"A":1}`}, {"Untagged", "", "u"},
	}},
	{"no fields", struct{}{}, nil},
}

// TestMultipart reads each body three times, and compares its length with Len.
func TestMultipart(t *testing.T) {
	for _, tt := range multipartTests {
		t.Run(tt.name, func(t *testing.T) {
			body, err := wire.Multipart(tt.fields)
			if err != nil {
				t.Fatal(err)
			}
			var r io.Reader = body
			for range 3 {
				data, err := io.ReadAll(r)
				if err != nil || int64(len(data)) != body.Len() {
					t.Errorf("read %d bytes, %v, want %d", len(data), err, body.Len())
				}
				if diff := cmp.Diff(tt.want, parts(t, body.ContentType(), bytes.NewReader(data))); diff != "" {
					t.Errorf("parts (-want +got):\n%s", diff)
				}
				if r, err = body.GetBody(); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// TestMultipartRejects checks the errors for what is not a body.
func TestMultipartRejects(t *testing.T) {
	tests := []struct {
		name   string
		fields any
		want   string
	}{
		{"nil", nil, "want a struct, got <nil>"},
		{"text", "text", "want a struct, got string"},
		{"nil pointer", (*form)(nil), "want a struct, got *wire_test.form"},
		{"no Reader", form{File: wire.File{Name: "a"}}, "field file: the File has no Reader"},
		{"no Reader in a list", form{File: fileNamed("a", ""), More: make([]wire.File, 1)}, "field more: the File has no Reader"},
		{"channel", struct{ C chan int }{make(chan int)}, "field C: json: unsupported type"},
		{"file in a struct", struct{ S struct{ F wire.File } }{}, "a File cannot be sent as JSON"},
	}
	for _, tt := range tests {
		if body, err := wire.Multipart(tt.fields); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, error %v, want %q in it", tt.name, body, err, tt.want)
		}
	}
}

// TestFileBody sends a file from its current position, twice.
func TestFileBody(t *testing.T) {
	reader := strings.NewReader("0123456789")
	if _, err := reader.Seek(4, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	body := wire.File{Name: "x", Reader: reader}.Body()
	if body.ContentType() != "application/octet-stream" || body.Len() != 6 || !body.Seekable() {
		t.Errorf("Content-Type %s, Len %d, Seekable %t", body.ContentType(), body.Len(), body.Seekable())
	}
	if data, err := io.ReadAll(body); err != nil || string(data) != "456789" {
		t.Errorf("body is %q, %v", data, err)
	}
	again, err := body.GetBody()
	if err != nil {
		t.Fatal(err)
	}
	if data, err := io.ReadAll(again); err != nil || string(data) != "456789" {
		t.Errorf("second body is %q, %v", data, err)
	}
	if data, err := io.ReadAll(wire.File{}.Body()); err != nil || len(data) > 0 {
		t.Errorf("body of no file is %q, %v", data, err)
	}
}

// TestBodyThatCannotSeek has Readers without Seek, and with one that fails.
func TestBodyThatCannotSeek(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := w.WriteString("x"); err != nil {
		t.Fatal(err)
	}
	w.Close()
	for name, reader := range map[string]io.Reader{"pipe": r, "buffer": bytes.NewBufferString("x")} {
		body := wire.File{Reader: reader}.Body()
		if body.Seekable() || body.Len() != -1 {
			t.Errorf("%s: Seekable is %t, Len is %d", name, body.Seekable(), body.Len())
		}
		if _, err := body.GetBody(); err == nil {
			t.Errorf("%s: GetBody returns no error", name)
		}
		if data, err := io.ReadAll(body); err != nil || string(data) != "x" {
			t.Errorf("%s: body is %q, %v", name, data, err)
		}
	}
	mixed, err := wire.Multipart(form{File: fileNamed("a", "x"), Second: &wire.File{Reader: bytes.NewBufferString("x")}})
	if err != nil || mixed.Seekable() || mixed.Len() != -1 {
		t.Errorf("one file can seek, one cannot: %+v, %v", mixed, err)
	}
}

// TestBodyIsReplaced reads a part of a body, and requests it again: only the new reader
// may read the file.
func TestBodyIsReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte("0123456789"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	body := wire.File{Reader: f}.Body()
	start := make([]byte, 3)
	if _, err := io.ReadFull(body, start); err != nil {
		t.Fatal(err)
	}
	again, err := body.GetBody()
	if err != nil {
		t.Fatal(err)
	}
	if n, err := body.Read(start); n > 0 || err == nil || errors.Is(err, io.EOF) {
		t.Errorf("the first reader returns %d, %v", n, err)
	}
	if data, err := io.ReadAll(again); err != nil || string(data) != "0123456789" {
		t.Errorf("the second reader returns %q, %v", data, err)
	}
	if again.Close(); f.Sync() != nil {
		t.Error("Close closes the file")
	}
	if n, err := again.Read(start); n > 0 || err == nil || errors.Is(err, io.EOF) {
		t.Errorf("after Close: %d, %v", n, err)
	}
	if _, err := body.GetBody(); err != nil {
		t.Errorf("GetBody after Close: %v", err)
	}
	f.Close()
	if _, err := body.GetBody(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("GetBody of a closed file: %v", err)
	}
}

// blocked is a Reader that waits.
type blocked struct{ started, release chan struct{} }

func (b blocked) Read([]byte) (int, error) {
	close(b.started)
	<-b.release
	return 0, io.EOF
}

// TestCloseDoesNotWait closes a body while its Reader blocks.
func TestCloseDoesNotWait(t *testing.T) {
	file := blocked{make(chan struct{}), make(chan struct{})}
	body := wire.File{Reader: file}.Body()
	done := make(chan error)
	go func() {
		_, err := io.ReadAll(body)
		done <- err
	}()
	<-file.started
	if err := body.Close(); err != nil {
		t.Error(err)
	}
	close(file.release)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// working is a Reader that can seek. Each Read takes a while after it has started.
type working struct {
	io.Seeker
	started  chan struct{}
	finished atomic.Bool
}

func (w *working) Read([]byte) (int, error) {
	close(w.started)
	sha256.Sum256(make([]byte, 16<<20))
	w.finished.Store(true)
	return 0, io.EOF
}

// TestReleaseWaits releases a body while its file is being read, by the first reader and by a
// later one. None reads after that.
func TestReleaseWaits(t *testing.T) {
	for _, again := range []bool{false, true} {
		file := &working{Seeker: strings.NewReader("x"), started: make(chan struct{})}
		body := wire.File{Reader: file}.Body()
		reader := io.Reader(body)
		if again {
			var err error
			if reader, err = body.GetBody(); err != nil {
				t.Fatal(err)
			}
		}
		done := make(chan error)
		go func() {
			_, err := reader.Read(make([]byte, 1))
			done <- err
		}()
		<-file.started
		body.Release()
		if !file.finished.Load() {
			t.Errorf("again %t: Release returns during a Read", again)
		}
		if err := <-done; !errors.Is(err, io.EOF) {
			t.Errorf("again %t: error of the Read that was running: %v", again, err)
		}
		if n, err := reader.Read(make([]byte, 1)); n > 0 || err == nil || errors.Is(err, io.EOF) {
			t.Errorf("again %t: a Read after Release returns %d, %v", again, n, err)
		}
	}
}

// TestReleaseDoesNotWait releases a body while its Reader, which cannot seek, blocks.
func TestReleaseDoesNotWait(t *testing.T) {
	file := blocked{make(chan struct{}), make(chan struct{})}
	body := wire.File{Reader: file}.Body()
	done := make(chan error)
	go func() {
		_, err := body.Read(make([]byte, 1))
		done <- err
	}()
	<-file.started
	body.Release()
	close(file.release)
	if err := <-done; !errors.Is(err, io.EOF) {
		t.Errorf("error of the Read that was running: %v", err)
	}
	if n, err := body.Read(make([]byte, 1)); n > 0 || err == nil || errors.Is(err, io.EOF) {
		t.Errorf("a Read after Release returns %d, %v", n, err)
	}
}

// TestFileCannotBeJSON encodes a File.
func TestFileCannotBeJSON(t *testing.T) {
	if data, err := json.Marshal(form{}); err == nil {
		t.Errorf("JSON of a File: %s", data)
	}
}
