package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"net/textproto"
	"net/url"
	"os"
	"os/signal"
	"regexp"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/duplexws/duplex/cmd/duplex/internal/cli"
	"github.com/duplexws/duplex/conformance"
	"github.com/duplexws/duplex/conformance/report"
	"github.com/spf13/pflag"
)

type checkServerOptions struct {
	checkOptions
	profile  cli.Choice
	parallel int
	agent    string
	headers  []string
	login    []conformance.LoginStep
	insecure bool
	ca       string
}

func checkServerCommand() *cli.Command {
	o := &checkServerOptions{profile: cli.Choice{Value: "echo", Of: []string{"echo", "any"}}}
	return &cli.Command{
		Name:    "server",
		Args:    "URL",
		MaxArgs: 1,
		Summary: "judge a server",
		Help: `Judges the server at a ws or wss URL. It must send every message back, or be judged by --profile any, which leaves out what needs an echo.

Failures are told as they come, then a summary says what failed, why, and which section it is about. Ctrl-C ends the run, with the summary and the files of what there is by then.

The wire logs in the files hold all that was sent: with --header and --send, and in the URL, secrets too.`,
		Flags: []cli.FlagGroup{
			{Add: func(fs *pflag.FlagSet) {
				fs.Var(&o.profile, "profile", "`WHAT` the server does with messages: echo, if it sends each back, or any")
				o.addCases(fs)
				fs.IntVar(&o.parallel, "parallel", 8, "`NUMBER` of connections at once")
				fs.StringVar(&o.agent, "agent", "", "`NAME` of the server in the report (its host and port otherwise)")
			}},
			{Title: "Connection", Add: func(fs *pflag.FlagSet) {
				fs.StringArrayVar(&o.headers, "header", nil, "`'NAME: VALUE'` of a field of the opening handshake, such as 'Origin: https://example.com'; may be given more than once")
				fs.Var(&loginFlag{steps: &o.login, send: true}, "send", "send this `TEXT` behind each opening handshake, before the case: a login, with --expect, in the order in which they are given")
				fs.Var(&loginFlag{steps: &o.login}, "expect", "wait for a text message that this `REGEXP` matches before going on")
				fs.BoolVar(&o.insecure, "insecure", false, "accept any certificate of a wss server")
				fs.StringVar(&o.ca, "ca", "", "trust the certificates in this PEM `FILE` instead of those of the system")
			}},
			o.outputFlags(),
		},
		Examples: []cli.Example{
			{Does: "judge an echo server, strictly, and look at the report", Line: "duplex check server ws://127.0.0.1:9001/ --strict --report report.html"},
			{Does: "what a server of any kind does with handshakes, frames and closing", Line: "duplex check server wss://ws.example.com/chat --profile any --header 'Origin: https://example.com'"},
			{Does: "in CI: record what is known once, then fail on what is new", Line: "duplex check server ws://127.0.0.1:9001/ --known known-faults.txt --junit junit.xml"},
		},
		Exits: checkExits("ended by Ctrl-C; the summary and the files tell what there was"),
		Run:   o.run,
	}
}

func (o *checkServerOptions) run(env *cli.Env) error {
	cases, err := o.selected(conformance.Servers, o.profileOf())
	if err != nil {
		return err
	}
	if o.list {
		return listCases(env, cases)
	}
	target, opts, err := o.options(env.Args)
	if err != nil {
		return err
	}
	if err := o.prepare(); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	told := newProgress(env.Stderr, len(cases), &o.checkOptions)
	opts.Progress = told.add
	interrupted := onSignal(func() {
		told.say("interrupted: this is what there is")
		cancel()
	})
	run := &report.Run{Agent: o.agent, Role: report.Server, Address: target.Redacted(), Profile: o.profile.Value, Thin: o.thin,
		Suite: suiteVersion(), Started: time.Now(), Selected: len(cases)}
	run.Results, err = conformance.RunServer(ctx, target.String(), opts)
	run.Duration = time.Since(run.Started)
	told.end()
	sig := interrupted()
	if err != nil && sig == nil {
		return notJudged("%s%s", strings.TrimPrefix(err.Error(), "conformance: "), advice(err))
	}
	if run.Agent == "" {
		run.Agent = target.Host
	}
	failed := o.tell(env.Stdout, run)
	if err := o.save(env.Stdout, []*report.Run{run}, sig); err != nil {
		return err
	}
	return o.result(failed, sig)
}

