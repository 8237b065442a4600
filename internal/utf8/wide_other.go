//go:build !amd64 || purego

package utf8

import "unicode/utf8"

// validWide is Valid for wide bytes or more.
func validWide(p []byte) bool {
	return utf8.Valid(p)
}
