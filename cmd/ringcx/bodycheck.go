package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
)

// bodyCheck checks the body of a response with status 200 to 299 while it is printed. A
// program that reads the output must not mistake a part of a list, or the page of a
// proxy, for the complete response.
type bodyCheck struct {
	io.Writer // gets the body
	in        *io.PipeWriter
	result    chan error
}

// newBodyCheck returns a check for the body of resp. The caller must call finish.
func newBodyCheck(resp *http.Response) *bodyCheck {
	contentType := resp.Header.Get("Content-Type")
	if !isJSONType(contentType) {
		c := &bodyCheck{Writer: io.Discard, result: make(chan error, 1)}
		c.result <- checkType(contentType, resp.Request)
		return c
	}
	out, in := io.Pipe()
	c := &bodyCheck{Writer: in, in: in, result: make(chan error, 1)}
	go func() {
		c.result <- checkJSON(out)
		_, _ = io.Copy(io.Discard, out) // until finish closes the pipe
	}()
	return c
}

// finish returns the result of the check. The complete body must have been written.
func (c *bodyCheck) finish() error {
	if c.in != nil {
		c.in.Close() // never fails
	}
	return <-c.result
}

// checkType returns an error for an HTML page, unless the request asks for one.
func checkType(contentType string, req *http.Request) error {
	name, _, err := mime.ParseMediaType(contentType)
	if err != nil || name != "text/html" || strings.Contains(req.Header.Get("Accept"), "html") {
		return nil
	}
	return errors.New("the body is an HTML page and not JSON: " + otherServer)
}

// checkJSON returns an error if text is not JSON or ends early. An empty text is valid,
// because many operations return nothing.
func checkJSON(text io.Reader) error {
	d := json.NewDecoder(text)
	d.UseNumber()
	depth := 0
	for {
		token, err := d.Token()
		switch {
		case errors.Is(err, io.EOF) && depth == 0:
			return nil
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return errors.New("the body is not complete JSON: " + endedEarly)
		case err != nil:
			return fmt.Errorf("the body is not valid JSON: %w", err)
		}
		if bracket, ok := token.(json.Delim); ok {
			if bracket == '{' || bracket == '[' {
				depth++
			} else {
				depth--
			}
		}
	}
}

// endedEarly is the reason and the advice for a body that is not complete.
const endedEarly = "the response of the server ended early; try again"
