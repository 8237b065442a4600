package protocol

import (
	"encoding/binary"
	"fmt"
)

// A frame as a test writes it: everything that RFC 6455 5.2 has, right or
// wrong. The zero value of every field is what a well-behaved peer sends.
type frame struct {
	op       Opcode
	payload  string
	more     bool    // FIN is 0
	rsv      byte    // RSV1 is 4, RSV2 is 2, RSV3 is 1
	form     int     // 16 or 64: the length in this form where a shorter one would do
	declares *uint64 // the header says another length than the payload has
	wrongly  bool    // masked where it must not be, or not where it must
	key      *uint32 // the masking key; otherwise one that depends on the place
}

func text(payload string) frame   { return frame{op: OpText, payload: payload} }
func binaryOf(p string) frame     { return frame{op: OpBinary, payload: p} }
func cont(payload string) frame   { return frame{op: OpContinuation, payload: payload} }
func ping(payload string) frame   { return frame{op: OpPing, payload: payload} }
func pong(payload string) frame   { return frame{op: OpPong, payload: payload} }
func closed(payload string) frame { return frame{op: OpClose, payload: payload} }

func closing(code StatusCode, reason string) frame {
	return closed(string([]byte{byte(code >> 8), byte(code)}) + reason)
}

func (f frame) unfinished() frame           { f.more = true; return f }
func (f frame) reserved(rsv byte) frame     { f.rsv = rsv; return f }
func (f frame) declaring(n uint64) frame    { f.declares = &n; return f }
func (f frame) inForm(bits int) frame       { f.form = bits; return f }
func (f frame) maskedWrongly() frame        { f.wrongly = true; return f }
func (f frame) maskedWith(key uint32) frame { f.key = &key; return f }

// wire appends f to dst as the peer of an endpoint of the given role sends it.
func (f frame) wire(dst []byte, to Role) []byte {
	first := byte(f.op) | f.rsv<<4
	if !f.more {
		first |= 0x80
	}
	n := uint64(len(f.payload))
	if f.declares != nil {
		n = *f.declares
	}
	form := f.form
	switch {
	case form == 0 && n > 0xFFFF:
		form = 64
	case form == 0 && n > 125:
		form = 16
	}
	masked := byte(0)
	if (to == Server) != f.wrongly {
		masked = 0x80
	}
	start := len(dst)
	switch form {
	case 0:
		dst = append(dst, first, masked|byte(n))
	case 16:
		dst = binary.BigEndian.AppendUint16(append(dst, first, masked|126), uint16(n))
	case 64:
		dst = binary.BigEndian.AppendUint64(append(dst, first, masked|127), n)
	}
	if masked == 0 {
		return append(dst, f.payload...)
	}
	key := uint32(start+1) * 0x9E3779B1
	if f.key != nil {
		key = *f.key
	}
	var octets [4]byte
	binary.LittleEndian.PutUint32(octets[:], key)
	dst = append(append(dst, octets[:]...), f.payload...)
	if key != 0 {
		for i, masked := 0, dst[len(dst)-len(f.payload):]; i < len(masked); i++ {
			masked[i] ^= octets[i%4]
		}
	}
	return dst
}

// wire is what an endpoint of the given role receives when its peer sends
// these frames.
func wire(to Role, frames ...frame) (octets []byte) {
	for _, f := range frames {
		octets = f.wire(octets, to)
	}
	return octets
}

// cutFrame takes the first frame off p, without judging it. It is written apart
// from the code under test, with which it shares no line.
func cutFrame(p []byte) (f frame, masked bool, rest []byte, err error) {
	short := fmt.Errorf("% x is no whole frame", p)
	if len(p) < 2 {
		return f, false, p, short
	}
	f.op, f.more, f.rsv = Opcode(p[0]%16), p[0] < 128, p[0]/16%8
	masked = p[1] >= 128
	n, extended := uint64(p[1]%128), 0
	switch n {
	case 126:
		f.form, extended = 16, 2
	case 127:
		f.form, extended = 64, 8
	}
	p = p[2:]
	if len(p) < extended {
		return f, masked, p, short
	}
	if extended > 0 {
		n = 0
		for _, b := range p[:extended] {
			n = n*256 + uint64(b)
		}
		p = p[extended:]
	}
	var key [4]byte
	if masked {
		if copy(key[:], p) < 4 {
			return f, masked, p, short
		}
		p = p[4:]
	}
	if uint64(len(p)) < n {
		return f, masked, p, short
	}
	plain := append([]byte(nil), p[:n]...)
	if masked {
		for i := range plain {
			plain[i] ^= key[i%4]
		}
	}
	f.payload = string(plain)
	return f, masked, p[n:], nil
}
