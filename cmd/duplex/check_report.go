package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/duplexws/duplex/cmd/duplex/internal/cli"
	"github.com/duplexws/duplex/conformance/report"
	"github.com/spf13/pflag"
)

type checkReportOptions struct {
	reportFiles
	strict bool
}

func checkReportCommand() *cli.Command {
	o := new(checkReportOptions)
	return &cli.Command{
		Name:    "report",
		Args:    "FILE.json...",
		MaxArgs: -1,
		Summary: "make one report of several runs",
		Help:    "Reads what --json has written, of several servers or clients, and puts it into one report, a column each in the order of the files. Parts of one run, which have the same name and no case in common, become one column again.",
		Flags: []cli.FlagGroup{{Add: func(fs *pflag.FlagSet) {
			o.addFiles(fs)
			fs.BoolVar(&o.strict, "strict", false, "in JUnit XML, what is not strict has failed too")
		}}},
		Examples: []cli.Example{
			{Does: "compare two servers", Line: "duplex check report a.json b.json --report report.html"},
			{Does: "join the parts of a run that CI has split", Line: "duplex check report part*.json --json whole.json"},
		},
		Exits: []cli.Exit{
			{Code: 0, Meaning: "the report is written, whatever it says"},
			{Code: exitNotJudged, Meaning: "a file cannot be read or written"},
		},
		Run: o.run,
	}
}

func (o *checkReportOptions) run(env *cli.Env) error {
	switch {
	case len(env.Args) == 0:
		return cli.Usagef("say which files: those that --json has written")
	case o.reportFiles == reportFiles{}:
		return cli.Usagef("say what to write: --report, --json or --junit")
	}
	if err := o.writable(); err != nil {
		return err
	}
	var runs []*report.Run
	for _, name := range env.Args {
		of, err := readReport(name)
		if err != nil {
			return err
		}
		runs = append(runs, of...)
	}
	runs = report.Merge(runs...)
	for _, run := range runs {
		fmt.Fprintf(env.Stdout, "%s: %s\n", clean(run.Agent), count(len(run.Results), "case"))
	}
	return o.write(env.Stdout, runs, nil, o.strict)
}

func readReport(name string) ([]*report.Run, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, notJudged("cannot read %s: %v", name, reasonOf(err))
	}
	defer f.Close()
	runs, err := report.ReadJSON(f)
	if err != nil {
		return nil, notJudged("%s: %s", name, strings.TrimPrefix(err.Error(), "report: "))
	}
	return runs, nil
}
