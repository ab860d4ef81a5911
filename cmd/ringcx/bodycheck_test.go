package main

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
)

func TestBodyCheck(t *testing.T) {
	const (
		jsonType = "application/json;charset=UTF-8"
		complete = ""
	)
	tests := []struct {
		name, contentType, accept, body string
		want                            string // a part of the error
	}{
		{"array", jsonType, "", ` [{"a":[1,"x"]}, 1e999] `, complete},
		{"scalar", jsonType, "", `true`, complete},
		{"sequence", jsonType, "", "{}\n{}\n", complete},
		{"empty", jsonType, "", " \n", complete},
		{"truncated in a string", jsonType, "", `[{"a":"x`, endedEarly},
		{"truncated after a name", jsonType, "", `[{"a":`, endedEarly},
		{"truncated after an element", jsonType, "", `[{"a":1}`, endedEarly},
		{"truncated after a comma", jsonType, "", `[{"a":1},`, endedEarly},
		{"truncated word", jsonType, "", `tru`, endedEarly},
		{"HTML as JSON", jsonType, "", "<html>", "not valid JSON"},
		{"wrong bracket", jsonType, "", `[1}`, "not valid JSON"},
		{"HTML", "text/html; charset=utf-8", "", "<html>", "HTML page"},
		{"HTML on request", "text/html", "text/html, */*", "<html>", complete},
		{"text", "text/plain", "", `[{"a":`, complete},
		{"no type", "", "", `[`, complete},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			req := &http.Request{Header: http.Header{"Accept": {tt.accept}}}
			check := newBodyCheck(&http.Response{Request: req, Header: http.Header{"Content-Type": {tt.contentType}}})
			if _, err := io.Copy(check, iotest.OneByteReader(strings.NewReader(tt.body))); err != nil {
				t.Fatal(err)
			}
			err := check.finish()
			if (err == nil) != (tt.want == complete) || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error is %v, want one that contains %q", err, tt.want)
			}
		})
	}
}
