// Package logs makes the loggers of the commands: structured, to standard
// error, for people on a terminal and as JSON for anything else, and bounded in
// how much a flood of events can write.
package logs

import (
	"io"
	"log/slog"
	"os"

	"github.com/duplexws/duplex/cmd/duplex/internal/cli"
	"github.com/spf13/pflag"
)

// Options are the flags about logging.
type Options struct{ format, level cli.Choice }

// AddFlags adds the flags.
func (o *Options) AddFlags(fs *pflag.FlagSet) {
	o.format = cli.Choice{Value: "auto", Of: []string{"auto", "text", "json"}}
	o.level = cli.Choice{Value: "info", Of: []string{"debug", "info", "warn", "error"}}
	fs.Var(&o.format, "log-format", "`FORMAT` of the log on standard error: text, json, or auto, which is text on a terminal and json elsewhere")
	fs.Var(&o.level, "log-level", "least `LEVEL` that is logged: debug, info, warn or error")
}

// New returns the logger that the flags ask for.
func (o *Options) New(stderr *os.File) *slog.Logger {
	level := levels[o.level.Value]
	var next slog.Handler
	if f := o.format.Value; f == "text" || f == "auto" && IsTerminal(stderr) {
		next = newText(stderr, level)
	} else {
		next = slog.NewJSONHandler(stderr, &slog.HandlerOptions{Level: level})
	}
	return slog.New(newSampler(next))
}

var levels = map[string]slog.Level{
	"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
}

// newText returns a handler for a person who watches: the time of day is
// enough.
func newText(w io.Writer, level slog.Level) slog.Handler {
	return slog.NewTextHandler(w, &slog.HandlerOptions{
		Level: level,
		ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
			if len(groups) == 0 && a.Key == slog.TimeKey {
				a.Value = slog.StringValue(a.Value.Time().Format("15:04:05.000"))
			}
			return a
		},
	})
}

// IsTerminal reports whether a person may be reading what is written to f.
func IsTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
