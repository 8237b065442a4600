// Command run measures echo servers side by side: `go run ./run` in bench/.
//
// Every measurement has a fresh server process on core 0 (GOMAXPROCS=1) and
// the load generator wsload on core 1. Rounds are interleaved: each round runs
// every server once per scenario, in alternating order, and medians are
// reported. The figure that counts is the server's CPU time per message.
//
//	go run ./run -servers duplex,gorilla -scenarios b,d -rounds 3
//	go run ./run -quick
//
// It prints tables in Markdown, and writes them with every single run and a
// description of the machine to results/NAME.json (-out NAME). The exit status
// is 1 when a run failed.
package main
