package websocket

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/duplexws/duplex/protocol"
)

// TestDefaults holds docs/defaults.md against the code: each row that names an
// option states what the zero value of that option comes to.
func TestDefaults(t *testing.T) {
	documented := defaultsTable(t, "../docs/defaults.md")
	s := newSettings(protocol.Server, new(Options))
	limits := s.cfg.Limits()
	server := new(http.Server)
	ConfigureServer(server)
	actual := map[string]any{
		"MaxMessage":      limits.MaxMessage,
		"MaxFragments":    limits.MaxFragments,
		"MaxControlRate":  limits.MaxControlRate,
		"AssemblyTimeout": limits.AssemblyTimeout,
		"WriteTimeout":    s.writeTimeout,
		"CloseTimeout":    limits.CloseTimeout,
		"PingInterval":    limits.PingInterval,
		"PongTimeout":     limits.PongTimeout,
		"Queue.MaxBytes":  s.queue.MaxBytes,
		"Queue: messages": s.queue.maxMessages(),
		"Queue.Policy":    s.queue.Policy,

		"Deflate":            map[bool]string{true: "off"}[s.deflate == nil],
		"Deflate: tiers":     new(DeflateOptions).Send,
		"Deflate: Threshold": protocol.DefaultDeflateThreshold,
		"Deflate: Level":     deflateLevel(t),
		"Deflate: Budget":    protocol.DefaultDeflateBudget.Stats().Limit,

		"HandshakeTimeout": new(AcceptOptions).resolve().timeout,
		"header lines":     maxHeaderLines,
		"Origin":           originDefault(t),

		"extension offers":           protocol.MaxExtensionOffers,
		"parameters of an extension": protocol.MaxExtensionParams,
		"subprotocols offered":       protocol.MaxSubprotocols,
		"Dial: HandshakeTimeout":     DefaultDialTimeout,
		"Dial: response head":        maxResponseHead,
		"Dial: refusal body":         maxRefusalBody,
		"MaxRedirects":               new(DialOptions).MaxRedirects,

		"ConfigureServer: MaxHeaderBytes":    server.MaxHeaderBytes,
		"ConfigureServer: ReadHeaderTimeout": server.ReadHeaderTimeout,
		"ConfigureServer: IdleTimeout":       server.IdleTimeout,

		"owed Pongs": owedPongs(),
		"flush":      flushSize,
		"drain":      maxDrain,
	}
	for name, want := range actual {
		if got, ok := documented[name]; !ok {
			t.Errorf("docs/defaults.md does not state %s", name)
		} else if got != fmt.Sprint(want) {
			t.Errorf("docs/defaults.md states %s for %s; it is %v", got, name, want)
		}
	}
	actual["reply delay"] = nil // a bound that only a clock can show
	for name := range documented {
		if strings.HasPrefix(name, "`duplex") {
			continue // the command's own test holds it
		}
		if _, ok := actual[name]; !ok {
			t.Errorf("docs/defaults.md states %s, which nothing holds", name)
		}
	}
}

// TestNegativeIsOff: negative turns a limit off, where that is allowed at all.
func TestNegativeIsOff(t *testing.T) {
	off := newSettings(protocol.Server, &Options{MaxMessage: -1, MaxFragments: -1, MaxControlRate: -1,
		AssemblyTimeout: -1, WriteTimeout: -1, CloseTimeout: -1, PingInterval: -1, PongTimeout: -1})
	got := off.cfg.Limits()
	want := protocol.Limits{MaxMessage: -1, MaxFragments: -1, MaxControlRate: -1, AssemblyTimeout: -1,
		CloseTimeout: protocol.DefaultCloseTimeout, PingInterval: -1, PongTimeout: protocol.DefaultPongTimeout}
	if got != want {
		t.Errorf("negative limits come to %+v, want %+v", got, want)
	}
	if off.writeTimeout >= 0 {
		t.Errorf("a negative WriteTimeout comes to %v", off.writeTimeout)
	}
}

// defaultsTable returns the first two columns of every table row of a page.
func defaultsTable(t *testing.T, path string) map[string]string {
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rows := make(map[string]string)
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(line, "|")
		if len(cells) < 4 {
			continue
		}
		name, value := strings.TrimSpace(cells[1]), strings.TrimSpace(cells[2])
		if name != "Option" && name != "What" && name != "---" {
			rows[name] = value
		}
	}
	return rows
}

func originDefault(t *testing.T) string {
	policy := new(AcceptOptions).Origin
	for origin, allowed := range map[string]bool{
		"https://a.example":      true,
		"https://a.example:443":  true,
		"http://a.example":       false,
		"https://b.example":      false,
		"https://a.example:8443": false,
	} {
		if err := policy.Allow([]string{origin}, "a.example", true); (err == nil) != allowed {
			t.Errorf("origin %s at https://a.example: %v", origin, err)
		}
	}
	if err := policy.Allow(nil, "a.example", true); err != nil {
		t.Errorf("a missing Origin is refused: %v", err)
	}
	return "same origin"
}

// owedPongs counts the Pongs that come out behind a flood of Pings.
func owedPongs() (n int) {
	cfg := protocol.NewConfig(protocol.Client, nil)
	var q protocol.Owed
	for range 1000 {
		q.Pong(nil)
	}
	var o protocol.Out
	octets, _ := o.AppendOwed(protocol.NewConfig(protocol.Server, nil), 1, nil, &q)
	var in protocol.In
	var ev protocol.Event
	for {
		octets = in.Feed(cfg, int64(time.Second), octets, &ev)
		if ev.Kind != protocol.Pong {
			return n
		}
		n++
	}
}

// deflateLevel finds the level that compresses as none does.
func deflateLevel(t *testing.T) int {
	t.Helper()
	packed := func(level int) string {
		d := protocol.NewDeflater(&DeflateOptions{Level: level}, protocol.DeflateDirection{WindowBits: 15})
		defer d.Close()
		payload, _ := d.Append(nil, []byte(prose(20_000)+noise(3000)+prose(20_000)))
		return string(payload)
	}
	for level := 1; level <= 9; level++ {
		if packed(level) == packed(0) {
			return level
		}
	}
	return 0
}
