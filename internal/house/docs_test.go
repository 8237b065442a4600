package house

import (
	"fmt"
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestEveryExportIsDocumented(t *testing.T) {
	check(t, exportsDocumented, packages())
	checkSpecimens(t, exportsDocumented, []specimen{
		{"p", "// F does.\nfunc F() {}\nfunc g() {}", ""},
		{"p", "func F() {}", "F has no doc comment"},
		{"p", "type T int", "T has no doc comment"},
		{"p", "// T is.\ntype T int\nfunc (t *T) M() {}", "T.M has no doc comment"},
		{"p", "type t int\nfunc (t) M() {}", ""},
		{"p", "// T is.\ntype T[K any] struct{}\nfunc (T[K]) M() {}", "T.M has no doc comment"},
		{"p", "// T is.\ntype T struct {\n\tA int // is\n\tb int\n}", ""},
		{"p", "// T is.\ntype T struct {\n\tA int\n}", ""},
		{"p", "// Options are.\ntype Options struct {\n\tA int\n}", "Options.A has no doc comment"},
		{"p", "// DialOptions are.\ntype DialOptions struct {\n\tA int // is\n\tB int\n}", "DialOptions.B has no doc comment"},
		{"p", "// E is.\ntype E int\nfunc (E) Error() string { return \"\" }", ""},
		{"p", "// T is.\ntype T interface {\n\tM()\n}", "T.M has no doc comment"},
		{"p", "// What they are.\nconst (\n\tA = 1\n\tB = 2\n)", ""},
		{"p", "const (\n\tA = 1 // one\n\tB = 2\n)", "B has no doc comment"},
		{"p", "var A int", "A has no doc comment"},
		{"internal/p", "func F() {}", ""},
		{"p", "package main\nfunc F() {}", ""},
	})
}

func TestEveryPackageHasAComment(t *testing.T) {
	check(t, packageComment, packages())
	check(t, packageComment, nested())
	checkSpecimens(t, packageComment, []specimen{
		{"p", "// Package p is.\npackage p", ""},
		{"p", "package p", "has no package comment"},
		{"p", "package main", ""},
	})
}

func exportsDocumented(p *pkg) (broken []string) {
	if !p.public() {
		return nil
	}
	for _, f := range p.files {
		for _, d := range exported(f.ast) {
			if len(d.docs) == 0 && !needsNone(d) {
				broken = append(broken, fmt.Sprintf("%s: %s has no doc comment", at(d.node), d.name))
			}
		}
	}
	return broken
}

// needsNone reports whether d may go without a comment: a method whose meaning
// the standard library fixes, or a field that its type's comment explains. The
// fields of options and the like have units and defaults of their own to tell.
func needsNone(d declared) bool {
	of, name, _ := strings.Cut(d.name, ".")
	if d.field {
		return !fieldByField.MatchString(of)
	}
	return slices.Contains([]string{"Error", "Unwrap", "String"}, name)
}

var fieldByField = regexp.MustCompile(`(Options|Config|Hooks|Stats)$`)

func packageComment(p *pkg) []string {
	if p.name == "main" || len(p.files) == 0 {
		return nil
	}
	for _, f := range p.files {
		if f.ast.Doc != nil {
			return nil
		}
	}
	return []string{fmt.Sprintf("package %s has no package comment", p.path)}
}

// A declared is an exported name and the comments that document it.
type declared struct {
	name string
	node ast.Node
	docs []*ast.CommentGroup

	field bool // of a struct
}

// exported returns the exported names that f declares: functions, methods and
// fields of exported types, constants and variables.
func exported(f *ast.File) []declared {
	var found declarations
	for _, decl := range f.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			if name := funcName(decl); name != "" {
				found.add(name, decl, decl.Doc)
			}
		case *ast.GenDecl:
			for _, spec := range decl.Specs {
				switch spec := spec.(type) {
				case *ast.ValueSpec:
					found.addNames("", spec.Names, spec.Doc, spec.Comment, decl.Doc)
				case *ast.TypeSpec:
					found.addType(decl, spec)
				}
			}
		}
	}
	return found
}

type declarations []declared

func (ds *declarations) add(name string, n ast.Node, docs ...*ast.CommentGroup) {
	docs = slices.DeleteFunc(docs, func(c *ast.CommentGroup) bool { return c == nil })
	*ds = append(*ds, declared{name: name, node: n, docs: docs})
}

func (ds *declarations) addNames(prefix string, names []*ast.Ident, docs ...*ast.CommentGroup) {
	for _, name := range names {
		if name.IsExported() {
			ds.add(prefix+name.Name, name, slices.Clone(docs)...)
		}
	}
}

func (ds *declarations) addType(decl *ast.GenDecl, spec *ast.TypeSpec) {
	if !spec.Name.IsExported() {
		return
	}
	group := decl.Doc
	if decl.Lparen != token.NoPos {
		group = nil // each type of a group needs its own
	}
	ds.add(spec.Name.Name, spec, spec.Doc, spec.Comment, group)
	first := len(*ds)
	for _, m := range members(spec) {
		ds.addNames(spec.Name.Name+".", m.Names, m.Doc, m.Comment)
	}
	_, isStruct := spec.Type.(*ast.StructType)
	for i := first; i < len(*ds); i++ {
		(*ds)[i].field = isStruct
	}
}

// funcName returns F or T.M, or nothing if users cannot name the function.
func funcName(f *ast.FuncDecl) string {
	if !f.Name.IsExported() {
		return ""
	}
	if f.Recv == nil {
		return f.Name.Name
	}
	of := f.Recv.List[0].Type
	for {
		switch x := of.(type) {
		case *ast.StarExpr:
			of = x.X
		case *ast.IndexExpr:
			of = x.X
		case *ast.IndexListExpr:
			of = x.X
		case *ast.Ident:
			if !x.IsExported() {
				return ""
			}
			return x.Name + "." + f.Name.Name
		default:
			return ""
		}
	}
}

// members returns the fields of a struct or the methods of an interface.
func members(spec *ast.TypeSpec) []*ast.Field {
	switch t := spec.Type.(type) {
	case *ast.StructType:
		return t.Fields.List
	case *ast.InterfaceType:
		return t.Methods.List
	}
	return nil
}
