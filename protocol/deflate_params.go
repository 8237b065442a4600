package protocol

import (
	"strconv"

	"github.com/duplexws/duplex/internal/deflate"
)

// The parameters of permessage-deflate
// (https://www.rfc-editor.org/rfc/rfc7692#section-7.1).
const (
	serverNoTakeover = "server_no_context_takeover"
	clientNoTakeover = "client_no_context_takeover"
	serverWindow     = "server_max_window_bits"
	clientWindow     = "client_max_window_bits"
)

// deflateParams is what the parameters of one offer or answer say.
type deflateParams struct {
	serverNoTakeover bool
	clientNoTakeover bool
	serverBits       int  // 0: absent
	clientBits       int  // 0: absent, or without a value
	clientWindow     bool // client_max_window_bits is there, with a value or without
}

// readDeflate reads the parameters of an offer or of an answer and returns what
// is wrong with them, "" if nothing is. Both must be refused with a parameter
// that is unknown, stands twice, or has a value that is not its own
// (https://www.rfc-editor.org/rfc/rfc7692#section-7).
func readDeflate(e Extension, answer bool) (p deflateParams, wrong string) {
	for i, param := range e.Params {
		for _, earlier := range e.Params[:i] {
			if earlier.Name == param.Name {
				return p, "has parameter " + excerpt(param.Name) + " twice"
			}
		}
		if !p.read(param, answer) {
			if !knownDeflate(param.Name) {
				return p, "has the unknown parameter " + excerpt(param.Name)
			}
			return p, "has a wrong value of " + param.Name + ": " + excerpt(param.Value)
		}
	}
	return p, ""
}

func knownDeflate(name string) bool {
	return name == serverNoTakeover || name == clientNoTakeover || name == serverWindow || name == clientWindow
}

// read takes in one parameter and reports whether it is legal.
func (p *deflateParams) read(param Param, answer bool) (ok bool) {
	switch param.Name {
	// https://www.rfc-editor.org/rfc/rfc7692#section-7.1.1.1
	case serverNoTakeover:
		p.serverNoTakeover = true
		return param.Value == ""
	// https://www.rfc-editor.org/rfc/rfc7692#section-7.1.1.2
	case clientNoTakeover:
		p.clientNoTakeover = true
		return param.Value == ""
	// https://www.rfc-editor.org/rfc/rfc7692#section-7.1.2.1
	case serverWindow:
		p.serverBits, ok = readWindow(param.Value)
		return ok
	// Only an offer may leave out the value
	// (https://www.rfc-editor.org/rfc/rfc7692#section-7.1.2.2).
	case clientWindow:
		p.clientWindow = true
		if param.Value == "" {
			return !answer
		}
		p.clientBits, ok = readWindow(param.Value)
		return ok
	}
	return false
}

// readWindow reads a decimal integer from 8 to 15 without leading zeroes.
func readWindow(s string) (bits int, ok bool) {
	for bits := deflate.MinWindowBits; bits <= deflate.MaxWindowBits; bits++ {
		if s == strconv.Itoa(bits) {
			return bits, true
		}
	}
	return 0, false
}

// extension writes the parameters, always in the same order.
func (p *deflateParams) extension() Extension {
	e := Extension{Name: DeflateName}
	if p.serverNoTakeover {
		e.Params = append(e.Params, Param{Name: serverNoTakeover})
	}
	if p.clientNoTakeover {
		e.Params = append(e.Params, Param{Name: clientNoTakeover})
	}
	if p.serverBits > 0 {
		e.Params = append(e.Params, Param{serverWindow, strconv.Itoa(p.serverBits)})
	}
	switch {
	case p.clientBits > 0:
		e.Params = append(e.Params, Param{clientWindow, strconv.Itoa(p.clientBits)})
	case p.clientWindow:
		e.Params = append(e.Params, Param{Name: clientWindow})
	}
	return e
}
