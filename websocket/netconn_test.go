package websocket

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/duplexws/duplex/protocol"
)

// TestNetConnReads across messages, and over empty ones.
func TestNetConnReads(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		for _, code := range []StatusCode{StatusNormalClosure, StatusGoingAway} {
			s := serve(t, tr, nil)
			n := NetConn(s.Conn, Binary)
			s.peer.write(binaryF("one "), binaryF(""), ping("?"), frame{op: protocol.OpBinary, more: true, payload: "two "}, last("three "), binaryF(filled(50_000)), closeFrame(code, ""))
			p, err := io.ReadAll(n)
			if string(p) != "one two three "+filled(50_000) || err != nil {
				t.Errorf("%.40q, %v", p, err)
			}
			if _, err := n.Read(make([]byte, 1)); err != io.EOF {
				t.Errorf("again: %v", err)
			}
		}
	}, tcp, pipe, tlsTCP)
}

// TestNetConnWrites one message a call.
func TestNetConnWrites(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		s := serve(t, tr, nil)
		n := NetConn(s.Conn, Text)
		for _, p := range []string{"one", "", filled(50_000)} {
			if k, err := n.Write([]byte(p)); k != len(p) || err != nil {
				t.Fatal(k, err)
			}
			s.peer.want(text(p))
		}
		if _, err := n.Write([]byte("\xff")); err != protocol.ErrNotText {
			t.Errorf("%v", err)
		}
		if n.LocalAddr() != s.LocalAddr() || n.RemoteAddr() != s.RemoteAddr() {
			t.Errorf("%v, %v", n.LocalAddr(), n.RemoteAddr())
		}
	}, tcp, pipe, tlsTCP)
}

// TestNetConnOtherType closes with 1003.
func TestNetConnOtherType(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		s := serve(t, tr, nil)
		n := NetConn(s.Conn, Binary)
		s.peer.write(binaryF("good"), text("bad"))
		buf := make([]byte, 10)
		if k, err := n.Read(buf); string(buf[:k]) != "good" || err != nil {
			t.Fatal(err)
		}
		failed := async(func() error { _, err := n.Read(buf); return err })
		s.peer.want(closeFrame(StatusUnsupportedData, "wrong type of message"))
		s.peer.write(closeFrame(StatusUnsupportedData, ""))
		s.peer.end()
		err := <-failed
		if err == nil || err == io.EOF {
			t.Errorf("%v", err)
		}
		if _, again := n.Read(buf); again != err {
			t.Errorf("then %v, first %v", again, err)
		}
	}, tcp, pipe, tlsTCP)
}

func TestNetConnClose(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		s := serve(t, tr, nil)
		n := NetConn(s.Conn, Binary)
		s.stream.forget()
		read := async(func() error { _, err := n.Read(make([]byte, 1)); return err })
		<-s.stream.reading
		closed := async(n.Close)
		if err := <-read; err != net.ErrClosed {
			t.Errorf("Read: %v", err)
		}
		s.peer.want(closeFrame(StatusNormalClosure, ""))
		s.peer.write(closeFrame(StatusNormalClosure, ""))
		s.peer.end()
		if err := <-closed; err != nil {
			t.Errorf("Close: %v", err)
		}
		for name, err := range map[string]error{
			"SetDeadline": n.SetDeadline(time.Time{}),
			"Write":       second(n.Write(nil)),
			"Read":        second(n.Read(nil)),
		} {
			if !errors.Is(err, net.ErrClosed) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}, tcp, pipe, tlsTCP)
	// A peer that answers nothing holds Close up for a while only.
	bubble(t, func(t *testing.T, o *Options) {
		s := script(t, pipe, protocol.Server, o)
		n := NetConn(s.Conn, Binary)
		write := async(func() error { return second(n.Write([]byte("blocked"))) })
		<-s.stream.waiting
		start := time.Now()
		if err := n.Close(); err != ErrCloseTimeout {
			t.Errorf("Close: %v", err)
		}
		within(t, time.Since(start), protocol.DefaultCloseTimeout)
		if err := <-write; !errors.Is(err, net.ErrClosed) {
			t.Errorf("Write: %v", err)
		}
	})
}

