package house

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestLinksResolve(t *testing.T) {
	for _, name := range sources() {
		if path.Ext(name) != ".md" {
			continue
		}
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, broken := range deadLinks(name, string(text)) {
			t.Error(broken)
		}
	}
}

func TestDeadLinksAreSeen(t *testing.T) {
	for text, want := range map[string]int{
		"[a](README.md)":                              0,
		"[a](https://example.com/none) [b](#)":        0,
		"[a](no-such-file.md)":                        1,
		"![a](docs/no-such.png \"title\")":            1,
		"[a]: no-such-file.md":                        1,
		"[a](/README.md)":                             1,
		"# Two  `Words`, here\n[a](#two--words-here)": 0,
		"[a](#no-such-heading)":                       1,
		"[a](README.md#duplex)":                       0,
		"[a](README.md#no-such-heading)":              1,
		"```\n[a](no-such-file.md)\n```":              0,
		"`[a](no-such-file.md)`":                      0,
		"<!-- [a](no-such-file.md) -->":               0,
		"<img src=\"no-such.png\">":                   1,
	} {
		if got := deadLinks("x.md", text); len(got) != want {
			t.Errorf("%q: %d dead links, want %d: %v", text, len(got), want, got)
		}
	}
}

var (
	fenced  = regexp.MustCompile("(?ms)^[ \t]*```.*?^[ \t]*```[ \t]*$")
	comment = regexp.MustCompile(`(?s)<!--.*?-->`)
	span    = regexp.MustCompile("`[^`\n]*`")
	link    = regexp.MustCompile(`\]\(([^)\s]+)[^)]*\)|(?m:^\[[^\]]+\]:\s*(\S+))|(?:src|href)="([^"]+)"`)
	scheme  = regexp.MustCompile(`^[a-z][a-z0-9+.-]*:`)
	heading = regexp.MustCompile(`(?m)^#{1,6}\s+(.*?)\s*#*$`)
	dropped = regexp.MustCompile(`[^\p{L}\p{N}\s_-]`)
)

func deadLinks(name, text string) (dead []string) {
	prose := span.ReplaceAllString(comment.ReplaceAllString(fenced.ReplaceAllString(text, ""), ""), "")
	for _, m := range link.FindAllStringSubmatch(prose, -1) {
		target := m[1] + m[2] + m[3]
		if scheme.MatchString(target) || target == "#" {
			continue
		}
		if why := resolve(name, text, target); why != "" {
			dead = append(dead, fmt.Sprintf("%s: link to %s: %s", name, target, why))
		}
	}
	return dead
}

// resolve says why target, found in the file name, leads nowhere.
func resolve(name, text, target string) string {
	to, anchor, _ := strings.Cut(target, "#")
	if path.IsAbs(to) {
		return "an absolute path leads elsewhere on every site"
	}
	if to != "" {
		full := filepath.Join(root, path.Dir(name), to)
		info, err := os.Stat(full)
		if err != nil {
			return "there is no such file"
		}
		if info.IsDir() || path.Ext(to) != ".md" {
			return ""
		}
		there, err := os.ReadFile(full)
		if err != nil {
			return err.Error()
		}
		text = string(there)
	}
	if anchor != "" && !hasHeading(text, anchor) {
		return "there is no such heading"
	}
	return ""
}

// hasHeading reports whether a heading of text has the anchor that the usual
// renderers give it.
func hasHeading(text, anchor string) bool {
	for _, m := range heading.FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
		slug := dropped.ReplaceAllString(strings.ToLower(m[1]), "")
		if strings.Map(hyphen, slug) == anchor {
			return true
		}
	}
	return false
}

func hyphen(r rune) rune {
	if r == ' ' || r == '\t' {
		return '-'
	}
	return r
}
