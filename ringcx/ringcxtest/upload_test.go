package ringcxtest

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest/internal/contract"
	"github.com/ringcx-go/ringcx-go/wire"
)

// multipartForm returns a form with a field and two files, and its Content-Type.
func multipartForm(t *testing.T, first, second string) (contentType string, data []byte) {
	t.Helper()
	body, err := wire.Multipart(struct {
		Note  string    `json:"note"`
		File  wire.File `json:"file"`
		Other wire.File `json:"other"`
	}{"a note", wire.File{Name: "a.csv", Reader: strings.NewReader(first)}, wire.File{Name: "b.csv", Reader: strings.NewReader(second)}})
	if err != nil {
		t.Fatal(err)
	}
	data, err = io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return body.ContentType(), data
}

// readCall returns a call of an operation of openapi.yaml whose body has been read.
func readCall(contentType string, body io.Reader) *call {
	c := &call{
		endpoint: Exchange, operation: contract.OpenAPI().ByID(string(Exchange)),
		r: httptest.NewRequest(http.MethodPost, "/", body),
	}
	c.r.Header.Set("Content-Type", contentType)
	c.readBody()
	return c
}

var fileOptions = cmp.AllowUnexported(upload{}, uploadedFile{})

// TestReadMultipart reads a form with a large file: the rest of the form is unchanged.
func TestReadMultipart(t *testing.T) {
	large := strings.Repeat("0123456789", maxStart)
	contentType, data := multipartForm(t, large, "small")
	c := readCall(contentType, bytes.NewReader(data))
	want := &upload{fields: url.Values{"note": {"a note"}}, files: []uploadedFile{
		{"file", "a.csv", "application/octet-stream", int64(len(large)), []byte(large[:maxStart])},
		{"other", "b.csv", "application/octet-stream", 5, []byte("small")},
	}}
	if diff := cmp.Diff(want, c.upload, fileOptions); diff != "" {
		t.Errorf("upload (-want +got):\n%s", diff)
	}
	_, short := multipartForm(t, large[:maxStart], "small")
	if len(c.body) != len(short) {
		t.Errorf("%d bytes of the body are kept, want %d", len(c.body), len(short))
	}
	file, header, err := c.r.FormFile("other")
	if err != nil || header.Filename != "b.csv" || c.r.FormValue("note") != "a note" {
		t.Fatalf("the handler cannot read the form: %v, %+v", err, header)
	}
	if content, err := io.ReadAll(file); err != nil || string(content) != "small" {
		t.Errorf("the handler reads %q, %v", content, err)
	}
}

// TestReadMultipartKeepsLittle reads a form whose fields and files are too large together.
func TestReadMultipartKeepsLittle(t *testing.T) {
	var more []wire.File
	for range 3 * maxRequest / maxStart {
		more = append(more, wire.File{Name: "x", Reader: strings.NewReader(strings.Repeat("x", maxStart))})
	}
	body, err := wire.Multipart(struct {
		Note string
		More []wire.File
	}{strings.Repeat("n", maxRequest/2), more})
	if err != nil {
		t.Fatal(err)
	}
	c := readCall(body.ContentType(), body)
	if len(c.body) > 2*maxRequest || len(c.upload.files) != len(more) {
		t.Errorf("%d bytes are kept of %d files", len(c.body), len(c.upload.files))
	}
	for _, f := range c.upload.files {
		if f.size != maxStart {
			t.Fatalf("the size of a file is %d, want %d", f.size, maxStart)
		}
	}
}

// zeroReader reads zeros.
type zeroReader struct{}

func (zeroReader) ReadAt(p []byte, _ int64) (int, error) {
	clear(p)
	return len(p), nil
}

// TestReadAllocatesLittle reads files of 200 MB.
func TestReadAllocatesLittle(t *testing.T) {
	const size = 200_000_000
	file := func() wire.File { return wire.File{Name: "x", Reader: io.NewSectionReader(zeroReader{}, 0, size)} }
	form, err := wire.Multipart(struct{ File wire.File }{file()})
	if err != nil {
		t.Fatal(err)
	}
	for _, body := range []*wire.Body{form, file().Body()} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		c := readCall(body.ContentType(), body)
		runtime.ReadMemStats(&after)
		n := after.TotalAlloc - before.TotalAlloc
		if t.Logf("%s: %d KiB allocated", body.ContentType(), n>>10); n > 1<<20 || c.upload.files[0].size != size {
			t.Errorf("%s: %d bytes allocated for a file of %d bytes", body.ContentType(), n, c.upload.files[0].size)
		}
	}
}

