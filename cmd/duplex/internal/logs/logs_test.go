package logs

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spf13/pflag"
)

func TestSampler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		log := slog.New(newSampler(slog.NewJSONHandler(&out, nil)))
		lines := func() int {
			n := strings.Count(out.String(), "\n")
			out.Reset()
			return n
		}
		flood := func() {
			for i := range 1000 {
				log.With("peer", i).WithGroup("g").Info("refused")
			}
		}
		flood()
		log.Info("another")
		if n := lines(); n != PerSecond+1 {
			t.Errorf("%d records of a flood were written, want %d", n, PerSecond+1)
		}
		time.Sleep(time.Second)
		log.Info("refused")
		var r struct {
			N int `json:"not_logged_before"`
		}
		if err := json.Unmarshal(out.Bytes(), &r); err != nil || r.N != 1000-PerSecond {
			t.Errorf("%s: it says that %d were left out, want %d (%v)", out.Bytes(), r.N, 1000-PerSecond, err)
		}
		out.Reset()
		log.Info("refused")
		if strings.Contains(out.String(), "not_logged_before") {
			t.Errorf("it says again what was left out: %s", out.String())
		}
	})
}

func TestFlags(t *testing.T) {
	for _, c := range []struct {
		args string
		want string
	}{
		{"", `{"time":`},
		{"--log-format=text", "time="},
		{"--log-format=json --log-level=debug", `{"time":`},
		{"--log-level=warn", ""},
	} {
		var o Options
		fs := pflag.NewFlagSet("", pflag.ContinueOnError)
		o.AddFlags(fs)
		if err := fs.Parse(strings.Fields(c.args)); err != nil {
			t.Fatal(err)
		}
		f, err := os.Create(filepath.Join(t.TempDir(), "log"))
		if err != nil {
			t.Fatal(err)
		}
		o.New(f).Info("message")
		f.Close()
		got, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.HasPrefix(got, []byte(c.want)) || (len(got) == 0) != (c.want == "") {
			t.Errorf("%q: %q, want it to begin with %q", c.args, got, c.want)
		}
	}
}

func TestForServer(t *testing.T) {
	var out bytes.Buffer
	errorLog := ForServer(slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})))
	for text, want := range map[string]string{
		"http: TLS handshake error from 1.2.3.4:5: EOF": `"level":"DEBUG"`,
		"http: panic serving 1.2.3.4:5: boom":           `"level":"ERROR"`,
		"http: evil \x1b[2J\u202e\r\nline":              `evil \\x1b[2J\\u202e\\r\\nline`,
	} {
		out.Reset()
		errorLog.Print(text)
		if !strings.Contains(out.String(), want) || strings.Count(out.String(), "\n") != 1 {
			t.Errorf("%q is logged as %s, want %s in it", text, out.String(), want)
		}
	}
	out.Reset()
	quiet := ForServer(slog.New(slog.NewJSONHandler(&out, nil)))
	quiet.Print("http: what a peer did")
	if out.Len() > 0 {
		t.Errorf("at level info it logs %s", out.String())
	}
}
