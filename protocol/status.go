package protocol

import "strconv"

// StatusCode is the status code of a Close frame
// (https://www.rfc-editor.org/rfc/rfc6455#section-7.4).
type StatusCode uint16

// The registered status codes
// (https://www.iana.org/assignments/websocket/websocket.xhtml#close-code-number).
const (
	StatusNormalClosure       StatusCode = 1000
	StatusGoingAway           StatusCode = 1001
	StatusProtocolError       StatusCode = 1002
	StatusUnsupportedData     StatusCode = 1003
	StatusNoStatus            StatusCode = 1005 // never on the wire: the Close frame had no code
	StatusAbnormalClosure     StatusCode = 1006 // never on the wire: there was no Close frame
	StatusInvalidPayload      StatusCode = 1007
	StatusPolicyViolation     StatusCode = 1008
	StatusMessageTooBig       StatusCode = 1009
	StatusMandatoryExtension  StatusCode = 1010
	StatusInternalError       StatusCode = 1011
	StatusServiceRestart      StatusCode = 1012
	StatusTryAgainLater       StatusCode = 1013
	StatusBadGateway          StatusCode = 1014
	StatusTLSHandshakeFailure StatusCode = 1015 // never on the wire
)

// Valid reports whether c may stand in a Close frame: a registered code that
// is not reserved for local use, or one of the ranges for libraries (3000 to
// 3999) and applications (4000 to 4999)
// (https://www.rfc-editor.org/rfc/rfc6455#section-7.4.2).
func (c StatusCode) Valid() bool {
	switch {
	case c >= 1000 && c <= 1003, c >= 1007 && c <= 1014, c >= 3000 && c <= 4999:
		return true
	}
	return false
}

func (c StatusCode) String() string {
	if name := c.name(); name != "" {
		return strconv.Itoa(int(c)) + " (" + name + ")"
	}
	return strconv.Itoa(int(c))
}

func (c StatusCode) name() string {
	switch c {
	case StatusNormalClosure:
		return "normal closure"
	case StatusGoingAway:
		return "going away"
	case StatusProtocolError:
		return "protocol error"
	case StatusUnsupportedData:
		return "unsupported data"
	case StatusNoStatus:
		return "no status"
	case StatusAbnormalClosure:
		return "abnormal closure"
	case StatusInvalidPayload:
		return "invalid payload"
	case StatusPolicyViolation:
		return "policy violation"
	case StatusMessageTooBig:
		return "message too big"
	case StatusMandatoryExtension:
		return "mandatory extension"
	case StatusInternalError:
		return "internal error"
	case StatusServiceRestart:
		return "service restart"
	case StatusTryAgainLater:
		return "try again later"
	case StatusBadGateway:
		return "bad gateway"
	case StatusTLSHandshakeFailure:
		return "tls handshake failure"
	}
	return ""
}
