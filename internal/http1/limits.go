package http1

// Limits bound a head. Zero, and less, is the default.
type Limits struct {
	// Head is how many octets a head may have, up to the empty line and with
	// it. Of a response, those of the informational responses in front of it
	// count. Default 16 KiB for a request, 64 KiB for a response.
	Head int
	// Fields is how many field lines a head may have. Default 100; browsers
	// send about fifteen.
	Fields int
	// Target is how many octets the target of a request may have. Default
	// 8 KiB.
	Target int
}

// The defaults of [Limits].
const (
	DefaultRequestHead  = 16 << 10
	DefaultResponseHead = 64 << 10
	DefaultFields       = 100
	DefaultTarget       = 8 << 10
)

// maxMethod is the length of the longest method that is read. The longest one
// that is registered has 17 octets.
const maxMethod = 32

// withDefaults fills in the defaults; l may be nil.
func (l *Limits) withDefaults(head int) (r Limits) {
	if l != nil {
		r = *l
	}
	if r.Head <= 0 {
		r.Head = head
	}
	if r.Fields <= 0 {
		r.Fields = DefaultFields
	}
	if r.Target <= 0 {
		r.Target = DefaultTarget
	}
	return r
}

// requestLine is how many octets a request line may have, with its end.
func (l *Limits) requestLine() int {
	return maxMethod + len(" ") + l.Target + len(" HTTP/1.1\r\n")
}
