// Package cli is what the commands of the binary share: how a command is
// described, how its flags are read, how it explains itself and how it ends.
// Help on the terminal and the pages of the manual come from one description.
package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// App is a binary of several commands.
type App struct {
	Name     string
	Summary  string
	Commands []*Command
	Notes    string // paragraphs at the end of the overview
}

// Command describes one command. Texts are paragraphs, set apart by an empty
// line and wrapped where they are shown.
type Command struct {
	Name     string
	Args     string // what stands behind the flags in the synopsis, such as "URL"
	MaxArgs  int    // -1 is any number
	Summary  string // one line, lower case
	Help     string
	Flags    []FlagGroup
	Examples []Example
	Exits    []Exit // beyond those that all commands share
	Run      func(env *Env) error

	// Commands make it a family, of which a member has to be named; it has
	// neither flags nor a Run itself.
	Commands []*Command
}

// FlagGroup is a set of flags that help shows under one title.
type FlagGroup struct {
	Title string // "" for those that the command is about
	Add   func(*pflag.FlagSet)
}

// Example is a command line and what it does.
type Example struct{ Does, Line string }

// Exit is an exit status and its meaning.
type Exit struct {
	Code    int
	Meaning string
}

// Env is what a running command has: its arguments behind the flags, and the
// three streams.
type Env struct {
	Args   []string
	Stdin  io.Reader
	Stdout io.Writer
	Stderr *os.File
}

// The exit statuses that all commands share.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// UsageError is a mistake in the command line.
type UsageError struct{ Problem string }

func (e *UsageError) Error() string { return e.Problem }

// Usagef returns a UsageError.
func Usagef(format string, args ...any) error {
	return &UsageError{fmt.Sprintf(format, args...)}
}

// exitCoder is an error that has an exit status of its own. If its text is
// empty nothing is printed.
type exitCoder interface {
	error
	ExitCode() int
}

// Run runs the command that args name and returns the exit status. What went
// wrong stands in one line on env.Stderr.
func (a *App) Run(args []string, env Env) int {
	if len(args) == 0 {
		a.overview(env.Stderr)
		return exitUsage
	}
	switch args[0] {
	case "-h", "--help":
		args = append([]string{"help"}, args[1:]...)
	case "--version":
		args = append([]string{"version"}, args[1:]...)
	}
	if args[0] == "help" {
		return a.finish(env, "help", a.help(args[1:], &env))
	}
	c, name, rest, err := a.find(args)
	if err != nil {
		return a.finish(env, name, err)
	}
	if len(c.Commands) > 0 {
		return a.family(env, c, name, rest)
	}
	err = c.parse(rest, &env)
	if errors.Is(err, pflag.ErrHelp) {
		a.explain(env.Stdout, c, name)
		return exitOK
	}
	if err == nil {
		err = c.Run(&env)
	}
	return a.finish(env, name, err)
}

// find follows args into the tree of commands. It returns the last command that
// they name, its name with those above it, and what stands behind.
func (a *App) find(args []string) (c *Command, name string, rest []string, err error) {
	among, rest := a.Commands, args
	for len(among) > 0 && len(rest) > 0 && !(c != nil && isHelp(rest[0])) {
		i := slices.IndexFunc(among, func(c *Command) bool { return c.Name == rest[0] })
		if i < 0 {
			return c, name, rest, unknown(among, rest[0])
		}
		c, rest = among[i], rest[1:]
		among, name = c.Commands, strings.TrimSpace(name+" "+c.Name)
	}
	return c, name, rest, nil
}

func isHelp(arg string) bool { return arg == "-h" || arg == "--help" }

// family is the end of a command line that names no member of a family: its
// page, which is what was asked for, or is due.
func (a *App) family(env Env, c *Command, name string, rest []string) int {
	if len(rest) > 0 {
		a.explain(env.Stdout, c, name)
		return exitOK
	}
	a.explain(env.Stderr, c, name)
	return exitUsage
}

// parse reads the flags and leaves the arguments in env.
func (c *Command) parse(args []string, env *Env) error {
	all := c.flagSet()
	if err := all.Parse(args); err != nil {
		if errors.Is(err, pflag.ErrHelp) {
			return err
		}
		return &UsageError{err.Error()}
	}
	env.Args = all.Args()
	if c.MaxArgs >= 0 && len(env.Args) > c.MaxArgs {
		return Usagef("unexpected argument %q", env.Args[c.MaxArgs])
	}
	return nil
}

func (c *Command) flagSet() *pflag.FlagSet {
	all := newFlagSet(c.Name)
	for _, g := range c.Flags {
		all.AddFlagSet(g.set())
	}
	return all
}

func (g FlagGroup) set() *pflag.FlagSet {
	fs := newFlagSet("")
	g.Add(fs)
	return fs
}

func newFlagSet(name string) *pflag.FlagSet {
	fs := pflag.NewFlagSet(name, pflag.ContinueOnError)
	fs.SortFlags = false
	fs.SetOutput(io.Discard)
	return fs
}

// finish prints what err says and returns the exit status that it stands for.
func (a *App) finish(env Env, command string, err error) int {
	if err == nil {
		return exitOK
	}
	full := strings.TrimSpace(a.Name + " " + command)
	var usage *UsageError
	if errors.As(err, &usage) {
		about := a.Name + " help"
		if command != "" && command != "help" {
			about += " " + command
		}
		fmt.Fprintf(env.Stderr, "%s: %v (see '%s')\n", full, err, about)
		return exitUsage
	}
	code := exitFailed
	var own exitCoder
	if errors.As(err, &own) {
		code = own.ExitCode()
	}
	if text := err.Error(); text != "" {
		fmt.Fprintf(env.Stderr, "%s: %s\n", full, text)
	}
	return code
}

// unknown is the error of a name that is no command, with the one among some
// that was probably meant.
func unknown(among []*Command, name string) error {
	best, least := "", len(name)/2+1
	for _, c := range among {
		if d := distance(name, c.Name); d < least {
			best, least = c.Name, d
		}
	}
	if strings.HasPrefix(name, "-") {
		return Usagef("unknown flag %q in front of the command", name)
	}
	if best != "" {
		return Usagef("unknown command %q: did you mean %q?", name, best)
	}
	return Usagef("unknown command %q", name)
}

// distance is how many letters have to be added, dropped or changed to turn a
// into b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
