package protocol

import (
	"reflect"
	"testing"
	"unsafe"
)

// What an idle connection keeps of the core is small, and has nothing in it
// that the garbage collector would have to follow.
func TestSizesIdle(t *testing.T) {
	if unsafe.Sizeof(uintptr(0)) == 8 {
		if n := unsafe.Sizeof(In{}) + unsafe.Sizeof(Out{}) + unsafe.Sizeof(Keepalive{}); n > 128 {
			t.Errorf("In %d, Out %d and Keepalive %d octets are %d together, more than 128",
				unsafe.Sizeof(In{}), unsafe.Sizeof(Out{}), unsafe.Sizeof(Keepalive{}), n)
		}
	}
	for _, c := range []struct {
		state any
		want  int
	}{{In{}, 1}, {Out{}, 0}, {Keepalive{}, 0}} {
		if got := pointers(reflect.TypeOf(c.state)); got != c.want {
			t.Errorf("%T has %d pointers, want %d", c.state, got, c.want)
		}
	}
}

// pointers counts the words of a type that the garbage collector follows.
func pointers(typ reflect.Type) (n int) {
	switch typ.Kind() {
	case reflect.Struct:
		for i := range typ.NumField() {
			n += pointers(typ.Field(i).Type)
		}
		return n
	case reflect.Array:
		return typ.Len() * pointers(typ.Elem())
	case reflect.Pointer, reflect.UnsafePointer, reflect.Slice, reflect.String, reflect.Map, reflect.Chan, reflect.Func:
		return 1
	case reflect.Interface:
		return 2
	}
	return 0
}

// The pointer is nil whenever the connection is idle, and in a payload of data;
// only a header or a control frame that was cut needs it.
func TestSizesPartIsNil(t *testing.T) {
	bothRoles(t, func(t *testing.T, role Role) {
		cfg := NewConfig(role, nil)
		for _, f := range []frame{text("Hello"), text(string(make([]byte, 300))), ping(""), pong("x"), closing(1000, "bye"), frame{op: 3}} {
			octets := f.wire(nil, role)
			head := len(octets) - len(f.payload)
			for cut := range len(octets) + 1 {
				var in In
				feedAll(&in, cfg, start, append([]byte(nil), octets[:cut]...))
				incomplete := cut > 0 && cut < head || f.op.Control() && cut >= head && cut < len(octets)
				if f.op == 3 {
					incomplete = false // it fails at once
				}
				if idle := cut == 0 || cut == len(octets) && !in.Done(); in.Idle() != idle {
					t.Errorf("%v cut at %d of %d: idle is %v", f.op, cut, len(octets), !idle)
				}
				if (in.part != nil) != incomplete {
					t.Errorf("%v cut at %d of %d: part is nil: %v", f.op, cut, len(octets), in.part == nil)
				}
				feedAll(&in, cfg, start, append([]byte(nil), octets[cut:]...))
				if in.part != nil {
					t.Errorf("%v cut at %d: part is not nil behind it", f.op, cut)
				}
			}
		}
	})
}
