package cli

import (
	"bytes"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		text  string
		width int
		want  string
	}{
		{"", 10, ""},
		{"one", 1, "one"},
		{"one two three", 7, "one two|three"},
		{"one two three", 6, "one|two|three"},
		{"  one \n two", 80, "one two"},
		{"one (default" + unbroken + "2)", 10, "one|(default 2)"},
	} {
		if got := strings.Join(wrap(c.text, c.width), "|"); got != c.want {
			t.Errorf("%q at %d: %q, want %q", c.text, c.width, got, c.want)
		}
	}
}

func TestExplain(t *testing.T) {
	a := &App{Name: "app"}
	c := &Command{
		Name: "do", Args: "THING", MaxArgs: 1, Summary: "do it", Help: "First.\n\n  as it stands",
		Flags: []FlagGroup{
			{Add: func(fs *pflag.FlagSet) {
				fs.StringP("name", "n", "", "the `NAME` of it")
				fs.Int("count-of-something-long", 3, "how `MANY`")
				fs.Bool("dry", false, "only say")
			}},
			{Title: "More", Add: func(fs *pflag.FlagSet) { fs.Bool("more", true, "more of it") }},
		},
		Examples: []Example{{"it does", "app do thing"}, {"again", "app do thing -n x"}},
		Exits:    []Exit{{1, "it did not"}, {9, "it broke"}},
	}
	var got bytes.Buffer
	a.explain(&got, c, "do")
	const want = `app do - do it

Usage:
  app do [flags] THING

First.

  as it stands

Flags:
  -n, --name NAME  the NAME of it
  --count-of-something-long MANY
                   how MANY (default 3)
  --dry            only say

More flags:
  --more  more of it (default true)

Examples:
  # it does
  app do thing

  # again
  app do thing -n x

Exit status:
  0  done
  1  it did not
  2  the command line has a mistake
  9  it broke
`
	if got.String() != want {
		t.Errorf("got\n%s\nwant\n%s", got.String(), want)
	}
}
