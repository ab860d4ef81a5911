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

// results gathers what is measured.
type results struct {
	rows   []row
	panels []panel
}

// measure measures everything, prints the table, and writes the two files.
func measure(root string) error {
	out := &results{}
	log.Print("tokens …")
	if err := measureTokens(root, out); err != nil {
		return err
	}
	log.Print("transports …")
	measureTransport(out)
	log.Print("long lists …")
	if err := measureStream(out); err != nil {
		return err
	}
	log.Print("callers without a token …")
	measureCold(out)
	log.Print("callers in an outage …")
	measureWarm(out)
	log.Print("two clients …")
	measureRaces(out)
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
