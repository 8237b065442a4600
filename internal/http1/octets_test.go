package http1

import (
	"bytes"
	"testing"
)

// Every octet, at every place of words and of what is left of them, behind
// nothing and behind tabs.
func TestScan(t *testing.T) {
	for _, beyond := range []uint64{anyText, asciiOnly} {
		for _, filler := range []byte{'a', ' ', '~', '\t'} {
			for n := range 20 {
				p := bytes.Repeat([]byte{filler}, n)
				for at := range n {
					for c := range 256 {
						p[at] = byte(c)
						want := n
						if control := c < ' ' && c != '\t' || c == 0x7f; control || beyond == asciiOnly && c >= 0x80 {
							want = at
						}
						for from := range at + 1 {
							if got := scan(p, from, beyond); got != want {
								t.Fatalf("%q from %d on: %d, want %d", p, from, got, want)
							}
						}
						if got := scan(p, at+1, beyond); got != n {
							t.Fatalf("%q from %d on: %d, want %d", p, at+1, got, n)
						}
					}
					p[at] = filler
				}
			}
		}
	}
}

// The classes against the grammar, octet by octet.
func TestClasses(t *testing.T) {
	for c := range 256 {
		letter := 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9'
		for _, class := range []struct {
			name string
			bit  uint8
			want bool
		}{
			{"token", token, letter || bytes.IndexByte([]byte("!#$%&'*+-.^_`|~"), byte(c)) >= 0},
			{"target", target, c > ' ' && c < 0x7f && c != '#'},
			{"host", hostName, letter || bytes.IndexByte([]byte("-._~!$&'()*+,;="), byte(c)) >= 0},
		} {
			if got := classes[c]&class.bit != 0; got != class.want {
				t.Errorf("octet %q may stand in a %s: %t, want %t", byte(c), class.name, got, class.want)
			}
		}
	}
}
