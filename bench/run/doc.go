// Command run measures echo servers, and clients of them, side by side:
// `go run ./run` in bench/.
//
// Every measurement has fresh processes: a server on core 0 (GOMAXPROCS=1) and
// on core 1 the load generator wsload or, when clients are compared, the
// client (GOMAXPROCS=1). Rounds are interleaved: each round runs every program
// once per scenario, in alternating order, and medians are reported. The
// figure that counts is the program's CPU time per message.
//
//	go run ./run -servers duplex,gorilla -scenarios b,d -rounds 3
//	go run ./run -clients duplex,gorilla -scenarios b,d -against loopraw
//	go run ./run -quick
//
// It prints tables in Markdown, and writes them with every single run and a
// description of the machine to results/NAME.json (-out NAME). The exit status
// is 1 when a run failed.
package main
