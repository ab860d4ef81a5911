package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
)

// File is a file to upload: a field of a multipart body, or a whole binary body. Package
// gen uses it for strings with the format binary. See [Multipart] and [File.Body].
type File struct {
	// Name is the name that the server is told, such as "leads.csv". RingCX may choose the
	// format by its extension.
	Name string

	// Reader is the content. It is read while the request is sent, from its current
	// position, and is never closed. Do not use it before the call has returned. If it is an
	// [io.Seeker] that can seek, such as an [os.File] or a [bytes.Reader], the request has a
	// Content-Length, and can be sent again: then the Reader is rewound to where it was.
	//
	// RingCX may respond before it has read the file. If the call returns an error, no other
	// Read begins after that, and none is still running if all files of the request can seek.
	// Otherwise one Read may still be running, for example of a pipe without data: wait for it
	// before using the Reader, or close the Reader if it allows that during a Read.
	Reader io.Reader
}

// MarshalJSON returns an error: a file cannot be sent as JSON.
func (File) MarshalJSON() ([]byte, error) {
	return nil, errors.New("wire: a File cannot be sent as JSON: use Multipart")
}

// Body returns a request body that is the content of f and nothing else, with the
// Content-Type application/octet-stream. A nil Reader is an empty content.
func (f File) Body() *Body {
	b := &Body{contentType: "application/octet-stream", seekable: true}
	if f.Reader != nil {
		b.addFile(f.Reader)
	}
	return b.begin()
}

// Multipart returns a request body with the Content-Type multipart/form-data. fields is a
// struct, or a pointer to one: a type of package gen whose name ends in MultipartBody, or
// any other:
//
//	body, err := wire.Multipart(struct {
//		File wire.File `json:"file"`
//	}{wire.File{Name: "leads.csv", Reader: f}})
//
// Pass it to a method of the generated client whose name contains WithBody, as the last two
// arguments body.ContentType() and body.
//
// The names of the parts are those that encoding/json uses. A field that it omits, and a nil
// pointer, is no part. A [File] is a file, and a slice is one part for each element. The
// content of any other part is the JSON of the field, a string without quotation marks.
// Files are read while the request is sent, and never kept in memory.
//
// Multipart returns an error if fields is not a struct, if a field cannot be encoded, or if
// a File has no Reader.
func Multipart(fields any) (*Body, error) {
	v := reflect.ValueOf(fields)
	for v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct {
		return nil, fmt.Errorf("wire: Multipart: want a struct, got %T", fields)
	}
	e := multipartEncoder{body: &Body{seekable: true}}
	e.writer = multipart.NewWriter(&e.text)
	e.body.contentType = e.writer.FormDataContentType()
	for i := range v.NumField() {
		if err := e.addField(v.Type().Field(i), v.Field(i)); err != nil {
			return nil, err
		}
	}
	_ = e.writer.Close() // a bytes.Buffer never fails
	e.flush()
	return e.body.begin(), nil
}

// multipartEncoder writes the parts of a Body.
type multipartEncoder struct {
	body   *Body
	writer *multipart.Writer
	text   bytes.Buffer // what writer wrote since the last file
}

// addField adds the parts of a field of a struct.
func (e *multipartEncoder) addField(f reflect.StructField, v reflect.Value) error {
	name, omit := jsonField(f, v)
	if omit {
		return nil
	}
	if v.Kind() != reflect.Slice || v.Type().Elem().Kind() == reflect.Uint8 {
		return e.add(name, v)
	}
	for i := range v.Len() {
		if err := e.add(name, v.Index(i)); err != nil {
			return err
		}
	}
	return nil
}

// add adds a part, or none for a nil pointer.
func (e *multipartEncoder) add(name string, v reflect.Value) error {
	v = reflect.Indirect(v)
	if !v.IsValid() {
		return nil
	}
	if f, ok := v.Interface().(File); ok {
		return e.addFile(name, f)
	}
	data, err := json.Marshal(v.Interface())
	if err != nil {
		return fmt.Errorf("wire: Multipart: field %s: %w", name, err)
	}
	content := string(data)
	if kind(data) == "string" {
		_ = json.Unmarshal(data, &content) // it was marshaled above
	}
	return e.writer.WriteField(name, content)
}

func (e *multipartEncoder) addFile(name string, f File) error {
	if f.Reader == nil {
		return fmt.Errorf("wire: Multipart: field %s: the File has no Reader", name)
	}
	if _, err := e.writer.CreateFormFile(name, f.Name); err != nil {
		return err
	}
	e.flush()
	e.body.addFile(f.Reader)
	return nil
}

// flush moves text into the body.
func (e *multipartEncoder) flush() {
	e.body.segments = append(e.body.segments, segment{text: e.text.String()})
	e.body.size += int64(e.text.Len())
	e.text.Reset()
}

// jsonField returns the name of a field of a struct in JSON. omit is true if encoding/json
// does not write the field.
func jsonField(f reflect.StructField, v reflect.Value) (name string, omit bool) {
	name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
	switch {
	case !f.IsExported() || name == "-" && options == "":
		return "", true
	case name == "":
		name = f.Name
	}
	return name, isOmitted(options, v)
}

