package house

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write api.txt anew")

const recorded = root + "/api.txt"

// api.txt records what users can name, so that a change of it is seen in review.
func TestAPI(t *testing.T) {
	got := strings.Join(surface(t), "\n") + "\n"
	if *update {
		if err := os.WriteFile(recorded, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	was, err := os.ReadFile(recorded)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.ReplaceAll(string(was), "\r\n", "\n")
	for _, line := range without(want, got) {
		t.Errorf("gone from the exported surface: %s", line)
	}
	for _, line := range without(got, want) {
		t.Errorf("new in the exported surface: %s", line)
	}
	if t.Failed() {
		t.Log("if this is meant: make api, and a line in CHANGELOG.md")
	}
}

func TestAPILines(t *testing.T) {
	const src = `package p
import "io"
type Bool bool
const (A Bool = true; b = 2; C = "x" + "y"; D Kind = iota)
type Kind uint8
func (Kind) String() string { return "" }
func (k *Kind) unseen() {}
var V, w io.Reader
type S[K comparable] struct { F, G func(n int) (err error); io.Reader; h int; m map[K]int }
func (s *S[K]) Set(k K, to ...int) {}
type Open struct { F int }
type I interface { io.Reader; M(S[int]) }
type closed interface { M() }
type Sealed interface { M(); seal() }
type Set interface { ~int | string }
type Alias = map[string]Open
type Func func(*Open) closed
func New[T any](t T) *S[string] { return nil }
`
	const want = `p const A Bool = true
p const C untyped string = "xy"
p const D Kind = 3
p func New[T any](t T) *S[string]
p method (*S[K]) Set(k K, to ...int)
p method (Kind) String() string
p type Alias = map[string]Open
p type Bool bool
p type Func func(*Open) closed
p type I interface
p type I interface, embeds io.Reader
p type I interface, method M(S[int])
p type Kind uint8
p type Open struct
p type Open struct, field F int
p type S[K comparable] struct
p type S[K comparable] struct, embeds io.Reader
p type S[K comparable] struct, field F func(n int) (err error)
p type S[K comparable] struct, field G func(n int) (err error)
p type S[K comparable] struct, unexported fields
p type Sealed interface
p type Sealed interface, method M()
p type Sealed interface, unexported methods
p type Set interface
p type Set interface, embeds ~int | string
p var V io.Reader`
	files := token.NewFileSet()
	parsed, err := parser.ParseFile(files, "p.go", src, 0)
	if err != nil {
		t.Fatal(err)
	}
	config := types.Config{Importer: exportData(t, "io")}
	p, err := config.Check("p", files, []*ast.File{parsed}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(lines("p", p), "\n"); got != want {
		t.Errorf("got\n%s\nwithout %q\nin addition %q", got, without(want, got), without(got, want))
	}
}

// without returns the lines of a that are not lines of b.
func without(a, b string) (only []string) {
	there := strings.Split(b, "\n")
	for line := range strings.SplitSeq(a, "\n") {
		if !slices.Contains(there, line) {
			only = append(only, line)
		}
	}
	return only
}

// surface renders the public packages, a line for each thing that users can
// name, sorted.
func surface(t *testing.T) (all []string) {
	t.Helper()
	var paths []string
	for _, p := range packages() {
		if p.public() {
			paths = append(paths, module+"/"+p.path)
		}
	}
	if len(paths) == 0 {
		return nil
	}
	load := exportData(t, paths...)
	for _, path := range paths {
		p, err := load.Import(path)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, lines(strings.TrimPrefix(path, module+"/"), p)...)
	}
	slices.Sort(all)
	return all
}

// exportData returns an importer of what the compiler knows of packages and all
// they depend on. It compiles for one system, so that api.txt is the same on all.
func exportData(t *testing.T, packages ...string) types.Importer {
	t.Helper()
	list := exec.Command("go", append([]string{"list", "-export", "-deps", "-json=ImportPath,Export", "--"}, packages...)...)
	list.Dir = root
	list.Env = append(os.Environ(), "GOOS=linux", "GOARCH=amd64")
	var stderr bytes.Buffer
	list.Stderr = &stderr
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, &stderr)
	}
	compiled := make(map[string]string)
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct{ ImportPath, Export string }
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		compiled[p.ImportPath] = p.Export
	}
	return importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) {
		return os.Open(filepath.FromSlash(compiled[path]))
	})
}

// lines renders the exported surface of p, whose path is name.
func lines(name string, p *types.Package) []string {
	r := &renderer{pkg: p, prefix: name + " "}
	for _, n := range p.Scope().Names() {
		if obj := p.Scope().Lookup(n); obj.Exported() {
			r.object(obj)
		}
	}
	slices.Sort(r.out)
	return r.out
}

type renderer struct {
	pkg    *types.Package
	prefix string
	out    []string
}

func (r *renderer) line(format string, args ...any) {
	r.out = append(r.out, r.prefix+fmt.Sprintf(format, args...))
}

func (r *renderer) qualify(p *types.Package) string {
	if p == r.pkg {
		return ""
	}
	return p.Name()
}

func (r *renderer) text(t types.Type) string { return types.TypeString(t, r.qualify) }

func (r *renderer) object(obj types.Object) {
	switch obj := obj.(type) {
	case *types.Const:
		r.line("const %s %s = %s", obj.Name(), r.text(obj.Type()), obj.Val().ExactString())
	case *types.Var:
		r.line("var %s %s", obj.Name(), r.text(obj.Type()))
	case *types.Func:
		r.line("func %s%s", obj.Name(), strings.TrimPrefix(r.text(obj.Type()), "func"))
	case *types.TypeName:
		r.typeName(obj)
	}
}

func (r *renderer) typeName(obj *types.TypeName) {
	if alias, ok := obj.Type().(*types.Alias); ok {
		r.line("type %s = %s", obj.Name(), r.text(alias.Rhs()))
		return
	}
	named := obj.Type().(*types.Named)
	name := types.ObjectString(obj, r.qualify) // type T[P any] and what it is
	name, _, _ = strings.Cut(strings.TrimPrefix(name, "type "), " struct{")
	name, _, _ = strings.Cut(name, " interface{")
	switch u := named.Underlying().(type) {
	case *types.Struct:
		r.structType(name, u)
	case *types.Interface:
		r.interfaceType(name, u)
	default:
		r.line("type %s", name)
	}
	for m := range named.Methods() {
		if m.Exported() {
			recv := m.Signature().Recv().Type()
			r.line("method (%s) %s%s", r.text(recv), m.Name(), strings.TrimPrefix(r.text(m.Type()), "func"))
		}
	}
}

func (r *renderer) structType(name string, s *types.Struct) {
	r.line("type %s struct", name)
	hidden := false
	for f := range s.Fields() {
		switch {
		case !f.Exported():
			hidden = true
		case f.Embedded():
			r.line("type %s struct, embeds %s", name, r.text(f.Type()))
		default:
			r.line("type %s struct, field %s %s", name, f.Name(), r.text(f.Type()))
		}
	}
	if hidden {
		r.line("type %s struct, unexported fields", name)
	}
}

func (r *renderer) interfaceType(name string, i *types.Interface) {
	r.line("type %s interface", name)
	hidden := false
	for m := range i.ExplicitMethods() {
		if m.Exported() {
			r.line("type %s interface, method %s%s", name, m.Name(), strings.TrimPrefix(r.text(m.Type()), "func"))
		} else {
			hidden = true
		}
	}
	for e := range i.EmbeddedTypes() {
		r.line("type %s interface, embeds %s", name, r.text(e))
	}
	if hidden {
		r.line("type %s interface, unexported methods", name)
	}
}
