package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"
	"text/template"
	"time"
	"unicode/utf8"
)

//go:embed RESULTS.md.tmpl
var reportTemplate string

// report returns the text of RESULTS.md.
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

// versions returns the modules of the other libraries and their versions in this build.
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

var modelName = regexp.MustCompile(`(?m)^model name\s*: (.*?)\s*$`)

// machine describes the machine.
func machine() string {
	model := "processor unknown"
	info, _ := os.ReadFile("/proc/cpuinfo") // exists on Linux only
	if m := modelName.FindSubmatch(info); m != nil {
		model = string(m[1])
	}
	return fmt.Sprintf("%s, %d cores, %s %s/%s", model, runtime.NumCPU(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// columns are the names of the libraries in the order of the columns.
var columns = []string{ringcxName, oauth2Name, cloudName, awsName}

// fields returns the text of the cells of a row.
func (r row) fields() []string {
	met := ""
	switch {
	case r.missed():
		met = "**no**"
	case r.target != "":
		met = "yes"
	}
	fields := []string{r.what, r.target, met, r.reference.String()}
	for _, c := range columns {
		fields = append(fields, r.cells[c].String())
	}
	return fields
}

// table returns the rows as a Markdown table. It aligns the columns, so that the table
// can be read in a terminal, too.
func table(rows []row) string {
	lines := [][]string{append([]string{"what", "target", "met", "reference"}, columns...), nil}
	for _, r := range rows {
		lines = append(lines, r.fields())
	}
	width := make([]int, len(lines[0]))
	for _, fields := range lines {
		for i, f := range fields {
			width[i] = max(width[i], utf8.RuneCountInString(f))
		}
	}
	var b strings.Builder
	for i, fields := range lines {
		for c := range width {
			if i == 1 {
				b.WriteString("| " + strings.Repeat("-", width[c]) + " ")
				continue
			}
			b.WriteString("| " + fields[c] + strings.Repeat(" ", width[c]-utf8.RuneCountInString(fields[c])+1))
		}
		b.WriteString("|\n")
	}
	return b.String()
}
