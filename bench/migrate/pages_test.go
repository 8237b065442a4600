package migrate_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const docs = "../../docs/migrate/"

// pages are those who are migrated from, by the name of their page.
var pages = map[string]string{
	"gorilla": "github.com/gorilla/websocket",
	"coder":   "github.com/coder/websocket",
}

func page(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(docs + name + ".md")
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), "\r\n", "\n")
}

// A fence is a block of Go on a page.
type fence struct {
	file string // that the line before links to; "" for an excerpt
	code string
}

var (
	fenced = regexp.MustCompile("(?s)(?:\\]\\(\\.\\./\\.\\./bench/migrate/([^)]*)\\):?\n\n)?```go\n(.*?)```\n")
	anyGo  = regexp.MustCompile("(?m)^[ \t]*```go")
)

func fences(text string) (all []fence) {
	for _, m := range fenced.FindAllStringSubmatch(text, -1) {
		all = append(all, fence{m[1], m[2]})
	}
	return all
}

// What the pages show is what is compiled: whole files, and excerpts of them.
func TestPagesShowThePrograms(t *testing.T) {
	for name := range pages {
		text := page(t, name)
		files := programFiles(t, name)
		shown := make(map[string]bool)
		all := fences(text)
		if n := len(anyGo.FindAllString(text, -1)); n != len(all) {
			t.Errorf("%s.md has %d blocks of Go, of which %d are understood", name, n, len(all))
		}
		for _, f := range all {
			switch {
			case f.file == "":
				if !excerpt(f.code, files) {
					t.Errorf("%s.md: no program has these lines:\n%s", name, f.code)
				}
			case files[f.file] == "":
				t.Errorf("%s.md: there is no %s", name, f.file)
			default:
				shown[f.file] = true
				if files[f.file] != f.code {
					t.Errorf("%s.md: %s looks otherwise", name, f.file)
				}
			}
		}
		for file := range files {
			if !shown[file] {
				t.Errorf("%s.md does not show %s", name, file)
			}
		}
	}
}

func programFiles(t *testing.T, name string) map[string]string {
	t.Helper()
	files := make(map[string]string)
	err := filepath.WalkDir(name, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		code, err := os.ReadFile(path)
		files[filepath.ToSlash(path)] = strings.ReplaceAll(string(code), "\r\n", "\n")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// excerpt reports whether code stands in one of files, indented somehow.
func excerpt(code string, files map[string]string) bool {
	for _, text := range files {
		for range 5 {
			if strings.Contains("\n"+text, "\n"+code) {
				return true
			}
			text = strings.TrimPrefix(strings.ReplaceAll("\n"+text, "\n\t", "\n"), "\n")
		}
	}
	return false
}

// A row is one of the table of identifiers.
type row struct{ theirs, ours, note string }

func rows(text string) (all []row) {
	table := false
	for line := range strings.SplitSeq(text, "\n") {
		cells := strings.Split(line, "|")
		if len(cells) != 5 {
			table = false
			continue
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		switch {
		case cells[2] == "Duplex":
			table = true
		case table && !strings.HasPrefix(cells[1], "---"):
			all = append(all, row{cells[1], cells[2], cells[3]})
		}
	}
	return all
}

var span = regexp.MustCompile("`([^`\n]+)`")

func spans(text string) (all []string) {
	for _, m := range span.FindAllStringSubmatch(text, -1) {
		all = append(all, m[1])
	}
	return all
}

// The table has a row for everything that the peer exports, and none for
// anything else.
func TestTablesAreWhole(t *testing.T) {
	for name, module := range pages {
		exported := moduleNames(t, module)
		if len(exported) < 50 {
			t.Fatalf("%s exports only %v", module, exported)
		}
		var listed []string
		for _, r := range rows(page(t, name)) {
			listed = append(listed, spans(r.theirs)...)
		}
		for id := range exported {
			if !slices.Contains(listed, id) {
				t.Errorf("%s.md says nothing about %s", name, id)
			}
		}
		slices.Sort(listed)
		for i, id := range listed {
			if !exported[id] {
				t.Errorf("%s.md has a row for %s, which does not exist", name, id)
			}
			if i > 0 && listed[i-1] == id {
				t.Errorf("%s.md has two rows for %s", name, id)
			}
		}
	}
}

// identifier matches what is meant as an exported name of a package of ours or
// of the peer's, and not one of the standard library.
var identifier = regexp.MustCompile(`^(?:(?:websocket|protocol|wsjson|reconnect)\.)?[A-Z]\w*(?:\.[A-Z]\w*)*$`)

func TestNamesExist(t *testing.T) {
	ours := ourNames(t)
	for name, module := range pages {
		text := page(t, name)
		for _, r := range rows(text) {
			for _, id := range spans(r.ours) {
				if !ours[id] {
					t.Errorf("%s.md: %s becomes %s, which does not exist", name, r.theirs, id)
				}
			}
		}
		theirs := moduleNames(t, module)
		for _, id := range spans(fenced.ReplaceAllString(text, "")) {
			bare := strings.TrimPrefix(id, "websocket.")
			if identifier.MatchString(id) && !ours[bare] && !theirs[bare] {
				t.Errorf("%s.md names %s, which does not exist", name, id)
			}
		}
	}
}
