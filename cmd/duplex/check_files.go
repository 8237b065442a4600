package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/duplexws/duplex/conformance/report"
	"github.com/spf13/pflag"
)

// reportFiles are the files that reports are written to, "" for none.
type reportFiles struct{ html, json, junit string }

func (f *reportFiles) addFiles(fs *pflag.FlagSet) {
	fs.StringVarP(&f.html, "report", "o", "", "write a report to this HTML `FILE`: all cases, and the wire log of each")
	fs.StringVar(&f.json, "json", "", "write everything to this JSON `FILE`, for programs and for 'duplex check report'")
	fs.StringVar(&f.junit, "junit", "", "write JUnit XML to this `FILE`, for CI servers")
}

// writable reports which of the files, or of others, cannot be written: before a
// run, so that it is not done in vain.
func (f *reportFiles) writable(others ...string) error {
	for _, name := range append(others, f.html, f.json, f.junit) {
		if name == "" {
			continue
		}
		if err := probe(name); err != nil {
			return notJudged("cannot write %s: %v", name, reasonOf(err))
		}
	}
	return nil
}

// write writes the files, and says so.
func (f *reportFiles) write(stdout io.Writer, runs []*report.Run, known *report.Known, strict bool) error {
	var told []string
	for _, out := range []struct {
		name  string
		write func(io.Writer) error
	}{
		{f.html, func(w io.Writer) error { return report.WriteHTML(w, runs) }},
		{f.json, func(w io.Writer) error { return report.WriteJSON(w, runs) }},
		{f.junit, func(w io.Writer) error { return report.WriteJUnit(w, runs, known, strict) }},
	} {
		if out.name == "" {
			continue
		}
		if err := writeFile(out.name, out.write); err != nil {
			return notJudged("cannot write %s: %v", out.name, reasonOf(err))
		}
		told = append(told, out.name)
	}
	if len(told) > 0 {
		fmt.Fprintf(stdout, "Written: %s\n", strings.Join(told, ", "))
	}
	return nil
}

// writeFile writes a file that nobody sees before it is whole: beside it, and
// then in its place. What is no regular file, such as /dev/stdout, is written as
// it is.
func writeFile(name string, write func(io.Writer) error) error {
	target, special, err := resolve(name)
	if err != nil {
		return err
	}
	if special {
		f, err := os.OpenFile(target, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		return errors.Join(write(f), f.Close())
	}
	f, err := beside(target)
	if err != nil {
		return err
	}
	err = errors.Join(write(f), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), target)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

// probe reports why a file could not be written.
func probe(name string) error {
	target, special, err := resolve(name)
	if err != nil || special {
		return err
	}
	f, err := beside(target)
	if err != nil {
		return err
	}
	f.Close()
	return os.Remove(f.Name())
}

// resolve follows links, and tells what is no regular file.
func resolve(name string) (target string, special bool, err error) {
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return name, false, nil
	case err != nil:
		return "", false, err
	case info.IsDir():
		return "", false, errors.New("it is a folder")
	case !info.Mode().IsRegular():
		return name, true, nil
	}
	if f, err := os.OpenFile(name, os.O_WRONLY, 0); err != nil {
		return "", false, err // it is protected, though its folder is not
	} else {
		f.Close()
	}
	target, err = filepath.EvalSymlinks(name)
	return target, false, err
}

// beside makes a file for what will take the place of another.
func beside(target string) (*os.File, error) {
	mode := fs.FileMode(0o666)
	if info, err := os.Stat(target); err == nil {
		mode = info.Mode().Perm()
	}
	return os.OpenFile(target+"."+strings.ToLower(rand.Text()[:8])+".tmp", os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
}

// reasonOf is an error without the path, which is said anyway.
func reasonOf(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	var link *os.LinkError
	if errors.As(err, &link) {
		return link.Err
	}
	return err
}
