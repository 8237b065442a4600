package echotest

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// child is set in the environment of a test binary that is to be the server.
const child = "DUPLEX_BENCH_SERVER"

// Main is the body of TestMain of a server's package. In a process started by
// Start it is the server; otherwise it runs the tests.
func Main(m *testing.M, serve func()) {
	if os.Getenv(child) == "" {
		os.Exit(m.Run())
	}
	os.Args = append(os.Args[:1], "-addr", "127.0.0.1:0")
	go tellAllocs()
	serve()
}

// tellAllocs answers each line of the input with the number of objects that
// the process has allocated.
func tellAllocs() {
	var stats runtime.MemStats
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		runtime.ReadMemStats(&stats)
		fmt.Println(stats.Mallocs)
	}
}

// A Server is the server of this test binary, in a process of its own.
type Server struct {
	addr string
	in   io.Writer
	out  *bufio.Reader
}

// Start starts the server. It ends with the test.
func Start(t *testing.T) *Server {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), child+"=1")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	s := &Server{in: in, out: bufio.NewReader(out)}
	line := s.line(t)
	if s.addr = regexp.MustCompile(`127\.0\.0\.1:\d+`).FindString(line); s.addr == "" {
		t.Fatalf("the server said %q", line)
	}
	return s
}

// allocs returns how many objects the server has allocated.
func (s *Server) allocs(t *testing.T) (n int) {
	t.Helper()
	fmt.Fprintln(s.in)
	if _, err := fmt.Sscan(s.line(t), &n); err != nil {
		t.Fatal(err)
	}
	return n
}

func (s *Server) line(t *testing.T) string {
	t.Helper()
	line, err := s.out.ReadString('\n')
	if err != nil {
		t.Fatalf("the server said %q: %v", line, err)
	}
	return strings.TrimSpace(line)
}
