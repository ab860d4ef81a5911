// Command bench compares ringcx with other libraries that cache tokens, in one run on
// one machine. It writes RESULTS.md and results.svg. A run takes minutes.
//
//	cd bench && go run .
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
)

func main() {
	log.SetFlags(0)
	root := flag.String("root", "..", "directory of the ringcx module")
	child := flag.String("child", "", "internal: run one measurement in this process: races or heap")
	of := flag.String("of", "", "internal: library or reading to measure")
	n := flag.Int("n", 0, "internal: number of users to read")
	flag.Parse()
	var err error
	switch *child {
	case "":
		err = measure(*root)
	case "races":
		err = twoClients(*of)
	case "heap":
		var peak uint64
		peak, err = peakHeap(*of, *n)
		fmt.Println(peak)
	default:
		err = fmt.Errorf("bench: unknown -child %q", *child)
	}
	if err != nil {
		log.Fatal(err)
	}
}

// passes is the number of passes. A pass runs every measurement once. About a minute
// passes between two runs of the same measurement, so that a short disturbance of the
// machine affects only one of them.
const passes = 5

// measure runs all passes, prints the table, and writes the two files.
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

// measurePass runs every measurement once. The first pass is 0.
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
	measureWithoutToken(out)
	step("callers during an outage")
	measureWithToken(out, outageLength(n))
	step("two clients")
	measureRaces(out)
	return out, nil
}
