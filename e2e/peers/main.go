// Command peers judges other implementations by package conformance, as servers
// and as clients, and writes the table of docs/conformance.md:
//
//	cd e2e && npm ci && go run ./peers
//	cd e2e && go run ./peers -run '^(gws|node)' -role server -cases '6.*,12.*' -json run.json
//
// Each peer echoes whatever comes: it takes messages of 32 MiB, and compression is
// on where it has any. A peer whose program is not installed is left out, and said.
package main

import (
	"context"
	"flag"
	"log"
	"os"
	"os/signal"
	"regexp"
	"strings"

	"github.com/duplexws/duplex/conformance"
	"github.com/duplexws/duplex/conformance/report"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("peers: ")
	run := flag.String("run", "", "judge peers whose name fits the `pattern` alone")
	role := flag.String("role", "", "judge them as server or client alone")
	cases := flag.String("cases", "", "play these cases alone, see conformance.Cases")
	parallel := flag.Int("parallel", 4, "connections at once, with peers of several threads")
	timeout := flag.Duration("timeout", 0, "how long the suite waits, see conformance.Options (default 5s)")
	jsonFile := flag.String("json", "", "write the results, with their wire logs, to a `file`")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	pattern, err := regexp.Compile(*run)
	if err != nil {
		log.Fatal(err)
	}
	j := &judge{options: conformance.Options{Parallel: *parallel, Timeout: *timeout}}
	if *cases != "" {
		j.options.Cases = strings.Split(*cases, ",")
	}
	for _, p := range peers() {
		if !pattern.MatchString(p.name) {
			continue
		}
		if err := j.judge(ctx, p, *role); err != nil {
			log.Printf("%s: %v", p.name, err)
		}
	}
	if *jsonFile != "" {
		if err := writeJSON(*jsonFile, j.runs); err != nil {
			log.Fatal(err)
		}
	}
	writeTable(os.Stdout, j.runs)
	if ctx.Err() != nil {
		os.Exit(1)
	}
}

func writeJSON(name string, runs []*report.Run) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := report.WriteJSON(f, runs); err != nil {
		return err
	}
	return f.Close()
}
