package main

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/duplexws/duplex/cmd/duplex/internal/cli"
	"github.com/duplexws/duplex/cmd/duplex/internal/httpd"
	"github.com/duplexws/duplex/cmd/duplex/internal/site"
	"github.com/duplexws/duplex/protocol"
	"github.com/duplexws/duplex/websocket"
	"github.com/spf13/pflag"
)

type serveOptions struct {
	listenOptions
	allowHosts []string
	publicURLs []string

	publicNames []string // the host names of publicURLs
}

func serveCommand() *cli.Command {
	o := new(serveOptions)
	return &cli.Command{
		Name:    "serve",
		Summary: "a WebSocket server with a console for the browser",
		Help: `Serves a page about itself at /, a console for any WebSocket server at /console, an echo endpoint at /echo (messages of up to 32 MiB, compressed if the client offers that) and a health check at /healthz. It prints where it listens once it does.

Only pages of this server itself may connect to /echo from a browser. Listening on loopback, as it does by default, it also refuses requests for any host name that is not loopback, since a foreign name may have been made to lead here (DNS rebinding); --allow-host and --public-url admit others.

` + drainHelp,
		Flags: []cli.FlagGroup{
			{Add: func(fs *pflag.FlagSet) {
				o.addListen(fs, "127.0.0.1:8080")
				fs.StringArrayVar(&o.allowHosts, "allow-host", nil, "answer to this host `NAME` too; may be given more than once. On an address other than loopback, where every name is answered to, it restricts them to those that are given")
				fs.StringArrayVar(&o.publicURLs, "public-url", nil, "`URL` at which browsers reach this server through a proxy, such as https://ws.example.com; its host is answered to, and pages must come from it to connect. May be given more than once")
			}},
			o.tlsFlags(), o.logFlags(),
		},
		Examples: []cli.Example{
			{Does: "try WebSocket out in the browser: open http://127.0.0.1:8080/console", Line: "duplex serve"},
			{Does: "the same over TLS", Line: "duplex serve --addr 127.0.0.1:8443 --tls-self-signed"},
			{Does: "behind a proxy that ends TLS", Line: "duplex serve --public-url https://ws.example.com"},
		},
		Exits: stopExits(),
		Run:   o.run,
	}
}

func (o *serveOptions) run(env *cli.Env) error {
	if err := o.checkServe(); err != nil {
		return err
	}
	s := o.newServer(env.Stderr)
	o.selfSignedNames = slices.Concat(o.allowHosts, o.publicNames)
	config, note, err := o.tls(s.Log)
	if err != nil {
		return err
	}
	s.TLS = config
	l, err := httpd.Listen(o.addr)
	if err != nil {
		return err
	}
	hosts := &httpd.Hosts{Loopback: httpd.IsLoopback(l.Addr()), Names: o.allowHosts}
	if hosts.Loopback || len(o.allowHosts) > 0 {
		hosts.Names = o.selfSignedNames
	}
	s.Handler = hosts.Wrap(o.site(s))

	url := baseURL(l.Addr(), s.TLS != nil)
	console := url
	if len(o.publicURLs) > 0 {
		console = o.publicURLs[0]
	}
	return s.Run(l, env.Stdout, "duplex serve: listening on "+url+"/ (console: "+console+"/console)"+note)
}

// site puts the endpoints behind the pages.
func (o *serveOptions) site(s *httpd.Server) http.Handler {
	info, _ := debug.ReadBuildInfo()
	accept := &websocket.AcceptOptions{
		Options: websocket.Options{
			MaxMessage: int64(echoLimit),
			Deflate:    new(websocket.DeflateOptions),
			Logger:     s.Log,
			Hooks: &websocket.Hooks{Refused: func(label string, err error) {
				s.Log.Warn("handshake refused", "because", label, "err", err)
			}},
		},
		SelectSubprotocol: anySubprotocol,
		Origin:            protocol.OriginPolicy{PublicOrigins: o.publicURLs},
	}
	mux := http.NewServeMux()
	site.Register(mux, version(info))
	mux.Handle("/echo", accept.Handler(logged(s.Log, "/echo", echoing(s))))
	return mux
}

// logged is f, and a record when a connection begins and ends.
func logged(log *slog.Logger, path string, f func(context.Context, *websocket.Conn) error) func(context.Context, *websocket.Conn) error {
	return func(ctx context.Context, c *websocket.Conn) error {
		log := log.With("path", path, "remote", c.RemoteAddr().String())
		log.Info("connection opened")
		err := f(ctx, c)
		stats := c.Stats()
		log.Info("connection closed", "status", int(websocket.CloseStatus(err)), "why", err,
			"messages_in", stats.MessagesIn, "messages_out", stats.MessagesOut)
		return err
	}
}

// checkServe returns what is wrong with the flags, and puts the public URLs in
// the form of origins.
func (o *serveOptions) checkServe() error {
	if err := o.check(); err != nil {
		return err
	}
	for i, name := range o.allowHosts {
		if name == "" || strings.ContainsAny(name, "/:*@ ") {
			return cli.Usagef("--allow-host %q: write a host name alone, such as ws.example.com", name)
		}
		o.allowHosts[i] = strings.TrimSuffix(name, ".")
	}
	for i, public := range o.publicURLs {
		u, err := url.Parse(public)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" ||
			u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
			return cli.Usagef("--public-url %q: write scheme and host, such as https://ws.example.com", public)
		}
		o.publicURLs[i] = u.Scheme + "://" + u.Host
		o.publicNames = append(o.publicNames, u.Hostname())
	}
	policy := protocol.OriginPolicy{PublicOrigins: o.publicURLs}
	if err := policy.Validate(); err != nil {
		return cli.Usagef("--public-url: %v", err)
	}
	return nil
}
