// Mutants checks the tests: it changes one line of packages ringcx or filestore
// at a time, and expects a test to fail. Run it from the root of the module:
//
//	make mutants                                 everything; half an hour at most on 2 cores
//	go run ./internal/mutants                    every mutation against the tests
//	go run ./internal/mutants -sim               the mutations of the protocol against the simulation alone
//	go run ./internal/mutants -all -run 'lease'  both, for the mutations with lease in their name
//	go run ./internal/mutants -check             only whether each mutation still applies and compiles
//
// The mutations are in mutants.txt, whose head documents the format. The tree is
// never changed: the go command compiles each mutation through an overlay (go
// help build, -overlay), into test binaries in a temporary directory.
//
// A mutation is killed if a test fails, panics, or does not end in time. The test
// that is known to kill it (its hint) runs first, then all tests of its package,
// then those of the other packages. If every test passes the mutation survived:
// write a test that fails, and give it as the hint.
//
// A mutation marked sim changes the protocol between processes. The simulation
// alone must notice it within a minute. At least four of five of those that ran
// must be killed.
//
// A mutation whose text is not in its file exactly once no longer applies, and one
// that does not compile tests nothing: both are errors of the list. Adapt the entry
// when you change the line that it names.
//
// The unchanged code runs first, through the same steps. If it fails, nothing that
// follows would mean anything, and Mutants stops.
//
// Mutants prints a table in Markdown, in the order of the list. Tests run with
// GOMAXPROCS=1, so that a mutation of concurrent code meets the same schedule each
// time, as far as Go allows. The exit status is 1 if a mutation survived, or the
// list has an error.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"time"
)

// config says what to run, and how.
type config struct {
	dir      string // root of the module
	list     string // file of mutations
	packages string // whose tests may kill a mutation

	names *regexp.Regexp // of the mutations to run
	tests bool           // run the tests
	sim   bool           // run the simulation, for the mutations that are marked
	check bool           // run neither: compile the mutated packages
	jobs  int            // at the same time

	hintTime time.Duration // the tests of a hint that take longer have failed
	testTime time.Duration // all tests of a package that take longer have failed
	simTime  time.Duration // a simulation that takes longer has found nothing
	simPkg   string        // package of the simulation
	simArgs  []string      // of its test binary
}

// simArgs let the simulation of the unchanged code use forty seconds of a processor: each
// kind of trouble by itself in a small fleet, and some of them mixed.
var simArgs = []string{
	"-test.run=^Test(Fleet|Simulation)", "-sim.kinds", "-sim.fleets=95", "-sim.hosts=8", "-sim.hours=4", "-sim.seeds=20",
}

func main() {
	c := config{
		dir: ".", packages: "./ringcx/...",
		hintTime: time.Minute, testTime: 5 * time.Minute, simTime: time.Minute, simPkg: "./ringcx", simArgs: simArgs,
	}
	flag.StringVar(&c.list, "list", "internal/mutants/mutants.txt", "read the mutations from this `file`")
	flag.IntVar(&c.jobs, "j", 2, "run `n` mutations at the same time")
	names := flag.String("run", "", "run only the mutations whose name matches this `regexp`")
	sim := flag.Bool("sim", false, "run the simulation alone, for the mutations marked sim")
	all := flag.Bool("all", false, "run the tests and the simulation")
	flag.BoolVar(&c.check, "check", false, "run no test: only check that the mutations apply and compile")
	flag.Parse()
	var err error
	if c.names, err = regexp.Compile(*names); err != nil {
		fmt.Fprintln(os.Stderr, "mutants: -run:", err)
		os.Exit(2)
	}
	c.tests, c.sim = *all || !*sim, *all || *sim
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, c, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

// run prints the table on out and the progress on progress. It returns an error
// unless every mutation that was asked for is killed.
func run(ctx context.Context, c config, out, progress io.Writer) error {
	mutations, err := readList(c.list)
	if err != nil {
		return err
	}
	selected := selectMutations(mutations, c)
	if len(selected) == 0 {
		return errors.New("no mutation is selected: check -run and -sim")
	}
	r, err := newRunner(ctx, c, progress)
	if err != nil {
		return err
	}
	defer os.RemoveAll(r.temp)
	if !c.check {
		if err := r.baseline(selected); err != nil {
			return err
		}
	}
	results := r.runAll(selected)
	if err := ctx.Err(); err != nil {
		return err
	}
	if c.check {
		return verdict(c, results)
	}
	printTable(out, c, results)
	return verdict(c, results)
}

// selectMutations returns the mutations that c asks for.
func selectMutations(all []mutation, c config) (selected []mutation) {
	for _, m := range all {
		if c.names.MatchString(m.name) && (c.tests || m.sim) {
			selected = append(selected, m)
		}
	}
	return selected
}
