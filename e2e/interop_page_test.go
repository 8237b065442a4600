package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
)

// pageIn returns what starts the WebSocket of a browser as an agent.
func pageIn(start func(t *testing.T) browser) func(*testing.T, *certificate) agent {
	return func(t *testing.T, _ *certificate) agent {
		mux := http.NewServeMux()
		mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			io.WriteString(w, `<!doctype html><link rel="icon" href="data:,"><script src="/peer.js"></script>`)
		})
		mux.HandleFunc("/peer.js", func(w http.ResponseWriter, r *http.Request) {
			http.ServeFile(w, r, filepath.Join("testdata", "interop", "peer.js"))
		})
		server := httptest.NewServer(mux)
		t.Cleanup(server.Close)
		p := open(t, start(t), server.URL)
		p.until("typeof play === 'function'")
		return pageAgent{p}
	}
}

// A pageAgent is a page in a browser: testdata/interop/peer.js. It serves
// nothing.
type pageAgent struct{ p *page }

func (a pageAgent) url(string) string { return "" }

func (a pageAgent) dial(t *testing.T, p part, server string, servers part) string {
	t.Helper()
	id := newID()
	eval[string](a.p, fmt.Sprintf("play(%s, %s, %s), ''", quote(id), quote(withPart(server, id, servers)), stepsJSON(p.steps)))
	return id
}

func (a pageAgent) saw(t *testing.T, id string) (seen []sight) {
	t.Helper()
	a.p.until(fmt.Sprintf("%s in seen", quote(id)))
	if err := json.Unmarshal([]byte(eval[string](a.p, fmt.Sprintf("JSON.stringify(seen[%s])", quote(id)))), &seen); err != nil {
		t.Fatal(err)
	}
	return seen
}
