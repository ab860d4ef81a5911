package main

import (
	"bytes"
	_ "embed"
	"runtime/debug"
	"strings"
	"text/template"
	"time"
)

//go:embed RESULTS.md.tmpl
var reportTemplate string

// report is RESULTS.md.
func report(out *results) ([]byte, error) {
	t, err := template.New("RESULTS.md").Parse(reportTemplate)
	if err != nil {
		return nil, err
	}
	missed := []string{}
	for _, r := range out.rows {
		if r.missed() {
			missed = append(missed, r.what)
		}
	}
	var b bytes.Buffer
	err = t.Execute(&b, map[string]any{
		"Machine": machine(), "Date": time.Now().UTC().Format(time.DateOnly), "Versions": versions(),
		"Table": table(out.rows), "Missed": missed, "Passes": passes,
	})
	return b.Bytes(), err
}

// versions names the peers' modules, as this program was built with them.
func versions() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	var names []string
	for _, m := range info.Deps {
		switch m.Path {
		case "golang.org/x/oauth2", "cloud.google.com/go/auth", "github.com/aws/aws-sdk-go-v2":
			names = append(names, m.Path+" "+m.Version)
		}
	}
	return strings.Join(names, ", ")
}
