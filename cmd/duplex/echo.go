package main

import (
	"context"
	"net/http"
	"strings"

	"github.com/duplexws/duplex/cmd/duplex/internal/cli"
	"github.com/duplexws/duplex/cmd/duplex/internal/httpd"
	"github.com/duplexws/duplex/protocol"
	"github.com/duplexws/duplex/websocket"
	"github.com/spf13/pflag"
)

// echoLimit is the largest message that echo endpoints take: the largest that
// conformance suites send is 16 MiB.
const echoLimit cli.Size = 32 << 20

type echoOptions struct {
	listenOptions
	maxMessage  cli.Size
	compression compression
}

func echoCommand() *cli.Command {
	o := &echoOptions{maxMessage: echoLimit, compression: newCompression()}
	return &cli.Command{
		Name:    "echo",
		Summary: "an echo server and nothing else, for suites and load generators",
		Help: `Accepts WebSocket connections at any path and from any origin, and sends every message back as it came. Of the sub-protocols that a client offers it agrees to the first. It prints where it listens once it does.

` + drainHelp,
		Flags: []cli.FlagGroup{
			{Add: func(fs *pflag.FlagSet) {
				o.addListen(fs, "127.0.0.1:9001")
				fs.Var(&o.maxMessage, "max-message", "largest message, of this `SIZE` such as 64KiB or 16MiB; a larger one closes the connection with 1009")
				o.compression.add(fs)
			}},
			o.tlsFlags(), o.logFlags(),
		},
		Examples: []cli.Example{
			{Does: "serve a conformance suite on its usual port", Line: "duplex echo --addr 127.0.0.1:9001"},
			{Does: "take messages of up to 256 MiB", Line: "duplex echo --max-message 256MiB"},
		},
		Exits: stopExits(),
		Run:   o.run,
	}
}

func (o *echoOptions) run(env *cli.Env) error {
	if err := o.check(); err != nil {
		return err
	}
	s := o.newServer(env.Stderr)
	config, note, err := o.tls(s.Log)
	if err != nil {
		return err
	}
	s.TLS = config
	accept := &websocket.AcceptOptions{
		Options:           websocket.Options{MaxMessage: int64(o.maxMessage), Deflate: o.compression.options(), Logger: s.Log},
		SelectSubprotocol: anySubprotocol,
		Origin:            protocol.OriginPolicy{Patterns: []string{"*"}},
		BaseContext:       func(*http.Request) context.Context { return context.Background() },
	}
	s.Handler = accept.Handler(echoing(s))
	l, err := httpd.Listen(o.addr)
	if err != nil {
		return err
	}
	url := baseURL(l.Addr(), s.TLS != nil)
	return s.Run(l, env.Stdout, "duplex echo: listening on "+strings.Replace(url, "http", "ws", 1)+"/"+note)
}

// anySubprotocol chooses what the client likes best: an echo speaks them all,
// and browsers refuse a server that chooses none.
func anySubprotocol(_ *http.Request, offered []string) string { return offered[0] }

// echoing returns a handler that sends every message back, until the connection
// ends or s drains.
func echoing(s *httpd.Server) func(context.Context, *websocket.Conn) error {
	return func(ctx context.Context, c *websocket.Conn) error {
		if !s.Conns.Add(c) {
			return &websocket.CloseError{Code: websocket.StatusGoingAway}
		}
		return c.ReadEach(ctx, func(typ websocket.MessageType, p []byte) error {
			return c.Write(ctx, typ, p)
		})
	}
}