// isOmitted reports whether encoding/json omits v, a field with the given options.
func isOmitted(options string, v reflect.Value) bool {
	for option := range strings.SplitSeq(options, ",") {
		switch option {
		case "omitzero":
			if v.IsZero() {
				return true
			}
		case "omitempty":
			if isEmpty(v) {
				return true
			}
		}
	}
	return false
}

// isEmpty reports whether v is empty for the option omitempty.
func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Array, reflect.Map, reflect.Slice, reflect.String:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}

// Body is the body of a request that uploads files. Pass it to a method of the generated
// client whose name contains WithBody, together with its ContentType, or to
// [net/http.NewRequest]. It can be used for one call.
//
// Package ringcx sets the Content-Length of the request, and sends the request again if all
// files can seek. Another HTTP client does so if the fields ContentLength and GetBody of
// the [net/http.Request] are set to the result of Len and to the method GetBody.
type Body struct {
	contentType string
	segments    []segment
	size        int64 // if all files can seek
	seekable    bool  // all files can

	mu      sync.Mutex  // guards current, and the position of the files
	current *bodyReader // the only one that may read
	first   *bodyReader
}

// segment is a part of a Body: text or a file.
type segment struct {
	text  string
	file  io.Reader
	start int64 // the position of a file that can seek
}

// errReplaced is the error of a reader after the body was requested again, or closed.
var errReplaced = errors.New("wire: the body is closed, or is being sent again")

// addFile adds the content of r, from its current position.
func (b *Body) addFile(r io.Reader) {
	s := segment{file: r}
	var err error
	if seeker, ok := r.(io.Seeker); !ok {
		b.seekable = false
	} else if s.start, err = b.measure(seeker); err != nil {
		b.seekable = false // such as a pipe
	}
	b.segments = append(b.segments, s)
}

// measure adds the number of bytes after the position of s to the size of b, and returns the
// position.
func (b *Body) measure(s io.Seeker) (start int64, err error) {
	start, err = s.Seek(0, io.SeekCurrent)
	if err != nil {
		return 0, err
	}
	end, err := s.Seek(0, io.SeekEnd)
	if err != nil {
		return 0, err
	}
	b.size += max(end-start, 0)
	return s.Seek(start, io.SeekStart)
}

// ContentType returns the Content-Type of the request.
func (b *Body) ContentType() string { return b.contentType }

// Len returns the size of the body in bytes, or -1 if it is not known because a file cannot
// seek.
func (b *Body) Len() int64 {
	if !b.seekable {
		return -1
	}
	return b.size
}

// Seekable reports whether all files of the body can seek, so that it can be sent again.
func (b *Body) Seekable() bool { return b.seekable }

// Read reads the body for the first time.
func (b *Body) Read(p []byte) (int, error) { return b.first.Read(p) }

// Close ends the reading of the body. It does not close the files.
func (b *Body) Close() error { return b.first.Close() }

// Release ends the reading of the body, also by the readers that GetBody returned. If all files
// can seek, it waits for a Read that is running, so that the files may then be used. Otherwise
// the Read may take forever, and Release does not wait. Package ringcx calls Release if a call
// returns an error.
func (b *Body) Release() {
	b.first.closed.Store(true)
	if !b.seekable {
		return // GetBody returns an error, so that there is no other reader
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.current = nil
}

// GetBody returns a reader of the body from its beginning. It rewinds the files, so that
// earlier readers of the body, which a transport may still use, return an error from then
// on. GetBody returns an error if a file cannot seek.
func (b *Body) GetBody() (io.ReadCloser, error) {
	if !b.seekable {
		return nil, errors.New("wire: the body cannot be sent again: the Reader of a File cannot seek")
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range b.segments {
		if seeker, ok := s.file.(io.Seeker); ok {
			if _, err := seeker.Seek(s.start, io.SeekStart); err != nil {
				return nil, fmt.Errorf("wire: the body cannot be sent again: %w", err)
			}
		}
	}
	b.current = b.newReader()
	return b.current, nil
}

// begin is called after the last segment was added.
func (b *Body) begin() *Body {
	b.first = b.newReader()
	b.current = b.first
	return b
}

func (b *Body) newReader() *bodyReader {
	readers := make([]io.Reader, len(b.segments))
	for i, s := range b.segments {
		if readers[i] = s.file; s.file == nil {
			readers[i] = strings.NewReader(s.text)
		}
	}
	return &bodyReader{body: b, inner: io.MultiReader(readers...)}
}

// bodyReader reads a Body once.
type bodyReader struct {
	body   *Body
	inner  io.Reader
	closed atomic.Bool
}

// Read reads from the body. It fails after Close, and after another call of Body.GetBody.
func (r *bodyReader) Read(p []byte) (int, error) {
	r.body.mu.Lock()
	defer r.body.mu.Unlock()
	if r.closed.Load() || r.body.current != r {
		return 0, errReplaced
	}
	return r.inner.Read(p)
}

// Close does not wait for a Read, which may block.
func (r *bodyReader) Close() error {
	r.closed.Store(true)
	return nil
}
