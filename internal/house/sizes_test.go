package house

import (
	"bytes"
	"os"
	"path"
	"path/filepath"
	"slices"
	"testing"
)

const (
	mostLines = 800
	generated = "// Code generated "
)

// whole are files that are kept as they came, so that figures taken with them
// elsewhere can be compared.
var whole = []string{"bench/wsload/wsload.c"}

// One concept a file: what has grown past this is two.
func TestNoFileIsTooLong(t *testing.T) {
	counted := 0
	for _, name := range sources() {
		if !slices.Contains([]string{".go", ".s", ".c", ".h", ".js", ".css", ".html", ".sh", ".md"}, path.Ext(name)) || slices.Contains(whole, name) {
			continue
		}
		src, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		counted++
		if n := bytes.Count(src, []byte("\n")); n > mostLines && !bytes.HasPrefix(src, []byte(generated)) {
			t.Errorf("%s has %d lines, more than %d: cut it by concept", name, n, mostLines)
		}
	}
	if counted < 20 {
		t.Errorf("only %d files were found under %s", counted, root)
	}
}
