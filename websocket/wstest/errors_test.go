//go:build !plan9

package wstest

import (
	"errors"
	"syscall"
	"testing"
)

// Code that looks for the errors of the system finds them, and no others.
func TestSystemErrors(t *testing.T) {
	inAndOut(t, func(t *testing.T) {
		c, b := faulty(t, Faults{})
		c.Reset()
		for what, err := range map[string]error{
			"read":           second(c.Read(make([]byte, 1))),
			"the other read": second(b.Read(make([]byte, 1))),
		} {
			if !errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.ECONNREFUSED) {
				t.Errorf("%s: %v", what, err)
			}
		}
		l := Listen()
		l.Close()
		if _, err := l.Dial(t.Context(), "", ""); !errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("dial: %v", err)
		}
	})
}
