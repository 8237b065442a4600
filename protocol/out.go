package protocol

import "github.com/duplexws/duplex/internal/utf8"

// Out turns what we send into octets and keeps the state of the closing
// handshake. The zero value is the state right behind the opening handshake.
// Only the holder of the driver's write lock may use it.
//
// The methods that append never change the caller's payload, and append nothing
// when they return an error. Appended octets must go out in the order in which
// they were appended.
type Out struct {
	deadline int64          // of the closing handshake, 0 if none
	message  Opcode         // of the fragmented message under way, OpContinuation if none
	state    CloseState     // of the closing handshake
	text     utf8.Validator // text of the fragmented message under way
}

// State returns where the connection stands in the closing handshake.
func (o *Out) State() CloseState { return o.state }

// Sendable reports whether messages may still be sent.
func (o *Out) Sendable() bool { return o.state == Open }

// InMessage reports whether a fragmented message is under way.
func (o *Out) InMessage() bool { return o.message != 0 }

// AppendMessage appends a whole message in one frame to dst. rsv1 says that
// payload was transformed by an extension; its text is not checked then.
//
// Errors: ErrCloseSent, ErrUnderWay, ErrOpcode, ErrNotText.
func (o *Out) AppendMessage(cfg *Config, dst []byte, op Opcode, rsv1 bool, payload []byte) ([]byte, error) {
	if err := o.CheckMessage(op, rsv1, payload); err != nil {
		return dst, err
	}
	return appendFrame(cfg, dst, op, true, rsv1, payload), nil
}

// CheckMessage tells whether a whole message may be sent now, with the errors
// of AppendMessage. A driver that writes header and payload on its own, from
// [NewHeader], calls it first.
func (o *Out) CheckMessage(op Opcode, rsv1 bool, payload []byte) error {
	switch {
	case o.state != Open:
		return ErrCloseSent
	case o.message != 0:
		return ErrUnderWay
	case !op.Data():
		return ErrOpcode
	// https://www.rfc-editor.org/rfc/rfc6455#section-5.6
	case op == OpText && !rsv1 && !utf8.Valid(payload):
		return ErrNotText
	}
	return nil
}

// ValidText reports whether p may be the payload of a text message
// (https://www.rfc-editor.org/rfc/rfc6455#section-5.6).
func ValidText(p []byte) bool { return utf8.Valid(p) }

// AppendFragment appends the next fragment of a message; the first one starts
// it, and the one with last ends it
// (https://www.rfc-editor.org/rfc/rfc6455#section-5.4). op is the opcode of the
// message throughout. Control frames may be appended in between, other
// messages not.
//
// Errors: ErrCloseSent, ErrUnderWay (a message of the other opcode is under
// way), ErrOpcode, ErrNotText (with this fragment the text would be invalid, or
// with last incomplete). An error changes nothing: the message may go on with
// another fragment.
func (o *Out) AppendFragment(cfg *Config, dst []byte, op Opcode, last, rsv1 bool, payload []byte) ([]byte, error) {
	if err := o.BeginFragment(op, last, rsv1, payload); err != nil {
		return dst, err
	}
	return o.appendFragment(cfg, dst, op, last, rsv1, payload), nil
}

// BeginFragment checks and counts a fragment as AppendFragment does, but
// appends nothing: for a driver that writes the fragment on its own, from
// [Out.FragmentHeader].
func (o *Out) BeginFragment(op Opcode, last, rsv1 bool, payload []byte) error {
	switch {
	case o.state != Open:
		return ErrCloseSent
	case !op.Data():
		return ErrOpcode
	case o.message != 0 && o.message != op:
		return ErrUnderWay
	}
	if op == OpText && !rsv1 {
		text := o.text // a copy: what is refused was not sent
		if o.message == 0 {
			text.Reset()
		}
		if text.Write(payload) >= 0 || last && !text.Complete() {
			return ErrNotText
		}
		o.text = text
	}
	return nil
}

func (o *Out) appendFragment(cfg *Config, dst []byte, op Opcode, last, rsv1 bool, payload []byte) []byte {
	h := o.FragmentHeader(cfg, op, last, rsv1, len(payload))
	return h.AppendPayload(append(dst, h.Bytes()...), payload)
}

// FragmentHeader returns the header of a fragment of n octets that
// BeginFragment allowed, and moves on to the next one.
func (o *Out) FragmentHeader(cfg *Config, op Opcode, last, rsv1 bool, n int) Header {
	frame := op
	if o.message != 0 {
		frame, rsv1 = OpContinuation, false
	}
	o.message = op
	if last {
		o.message = OpContinuation
	}
	return NewHeader(cfg, frame, last, rsv1, n)
}

// AppendPing appends a Ping frame. Errors: ErrCloseSent, ErrControlTooLong.
func (o *Out) AppendPing(cfg *Config, dst, payload []byte) ([]byte, error) {
	return o.appendControl(cfg, dst, OpPing, payload)
}

// AppendPong appends a Pong frame, in answer to a Ping or unasked
// (https://www.rfc-editor.org/rfc/rfc6455#section-5.5.3). Errors: ErrCloseSent,
// ErrControlTooLong.
func (o *Out) AppendPong(cfg *Config, dst, payload []byte) ([]byte, error) {
	return o.appendControl(cfg, dst, OpPong, payload)
}

func (o *Out) appendControl(cfg *Config, dst []byte, op Opcode, payload []byte) ([]byte, error) {
	if o.state != Open {
		return dst, ErrCloseSent
	}
	if len(payload) > maxControl {
		return dst, ErrControlTooLong
	}
	return appendFrame(cfg, dst, op, true, false, payload), nil
}
