package protocol

import (
	"encoding/binary"
	"fmt"
	"unicode/utf8"
)

// judge is the receiving side once more, for reading instead of for speed: it
// sees all octets at once and keeps nothing between calls. It returns the
// events that In has to report; of a failure it knows code and place.
func judge(cfg *Config, input []byte) (events []step) {
	var (
		op      Opcode // of the message under way
		message []byte
		frames  uint32
		size    uint64
	)
	for at := 0; at < len(input); {
		failed := func(code StatusCode, offset int) []step {
			return append(events, step{what: fmt.Sprintf("failed %d", code), at: uint64(offset)})
		}
		h := input[at:]
		fin, rsv, o := h[0]&0x80 != 0, h[0]&0x70, Opcode(h[0]&0x0F)
		control := o >= 8
		switch {
		case rsv != 0, o > 2 && o < 8, o > 10, control && !fin:
			return failed(1002, at)
		case !control && (o == 0) != (op != 0):
			return failed(1002, at)
		}
		if len(h) < 2 {
			return events
		}
		masked, n, head := h[1]&0x80 != 0, uint64(h[1]&0x7F), 2
		if masked != (cfg.role == Server) || control && n > 125 {
			return failed(1002, at)
		}
		if n >= 126 {
			least := uint64(126)
			head = 4
			if n == 127 {
				head, least = 10, 1<<16
			}
			if len(h) < head {
				return events
			}
			n = binary.BigEndian.Uint64(append(make([]byte, 10-head), h[2:head]...))
			if n < least || n > 1<<63-1 {
				return failed(1002, at)
			}
		}
		if !control {
			frames++
			switch {
			case size+n > cfg.maxMessage:
				return failed(1009, at)
			case frames > cfg.maxFragments:
				return failed(1008, at)
			}
		}
		key := make([]byte, 4)
		if masked {
			if copy(key, h[head:]) < 4 {
				return events
			}
			head += 4
		}
		body := at + head
		have := min(n, uint64(len(input)-body))
		whole := have == n
		payload := append([]byte(nil), input[body:body+int(have)]...)
		if masked {
			for i := range payload {
				payload[i] ^= key[i%4]
			}
		}
		at = body + int(have)

		if control {
			if !whole {
				return events
			}
			switch o {
			case OpPing, OpPong:
				events = append(events, step{what: o.String(), payload: string(payload)})
				continue
			}
			code, fault, offset := judgeClose(payload)
			if fault != 0 {
				return failed(fault, body+offset)
			}
			what := "close"
			if code != 0 {
				what, payload = fmt.Sprintf("close %d", code), payload[2:]
			}
			return append(events, step{what: what, payload: string(payload)})
		}

		if o != 0 {
			op = o
		}
		size += n
		message = append(message, payload...)
		if op == OpText {
			if bad := firstImpossible(message); bad >= 0 {
				return failed(1007, at-(len(message)-bad))
			}
		}
		if !whole {
			return events
		}
		if fin {
			if op == OpText && !utf8.Valid(message) {
				return failed(1007, at)
			}
			events = append(events, step{what: op.String(), payload: string(message)})
			op, message, frames, size = 0, nil, 0, 0
		}
	}
	return events
}

// judgeClose returns the status code of a Close payload, 0 if there is none, or
// the code to fail with and where in the payload the fault lies.
func judgeClose(payload []byte) (code int, fault StatusCode, offset int) {
	if len(payload) == 0 {
		return 0, 0, 0
	}
	if len(payload) == 1 {
		return 0, 1002, 0
	}
	code = int(payload[0])*256 + int(payload[1])
	switch {
	case code < 1000, code > 4999, code >= 1004 && code <= 1006, code >= 1015 && code <= 2999:
		return 0, 1002, 0
	case !utf8.Valid(payload[2:]):
		return 0, 1007, 2
	}
	return code, 0, 0
}

// firstImpossible returns the index of the first octet of p at which it can no
// longer become UTF-8, or -1.
func firstImpossible(p []byte) int {
	for i := 0; i < len(p); {
		r, size := utf8.DecodeRune(p[i:])
		if r == utf8.RuneError && size == 1 {
			for k := 1; i+k <= len(p); k++ {
				if utf8.FullRune(p[i : i+k]) {
					return i + k - 1
				}
			}
			return -1
		}
		i += size
	}
	return -1
}

// events are the received steps of a trace, without the reasons of a failure,
// as judge has them.
func events(trace []step) (found []step) {
	for _, s := range trace {
		if s.event() {
			s.why = ""
			found = append(found, s)
		}
	}
	return found
}
