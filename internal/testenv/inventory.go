package testenv

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// resident are functions whose goroutines the standard library starts once and
// never ends.
var resident = []string{
	"os/signal.loop(",
	"runtime.ensureSigM",
	"runtime.handleEvent(", // js/wasm
}

// goroutines returns the stacks of all goroutines but the caller's, by number.
func goroutines() map[string]string {
	buf := make([]byte, 64<<10)
	for {
		n := runtime.Stack(buf, true)
		if n < len(buf) {
			buf = buf[:n]
			break
		}
		buf = make([]byte, 2*len(buf))
	}
	found := make(map[string]string)
	stacks := strings.Split(string(buf), "\n\n")
	for _, stack := range stacks[1:] { // the first is the caller's
		head, _, _ := strings.Cut(stack, "\n")
		if fields := strings.Fields(head); len(fields) > 1 && !isResident(stack) {
			found[fields[1]] = stack
		}
	}
	return found
}

func isResident(stack string) bool {
	for _, f := range resident {
		if strings.Contains(stack, f) {
			return true
		}
	}
	return false
}

// descriptors returns what the open descriptors of this process stand for, by
// number. It is empty where /proc does not tell.
func descriptors() map[string]string {
	const dir = "/proc/self/fd"
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	found := make(map[string]string)
	for _, e := range entries {
		// The descriptor that read the directory is closed again by now.
		if target, err := os.Readlink(filepath.Join(dir, e.Name())); err == nil {
			found[e.Name()] = target
		}
	}
	return found
}

// startPoller makes the runtime open the descriptors of its network poller,
// which it otherwise does with the first socket and keeps.
func startPoller() {
	if r, w, err := os.Pipe(); err == nil {
		r.Close()
		w.Close()
	}
}
