package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/duplexws/duplex/internal/testenv"
)

func writes(text string, err error) func(io.Writer) error {
	return func(w io.Writer) error {
		io.WriteString(w, text)
		return err
	}
}

// filesIn are the names in a folder.
func filesIn(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "file")
	if err := probe(name); err != nil || len(filesIn(t, dir)) != 0 {
		t.Errorf("looking whether it can be written: %v, leaves %q", err, filesIn(t, dir))
	}
	if err := writeFile(name, writes("first", nil)); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(name, 0o640); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	if err := writeFile(name, writes("half", broken)); !errors.Is(err, broken) {
		t.Errorf("the error became %v", err)
	}
	if got := contentOf(t, name); got != "first" || len(filesIn(t, dir)) != 1 {
		t.Errorf("a failure leaves %q in %q", got, filesIn(t, dir))
	}
	if err := writeFile(name, writes("second", nil)); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(name)
	if got := contentOf(t, name); err != nil || got != "second" || len(filesIn(t, dir)) != 1 || runtime.GOOS != "windows" && info.Mode().Perm() != 0o640 {
		t.Errorf("%q in %q, mode %v, %v", got, filesIn(t, dir), info.Mode(), err)
	}
}

func TestWriteFileWhatIsNone(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{dir, filepath.Join(dir, "none", "file")} {
		if err := probe(name); err == nil {
			t.Errorf("%s can be written", name)
		}
		if err := writeFile(name, writes("", nil)); err == nil {
			t.Errorf("%s was written", name)
		}
	}
}

// A link stays one, and what is no regular file is not replaced.
func TestWriteFileInPlace(t *testing.T) {
	testenv.Need(t, "a system with links and devices", runtime.GOOS != "windows", "files are written through them")
	dir := t.TempDir()
	target, link := filepath.Join(dir, "target"), filepath.Join(dir, "link")
	if err := errors.Join(os.WriteFile(target, []byte("old"), 0o600), os.Symlink(target, link)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(probe(link), writeFile(link, writes("new", nil))); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 || contentOf(t, target) != "new" {
		t.Errorf("the link is %v, the file %q, %v", info.Mode(), contentOf(t, target), err)
	}
	if err := errors.Join(probe(os.DevNull), writeFile(os.DevNull, writes("x", nil))); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(os.DevNull); err != nil || info.Mode().IsRegular() {
		t.Errorf("%s is %v now, %v", os.DevNull, info.Mode(), err)
	}
}
