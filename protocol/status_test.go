package protocol

import (
	"math"
	"strings"
	"testing"
)

func TestStatusCodeValid(t *testing.T) {
	for code := range math.MaxUint16 + 1 {
		registered := code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006
		want := registered || code >= 3000 && code < 5000
		if got := StatusCode(code).Valid(); got != want {
			t.Errorf("%d: %v", code, got)
		}
	}
}

func TestStatusCodeString(t *testing.T) {
	named := 0
	for code := range StatusCode(5000) {
		if s := code.String(); strings.Contains(s, "(") {
			named++
		}
	}
	if named != 15 {
		t.Errorf("%d codes have a name", named)
	}
	for code, want := range map[StatusCode]string{1000: "1000 (normal closure)", 1015: "1015 (tls handshake failure)", 1004: "1004", 4001: "4001"} {
		if got := code.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestOpcode(t *testing.T) {
	for o := range Opcode(16) {
		defined := o <= 2 || o >= 8 && o <= 10
		if o.known() != defined || strings.HasPrefix(o.String(), "reserved") == defined {
			t.Errorf("opcode %d is called %q", o, o)
		}
		if o.Control() != (o >= 8) || o.Data() != (o == 1 || o == 2) {
			t.Errorf("%v: control %v, data %v", o, o.Control(), o.Data())
		}
	}
}

func TestKindString(t *testing.T) {
	seen := make(map[string]bool)
	for k := None; k <= Failed; k++ {
		seen[k.String()] = true
	}
	if len(seen) != 6 || seen[""] {
		t.Errorf("%v", seen)
	}
}

func TestErrorText(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{&Error{Code: 1002, Section: "RFC 6455 5.2", Offset: 7, Reason: "broken"}, "websocket: broken at octet 7 (RFC 6455 5.2; closing with 1002)"},
		{&Error{Code: 1009, Limit: "MaxMessage", Offset: 7, Reason: "too big"}, "websocket: too big at octet 7 (option MaxMessage; closing with 1009)"},
		{&CloseError{Code: 1001}, "websocket: closed by peer: 1001 (going away)"},
		{&CloseError{Code: 4001, Reason: "a\n\"b\""}, `websocket: closed by peer: 4001: "a\n\"b\""`},
	} {
		if got := c.err.Error(); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}
