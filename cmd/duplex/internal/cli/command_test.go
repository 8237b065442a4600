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
		got := a.unknown(name).Error()
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
