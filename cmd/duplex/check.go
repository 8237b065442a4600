package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/duplexws/duplex/cmd/duplex/internal/cli"
	"github.com/duplexws/duplex/conformance"
	"github.com/duplexws/duplex/conformance/report"
	"github.com/spf13/pflag"
)

func checkCommand() *cli.Command {
	return &cli.Command{
		Name:    "check",
		Summary: "judge any WebSocket server or client, and show what it does wrong",
		Help: `Plays hundreds of cases, right and wrong frames, with an endpoint and judges what it answers: by its events (OK, NON-STRICT, INFORMATIONAL, UNIMPLEMENTED or FAILED) and apart from that by how it closes. Cases of groups 1 to 13 have the numbers that are in use everywhere; the groups from 14 on are this suite's own.

The report is one HTML file with the wire log of each case. In CI, --known keeps a run from failing on faults that are known.`,
		Commands: []*cli.Command{
			checkServerCommand(),
			checkClientCommand(),
			checkReportCommand(),
		},
		Examples: []cli.Example{
			{Does: "judge an echo server", Line: "duplex check server ws://127.0.0.1:9001/ --report report.html"},
			{Does: "judge a client, and exit with its result", Line: "duplex check client --once --report report.html"},
			{Does: "put runs beside one another", Line: "duplex check report a.json b.json --report report.html"},
		},
	}
}

// The exit statuses of a check beyond those that all commands share.
const (
	exitNotJudged   = 3
	exitInterrupted = 128 + int(syscall.SIGINT)
	exitTerminated  = 128 + int(syscall.SIGTERM)
)

// A checkError ends a check with an exit status. If problem is empty all has
// been said.
type checkError struct {
	code    int
	problem string
}

func (e *checkError) Error() string { return e.problem }
func (e *checkError) ExitCode() int { return e.code }

func notJudged(format string, args ...any) error {
	return &checkError{exitNotJudged, fmt.Sprintf(format, args...)}
}

func checkExits(interrupted string) []cli.Exit {
	return []cli.Exit{
		{Code: 0, Meaning: "nothing failed; with --strict everything is strictly right; with --known nothing is worse than it is known to be"},
		{Code: 1, Meaning: "something failed, or cases were not run"},
		{Code: exitNotJudged, Meaning: "nothing could be judged: the peer cannot be reached, or a file cannot be read or written"},
		{Code: exitInterrupted, Meaning: interrupted},
		{Code: exitTerminated, Meaning: "the same, by SIGTERM"},
	}
}

// checkOptions are the flags that judging servers and clients share.
type checkOptions struct {
	cases   []string
	thin    bool
	strict  bool
	timeout time.Duration
	list    bool
	quiet   bool
	reportFiles
	baseline baseline
}

func (o *checkOptions) addCases(fs *pflag.FlagSet) {
	fs.StringSliceVar(&o.cases, "cases", nil, "only the cases that these `PATTERNS` select, such as 7.1.1, 6.4.*, or -9.* for all but those; with commas between them, or given more than once")
	fs.BoolVar(&o.list, "list", false, "list the cases, with their titles, and do nothing else")
	fs.BoolVar(&o.thin, "thin", false, "make the large cases of groups 9, 12 and 13 smaller, for a quick run")
	fs.BoolVar(&o.strict, "strict", false, "what is not strict has failed too")
	fs.DurationVar(&o.timeout, "timeout", 5*time.Second, "`TIME` to wait for what must happen, from the last octet that moved")
}

func (o *checkOptions) outputFlags() cli.FlagGroup {
	return cli.FlagGroup{Title: "Output", Add: func(fs *pflag.FlagSet) {
		o.addFiles(fs)
		o.baseline.add(fs)
		fs.BoolVarP(&o.quiet, "quiet", "q", false, "no progress, and no failures as they come: only the summary")
	}}
}

// prepare says what is wrong with the flags, and whether what the run needs can
// be read and written.
func (o *checkOptions) prepare() error {
	if o.timeout <= 0 {
		return cli.Usagef("--timeout must be more than 0")
	}
	if err := o.baseline.check(); err != nil {
		return err
	}
	if err := o.writable(o.baseline.written()...); err != nil {
		return err
	}
	return o.baseline.read()
}

// selected are the cases that can judge an endpoint, in their order.
func (o *checkOptions) selected(role conformance.Roles, profile conformance.Profile) ([]conformance.Case, error) {
	cases, err := conformance.Cases(o.cases...)
	if err != nil {
		return nil, cli.Usagef("--cases: %s", strings.TrimPrefix(err.Error(), "conformance: "))
	}
	cases = slices.DeleteFunc(cases, func(c conformance.Case) bool {
		return c.Judges&role == 0 || profile == conformance.Any && c.NeedsEcho
	})
	if len(cases) == 0 {
		return nil, cli.Usagef("--cases: none of these can judge this kind of endpoint")
	}
	return cases, nil
}

// listCases prints cases under the titles of their groups.
func listCases(env *cli.Env, cases []conformance.Case) error {
	var b strings.Builder
	group := ""
	for _, c := range cases {
		if c.Group() != group {
			group = c.Group()
			fmt.Fprintf(&b, "%s\n", group)
		}
		fmt.Fprintf(&b, "  %-8s %s\n", c.ID, c.Title)
	}
	fmt.Fprintf(&b, "%d cases\n", len(cases))
	_, err := fmt.Fprint(env.Stdout, b.String())
	return err
}

// tell prints what became of a run, and reports whether it has failed.
func (o *checkOptions) tell(w io.Writer, run *report.Run) (failed bool) {
	j := o.baseline.known.Judge(run, o.strict)
	s := summary{run: run, judged: j, strict: o.strict, baseline: o.baseline.file, html: o.html}
	s.print(w)
	return run.Missing() > 0 || len(j.Regressions) > 0 && !o.baseline.update
}

// save writes the files. A run that a signal has cut short does not change what
// is known.
func (o *checkOptions) save(w io.Writer, runs []*report.Run, signal os.Signal) error {
	if o.baseline.update && signal == nil {
		if err := o.baseline.write(w, runs); err != nil {
			return err
		}
	}
	return o.write(w, runs, o.baseline.known, o.strict)
}

// result is what the command ends with.
func (o *checkOptions) result(failed bool, signal os.Signal) error {
	switch {
	case signal == syscall.SIGTERM:
		return &checkError{code: exitTerminated}
	case signal != nil:
		return &checkError{code: exitInterrupted}
	case failed:
		return &checkError{code: 1}
	}
	return nil
}