func second(_ int, err error) error { return err }

// TestNetConnDeadlines end calls, and no connection.
func TestNetConnDeadlines(t *testing.T) {
	bubble(t, func(t *testing.T, o *Options) {
		o.PingInterval = -1
		s := script(t, pipe, protocol.Server, o)
		n := NetConn(s.Conn, Binary)
		buf := make([]byte, 10)
		start := time.Now()

		n.SetDeadline(start.Add(time.Second))
		for _, err := range []error{second(n.Read(buf)), second(n.Write(buf)), second(n.Read(buf))} {
			if err != os.ErrDeadlineExceeded {
				t.Errorf("%v", err)
			}
		}
		within(t, time.Since(start), time.Second)

		// A deadline that is moved holds for the call under way.
		n.SetReadDeadline(start.Add(10 * time.Second))
		time.AfterFunc(2*time.Second, func() { n.SetReadDeadline(start.Add(20 * time.Second)) })
		time.AfterFunc(12*time.Second, func() { s.peer.write(binaryF("a")) })
		if k, err := n.Read(buf); string(buf[:k]) != "a" || err != nil {
			t.Errorf("%v", err)
		}
		time.AfterFunc(time.Second, func() { n.SetReadDeadline(time.Unix(1, 0)) })
		if _, err := n.Read(buf); err != os.ErrDeadlineExceeded {
			t.Errorf("%v", err)
		}
		n.SetDeadline(time.Time{})
		s.peer.write(binaryF("b"))
		if k, err := n.Read(buf); string(buf[:k]) != "b" || err != nil {
			t.Errorf("%v", err)
		}
		s.peer.read()
		if k, err := n.Write([]byte("c")); k != 1 || err != nil {
			t.Errorf("%v", err)
		}
		s.peer.want(binaryF("c"))
	})
}

// TestNetConnWriteDeadlineMidFrame: the rest follows by itself.
func TestNetConnWriteDeadlineMidFrame(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		s := script(t, tr, protocol.Server, nil)
		n := NetConn(s.Conn, Binary)
		large := filled(3 << 20)
		n.SetWriteDeadline(time.Now().Add(time.Hour))
		failed := make(chan error, 1)
		go func() {
			k, err := n.Write([]byte(large))
			if k != len(large) {
				t.Errorf("%d octets", k)
			}
			failed <- err
		}()
		<-s.stream.waiting
		n.SetWriteDeadline(time.Unix(1, 0))
		err := <-failed
		var partial *PartialWriteError
		if timeout, ok := err.(net.Error); !ok || !timeout.Timeout() || !errors.As(err, &partial) {
			t.Errorf("%v", err)
		}
		n.SetWriteDeadline(time.Time{})
		s.peer.read()
		if _, err := n.Write([]byte("after")); err != nil {
			t.Error(err)
		}
		s.peer.want(binaryF(large), binaryF("after"))
	}, tcp, tlsTCP)
}

// TestDeadlineMovedAsItPasses: the old deadline does not end the new context.
func TestDeadlineMovedAsItPasses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d deadline
		d.renew()
		cancel, proceed := d.cancel, make(chan struct{})
		d.cancel = func(cause error) {
			<-proceed
			cancel(cause)
		}
		d.set(time.Now().Add(time.Second))
		time.Sleep(2 * time.Second) // it has passed, and is on its way
		moved := make(chan struct{})
		go func() {
			defer close(moved)
			d.set(time.Now().Add(time.Hour))
		}()
		synctest.Wait()
		close(proceed)
		<-moved
		synctest.Wait()
		if err := d.context().Err(); err != nil {
			t.Error(err)
		}
		d.end()
	})
}
