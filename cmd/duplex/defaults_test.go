package main

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/duplexws/duplex/cmd/duplex/internal/cli"
	"github.com/duplexws/duplex/cmd/duplex/internal/httpd"
	"github.com/duplexws/duplex/cmd/duplex/internal/logs"
	"github.com/spf13/pflag"
)

// TestDefaults holds the rows of docs/defaults.md that name the command against
// the code. The page stands outside of this module, so go test's cache does not
// see that it changed: -count=1 does.
func TestDefaults(t *testing.T) {
	documented := commandDefaults(t)
	actual := map[string]any{
		"`duplex echo`, `/echo`: message": int64(echoLimit),
		"`duplex echo`: compression":      flagDefault(t, echoCommand(), "compression"),
		"`duplex`: ReadTimeout":           httpd.ReadTimeout,
		"`duplex`: WriteTimeout":          httpd.WriteTimeout,
		"`duplex`: drain-timeout":         flagDefault(t, echoCommand(), "drain-timeout"),
		"`duplex`: GC percent":            httpd.GCPercent,
		"`duplex`: log records":           logs.PerSecond,
	}
	for name, want := range actual {
		if got := documented[name]; got != fmt.Sprint(want) {
			t.Errorf("docs/defaults.md states %q for %s; it is %v", got, name, want)
		}
	}
	for name := range documented {
		if _, ok := actual[name]; !ok {
			t.Errorf("docs/defaults.md states %s, which nothing holds", name)
		}
	}
	limit := echoLimit
	if got := flagDefault(t, echoCommand(), "max-message"); got != limit.String() {
		t.Errorf("--max-message is %s, want %s", got, &limit)
	}
	if a, b := flagDefault(t, serveCommand(), "drain-timeout"), actual["`duplex`: drain-timeout"]; a != b {
		t.Errorf("--drain-timeout is %s in serve, %s in echo", a, b)
	}
}

// commandDefaults returns the first two columns of the rows that name the
// command.
func commandDefaults(t *testing.T) map[string]string {
	page, err := os.ReadFile("../../docs/defaults.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := make(map[string]string)
	for line := range strings.Lines(string(page)) {
		if cells := strings.Split(line, "|"); len(cells) > 3 && strings.HasPrefix(cells[1], " `duplex") {
			rows[strings.TrimSpace(cells[1])] = strings.TrimSpace(cells[2])
		}
	}
	return rows
}

func flagDefault(t *testing.T, c *cli.Command, name string) string {
	fs := pflag.NewFlagSet(c.Name, pflag.ContinueOnError)
	for _, group := range c.Flags {
		group.Add(fs)
	}
	f := fs.Lookup(name)
	if f == nil {
		t.Fatalf("%s has no --%s", c.Name, name)
	}
	return f.DefValue
}
