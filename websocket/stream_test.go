package websocket

import (
	"crypto/tls"
	"io"
	"net"
	"runtime"
	"sync"
	"testing"

	"github.com/duplexws/duplex/internal/pool"
)

// box is memory that a stream reads to, and notes whether it is lent.
type box struct {
	b    []byte
	lent bool
}

func (m *box) take() []byte { m.lent = true; return m.b }
func (m *box) drop()        { m.lent = false }

// TestStreamWakes: each wake ends one wait, at any time, and nothing more.
func TestStreamWakes(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		ours, theirs := tr.connect(t)
		defer theirs.Close()
		s := newStream(ours)
		defer s.Close()
		m := &box{b: make([]byte, 100)}
		for range 100 {
			s.WakeRead() // before it waits
			if n, err := s.Read(m); n != 0 || err != errWoken {
				t.Fatalf("%d, %v", n, err)
			}
			failed := async(func() error { _, err := s.Read(m); return err })
			s.WakeRead() // about the time it does
			if err := <-failed; err != errWoken {
				t.Fatalf("%v", err)
			}
			if m.lent {
				t.Fatal("memory is held behind a read of nothing")
			}
		}
		written := async(func() error { _, err := theirs.Write([]byte("still good")); return err })
		n, err := s.Read(m)
		if string(m.b[:n]) != "still good" || err != nil {
			t.Fatalf("%q, %v", m.b[:n], err)
		}
		if err := <-written; err != nil {
			t.Fatal(err)
		}
		if err := theirs.Close(); err != nil {
			t.Fatal(err)
		}
		if n, err := s.Read(m); n != 0 || err != io.EOF {
			t.Errorf("behind the end: %d, %v", n, err)
		}
	}, tcp, pipe, halves, tlsTCP)
}

// TestStreamHoldsNoMemoryWhileItWaits, where it drives the socket itself.
func TestStreamHoldsNoMemoryWhileItWaits(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("sockets are not driven as descriptors here")
	}
	run(t, func(t *testing.T, tr transport) {
		s := serve(t, tr, nil)
		eventually(t, "those of before give their memory back", func() bool { return pool.Outstanding() == 0 })
		for range 3 {
			failed := async(func() error { _, _, err := s.Read(s.ctx); return err })
			eventually(t, "the reader waits", func() bool {
				return goroutinesIn("(*watched).Read(") == 1 && goroutinesIn("(*pollDesc).waitRead(") >= 2
			})
			if n := pool.Outstanding(); n != 0 {
				t.Errorf("%d buffers are held", n)
			}
			s.peer.write(ping(""), text("x"))
			if err := <-failed; err != nil {
				t.Fatal(err)
			}
			s.peer.want(pong(""))
		}
	}, tcp, tlsTCP)
}

// TestStreamWriteGivenUp: what a write says it has written arrives, and nothing
// else does.
func TestStreamWriteGivenUp(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		ours, theirs := tr.connect(t)
		s := newStream(ours)
		message := []byte(filled(2 << 20))
		var got []byte
		var wg sync.WaitGroup
		done := 0
		for i := 0; done < len(message); i++ {
			if i == 30 { // until then the peer does not read
				wg.Go(func() { got, _ = io.ReadAll(theirs) })
			}
			head := message[done:min(done+10, len(message))]
			rest := message[done+len(head):]
			wait := i%3 > 0
			switch i % 3 {
			case 1:
				s.WakeWrite()
			case 2:
				wg.Go(s.WakeWrite)
			}
			n, err := s.Write(head, rest, wait)
			done += n
			if wait && err == errAgain || !wait && err == errWoken || err != nil && err != errAgain && err != errWoken {
				t.Fatalf("%d, %v", n, err)
			}
			if err == nil && done < len(message) {
				t.Fatalf("%d octets without an error", n)
			}
		}
		for { // the last piece may be in the hands of a goroutine
			if _, err := s.Write(nil, nil, true); err == nil {
				break
			}
		}
		s.CloseWrite()
		wg.Wait()
		if string(got) != string(message) {
			t.Errorf("%d octets arrived of %d, or others", len(got), len(message))
		}
		s.Close()
		theirs.Close()
	}, tcp, tlsTCP)
}

