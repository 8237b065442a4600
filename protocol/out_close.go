package protocol

import "unicode/utf8"

// AppendClose appends our Close frame, or the reply to the peer's, and moves
// the closing handshake on. StatusNoStatus or 0 without a reason gives a frame
// without a status code. When our Close frame has gone out already, it appends
// nothing and returns no error. In every case act is what the driver has to do
// next.
//
// Errors: ErrCloseCode, ErrCloseReason; then nothing has changed.
func (o *Out) AppendClose(cfg *Config, now int64, dst []byte, code StatusCode, reason string) (out []byte, act CloseAction, err error) {
	if err := CheckClose(code, reason); err != nil {
		return dst, 0, err
	}
	return o.appendClose(cfg, now, dst, WeClose, code, reason)
}

// AppendFail appends the Close frame with which we fail the connection because
// In reported err.
func (o *Out) AppendFail(cfg *Config, now int64, dst []byte, err *Error) (out []byte, act CloseAction) {
	out, act, _ = o.appendClose(cfg, now, dst, WeFail, err.Code, err.Reason)
	return out, act
}

// Step moves the closing handshake on a trigger other than WeClose and WeFail,
// and returns what the driver has to do.
func (o *Out) Step(cfg *Config, now int64, t CloseTrigger) CloseAction {
	return o.step(cfg, now, t)
}

// Deadline returns when the closing handshake, or the end of the transport
// behind it, is overdue (Limits.CloseTimeout), or 0. When it passes, call Step
// with TimeUp.
func (o *Out) Deadline() int64 { return o.deadline }

func (o *Out) step(cfg *Config, now int64, t CloseTrigger) CloseAction {
	s := closeTable[o.state][t]
	if s.next != o.state {
		o.state = s.next
		o.message = OpContinuation
		o.deadline = 0
		if s.next != Ended {
			o.deadline = now + cfg.close
		}
	}
	return s.act
}

func (o *Out) appendClose(cfg *Config, now int64, dst []byte, t CloseTrigger, code StatusCode, reason string) ([]byte, CloseAction, error) {
	act := o.step(cfg, now, t)
	if act&SendClose == 0 {
		return dst, act, nil
	}
	var buf [maxControl]byte
	payload := buf[:0]
	if code != 0 && code != StatusNoStatus {
		payload = append(payload, byte(code>>8), byte(code))
		payload = append(payload, reason...)
	}
	return appendFrame(cfg, dst, OpClose, true, false, payload), act, nil
}

// CheckClose tells whether a Close frame may hold code and reason, with the
// errors of AppendClose.
func CheckClose(code StatusCode, reason string) error {
	if code == 0 || code == StatusNoStatus {
		if reason != "" {
			return ErrCloseReason
		}
		return nil
	}
	if !code.Valid() {
		return ErrCloseCode
	}
	if len(reason) > maxControl-2 || !utf8.ValidString(reason) {
		return ErrCloseReason
	}
	return nil
}
