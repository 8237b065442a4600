package main

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"os"
	"syscall"
	"time"

	"github.com/duplexws/duplex/cmd/duplex/internal/cli"
	"github.com/duplexws/duplex/cmd/duplex/internal/httpd"
	"github.com/duplexws/duplex/cmd/duplex/internal/logs"
	"github.com/spf13/pflag"
)

// listenOptions are the flags that all commands share that listen.
type listenOptions struct {
	addr            string
	drainTimeout    time.Duration
	certFile        string
	keyFile         string
	selfSigned      bool
	selfSignedNames []string // beyond loopback
	logs            logs.Options
}

func (o *listenOptions) addListen(fs *pflag.FlagSet, addr string) {
	fs.StringVar(&o.addr, "addr", addr, "listen on this `ADDRESS`, host:port; without a host on all addresses of the machine, with port 0 on any free port")
	fs.DurationVar(&o.drainTimeout, "drain-timeout", 10*time.Second, "`TIME` that connections have to end when the server is stopped")
}

func (o *listenOptions) tlsFlags() cli.FlagGroup {
	return cli.FlagGroup{Title: "TLS", Add: func(fs *pflag.FlagSet) {
		fs.StringVar(&o.certFile, "tls-cert", "", "serve https and wss with the certificate chain in this PEM `FILE`; it is read anew when it changes")
		fs.StringVar(&o.keyFile, "tls-key", "", "`FILE` with the private key of --tls-cert")
		fs.BoolVar(&o.selfSigned, "tls-self-signed", false, "serve https and wss with a certificate made for this run, for localhost, 127.0.0.1 and ::1; its fingerprint is printed")
	}}
}

func (o *listenOptions) logFlags() cli.FlagGroup {
	return cli.FlagGroup{Title: "Logging", Add: o.logs.AddFlags}
}

// check returns what is wrong with the flags together.
func (o *listenOptions) check() error {
	if o.drainTimeout <= 0 {
		return cli.Usagef("--drain-timeout must be more than 0")
	}
	return o.checkTLS()
}

func (o *listenOptions) checkTLS() error {
	switch {
	case (o.certFile == "") != (o.keyFile == ""):
		return cli.Usagef("--tls-cert and --tls-key belong together")
	case o.certFile != "" && o.selfSigned:
		return cli.Usagef("--tls-self-signed excludes --tls-cert")
	}
	return nil
}

// tls returns the configuration for TLS, or nil, and a line about it to print.
func (o *listenOptions) tls(log *slog.Logger) (config *tls.Config, note string, err error) {
	switch {
	case o.certFile != "":
		config, err = httpd.FromFiles(o.certFile, o.keyFile, log)
	case o.selfSigned:
		var fingerprint string
		config, fingerprint, err = httpd.SelfSigned(o.selfSignedNames)
		note = "\nself-signed certificate, SHA-256 " + fingerprint
	}
	return config, note, err
}

// baseURL is how this machine reaches a server that listens on a.
func baseURL(a net.Addr, secure bool) string {
	scheme, host := "http", a.String()
	if secure {
		scheme = "https"
	}
	if tcp, ok := a.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		host = fmt.Sprintf("localhost:%d", tcp.Port)
	}
	return scheme + "://" + host
}

// drainHelp is the paragraph of help about the end of a server.
const drainHelp = "Ctrl-C or SIGTERM stops the server: it accepts nothing more, closes every connection with 1001 (going away), waits for them to end, at most for --drain-timeout, and exits with 0. A second signal ends it at once."

// stopExits are the exit statuses of a server.
func stopExits() []cli.Exit {
	return []cli.Exit{
		{Code: 0, Meaning: "stopped by a signal, behind the drain"},
		{Code: 128 + int(syscall.SIGINT), Meaning: "ended at once by a second signal, Ctrl-C"},
		{Code: 128 + int(syscall.SIGTERM), Meaning: "ended at once by a second signal, SIGTERM"},
	}
}

func (o *listenOptions) newServer(stderr *os.File) *httpd.Server {
	return &httpd.Server{DrainTimeout: o.drainTimeout, Log: o.logs.New(stderr)}
}