// TestStreamWakeWriteTooLate: a wake that comes when its write is over does no
// harm to one that does not wait.
func TestStreamWakeWriteTooLate(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		ours, theirs := tr.connect(t)
		defer theirs.Close()
		s := newStream(ours)
		defer s.Close()
		go io.Copy(io.Discard, theirs)
		large := make([]byte, 1<<20)
		for range 50 {
			s.WakeWrite()
			if n, err := s.Write(large, nil, false); err != nil && err != errAgain {
				t.Fatalf("%d, %v", n, err)
			}
		}
	}, tcp, tlsTCP)
}

// TestStreamClose at any time, from anywhere, ends reads and writes.
func TestStreamClose(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		for range 50 {
			ours, theirs := tr.connect(t)
			s := newStream(ours)
			var wg sync.WaitGroup
			wg.Go(func() {
				if n, err := s.Read(&box{b: make([]byte, 10)}); err == nil {
					t.Errorf("read %d", n)
				}
			})
			wg.Go(func() {
				for {
					if _, err := s.Write([]byte("x"), nil, true); err != nil {
						return
					}
				}
			})
			for range 2 {
				wg.Go(func() { s.Close() })
			}
			wg.Wait()
			if _, err := s.Write([]byte("x"), nil, true); err == nil || err == errWoken {
				t.Errorf("written behind Close: %v", err)
			}
			theirs.Close()
		}
	}, tcp, pipe, tlsTCP)
}

// TestStreamOfTLSWithoutSocket: TLS over something else still works.
func TestStreamOfTLSWithoutSocket(t *testing.T) {
	overPipe := transport{"tls over a pipe", func(t testing.TB) (ours, theirs net.Conn) {
		a, b := net.Pipe()
		server := tls.Server(a, &tls.Config{Certificates: []tls.Certificate{certificate()}})
		client := tls.Client(b, &tls.Config{InsecureSkipVerify: true})
		failed := async(client.Handshake)
		if err := server.Handshake(); err != nil {
			t.Fatal(err)
		}
		if err := <-failed; err != nil {
			t.Fatal(err)
		}
		return server, client
	}}
	server, client := pair(t, overPipe, nil)
	for _, n := range []int{10, 100_000} {
		written := async(func() error { return client.Write(t.Context(), Text, []byte(filled(n))) })
		wantMessage(t, filled(n), Text)(server.Read(t.Context()))
		if err := <-written; err != nil {
			t.Fatal(err)
		}
		written = async(func() error { return server.Write(t.Context(), Text, []byte(filled(n))) })
		wantMessage(t, filled(n), Text)(client.Read(t.Context()))
		if err := <-written; err != nil {
			t.Fatal(err)
		}
	}
	go client.Read(t.Context())
	if err := server.Close(t.Context(), StatusNormalClosure, ""); err != nil {
		t.Error(err)
	}
	<-client.Done()
}

// TestStreamWakesCrowd: many wake a stream at once, while it waits and while it
// wakes from the one before. None of that is an error of the transport.
func TestStreamWakesCrowd(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		ours, theirs := tr.connect(t)
		defer theirs.Close()
		s := newStream(ours)
		defer s.Close()
		done := make(chan struct{})
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for {
					select {
					case <-done:
						return
					default:
						s.WakeRead()
						s.WakeWrite()
						runtime.Gosched()
					}
				}
			})
		}
		wg.Go(func() {
			large := make([]byte, 1<<20)
			for range 3000 {
				if n, err := s.Write(large, nil, true); err != errWoken && err != nil {
					t.Errorf("write: %d, %v", n, err)
					return
				}
			}
		})
		m := &box{b: make([]byte, 10)}
		for range 3000 {
			if n, err := s.Read(m); err != errWoken {
				t.Errorf("read: %d, %v", n, err)
				break
			}
		}
		close(done)
		go io.Copy(io.Discard, theirs)
		wg.Wait()
	}, tcp, pipe, tlsTCP)
}
