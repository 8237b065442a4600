package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"

	"github.com/duplexws/duplex/cmd/duplex/internal/cli"
	"github.com/duplexws/duplex/cmd/duplex/internal/httpd"
	"github.com/duplexws/duplex/cmd/duplex/internal/logs"
	"github.com/duplexws/duplex/conformance"
	"github.com/spf13/pflag"
)

type checkClientOptions struct {
	checkOptions
	listenOptions
	once bool
}

func checkClientCommand() *cli.Command {
	o := new(checkClientOptions)
	return &cli.Command{
		Name:    "client",
		Summary: "judge clients",
		Help: `Waits for clients and judges them. Their driver connects to the paths that are in use everywhere, so that one for the usual suite runs unchanged:

  /getCaseCount                     sends the number of cases
  /runCase?case=N&agent=NAME        plays case N, from 1 on: send all back
  /getCaseStatus?case=N&agent=NAME  sends {"behavior":"OK"}
  /updateReports?agent=NAME         says that the client is done

At /updateReports the summary of that client is printed, and the files are written with all clients that are done. Ctrl-C ends the command.`,
		Flags: []cli.FlagGroup{
			{Add: func(fs *pflag.FlagSet) {
				fs.StringVar(&o.addr, "addr", "127.0.0.1:9001", "listen on this `ADDRESS`, host:port; without a host on all addresses of the machine, with port 0 on any free port")
				fs.BoolVar(&o.once, "once", false, "end when the first client is done, with its result")
				o.addCases(fs)
			}},
			o.outputFlags(), o.tlsFlags(), o.logFlags(),
		},
		Examples: []cli.Example{
			{Does: "judge clients, and look at the report", Line: "duplex check client --report report.html"},
			{Does: "in CI: judge one client, whose driver is started beside", Line: "duplex check client --once --junit junit.xml & npm run driver; wait $!"},
		},
		Exits: checkExits("ended by Ctrl-C before every client was done; the summary and the files tell what there was"),
		Run:   o.run,
	}
}

func (o *checkClientOptions) run(env *cli.Env) error {
	cases, err := o.selected(conformance.Clients, conformance.Echo)
	if err != nil {
		return err
	}
	if o.list {
		return listCases(env, cases)
	}
	if err := o.checkTLS(); err != nil {
		return err
	}
	if err := o.prepare(); err != nil {
		return err
	}
	log := o.logs.New(env.Stderr)
	config, note, err := o.tls(log)
	if err != nil {
		return notJudged("%v", err)
	}
	l, err := httpd.Listen(o.addr)
	if err != nil {
		return notJudged("%v", err)
	}
	told := newProgress(env.Stderr, 0, &o.checkOptions)
	defer told.end()
	j, err := newClientJudge(o, env, cases, told)
	if err != nil {
		l.Close()
		return err
	}
	stopped := make(chan struct{})
	interrupted := onSignal(func() { close(stopped) })
	told.with(func() {
		fmt.Fprintf(env.Stdout, "duplex check client: listening on %s/ (%s)%s\n",
			strings.Replace(baseURL(l.Addr(), config != nil), "http", "ws", 1), count(len(cases), "case"), note)
	})
	end := j.serve(l, config, log)
	defer end()
	select {
	case err := <-j.first:
		interrupted()
		return err
	case <-stopped:
		return j.stop(interrupted())
	}
}

// serve begins to serve. The function that it returns ends that, and with it
// what is under way.
func (j *clientJudge) serve(l net.Listener, config *tls.Config, log *slog.Logger) (end func()) {
	ctx, cancel := context.WithCancel(context.Background())
	server := &http.Server{
		Handler: j, TLSConfig: config, ReadHeaderTimeout: httpd.ReadTimeout,
		BaseContext: func(net.Listener) context.Context { return ctx },
		ErrorLog:    logs.ForServer(log), Protocols: new(http.Protocols),
	}
	server.Protocols.SetHTTP1(true)
	var serving sync.WaitGroup
	serving.Go(func() {
		if config != nil {
			server.ServeTLS(l, "", "")
		} else {
			server.Serve(l)
		}
	})
	return func() {
		cancel()
		server.Close()
		serving.Wait()
	}
}
