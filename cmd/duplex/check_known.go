package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/duplexws/duplex/cmd/duplex/internal/cli"
	"github.com/duplexws/duplex/conformance/report"
	"github.com/spf13/pflag"
)

// A baseline is the file of known faults.
type baseline struct {
	file   string
	update bool
	known  *report.Known // nil without a file
}

func (b *baseline) add(fs *pflag.FlagSet) {
	fs.StringVar(&b.file, "known", "", "`FILE` of known faults: the run fails only where something is worse than it says. It is plain text, a case in each line, and may be edited")
	fs.BoolVar(&b.update, "update-known", false, "write what was found to the file of --known, which need not exist; cases that were not run stay as they are in it")
}

func (b *baseline) check() error {
	if b.update && b.file == "" {
		return cli.Usagef("--update-known needs --known, which names the file")
	}
	return nil
}

// written are the files that the run will write.
func (b *baseline) written() []string {
	if b.update {
		return []string{b.file}
	}
	return nil
}

func (b *baseline) read() error {
	if b.file == "" {
		return nil
	}
	f, err := os.Open(b.file)
	if b.update && errors.Is(err, fs.ErrNotExist) {
		b.known = new(report.Known)
		return nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		return notJudged("%s does not exist (--update-known makes it)", b.file)
	}
	if err != nil {
		return notJudged("cannot read %s: %v", b.file, reasonOf(err))
	}
	defer f.Close()
	if b.known, err = report.ReadKnown(f); err != nil {
		return notJudged("%s: %s", b.file, strings.TrimPrefix(err.Error(), "report: "))
	}
	return nil
}

// write makes the file say what runs have found.
func (b *baseline) write(stdout io.Writer, runs []*report.Run) error {
	for _, run := range runs {
		b.known.Update(run)
	}
	if err := writeFile(b.file, b.known.Write); err != nil {
		return notJudged("cannot write %s: %v", b.file, reasonOf(err))
	}
	_, err := fmt.Fprintf(stdout, "Recorded in %s as known.\n", b.file)
	return err
}
