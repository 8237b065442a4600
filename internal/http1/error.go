package http1

import "fmt"

// An Error is what is wrong with a head. The connection has to be closed behind
// the refusal: where the next message begins is anybody's guess.
type Error struct {
	// Status is the HTTP status to refuse a request with: 400, 414, 417, 431,
	// 501 or 505. It is 0 for a response.
	Status int
	// Fault is a fixed label of low cardinality, fit for metrics.
	Fault Fault
	// Section is the rule that was broken, such as "RFC 9112 2.2"; "" for a
	// limit of our own.
	Section string
	// Reason says what is wrong. What it quotes of the peer's octets is short
	// and escaped.
	Reason string
}

func (e *Error) Error() string {
	if e.Section == "" {
		return e.Reason
	}
	return e.Reason + " (" + e.Section + ")"
}

// Fault names the part of a head that is at fault.
type Fault string

// The faults of a head.
const (
	FaultSyntax      Fault = "syntax"       // lines, the start line, field lines
	FaultMethod      Fault = "method"       // its length
	FaultTarget      Fault = "target"       // its form or length
	FaultHTTPVersion Fault = "http_version" // not HTTP/1
	FaultHeader      Fault = "header"       // too many fields, or too large
	FaultHost        Fault = "host"
	FaultBody        Fault = "body" // Content-Length, Transfer-Encoding
	FaultExpect      Fault = "expect"
)

func refusal(status int, fault Fault, section, reason string) *Error {
	return &Error{Status: status, Fault: fault, Section: section, Reason: reason}
}

func syntax(section, reason string) *Error { return refusal(400, FaultSyntax, section, reason) }

// excerpt returns the start of some of the peer's octets, escaped.
func excerpt(s string) string {
	const most = 48
	if len(s) > most {
		return fmt.Sprintf("%q...", s[:most])
	}
	return fmt.Sprintf("%q", s)
}
