// Metrics measures package ringcx against fixed limits, and finds words in the
// repository that plain English has a better word for. Run it from the root of the
// module:
//
//	go run ./internal/metrics
//
// It prints one row for each limit, then the time types, the largest receiver and the
// files that a call of TokenContext passes through, so that a reader can judge them,
// and a line for each problem. The exit status is 1 if a limit is exceeded or a word
// of the table in words.go is used.
//
// Tests and generated files are not measured. Words are looked for in every Go file
// that is not generated (in comments, strings and the names of tests), and in all
// Markdown, YAML, Makefiles and test scripts.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

func main() {
	root := flag.String("root", ".", "measure the module in this `directory`")
	flag.Parse()
	if err := run(*root, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "metrics:", err)
		os.Exit(1)
	}
}

// run prints all that is measured below root. It returns an error if a limit is
// exceeded, a word is found, or the code does not compile.
func run(root string, out io.Writer) error {
	p, err := load(filepath.Join(root, "ringcx"))
	if err != nil {
		return err
	}
	findings, err := searchTree(root)
	if err != nil {
		return err
	}
	clocks, err := servicesClock(root)
	if err != nil {
		return err
	}
	measures := append(measureCode(p), measureTimes(p, clocks), measureContext(p))
	measures = append(measures, measureComments(p)...)
	exceeded := printMeasures(out, measures)
	printFindings(out, findings)
	return verdict(exceeded, len(findings))
}

func verdict(exceeded, findings int) error {
	var errs []error
	if exceeded > 0 {
		errs = append(errs, fmt.Errorf("limits exceeded: %d; see the rows marked EXCEEDED for what to do", exceeded))
	}
	if findings > 0 {
		errs = append(errs, fmt.Errorf("words to replace: %d; each line above has a better one, and internal/metrics/words.go has the exceptions", findings))
	}
	return errors.Join(errs...)
}

// servicesClock loads package ringcx/internal/servertime. It returns nil if there is
// none.
func servicesClock(root string) (*pkg, error) {
	dir := filepath.Join(root, "ringcx", "internal", "servertime")
	if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	return load(dir)
}
