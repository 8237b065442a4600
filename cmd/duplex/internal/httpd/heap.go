package httpd

import (
	"os"
	"runtime/debug"
)

// GCPercent is by how much the heap grows before the garbage collector runs.
const GCPercent = 50

// leanHeap lets the heap grow by half of what is live before the garbage
// collector runs, instead of by all of it, unless GOGC says otherwise. What a
// server with many connections needs most is memory, and only handshakes leave
// garbage behind: messages allocate nothing.
func leanHeap() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(GCPercent)
	}
}
