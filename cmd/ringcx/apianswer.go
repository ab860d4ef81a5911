package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/internal/origin"
	"github.com/ringcx-go/ringcx-go/ringcx"
)

const (
	maxRedirects = 10
	maxRefusal   = 64 << 10 // of a refusal, read for its message
)

// send sends req, signed, and follows redirects within its origin.
func send(tokens *ringcx.TokenSource, req *http.Request) (*http.Response, error) {
	client := http.Client{
		Transport: tokens.Transport(nil),
		CheckRedirect: func(next *http.Request, before []*http.Request) error {
			switch {
			case !origin.Same(req.URL, next.URL):
				return fmt.Errorf("it redirects to another host, %s, which is not followed", next.URL.Host)
			case len(before) > maxRedirects:
				return fmt.Errorf("it redirects more than %d times", maxRedirects)
			}
			return nil
		},
	}
	resp, err := client.Do(req)
	if u, ok := errors.AsType[*url.Error](err); ok {
		if strings.HasPrefix(u.Err.Error(), "ringcx: ") {
			return nil, u.Err
		}
		return nil, fmt.Errorf("%s %s: %w", req.Method, req.URL.EscapedPath(), u.Err)
	}
	return resp, err
}

// printAnswer writes the answer as it came. A refusal is an error too.
func printAnswer(w io.Writer, resp *http.Response, include bool) error {
	if include {
		if err := printHead(w, resp); err != nil {
			return err
		}
	}
	if resp.StatusCode < 300 {
		_, err := io.Copy(w, resp.Body)
		return err
	}
	var start bytes.Buffer
	if _, err := io.Copy(w, io.TeeReader(io.LimitReader(resp.Body, maxRefusal), &start)); err != nil {
		return err
	}
	if _, err := io.Copy(w, resp.Body); err != nil {
		return err
	}
	return refusal(resp, start.Bytes())
}

// printHead writes the status line and the headers, sorted.
func printHead(w io.Writer, resp *http.Response) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s\n", resp.Proto, resp.Status)
	if err := resp.Header.Write(&b); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w, strings.ReplaceAll(b.String(), "\r\n", "\n"))
	return err
}

// refusal is what to say of a refused call.
func refusal(resp *http.Response, body []byte) error {
	e := &ringcx.Error{
		Stage: ringcx.StageCall, StatusCode: resp.StatusCode,
		Method: resp.Request.Method, Path: resp.Request.URL.EscapedPath(),
	}
	var fromJSON gen.APIError
	switch {
	case json.Unmarshal(body, &fromJSON) == nil:
		e.Code = short(deref(fromJSON.ErrorCode))
		e.Message = short(cmp.Or(deref(fromJSON.GeneralMessage), deref(fromJSON.DeveloperMessage), deref(fromJSON.Details)))
	case strings.HasPrefix(resp.Header.Get("Content-Type"), "text/plain"):
		e.Message = short(string(body))
	}
	e.Message = cmp.Or(e.Message, http.StatusText(resp.StatusCode))
	return e
}

// maxMessage is how many characters of a message are shown.
const maxMessage = 200

// short is the first line of text, without what could steer a terminal.
func short(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	if runes := []rune(visible(line)); len(runes) > maxMessage {
		return string(runes[:maxMessage]) + "…"
	}
	return visible(line)
}