// TestReadInvalidMultipart reads forms that end early or have no boundary. The body that is
// kept is not valid either, and the client's body is read to its end.
func TestReadInvalidMultipart(t *testing.T) {
	contentType, data := multipartForm(t, "first", "second")
	tests := []struct {
		name, contentType string
		data              []byte
		files             int
	}{
		{"the end is missing", contentType, data[:len(data)-10], 2},
		{"a file ends early", contentType, data[:bytes.Index(data, []byte("irst"))], 1},
		{"no boundary", multipartType, data, 0},
		{"another boundary", multipartType + "; boundary=other", data, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			body := bytes.NewBuffer(tt.data)
			c := readCall(tt.contentType, body)
			if len(c.upload.files) != tt.files || body.Len() > 0 {
				t.Errorf("files: %+v; %d bytes are not read", c.upload.files, body.Len())
			}
			if err := c.r.ParseMultipartForm(maxRequest); err == nil {
				t.Errorf("the body that is kept is a valid form: %q", c.body)
			}
		})
	}
}

// TestReadFile reads a body that is a file.
func TestReadFile(t *testing.T) {
	data := strings.Repeat("x", maxStart+7)
	c := readCall("text/csv; charset=utf-8", strings.NewReader(data))
	want := &upload{files: []uploadedFile{{"", "", "text/csv; charset=utf-8", maxStart + 7, []byte(data[:maxStart])}}}
	if diff := cmp.Diff(want, c.upload, fileOptions); diff != "" {
		t.Errorf("upload (-want +got):\n%s", diff)
	}
	if got, err := io.ReadAll(c.r.Body); err != nil || len(got) != maxStart || len(c.body) != maxStart {
		t.Errorf("the handler reads %d bytes, %v; %d are kept", len(got), err, len(c.body))
	}
}

// TestIsFile checks which bodies are files.
func TestIsFile(t *testing.T) {
	for contentType, want := range map[string]bool{
		"": false, "application/json": false, "application/json;charset=UTF-8": false, "application/problem+json": false,
		formType: false, "multipart/form-data; boundary=x": false, "text/plain": false, "text/html": false,
		"text/csv": true, "audio/wav": true, "application/octet-stream": true, "application/zip": true,
	} {
		if got := isFile(http.Header{"Content-Type": {contentType}}); got != want {
			t.Errorf("%q: %t, want %t", contentType, got, want)
		}
	}
}

// TestHandleStreamsFiles uploads more than the limit of other bodies to an endpoint that
// openapi.yaml does not have. Its handler reads all of it, a part, or nothing: the client's
// file is read to its end.
func TestHandleStreamsFiles(t *testing.T) {
	const pattern = "POST /voice/api/v1/admin/x"
	size := int64(maxRequest + 7)
	for _, read := range []int64{size, 10, 0} {
		s := NewServer(t)
		var got int64
		s.Handle(pattern, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			got, _ = io.Copy(io.Discard, io.LimitReader(r.Body, read))
		}))
		for name, client := range map[string]testClient{"memory": inMemory(s), "loopback": overLoopback(t, s)} {
			token := client.signIn(t).access
			for _, contentType := range []string{"application/octet-stream", "multipart/form-data; boundary=x"} {
				file := strings.NewReader(strings.Repeat("x", int(size)))
				req := httptest.NewRequest(http.MethodPost, client.ringCX+"/voice/api/v1/admin/x", file)
				req.RequestURI = ""
				req.Header.Set("Content-Type", contentType)
				req.Header.Set("Authorization", "Bearer "+token)
				resp := client.receive(req)
				if resp.err != nil || resp.status != 200 || got != read || file.Len() > 0 {
					t.Errorf("%s, %s: %+v; the handler read %d bytes, want %d; %d are left", name, contentType, resp, got, read, file.Len())
				}
			}
		}
	}
}

// TestRecorderKeepsNoFile writes a response that is a file.
func TestRecorderKeepsNoFile(t *testing.T) {
	for contentType, kept := range map[string]int{"audio/wav": 0, jsonType: 5} {
		r := &recorder{inner: httptest.NewRecorder(), record: true}
		r.Header().Set("Content-Type", contentType)
		if _, err := r.Write([]byte("12345")); err != nil {
			t.Fatal(err)
		}
		if r.body.Len() != kept || !r.complete() || r.size != 5 {
			t.Errorf("%s: %d bytes of %d are kept, complete is %t", contentType, r.body.Len(), r.size, r.complete())
		}
		r.size += maxChecked
		if want := kept == 0; r.complete() != want {
			t.Errorf("%s: complete of a large body is %t, want %t", contentType, r.complete(), want)
		}
	}
}