func (o *checkServerOptions) profileOf() conformance.Profile {
	if o.profile.Value == "any" {
		return conformance.Any
	}
	return conformance.Echo
}

// options returns the URL and what the suite has to know.
func (o *checkServerOptions) options(args []string) (*url.URL, *conformance.Options, error) {
	if len(args) == 0 {
		return nil, nil, cli.Usagef("say which server: a URL such as ws://127.0.0.1:9001/")
	}
	target, err := url.Parse(args[0])
	switch {
	case err != nil || target.Scheme != "ws" && target.Scheme != "wss" || target.Host == "":
		return nil, nil, cli.Usagef("%q is no URL of a WebSocket server, such as ws://127.0.0.1:9001/", args[0])
	case target.Fragment != "":
		return nil, nil, cli.Usagef("%q: a URL of a WebSocket server has no fragment", args[0])
	case o.parallel < 1:
		return nil, nil, cli.Usagef("--parallel must be at least 1")
	case o.insecure && o.ca != "":
		return nil, nil, cli.Usagef("--insecure excludes --ca")
	}
	header, err := parseHeaders(o.headers)
	if err != nil {
		return nil, nil, err
	}
	config := &tls.Config{InsecureSkipVerify: o.insecure}
	if o.ca != "" {
		if config.RootCAs, err = readRoots(o.ca); err != nil {
			return nil, nil, err
		}
	}
	return target, &conformance.Options{Cases: o.cases, Thin: o.thin, Parallel: o.parallel, Timeout: o.timeout, Header: header,
		TLSConfig: config, Profile: o.profileOf(), Login: o.login}, nil
}

// parseHeaders reads fields as HTTP writes them.
func parseHeaders(lines []string) (http.Header, error) {
	header := make(http.Header)
	for _, line := range lines {
		name, value, ok := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		canonical := textproto.CanonicalMIMEHeaderKey(name)
		switch {
		case !ok || !token.MatchString(name) || strings.ContainsAny(value, "\r\n\x00"):
			return nil, cli.Usagef("--header %q: write name and value, such as 'Origin: https://example.com'", line)
		case strings.HasPrefix(canonical, "Sec-Websocket-"), canonical == "Host", canonical == "Upgrade", canonical == "Connection":
			return nil, cli.Usagef("--header %q: this field is the suite's own", line)
		}
		header[canonical] = append(header[canonical], value)
	}
	return header, nil
}

// token is what names of fields are: https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2
var token = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")

func readRoots(file string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, notJudged("cannot read %s: %v", file, reasonOf(err))
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, notJudged("%s: there is no PEM certificate in it", file)
	}
	return roots, nil
}

// advice is what helps against an error.
func advice(err error) string {
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var plain tls.RecordHeaderError
	switch {
	case errors.As(err, &unknown), errors.As(err, &name):
		return " (--ca trusts other certificates, --insecure any)"
	case errors.As(err, &plain):
		return " (is it a ws server?)"
	case errors.Is(err, syscall.ECONNREFUSED):
		return " (is the server running?)"
	}
	return ""
}

// onSignal calls f at the first interrupt or SIGTERM; the second ends the
// process. The function that it returns ends that, and returns the signal that
// came, or nil.
func onSignal(f func()) func() os.Signal {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	done := make(chan struct{})
	var came os.Signal
	var watcher sync.WaitGroup
	watcher.Go(func() {
		select {
		case came = <-signals:
			signal.Stop(signals)
			f()
		case <-done:
		}
	})
	return func() os.Signal {
		signal.Stop(signals)
		close(done)
		watcher.Wait()
		return came
	}
}

func suiteVersion() string {
	info, _ := debug.ReadBuildInfo()
	return version(info)
}

// A loginFlag adds a step to a login whenever it is set.
type loginFlag struct {
	steps *[]conformance.LoginStep
	send  bool
}

// Set adds a step.
func (f *loginFlag) Set(value string) error {
	step := conformance.LoginStep{Send: value}
	if !f.send {
		expect, err := regexp.Compile(value)
		if err != nil {
			return err
		}
		step = conformance.LoginStep{Expect: expect}
	} else if value == "" {
		return errors.New("there is nothing to send")
	}
	*f.steps = append(*f.steps, step)
	return nil
}

// String is the default: no step.
func (f *loginFlag) String() string { return "" }

// Type names the kind of value for help.
func (f *loginFlag) Type() string { return "TEXT" }
