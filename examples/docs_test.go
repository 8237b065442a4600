// Package examples holds what the documentation quotes of the examples to what
// they are.
package examples

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/duplexws/duplex/internal/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// Code in these pages is code that runs: it stands in the file that the line
// above it links to.
func TestPagesQuoteTheExamples(t *testing.T) {
	for _, page := range []string{"auth.md", "frameworks.md"} {
		text, err := os.ReadFile(filepath.Join("..", "docs", page))
		if err != nil {
			t.Fatal(err)
		}
		quotes := quotations(string(text))
		if len(quotes) < 5 {
			t.Errorf("%s quotes %d pieces of code", page, len(quotes))
		}
		for _, q := range quotes {
			if err := q.check(readExample); err != nil {
				t.Errorf("docs/%s: %v", page, err)
			}
		}
	}
}

func readExample(name string) (string, error) {
	src, err := os.ReadFile(filepath.FromSlash(name))
	return string(src), err
}

// A quotation is a piece of code in a page.
type quotation struct {
	file string // below examples, "" if the page does not say
	code string
}

var (
	fence  = regexp.MustCompile("(?ms)^(?:([^\n]*)\n\n?)?```(?:go|js|html)\n(.*?)^```$")
	source = regexp.MustCompile(`^\[examples/(\S+)\]\(\.\./examples/(\S+)\)$`)
)

func quotations(page string) (found []quotation) {
	for _, m := range fence.FindAllStringSubmatch(page, -1) {
		q := quotation{code: m[2]}
		if s := source.FindStringSubmatch(m[1]); s != nil && s[1] == s[2] {
			q.file = s[1]
		}
		found = append(found, q)
	}
	return found
}

// check returns an error unless the quotation stands in its file, in whole lines.
func (q quotation) check(read func(string) (string, error)) error {
	first, _, _ := strings.Cut(q.code, "\n")
	if q.file == "" {
		return fmt.Errorf("no link to the example above the code that begins with %q", first)
	}
	src, err := read(q.file)
	if err != nil {
		return err
	}
	if !containsLines(strings.Split(src, "\n"), strings.Split(strings.TrimSuffix(q.code, "\n"), "\n")) {
		return fmt.Errorf("examples/%s does not hold the code that begins with %q", q.file, first)
	}
	return nil
}

func containsLines(all, lines []string) bool {
	for i := 0; i+len(lines) <= len(all); i++ {
		if slices.Equal(all[i:i+len(lines)], lines) {
			return true
		}
	}
	return false
}

// The page says which releases were tried: those that the tests run with.
func TestPageNamesTheReleases(t *testing.T) {
	required, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join("..", "docs", "frameworks.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, tried, _ := strings.Cut(string(page), "Tried with ")
	tried, _, _ = strings.Cut(tried, "\n")
	for _, module := range []string{"gin-gonic/gin", "go-chi/chi/v5", "labstack/echo/v4", "labstack/echo/v5",
		"valyala/fasthttp", "gofiber/fiber/v2", "gofiber/fiber/v3"} {
		_, version, ok := strings.Cut(string(required), "github.com/"+module+" v")
		version, _, _ = strings.Cut(version, "\n")
		if !ok || !strings.Contains(tried, version) {
			t.Errorf("%s %s is not among %q", module, version, tried)
		}
	}
}

// What the page lists runs, by `go run ./NAME`, and there is nothing else.
func TestPageListsPrograms(t *testing.T) {
	page, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	var listed []string
	for _, m := range regexp.MustCompile(`\[(\w+)\]\((\w+)\)`).FindAllStringSubmatch(string(page), -1) {
		listed = append(listed, m[2]+"/main.go")
	}
	programs, err := filepath.Glob("*/main.go")
	if err != nil {
		t.Fatal(err)
	}
	for i := range programs {
		programs[i] = filepath.ToSlash(programs[i])
	}
	slices.Sort(listed)
	if !slices.Equal(listed, programs) {
		t.Errorf("README.md lists %q, and there are %q", listed, programs)
	}
}

func TestQuotationsAreChecked(t *testing.T) {
	read := func(string) (string, error) { return "package a\n\nfunc f() {\n\tg()\n}\n", nil }
	const link = "[examples/a.go](../examples/a.go)\n\n"
	for page, want := range map[string]bool{
		link + "```go\nfunc f() {\n\tg()\n}\n```\n":     true,
		link + "```go\nfunc f() {\n\tg()\n```\n":        true,
		link + "```go\nfunc f() {\n\th()\n}\n```\n":     false,
		link + "```go\nunc f() {\n```\n":                false,
		"```go\nfunc f() {\n```\n":                      false,
		"Some text.\n\n```js\nfunc f() {\n```\n":        false,
		"[a](../examples/a.go)\n\n```go\ng()\n```\n":    false,
		link + "Some text.\n\n```go\npackage a\n```\n":  false,
		"# Heading\n\n" + link + "```go\n\tg()\n```\n":  true,
		link + "```go\nfunc f() {\n\n\tg()\n}\n```\n\n": false,
	} {
		quotes := quotations(page)
		if len(quotes) != 1 {
			t.Fatalf("%q: %d quotations", page, len(quotes))
		}
		if err := quotes[0].check(read); (err == nil) != want {
			t.Errorf("%q: %v", page, err)
		}
	}
}
