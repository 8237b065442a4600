package protocol

// maxOwedPongs is how many Pongs wait for a peer that does not read. RFC 6455
// 5.5.3 lets the older ones be dropped.
const maxOwedPongs = 32

// Owed holds the control frames that the reader owes the peer until the holder
// of the write lock sends them: Pongs, and the Close frame that replies or
// fails. The zero value owes nothing. It is a plain value; the driver guards it.
type Owed struct {
	pongs []byte // length, payload, length, payload ...
	n     int
	close bool
	code  StatusCode
	fail  *Error
}

// Pong adds the Pong for a Ping with this payload, of which it keeps a copy. Of
// more than 32 the oldest is dropped
// (https://www.rfc-editor.org/rfc/rfc6455#section-5.5.3).
func (q *Owed) Pong(payload []byte) {
	if q.n == maxOwedPongs {
		q.pongs = append(q.pongs[:0], q.pongs[1+int(q.pongs[0]):]...)
		q.n--
	}
	q.pongs = append(q.pongs, byte(len(payload)))
	q.pongs = append(q.pongs, payload...)
	q.n++
}

// Reply adds the reply to the peer's Close frame, which echoes its status code
// (https://www.rfc-editor.org/rfc/rfc6455#section-5.5.1).
func (q *Owed) Reply(code StatusCode) { q.close, q.code = true, code }

// Fail adds the Close frame with which we fail the connection.
func (q *Owed) Fail(err *Error) { q.close, q.fail = true, err }

// Empty reports whether nothing is owed.
func (q *Owed) Empty() bool { return q.n == 0 && !q.close }

// Closing reports whether a Close frame is owed.
func (q *Owed) Closing() bool { return q.close }

// AppendOwed appends everything that q owes to dst and empties q. act is what
// the driver has to do next if a Close frame was among it.
func (o *Out) AppendOwed(cfg *Config, now int64, dst []byte, q *Owed) (out []byte, act CloseAction) {
	for p := q.pongs; q.n > 0; q.n-- {
		n := int(p[0])
		dst, _ = o.AppendPong(cfg, dst, p[1:1+n]) // behind our Close frame there is nothing to send
		p = p[1+n:]
	}
	if q.close {
		if q.fail != nil {
			dst, act = o.AppendFail(cfg, now, dst, q.fail)
		} else {
			o.step(cfg, now, PeerCloses)
			dst, act, _ = o.appendClose(cfg, now, dst, WeClose, q.code, "")
			act |= EndTransport
		}
	}
	*q = Owed{}
	return dst, act
}
