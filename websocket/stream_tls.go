package websocket

import (
	"crypto/tls"
	"net"

	"github.com/duplexws/duplex/internal/pool"
)

// tlsWriter writes to a TLS connection in pieces. crypto/tls cannot resume a
// write that was interrupted, so a piece that may have to wait is written by a
// goroutine of its own, from a copy: giving up leaves that piece to it.
type tlsWriter struct {
	tc   *tls.Conn
	room func() bool // whether the socket takes a piece without waiting

	busy bool       // a goroutine writes a piece
	done chan error // how it went
	wake chan struct{}
}

func newTLSWriter(tc *tls.Conn, room func() bool) tlsWriter {
	return tlsWriter{tc: tc, room: room, done: make(chan error, 1), wake: make(chan struct{}, 1)}
}

// Write counts the piece that is left to the goroutine as written.
func (w *tlsWriter) Write(head, tail []byte, wait bool) (n int, err error) {
	for {
		if w.busy {
			if err := w.await(wait); err != nil {
				return n, err
			}
		}
		if len(head)+len(tail) == 0 {
			return n, nil
		}
		room := w.room()
		if !room && !wait {
			return n, errAgain
		}
		var took int
		if took, err = w.piece(head, tail, room); err != nil {
			return n, err
		}
		n += took
		h := min(took, len(head))
		head, tail = head[h:], tail[took-h:]
	}
}

// piece writes at most flushSize octets, or has them written if there is no
// room.
func (w *tlsWriter) piece(head, tail []byte, room bool) (int, error) {
	if len(head) == 0 {
		head, tail = tail, nil
	}
	if len(tail) == 0 && room {
		return w.tc.Write(head[:min(len(head), flushSize)])
	}
	b := conns.Get()
	n := copy(b.B[:flushSize], head)
	n += copy(b.B[n:flushSize], tail)
	if room {
		defer conns.Put(b)
		return w.tc.Write(b.B[:n])
	}
	w.busy = true
	go w.write(b, n)
	return n, nil
}

func (w *tlsWriter) write(b *pool.Buffer, n int) {
	_, err := w.tc.Write(b.B[:n])
	conns.Put(b)
	w.done <- err
}

// await waits for the goroutine.
func (w *tlsWriter) await(wait bool) error {
	var err error
	if !wait {
		select {
		case err = <-w.done:
		default:
			return errAgain
		}
	} else {
		select {
		case err = <-w.done:
		case <-w.wake:
			return errWoken
		}
	}
	w.busy = false
	return err
}

func (w *tlsWriter) WakeWrite() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// Close ends the transport at once. crypto/tls would first wait for a peer that
// does not read to take the alert; CloseWrite has sent that where it matters.
func (w *tlsWriter) Close() error {
	hangUp(w.tc)
	return nil
}

// CloseWrite ends TLS, and then our half of TCP: the peer may wait for the
// latter.
func (w *tlsWriter) CloseWrite() error {
	err := w.tc.CloseWrite()
	if half, ok := w.tc.NetConn().(interface{ CloseWrite() error }); ok {
		half.CloseWrite()
	}
	return err
}

func (w *tlsWriter) NetConn() net.Conn { return w.tc }
