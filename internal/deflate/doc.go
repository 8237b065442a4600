// Package deflate compresses and inflates the payloads of single messages as
// permessage-deflate lays them out
// (https://www.rfc-editor.org/rfc/rfc7692#section-7.2). Compressors (up to 1.3 MB
// each, 100 KB for short messages) and inflaters (40 KB) are pooled and held for
// one call only; what connects a message to the ones before it is a [History],
// handed in each time.
//
// The functions may be called concurrently on different bytes.
package deflate

// The window that may be negotiated, in bits.
const (
	MinWindowBits = 8
	MaxWindowBits = 15
)

// MaxLevel is the level that compresses best; 1 is the fastest.
const MaxLevel = 9

// tail is what ends the DEFLATE data of a message without standing in its
// payload: the length fields of an empty stored block
// (https://www.rfc-editor.org/rfc/rfc7692#section-7.2.1).
const tail = "\x00\x00\xff\xff"

// last returns at most the last n bytes of p.
func last(p []byte, n int) []byte { return p[max(len(p)-n, 0):] }
