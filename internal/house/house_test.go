// Package house holds the rules of this repository that a machine can check:
// who may import whom, what the exported surface is, that it is documented, how
// large a file may get. It has tests and nothing else.
package house

import (
	"bytes"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/duplexws/duplex/internal/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m) }

const (
	root   = "../.."
	module = "github.com/duplexws/duplex"
)

// fset knows the positions of every file that was parsed.
var fset = token.NewFileSet()

// A pkg is a folder with Go files, all build tags together.
type pkg struct {
	path  string // of the folder, relative to root
	name  string
	files []*file // without the tests
	tests []*file
}

type file struct {
	path string // relative to root
	ast  *ast.File
}

// public reports whether users of the module import the package.
func (p *pkg) public() bool {
	return p.name != "main" && len(p.files) > 0 && !slices.Contains(strings.Split(p.path, "/"), "internal")
}

// packages are those of the root module, nested are those of the other modules
// of the workspace.
var packages, nested = func() (load, loadNested func() []*pkg) {
	all := sync.OnceValues(func() (ours, theirs []*pkg) {
		var outside []string // folders of nested modules
		byPath := make(map[string]*pkg)
		for _, f := range sources() {
			if path.Base(f) == "go.mod" && f != "go.mod" {
				outside = append(outside, path.Dir(f)+"/")
			}
		}
		for _, f := range sources() {
			if path.Ext(f) != ".go" {
				continue
			}
			src, err := os.ReadFile(filepath.Join(root, f))
			if err != nil {
				panic(err)
			}
			dir := path.Dir(f)
			p := byPath[dir]
			if p == nil {
				p = &pkg{path: dir}
				byPath[dir] = p
				if slices.ContainsFunc(outside, func(m string) bool { return strings.HasPrefix(dir+"/", m) }) {
					theirs = append(theirs, p)
				} else {
					ours = append(ours, p)
				}
			}
			p.add(f, src)
		}
		return ours, theirs
	})
	return func() []*pkg { p, _ := all(); return p }, func() []*pkg { _, p := all(); return p }
}()

func (p *pkg) add(name string, src []byte) {
	parsed, err := parser.ParseFile(fset, name, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		panic(err)
	}
	f := &file{name, parsed}
	if strings.HasSuffix(name, "_test.go") {
		p.tests = append(p.tests, f)
		return
	}
	p.name = parsed.Name.Name
	p.files = append(p.files, f)
}

// sources are the paths of all files of the repository that people write,
// relative to root.
var sources = sync.OnceValue(func() []string {
	var found []string
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				return nil // a temporary file that is gone again
			}
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		switch base := d.Name(); {
		case d.IsDir() && (base == ".git" || base == "node_modules" || base == "testdata"):
			return fs.SkipDir
		case d.Type().IsRegular():
			found = append(found, filepath.ToSlash(rel))
		}
		return nil
	})
	if err != nil {
		panic(err)
	}
	return found
})

// imports returns the names under which f knows the packages that it imports.
func (f *file) imports() map[string]string {
	names := make(map[string]string)
	for _, spec := range f.ast.Imports {
		to := importPath(spec)
		name := path.Base(to)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		names[name] = to
	}
	return names
}

func importPath(spec *ast.ImportSpec) string { return strings.Trim(spec.Path.Value, `"`) }

// uses calls visit for every mention in f of a name of another package, such as
// ("time", "Now").
func (f *file) uses(visit func(at ast.Node, from, name string)) {
	imported := f.imports()
	ast.Inspect(f.ast, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := sel.X.(*ast.Ident); ok && imported[x.Name] != "" {
				visit(n, imported[x.Name], sel.Sel.Name)
			}
		}
		return true
	})
}

// at names the place of n for a message.
func at(n ast.Node) string {
	pos := fset.Position(n.Pos())
	pos.Column = 0
	return pos.String()
}

// A rule looks at one package and returns what breaks it, a line each.
type rule func(*pkg) []string

// check applies a rule to packages.
func check(t *testing.T, r rule, to []*pkg) {
	t.Helper()
	for _, p := range to {
		for _, broken := range r(p) {
			t.Error(broken)
		}
	}
}

// A specimen is a package made up to show that a rule notices what it forbids.
type specimen struct {
	path string
	src  string
	want string // part of the complaint; empty if there must be none
}

func checkSpecimens(t *testing.T, r rule, specimens []specimen) {
	t.Helper()
	for _, s := range specimens {
		p := &pkg{path: s.path}
		name := s.path + "/specimen.go"
		if !bytes.Contains([]byte(s.src), []byte("package ")) {
			s.src = "package p\n" + s.src
		}
		p.add(name, []byte(s.src))
		broken := strings.Join(r(p), "\n")
		switch {
		case s.want == "" && broken != "":
			t.Errorf("complains about what is allowed: %s\n%s", broken, s.src)
		case !strings.Contains(broken, s.want):
			t.Errorf("complains %q, want %q, about\n%s", broken, s.want, s.src)
		}
	}
}
