package conformance_test

import (
	"context"
	"fmt"
	"log"
	"net/http"

	"github.com/duplexws/duplex/conformance"
)

// Judge a server in a test or in CI.
func ExampleRunServer() {
	results, err := conformance.RunServer(context.Background(), "ws://127.0.0.1:9001/echo", &conformance.Options{
		Cases: []string{"*", "-9.*"},
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, r := range results {
		if !r.Passed(true) {
			fmt.Println(r)
			for _, entry := range r.Log {
				fmt.Println(entry)
			}
		}
	}
	fmt.Println(conformance.Summarize(results))
}

// Judge clients: run theirs against ws://127.0.0.1:9001/runCase?case=1&agent=me
// and so on.
func ExampleNewClientHandler() {
	h, err := conformance.NewClientHandler(nil, func(agent string, results []*conformance.Result) {
		log.Printf("%s: %v", agent, conformance.Summarize(results))
	})
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.ListenAndServe("127.0.0.1:9001", h))
}

func ExampleCases() {
	cases, err := conformance.Cases("6.4.*", "-6.4.2")
	if err != nil {
		log.Fatal(err)
	}
	for _, c := range cases {
		fmt.Println(c.ID, c.Title)
	}
	// Output:
	// 6.4.1 impossible text in three frames, cut at 11 and 15, with pauses
	// 6.4.3 impossible text in one frame, its octets cut at 11 and 15, with pauses
	// 6.4.4 impossible text in one frame, its octets cut at 12 and 13, with pauses
}
