package migrate_test

import (
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// names are the exported identifiers of a package: F, T, T.Method, T.Field.
type names map[string]bool

// moduleNames returns what a module exports, that of its packages below the
// first with their name in front, as in wsjson.Read.
func moduleNames(t *testing.T, module string) names {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	if err != nil {
		t.Fatalf("go list -m %s: %v", module, err)
	}
	root := strings.TrimSpace(string(out))
	all := make(names)
	err = filepath.WalkDir(root, func(dir string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		if dir != root && (slices.Contains([]string{"internal", "testdata"}, d.Name()) || strings.HasPrefix(d.Name(), ".") || exists(dir, "go.mod")) {
			return fs.SkipDir
		}
		prefix := ""
		if dir != root {
			prefix = d.Name() + "."
		}
		for id := range packageNames(t, dir) {
			all[prefix+id] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func exists(elem ...string) bool {
	_, err := os.Stat(filepath.Join(elem...))
	return err == nil
}

// ourNames returns what a user of Duplex may name; package websocket stands
// without its name in front.
func ourNames(t *testing.T) names {
	t.Helper()
	all := make(names)
	for _, dir := range []string{"protocol", "websocket", "reconnect"} {
		if !exists("../..", dir) {
			continue
		}
		prefix := dir + "."
		if dir == "websocket" {
			prefix = ""
		}
		for id := range packageNames(t, "../../"+dir) {
			all[prefix+id] = true
		}
	}
	// What an alias stands for has its members.
	for alias, to := range aliases(t, "../../websocket") {
		for id := range all {
			if member, ok := strings.CutPrefix(id, to+"."); ok {
				all[alias+"."+member] = true
			}
		}
	}
	return all
}

// packageNames returns the exported identifiers of the package in dir as this
// system would build it, none for a command.
func packageNames(t *testing.T, dir string) names {
	t.Helper()
	all := make(names)
	for _, f := range parse(t, dir) {
		if f.Name.Name == "main" {
			return nil
		}
		for _, d := range f.Decls {
			all.declaration(d)
		}
	}
	return all
}

// aliases returns the type aliases of the package in dir, and what they stand for.
func aliases(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := make(map[string]string)
	for _, f := range parse(t, dir) {
		ast.Inspect(f, func(n ast.Node) bool {
			if s, ok := n.(*ast.TypeSpec); ok && s.Assign.IsValid() {
				if to, ok := s.Type.(*ast.SelectorExpr); ok {
					all[s.Name.Name] = to.X.(*ast.Ident).Name + "." + to.Sel.Name
				}
			}
			return true
		})
	}
	return all
}

func parse(t *testing.T, dir string) (files []*ast.File) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range found {
		base := path.Base(filepath.ToSlash(name))
		if match, err := build.Default.MatchFile(dir, base); err != nil || !match || strings.HasSuffix(base, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	return files
}

func (all names) declaration(d ast.Decl) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		name := d.Name.Name
		if d.Recv != nil {
			name = receiver(d.Recv.List[0].Type) + "." + name
		}
		all.add(name)
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.ValueSpec:
				for _, n := range s.Names {
					all.add(n.Name)
				}
			case *ast.TypeSpec:
				all.add(s.Name.Name)
				all.members(s)
			}
		}
	}
}

// add adds name if all its parts are exported.
func (all names) add(name string) {
	for part := range strings.SplitSeq(name, ".") {
		if !ast.IsExported(part) {
			return
		}
	}
	all[name] = true
}

func (all names) members(s *ast.TypeSpec) {
	var fields *ast.FieldList
	switch u := s.Type.(type) {
	case *ast.StructType:
		fields = u.Fields
	case *ast.InterfaceType:
		fields = u.Methods
	default:
		return
	}
	for _, f := range fields.List {
		for _, n := range f.Names {
			all.add(s.Name.Name + "." + n.Name)
		}
	}
}

func receiver(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}
