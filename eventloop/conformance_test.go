package eventloop

import (
	"context"
	"crypto/tls"
	"strings"
	"testing"
	"time"

	"github.com/duplexws/duplex/conformance"
	"github.com/duplexws/duplex/internal/testenv"
)

// TestConformance has the suite judge an echo server on several loops: a part of
// it under the race detector, the whole without.
func TestConformance(t *testing.T) {
	o := &ServerOptions{Options: Options{MaxMessage: 32 << 20, Deflate: &DeflateOptions{}}, Loops: 2}
	var cases []string
	if testenv.Race {
		cases = []string{"-9.*", "-10.*", "-12.*", "-13.*", "-17.10.*", "-18.*"}
	}
	onEvery(t, &Handler{OnMessage: echo}, o, func(t *testing.T, s *Server) {
		scheme := "ws"
		var client *tls.Config
		if s.set.tls != nil {
			scheme = "wss"
			_, client = testTLS(t)
		}
		results, err := conformance.RunServer(context.Background(), scheme+"://"+s.Addr().String()+"/", &conformance.Options{
			Cases:     cases,
			TLSConfig: client,
			Thin:      !testenv.Full(),
			Timeout:   time.Minute,
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range results {
			// Behind the conversation no more than 64 KiB are read, so that the
			// suite may see a reset where it sends more.
			strict := !strings.HasPrefix(r.Case.ID, "19.2.")
			if !r.Passed(strict) {
				t.Errorf("case %s: %v, %v: %s", r.Case.ID, r.Verdict, r.Close, r.Reason)
			}
		}
		if len(results) < 500 {
			t.Errorf("only %d cases", len(results))
		}
	})
}
