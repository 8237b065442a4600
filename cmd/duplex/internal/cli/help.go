package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/pflag"
)

// textWidth is how wide help is set: it fits every terminal.
const textWidth = 79

// help is the command "help [COMMAND]".
func (a *App) help(args []string, env *Env) error {
	if len(args) == 0 || isHelp(args[0]) || args[0] == "help" {
		a.overview(env.Stdout)
		return nil
	}
	c, name, rest, err := a.find(args)
	if err != nil {
		return err
	}
	if len(rest) > 0 && !isHelp(rest[0]) {
		return Usagef("unexpected argument %q", rest[0])
	}
	a.explain(env.Stdout, c, name)
	return nil
}

// overview writes what the binary can do.
func (a *App) overview(w io.Writer) {
	p := printer{w}
	p.paragraphs(a.Name+" - "+a.Summary, 0)
	p.title("Usage")
	p.line("  %s COMMAND [flags]", a.Name)
	p.title("Commands")
	p.table(append(summaries(a.Commands), row{"help", "explain a command: " + a.Name + " help COMMAND"}))
	if a.Notes != "" {
		p.line("")
		p.paragraphs(a.Notes, 0)
	}
}

func summaries(commands []*Command) (rows []row) {
	for _, c := range commands {
		rows = append(rows, row{c.Name, c.Summary})
	}
	return rows
}

// explain writes the page of one command, whose name has those above it.
func (a *App) explain(w io.Writer, c *Command, name string) {
	p := printer{w}
	name = a.Name + " " + name
	p.paragraphs(name+" - "+c.Summary, 0)
	p.title("Usage")
	p.line("  %s", c.synopsis(name))
	if c.Help != "" {
		p.line("")
		p.paragraphs(c.Help, 0)
	}
	if len(c.Commands) > 0 {
		p.title("Commands")
		p.table(summaries(c.Commands))
	}
	for _, g := range c.Flags {
		p.title(strings.TrimSpace(g.Title + " flags"))
		p.table(flagRows(g.set()))
	}
	if len(c.Examples) > 0 {
		p.title("Examples")
		for i, e := range c.Examples {
			if i > 0 {
				p.line("")
			}
			p.paragraphs("# "+e.Does, 2)
			p.line("  %s", e.Line)
		}
	}
	if len(c.Commands) > 0 {
		p.line("\n'%s help %s COMMAND' explains one of them.", a.Name, strings.TrimPrefix(name, a.Name+" "))
		return
	}
	p.title("Exit status")
	var exits []row
	for _, e := range c.exits() {
		exits = append(exits, row{fmt.Sprint(e.Code), e.Meaning})
	}
	p.table(exits)
}

func (c *Command) synopsis(name string) string {
	switch {
	case len(c.Commands) > 0:
		name += " COMMAND"
	case len(c.Flags) > 0:
		name += " [flags]"
	}
	return strings.TrimSpace(name + " " + c.Args)
}

// exits are all exit statuses of c in order.
func (c *Command) exits() []Exit {
	all := []Exit{
		{exitOK, "done"},
		{exitFailed, "failed: one line on standard error says why"},
		{exitUsage, "the command line has a mistake"},
	}
	for _, e := range c.Exits {
		if e.Code < len(all) {
			all[e.Code] = e
		} else {
			all = append(all, e)
		}
	}
	return all
}

func flagRows(fs *pflag.FlagSet) (rows []row) {
	fs.VisitAll(func(f *pflag.Flag) {
		value, usage := pflag.UnquoteUsage(f)
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		if value != "" {
			name += " " + value
		}
		if !isZero(f.DefValue) {
			usage += " (default" + unbroken + f.DefValue + ")"
		}
		rows = append(rows, row{name, usage})
	})
	return rows
}

// isZero reports whether a default says nothing.
func isZero(value string) bool {
	switch value {
	case "", "0", "0s", "false", "[]":
		return true
	}
	return false
}

// printer writes help.
type printer struct{ w io.Writer }

type row struct{ name, text string }

func (p printer) line(format string, args ...any) { fmt.Fprintf(p.w, format+"\n", args...) }

func (p printer) title(s string) {
	p.line("\n%s:", strings.ToUpper(s[:1])+s[1:])
}

// table writes names beside texts; a name that is too long has a line of its
// own.
func (p printer) table(rows []row) {
	const widest = 20
	width := 0
	for _, r := range rows {
		if n := len(r.name); n > width && n <= widest {
			width = n
		}
	}
	indent := width + 4
	for _, r := range rows {
		lines := wrap(r.text, textWidth-indent)
		if len(r.name) > widest {
			p.line("  %s", r.name)
		} else {
			p.line("  %-*s  %s", width, r.name, lines[0])
			lines = lines[1:]
		}
		for _, l := range lines {
			p.line("%*s%s", indent, "", l)
		}
	}
}

// paragraphs writes text wrapped. A line that begins with a space stands as it
// is.
func (p printer) paragraphs(text string, indent int) {
	for i, paragraph := range strings.Split(text, "\n\n") {
		if i > 0 {
			p.line("")
		}
		if strings.HasPrefix(paragraph, " ") {
			p.line("%s", paragraph)
			continue
		}
		for _, l := range wrap(paragraph, textWidth-indent) {
			p.line("%*s%s", indent, "", l)
		}
	}
}

// unbroken stands for a space at which no line is broken.
const unbroken = "\x00"

// wrap breaks text into lines of at most width columns.
func wrap(text string, width int) (lines []string) {
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += strings.ReplaceAll(word, unbroken, " ")
	}
	return append(lines, line)
}
