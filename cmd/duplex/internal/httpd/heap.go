package httpd

import (
	"os"
	"runtime/debug"
)

// GCPercent is by how much of what is live the heap grows before the garbage
// collector runs.
const GCPercent = 40

// leanHeap has the garbage collector run before the heap has grown by as much
// as is live, unless GOGC says otherwise. What a
// server with many connections needs most is memory, and only handshakes leave
// garbage behind: messages allocate nothing.
func leanHeap() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(GCPercent)
	}
}
