package e2e

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/duplexws/duplex/internal/testenv"
)

func startNode(t *testing.T, cert *certificate) agent {
	node := testenv.Tool(t, "the npm package ws is a peer", "node", "nodejs")
	_, err := os.Stat(filepath.Join("node_modules", "ws", "package.json"))
	testenv.Need(t, "e2e/node_modules/ws", err == nil, "run npm ci in e2e")
	return startProcessAgent(t, cert, node, filepath.Join("testdata", "interop", "peer.mjs"))
}

func startPython(t *testing.T, cert *certificate) agent {
	// Debian's Python has Debian's packages, whatever else is in PATH.
	python := testenv.Tool(t, "the Python package websockets is a peer", "/usr/bin/python3", "python3")
	err := exec.Command(python, "-c", "import websockets").Run()
	testenv.Need(t, "the Python package websockets", err == nil, "it is a peer")
	return startProcessAgent(t, cert, python, filepath.Join("testdata", "interop", "peer.py"))
}

// A processAgent is an agent that is a program: testdata/interop/peer.mjs says
// how it is spoken to.
type processAgent struct {
	sightings
	urls map[string]string

	mu    sync.Mutex
	stdin io.WriteCloser
}

func startProcessAgent(t *testing.T, cert *certificate, program, script string) *processAgent {
	t.Helper()
	cmd := exec.Command(program, script, cert.certFile, cert.keyFile)
	cmd.Env = append(withoutProxies(os.Environ()), "PYTHONDONTWRITEBYTECODE=1", "NODE_EXTRA_CA_CERTS=")
	log := new(lockedBuffer)
	cmd.Stderr = log
	cmd.WaitDelay = patience
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	a := &processAgent{stdin: stdin}
	out := json.NewDecoder(bufio.NewReader(stdout))
	read := make(chan struct{})
	t.Cleanup(func() {
		stdin.Close() // which ends it
		timer := time.AfterFunc(patience, func() { cmd.Process.Kill() })
		<-read
		err := cmd.Wait()
		timer.Stop()
		if said := log.String(); err != nil || said != "" {
			t.Errorf("%s: %v\n%s", script, err, said)
		}
	})
	if err := out.Decode(&a.urls); err != nil {
		close(read)
		cmd.Process.Kill()
		t.Fatalf("%s does not say where it serves: %v", script, err)
	}
	go func() {
		defer close(read)
		a.read(out)
	}()
	return a
}

// read takes what the program prints.
func (a *processAgent) read(out *json.Decoder) {
	for {
		var ended struct {
			ID   string
			Seen []sight
		}
		if out.Decode(&ended) != nil {
			return
		}
		a.of(ended.ID) <- ended.Seen
	}
}

func (a *processAgent) url(scheme string) string { return a.urls[scheme] }

func (a *processAgent) dial(t *testing.T, p part, server string, servers part) string {
	t.Helper()
	id := newID()
	line := orderJSON(id, p, server, servers)
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, err := io.WriteString(a.stdin, line+"\n"); err != nil {
		t.Fatal(err)
	}
	return id
}

// orderJSON is what tells a program in another language to connect and play.
func orderJSON(id string, p part, server string, servers part) string {
	return asJSON(struct {
		ID      string          `json:"id"`
		URL     string          `json:"url"`
		Steps   json.RawMessage `json:"steps"`
		Deflate json.RawMessage `json:"deflate,omitempty"`
	}{id, withPart(server, id, servers), json.RawMessage(stepsJSON(p.steps)), p.deflate})
}
