package house

import (
	"fmt"
	"go/ast"
	"regexp"
	"slices"
	"testing"
)

var (
	drivers  = []string{"websocket", "eventloop"}
	citation = regexp.MustCompile(`(?i)\brfc ?\d{3,}`)
)

// A driver that has to know a rule of the protocol shows that the core stops
// too low. Documentation for users may cite what it promises.
func TestDriversCiteNoRFC(t *testing.T) {
	check(t, citesNoRFC, packages())
	checkSpecimens(t, citesNoRFC, []specimen{
		{"websocket", "// Package websocket speaks RFC 6455.\npackage websocket", ""},
		{"websocket", "// Close follows RFC 6455, section 7.\nfunc Close() {}", ""},
		{"websocket", "type Conn struct {\n\t// Limit is that of RFC 6455.\n\tLimit int\n}", ""},
		{"websocket", "type Conn int\n// Ping is a frame of RFC 6455.\nfunc (*Conn) Ping() {}", ""},
		{"websocket", "// ErrA is the error of RFC 6455.\nvar ErrA error", ""},
		{"websocket", "type Conn struct {\n\t// As RFC 6455 says.\n\tlimit int\n}", "cites an RFC"},
		{"websocket", "func Close() {\n\t// RFC 6455, section 7.1.1\n}", "cites an RFC"},
		{"eventloop", "// see rfc6455#section-5\nfunc close() {}", "cites an RFC"},
		{"eventloop", "type conn int\n// Ping as in RFC 6455.\nfunc (*conn) Ping() {}", "cites an RFC"},
		{"protocol", "// RFC 6455, section 5.2\nfunc header() {}", ""},
	})
}

func citesNoRFC(p *pkg) (broken []string) {
	if !slices.Contains(drivers, p.path) {
		return nil
	}
	for _, f := range p.files {
		forUsers := userDocs(f.ast)
		for _, c := range f.ast.Comments {
			if citation.MatchString(c.Text()) && !forUsers[c] {
				broken = append(broken, fmt.Sprintf("%s: a driver cites an RFC: the rule belongs in package protocol", at(c)))
			}
		}
	}
	return broken
}

// userDocs returns the comments of f that documentation shows to users.
func userDocs(f *ast.File) map[*ast.CommentGroup]bool {
	docs := map[*ast.CommentGroup]bool{f.Doc: true}
	for _, d := range exported(f) {
		for _, c := range d.docs {
			docs[c] = true
		}
	}
	return docs
}
