package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"
)

var (
	port  = flag.Int("p", 0, "port of 127.0.0.1 that the server listens on")
	pid   = flag.Int("P", 0, "the server's process, whose CPU time is measured")
	conns = flag.Int("c", 100, "connections")
	size  = flag.Int("s", 128, "bytes of a message")
	each  = flag.Int("n", 0, "messages a connection, then idle; 0: as many as there is time for")
	warm  = flag.Float64("w", 0, "seconds of warm-up")
	secs  = flag.Float64("t", 4, "seconds measured, or held idle")
)

// report is the line that is printed, with the names of wsload's.
type report struct {
	Messages  uint64  `json:"msgs"`
	PerSecond float64 `json:"msgs_per_s"`
	CPU       float64 `json:"server_cpu_per_m"` // seconds a million, so microseconds each
	Sent      float64 `json:"wire_sent"`        // bytes of a frame, to the server
	Received  float64 `json:"wire_received"`
	Alive     int     `json:"alive"`
	Errors    uint64  `json:"errors"`
	Note      string  `json:"note"`
}

func main() {
	flag.Parse()
	if *conns < 1 || *size < recordSize || *secs < 0 || *warm < 0 || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	l := newLoad(makeMessages(*size))
	defer l.close()
	if err := l.open(net.JoinHostPort("127.0.0.1", strconv.Itoa(*port)), *conns); err != nil {
		fmt.Fprintln(os.Stderr, "zipload:", err)
		os.Exit(1)
	}
	var r report
	if *each > 0 {
		r = l.idle(*each, seconds(*secs), os.Stderr)
	} else {
		r = l.measure(*pid, seconds(*warm), seconds(*secs))
	}
	line, err := json.Marshal(r)
	if err != nil {
		panic(err) // there is nothing in a report that JSON cannot say
	}
	fmt.Println(string(line))
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
