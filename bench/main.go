// Command bench measures ringcx beside the libraries that a program would take
// instead, in one run on one machine, and writes RESULTS.md and results.svg.
//
//	cd bench && go run .
package main

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
)

func main() {
	log.SetFlags(0)
	root := flag.String("root", "..", "where the module of ringcx is")
	child := flag.String("child", "", "for the program itself: clients or heap")
	of := flag.String("of", "", "for the program itself: what the child is to run")
	n := flag.Int("n", 0, "for the program itself: how many users the child reads")
	flag.Parse()
	var err error
	switch *child {
	case "":
		err = measure(*root)
	case "clients":
		err = twoClients(*of)
	case "heap":
		var peak uint64
		peak, err = peakHeap(*of, *n)
		fmt.Println(peak)
	default:
		err = errors.New("bench: there is no such child")
	}
	if err != nil {
		log.Fatal(err)
	}
}

// passes is how often everything is measured. A pass runs every measurement once,
// so that a minute passes between two runs of the same measurement: a short
// disturbance of the machine affects one of them only.
const passes = 5

// measure measures everything, prints the table, and writes the two files.
func measure(root string) error {
	out := &results{}
	for n := range passes {
		pass, err := measurePass(root, n)
		if err != nil {
			return err
		}
		out.add(pass)
	}
	fmt.Print(machine(), "\n\n", table(out.rows))
	if err := os.WriteFile("results.svg", chart(out.panels), 0o644); err != nil {
		return err
	}
	text, err := report(out)
	if err != nil {
		return err
	}
	return os.WriteFile("RESULTS.md", text, 0o644)
}

// measurePass runs every measurement once. Passes are counted from 0.
func measurePass(root string, n int) (*results, error) {
	out := &results{}
	step := func(what string) { log.Printf("pass %d of %d: %s …", n+1, passes, what) }
	step("tokens")
	if err := measureTokens(root, out); err != nil {
		return nil, err
	}
	step("transports")
	measureTransport(out)
	step("long lists")
	if err := measureStream(out); err != nil {
		return nil, err
	}
	step("callers without a token")
	measureCold(out)
	step("callers in an outage")
	measureWarm(out, outageLength(n))
	step("two clients")
	measureRaces(out)
	return out, nil
}
