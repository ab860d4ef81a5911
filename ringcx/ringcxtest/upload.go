package ringcxtest

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
)

const (
	multipartType = "multipart/form-data"

	// maxStart is how much of a file in a request body is kept: 64 KiB.
	maxStart = 64 << 10
)

// upload is what is known of a request body with files. Of the files only the beginning is kept.
type upload struct {
	fields url.Values
	files  []uploadedFile
}

// uploadedFile is a file in a request body.
type uploadedFile struct {
	field       string // empty if the file is the whole body
	name        string
	contentType string
	size        int64
	start       []byte // at most maxStart bytes
}

// isFile reports whether a body with this header is a file: neither JSON, nor a form, nor
// text, nor without a Content-Type.
func isFile(h http.Header) bool {
	name := mediaType(h)
	switch {
	case name == "", name == multipartType, name == formType, name == jsonType:
		return false
	case strings.HasSuffix(name, "+json"), name == "text/plain", name == "text/html":
		return false
	}
	return true
}

// mediaType returns the media type of a body, without parameters.
func mediaType(h http.Header) string {
	name, _, _ := mime.ParseMediaType(h.Get("Content-Type"))
	return name
}

// readFile reads a body that is a file.
func (c *call) readFile() {
	f := uploadedFile{contentType: c.r.Header.Get("Content-Type")}
	f.read(c.r.Body, maxStart)
	c.body = f.start
	c.upload = &upload{files: []uploadedFile{f}}
}

// read reads the file to its end, or to an error, and keeps its first bytes.
func (f *uploadedFile) read(r io.Reader, keep int64) {
	f.start, _ = io.ReadAll(io.LimitReader(r, keep)) // ignore the error: the next Read returns it again
	rest, _ := io.Copy(io.Discard, r)
	f.size = int64(len(f.start)) + rest
}

// readMultipart reads a multipart form. Its body is then the same form, but with the first
// bytes of each file only.
func (c *call) readMultipart() {
	_, params, _ := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	var kept bytes.Buffer
	w := multipart.NewWriter(&kept)
	c.upload = &upload{fields: url.Values{}}
	keep := int64(maxStart)
	if readsFiles[c.endpoint] {
		keep = maxRequest
	}
	if w.SetBoundary(params["boundary"]) == nil {
		c.upload.copyParts(w, multipart.NewReader(c.r.Body, params["boundary"]), keep)
	}
	c.body = kept.Bytes()
	c.drain()
}

// copyParts reads the parts of a form and writes them to w: of each file the first bytes, up to
// limit. If r does not end as a form must, nor does what it writes.
func (u *upload) copyParts(w *multipart.Writer, r *multipart.Reader, limit int64) {
	left := int64(maxRequest)
	for {
		p, err := r.NextRawPart()
		if err == io.EOF {
			w.Close()
			return
		}
		if err != nil {
			return
		}
		f := uploadedFile{field: p.FormName(), name: p.FileName(), contentType: p.Header.Get("Content-Type")}
		keep := left
		if f.name != "" {
			keep = min(left, limit)
		}
		f.read(p, keep)
		left -= int64(len(f.start))
		if f.name == "" {
			u.fields.Add(f.field, string(f.start))
		} else {
			u.files = append(u.files, f)
		}
		if part, err := w.CreatePart(p.Header); err == nil {
			_, _ = part.Write(f.start) // to a bytes.Buffer
		}
	}
}

// drain reads the rest of the request body, as a server does before it sends a response to
// a client that does not read before it has written all.
func (c *call) drain() {
	if c.r.Body != nil {
		_, _ = io.Copy(io.Discard, c.r.Body) // ignore the error: the client is gone
	}
}
