package e2e

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/duplexws/duplex/internal/testenv"
)

// A program is a running foreign program, in the foreground.
type program struct {
	log   *lockedBuffer
	ended chan struct{}
	err   error // of its end
}

// startProgram starts a program, and kills it when the test has ended.
func startProgram(t *testing.T, bin string, args ...string) *program {
	t.Helper()
	cmd := exec.Command(bin, args...)
	p := &program{log: new(lockedBuffer), ended: make(chan struct{})}
	cmd.Stdout, cmd.Stderr, cmd.Env = p.log, p.log, withoutProxies(os.Environ())
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		p.err = cmd.Wait()
	}()
	t.Cleanup(func() {
		cmd.Process.Kill()
		<-p.ended
		if t.Failed() {
			t.Logf("log of %s:\n%s", filepath.Base(bin), p.log)
		}
	})
	return p
}

// accepts waits until the program accepts connections at addr, and reports
// whether it lives so long.
func (p *program) accepts(t *testing.T, addr string) bool {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		if nc, err := net.Dial("tcp", addr); err == nil {
			nc.Close()
			return true
		}
		select {
		case <-p.ended:
			return false
		case <-time.After(10 * time.Millisecond):
		}
	}
	t.Fatalf("nobody accepts connections at %s", addr)
	return false
}

// listen starts a program that has to be told where to listen, and waits until
// it does. If it ends instead, somebody else may have been faster: it is started
// again at another address.
func listen(t *testing.T, start func(addr string) *program) (addr string, p *program) {
	t.Helper()
	for range 3 {
		addr = freeAddr(t)
		if p = start(addr); p.accepts(t, addr) {
			return addr, p
		}
	}
	t.Fatalf("it ended, thrice: %v", p.err)
	return "", nil
}

// The ports of freeAddr are such as no system gives to who does not care.
const firstPort, ports = 20_000, 12_000

var nextPort atomic.Uint32

func init() { nextPort.Store(rand.Uint32N(ports)) }

// freeAddr returns an address of loopback at which nobody listens now, and not
// the same again soon. It does not listen there to find out: processes that are
// being started at that time would have the listener for a moment.
func freeAddr(t *testing.T) string {
	t.Helper()
	for range ports {
		addr := fmt.Sprint("127.0.0.1:", firstPort+nextPort.Add(1)%ports)
		nc, err := net.Dial("tcp", addr)
		if err != nil {
			return addr
		}
		nc.Close()
	}
	t.Fatal("no port is free")
	return ""
}

// nobodyAt returns an address of loopback at which nobody listens while the
// test runs: a connection of ours has it.
func nobodyAt(t *testing.T) string {
	t.Helper()
	l := listenTCP(t)
	nc, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close(); l.Close() })
	return nc.LocalAddr().String()
}

func portOf(t *testing.T, addr string) string {
	t.Helper()
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// withoutProxies is an environment for who talks to loopback alone.
func withoutProxies(env []string) []string {
	return slices.DeleteFunc(env, func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return strings.HasSuffix(strings.ToUpper(name), "_PROXY") || name == "REQUEST_METHOD"
	})
}

// shortTempDir is t.TempDir with a path of few octets: that of a socket in it
// may have about 100.
func shortTempDir(t *testing.T) string {
	t.Helper()
	if len(os.TempDir()) < 50 {
		return t.TempDir()
	}
	dir, err := os.MkdirTemp("/tmp", "")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// TestListen: a program whose port has been taken is started at another.
func TestListen(t *testing.T) {
	t.Parallel()
	bin := testenv.Tool(t, "it listens where it is told", "microsocks")
	taken, started := nobodyAt(t), 0
	addr, p := listen(t, func(addr string) *program {
		if started++; started < 3 {
			addr = taken
		}
		return startProgram(t, bin, "-i", "127.0.0.1", "-p", portOf(t, addr))
	})
	if started != 3 || !p.accepts(t, addr) {
		t.Errorf("it was started %d times, want 3", started)
	}
}

func TestNobodyAt(t *testing.T) {
	t.Parallel()
	addr := nobodyAt(t)
	if nc, err := net.Dial("tcp", addr); err == nil {
		nc.Close()
		t.Error("somebody accepts")
	}
	if l, err := net.Listen("tcp", addr); err == nil {
		l.Close()
		t.Error("somebody else may have the address")
	}
}

// TestProgramsAreToldOfNoProxy: what a test starts talks to loopback, whatever
// the environment says.
func TestProgramsAreToldOfNoProxy(t *testing.T) {
	bin := testenv.Tool(t, "it prints its environment", "env")
	for _, name := range []string{"HTTP_PROXY", "https_proxy", "ALL_PROXY", "no_proxy"} {
		t.Setenv(name, "http://proxy.test:3128")
	}
	p := startProgram(t, bin)
	<-p.ended
	if text := p.log.String(); !strings.Contains(text, "PATH=") || strings.Contains(text, "proxy.test") {
		t.Errorf("it was told\n%s", text)
	}
}

func TestShortTempDir(t *testing.T) {
	_, err := os.Stat("/tmp")
	testenv.Need(t, "/tmp", err == nil, "browsers put sockets there when TMPDIR is long")
	long := filepath.Join(t.TempDir(), strings.Repeat("long", 30))
	if err := os.Mkdir(long, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", long)
	if dir := shortTempDir(t); len(dir) > 50 {
		t.Errorf("the folder is %s", dir)
	}
}
