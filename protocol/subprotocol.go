package protocol

import (
	"errors"
	"fmt"
	"slices"
)

// MaxSubprotocols is the number of subprotocols that a client may offer; more
// are refused.
const MaxSubprotocols = 100

// ParseSubprotocols reads the values of all Sec-WebSocket-Protocol fields of a
// request: what the client offers, in its order of preference. It fails if they
// are no list of tokens, all different, at most [MaxSubprotocols]
// (https://www.rfc-editor.org/rfc/rfc6455#section-4.1, item 10). Upper and lower
// case differ. The strings share memory with values.
func ParseSubprotocols(values []string) ([]string, error) {
	offered, wrong := appendSubprotocols(nil, values)
	if wrong != "" {
		return nil, errors.New("websocket: " + wrong)
	}
	return offered, nil
}

func appendSubprotocols(dst, values []string) (offered []string, wrong string) {
	offered = dst
	in := newHeaderList(values)
	for in.next() {
		name := in.token()
		if in.malformed {
			break
		}
		if len(offered) == MaxSubprotocols {
			return nil, "Sec-WebSocket-Protocol names more subprotocols than are allowed"
		}
		if slices.Contains(offered, name) {
			return nil, "Sec-WebSocket-Protocol names a subprotocol twice"
		}
		offered = append(offered, name)
	}
	// 1#token: a field without any element is malformed too.
	if in.malformed || len(offered) == 0 && len(values) > 0 {
		return nil, "Sec-WebSocket-Protocol is malformed (write: name, name)"
	}
	return offered, ""
}

// checkSubprotocols returns what is wrong with a list of subprotocols of ours.
func checkSubprotocols(names []string) error {
	for i, name := range names {
		if !isToken(name) {
			return fmt.Errorf("a subprotocol must be a token: %s", excerpt(name))
		}
		if slices.Contains(names[:i], name) {
			return fmt.Errorf("subprotocol %s stands twice in the list", name)
		}
	}
	return nil
}

// chooseSubprotocol returns the subprotocol that the server speaks with a
// client, "" for none. Without one the field is left out of the response
// (https://www.rfc-editor.org/rfc/rfc6455#section-4.2.2, item 5, /subprotocol/).
func (h *ServerHandshake) chooseSubprotocol(values []string) (string, *HandshakeError) {
	var room [8]string // enough for any client that is not hostile, without allocating
	offered, wrong := appendSubprotocols(room[:0], values)
	if wrong != "" {
		return "", refusal(400, FaultSubprotocol, "RFC 6455 4.2.1", wrong)
	}
	if h.SelectSubprotocol != nil && len(offered) > 0 {
		return h.selectSubprotocol(offered)
	}
	for _, name := range h.Subprotocols {
		if slices.Contains(offered, name) {
			return name, nil
		}
	}
	return "", nil
}

func (h *ServerHandshake) selectSubprotocol(offered []string) (string, *HandshakeError) {
	name := h.SelectSubprotocol(append([]string(nil), offered...)) // a copy: ours lies on the stack
	if name != "" && !slices.Contains(offered, name) {
		return "", refusal(500, FaultServer, "RFC 6455 4.2.2",
			"SelectSubprotocol returned "+excerpt(name)+", which the client did not offer")
	}
	return name, nil
}
