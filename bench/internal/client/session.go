package client

import (
	"bytes"
	"fmt"
)

// A Session is one connection's part of a Load. It belongs to one goroutine.
type Session struct {
	*Load
	checked bool
}

// Opened waits until all connections are open.
func (s *Session) Opened() {
	s.opening.Done()
	s.opening.Wait()
}

// Got counts an echo. Its length is checked, and of the first on each
// connection every byte. p is not kept.
func (s *Session) Got(p []byte) error {
	if len(p) != s.Size {
		return fmt.Errorf("an echo of %d bytes, want %d", len(p), s.Size)
	}
	if !s.checked {
		if !bytes.Equal(p, pattern(s.Size)) {
			return fmt.Errorf("an echo of %d bytes differs from what was sent", len(p))
		}
		s.checked = true
		s.silent.Done()
	}
	s.count.Add(1)
	return nil
}

// pattern returns n bytes, in which a shift by any small number shows.
func pattern(n int) []byte {
	p := make([]byte, n)
	for i := range p {
		p[i] = byte(i*7 + i>>8)
	}
	return p
}
