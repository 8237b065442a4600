package protocol

// Kind says what an Event reports.
type Kind uint8

const (
	// None: all octets are consumed and more are needed.
	None Kind = iota
	// Data: a chunk of a message.
	Data
	// Ping: a Ping frame. The peer is owed a Pong with the same payload
	// (https://www.rfc-editor.org/rfc/rfc6455#section-5.5.3).
	Ping
	// Pong: a Pong frame, asked for or not.
	Pong
	// Close: a Close frame, which is the last event of a connection.
	Close
	// Failed: the peer broke a rule or a limit; the last event.
	Failed
)

func (k Kind) String() string {
	return [...]string{"none", "data", "ping", "pong", "close", "failed"}[k]
}

// Event is what [In.Feed] found. Payload is borrowed from the octets given to
// Feed, or from In, and stays valid until the next call of Feed or until the
// caller reuses the octets.
type Event struct {
	Kind       Kind
	Opcode     Opcode     // Data: OpText or OpBinary
	First      bool       // Data: the message begins with this chunk
	Last       bool       // Data: the message ends with this chunk
	Compressed bool       // Data: RSV1 was set on the message's first frame
	Code       StatusCode // Close: the status code, StatusNoStatus if none
	Payload    []byte     // Data, Ping, Pong: unmasked octets; Close: the reason
	Err        *Error     // Failed: what was wrong
}
