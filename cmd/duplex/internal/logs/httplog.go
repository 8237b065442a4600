package logs

import (
	"bytes"
	"context"
	"log"
	"log/slog"
	"strconv"
)

// ForServer returns a logger for http.Server.ErrorLog. What net/http says there
// is mostly what peers did wrong: it goes to l at debug level, escaped. A panic
// of a handler is our fault and an error.
func ForServer(l *slog.Logger) *log.Logger { return log.New(serverLog{l}, "", 0) }

type serverLog struct{ log *slog.Logger }

func (s serverLog) Write(line []byte) (int, error) {
	text := strconv.QuoteToASCII(string(bytes.TrimSpace(line)))
	text = text[1 : len(text)-1]
	if bytes.HasPrefix(line, []byte("http: panic")) {
		s.log.Error("handler panicked", "net/http", text)
	} else {
		s.log.Log(context.Background(), slog.LevelDebug, "http", "net/http", text)
	}
	return len(line), nil
}
