package report_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	"github.com/duplexws/duplex/conformance"
	"github.com/duplexws/duplex/conformance/report"
)

// Judge a server, and write a page about it.
func ExampleWriteHTML() {
	run := &report.Run{Agent: "my server", Role: report.Server, Address: "ws://127.0.0.1:9001/", Started: time.Now()}
	var err error
	if run.Results, err = conformance.RunServer(context.Background(), run.Address, nil); err != nil {
		log.Fatal(err)
	}
	run.Duration, run.Selected = time.Since(run.Started), len(run.Results)
	f, err := os.Create("report.html")
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	if err := report.WriteHTML(f, []*report.Run{run}); err != nil {
		log.Fatal(err)
	}
}

// Fail on new faults alone.
func ExampleKnown_Judge() {
	known, err := report.ReadKnown(strings.NewReader(`
		1.1.2: FAILED      # being worked on
		6.4.1: NON-STRICT  # costs too much
	`))
	if err != nil {
		log.Fatal(err)
	}
	run := &report.Run{Agent: "my server", Results: []*conformance.Result{
		{Case: conformance.Case{ID: "1.1.2"}, Verdict: conformance.OK},
		{Case: conformance.Case{ID: "2.2"}, Verdict: conformance.Failed, Reason: "no Pong came"},
		{Case: conformance.Case{ID: "6.4.1"}, Verdict: conformance.NonStrict},
	}}
	j := known.Judge(run, true)
	for _, r := range j.Regressions {
		fmt.Println("new:", r)
	}
	for _, r := range j.Known {
		fmt.Println("known:", r)
	}
	for _, f := range j.Fixed {
		fmt.Println("fixed:", f.Result.Case.ID, "was", f.Was)
	}
	// Output:
	// new: 2.2: FAILED: no Pong came
	// known: 6.4.1: NON-STRICT
	// fixed: 1.1.2 was FAILED
}
