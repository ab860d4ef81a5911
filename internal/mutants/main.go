// Mutants tests the tests. It changes one line of package ringcx or of a Store at a time
// (a mutation) and expects a test to fail. Run it in the root of the module:
//
//	make mutants                                 everything; up to half an hour on 2 cores
//	go run ./internal/mutants                    all mutations with the tests
//	go run ./internal/mutants -sim               the mutations of the protocol with the simulation
//	go run ./internal/mutants -all -run 'lease'  both, for mutations with lease in their name
//	go run ./internal/mutants -check             only check that mutations apply and compile
//
// The mutations are in mutants.txt, which starts with a description of its format.
// Mutants does not change the source files. The go command compiles each mutation with
// an overlay (go help build, -overlay) into a test binary in a temporary directory.
//
// A mutation is killed if a test fails, panics, or exceeds its time limit. The hint of a
// mutation is the test that is known to kill it. It runs first, then all tests of its
// package, then the tests of the other packages. If every test passes, the mutation has
// survived: write a test that fails, and add it as the hint.
//
// A mutation marked [sim] changes the protocol between processes. The simulation alone
// must detect it within a minute. At least four of five of these mutations must be
// killed.
//
// It is an error in the list if the text of a mutation is not in its file exactly once
// ("no longer applies"), or if the mutation does not compile. Update the entry if you
// change the line.
//
// Mutants first runs the unchanged code in the same way. If that fails, Mutants stops,
// because all mutations would appear to be killed.
//
// Mutants prints a Markdown table in the order of the list. Tests run with GOMAXPROCS=1,
// so that the schedule of goroutines varies as little as possible. The exit status is 1
// if a mutation survived or if the list has an error.
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

// config is the configuration of a run.
type config struct {
	dir      string // root of the module
	list     string // file of mutations
	packages string // their tests are run

	names *regexp.Regexp // of the mutations to run
	tests bool           // run the tests
	sim   bool           // run the simulation for the mutations marked [sim]
	check bool           // run neither; only compile the mutated packages
	jobs  int            // number of mutations to run concurrently

	hintTime time.Duration // time limit of the tests of a hint
	testTime time.Duration // time limit of all tests of a package
	simTime  time.Duration // time limit of the simulation; after it the mutation has survived
	simPkg   string        // package of the simulation
	simArgs  []string      // arguments of its test binary
}

// simArgs select a simulation that takes 40 s of processor time for the unchanged code.
// It simulates each kind of failure alone in a small fleet, and some of them combined.
var simArgs = []string{
	"-test.run=^Test(Fleet|Simulation)", "-sim.kinds", "-sim.fleets=95", "-sim.processes=8", "-sim.hours=4", "-sim.seeds=20",
}

func main() {
	c := config{
		dir: ".", packages: "./ringcx/...",
		hintTime: time.Minute, testTime: 5 * time.Minute, simTime: time.Minute, simPkg: "./ringcx", simArgs: simArgs,
	}
	flag.StringVar(&c.list, "list", "internal/mutants/mutants.txt", "read the mutations from this `file`")
	flag.IntVar(&c.jobs, "j", 2, "run `n` mutations concurrently")
	names := flag.String("run", "", "run only mutations whose name matches this `regexp`")
	sim := flag.Bool("sim", false, "run only the simulation, for the mutations marked [sim]")
	all := flag.Bool("all", false, "run the tests and the simulation")
	flag.BoolVar(&c.check, "check", false, "only check that the mutations apply and compile")
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

// run runs the selected mutations. It writes the table to out and progress messages to
// progress. It returns an error unless the tests killed every mutation and the
// simulation killed enough of them.
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

// selectMutations returns the mutations that the flags select.
func selectMutations(all []mutation, c config) (selected []mutation) {
	for _, m := range all {
		if c.names.MatchString(m.name) && (c.tests || m.sim) {
			selected = append(selected, m)
		}
	}
	return selected
}
