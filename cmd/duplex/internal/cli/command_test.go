package cli

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

type coded struct {
	text string
	code int
}

func (c coded) Error() string { return c.text }
func (c coded) ExitCode() int { return c.code }

func TestExitStatus(t *testing.T) {
	for _, c := range []struct {
		err    error
		code   int
		stderr string
	}{
		{nil, 0, ""},
		{errors.New("it broke"), 1, "app do: it broke\n"},
		{Usagef("no %q", "x"), 2, "app do: no \"x\" (see 'app help do')\n"},
		{coded{"told to", 143}, 143, "app do: told to\n"},
		{coded{"", 7}, 7, ""},
	} {
		var args []string
		a := &App{Name: "app", Commands: []*Command{{Name: "do", MaxArgs: 1, Run: func(env *Env) error {
			args = env.Args
			return c.err
		}}}}
		stderr := tempFile(t)
		code := a.Run([]string{"do", "thing"}, Env{Stdout: io.Discard, Stderr: stderr})
		if got := content(t, stderr); code != c.code || got != c.stderr {
			t.Errorf("%v: exit status %d, %q; want %d, %q", c.err, code, got, c.code, c.stderr)
		}
		if strings.Join(args, " ") != "thing" {
			t.Errorf("it got the arguments %q", args)
		}
	}
}

// A family is a command of which a member has to be named.
func TestFamily(t *testing.T) {
	var ran string
	does := func(env *Env) error {
		ran = strings.Join(env.Args, " ")
		return nil
	}
	a := &App{Name: "app", Commands: []*Command{{Name: "all", Summary: "many", Commands: []*Command{
		{Name: "one", Summary: "first", MaxArgs: 1, Run: does},
		{Name: "more", Summary: "second", MaxArgs: -1, Run: does},
	}}}}
	for _, c := range []struct {
		args           string
		code           int
		ran            string
		stdout, stderr string // how they begin
	}{
		{"all one x", 0, "x", "", ""},
		{"all more x y z", 0, "x y z", "", ""},
		{"all", 2, "", "", "app all - many\n\nUsage:\n  app all COMMAND\n\nCommands:\n  one   first\n  more  second\n"},
		{"all --help", 0, "", "app all - many\n", ""},
		{"all -h", 0, "", "app all - many\n", ""},
		{"help all", 0, "", "app all - many\n", ""},
		{"all one --help", 0, "", "app all one - first\n\nUsage:\n  app all one\n", ""},
		{"help all one", 0, "", "app all one - first\n", ""},
		{"help all one x", 2, "", "", "app help: unexpected argument \"x\" (see 'app help')\n"},
		{"all onee", 2, "", "", "app all: unknown command \"onee\": did you mean \"one\"? (see 'app help all')\n"},
		{"help all onee", 2, "", "", "app help: unknown command \"onee\": did you mean \"one\"? (see 'app help')\n"},
		{"all --x one", 2, "", "", "app all: unknown flag \"--x\" in front of the command (see 'app help all')\n"},
		{"all one x y", 2, "", "", "app all one: unexpected argument \"y\" (see 'app help all one')\n"},
	} {
		ran = ""
		stdout, stderr := tempFile(t), tempFile(t)
		code := a.Run(strings.Fields(c.args), Env{Stdout: stdout, Stderr: stderr})
		out, err := content(t, stdout), content(t, stderr)
		if code != c.code || ran != c.ran {
			t.Errorf("%s: exit status %d, ran with %q; want %d, %q", c.args, code, ran, c.code, c.ran)
		}
		if !strings.HasPrefix(out, c.stdout) || (out == "") != (c.stdout == "") || !strings.HasPrefix(err, c.stderr) || (err == "") != (c.stderr == "") {
			t.Errorf("%s: wrote\n%s\nand as errors\n%s", c.args, out, err)
		}
	}
}

func tempFile(t *testing.T) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func content(t *testing.T, f *os.File) string {
	t.Helper()
	b, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestUnknownCommand(t *testing.T) {
	a := &App{Name: "app", Commands: []*Command{{Name: "serve"}, {Name: "echo"}, {Name: "version"}}}
	for name, want := range map[string]string{
		"server": `did you mean "serve"?`,
		"srve":   `did you mean "serve"?`,
		"ehco":   `did you mean "echo"?`,
		"verson": `did you mean "version"?`,
		"x":      `unknown command "x"`,
		"listen": `unknown command "listen"`,
		"\x1b[2": `unknown command "\x1b[2"`,
	} {
		got := unknown(a.Commands, name).Error()
		if !strings.Contains(got, want) || strings.Contains(got, "mean") != strings.Contains(want, "mean") {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"a", "", 1}, {"", "abc", 3}, {"abc", "abc", 0},
		{"abc", "abd", 1}, {"abc", "ab", 1}, {"kitten", "sitting", 3},
	} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("%q to %q: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}
