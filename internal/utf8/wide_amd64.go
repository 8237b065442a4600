//go:build !purego

package utf8

import "github.com/segmentio/asm/utf8"

// validWide is Valid for wide bytes or more. It uses AVX2 where the processor has it.
func validWide(p []byte) bool {
	return utf8.Valid(p)
}
