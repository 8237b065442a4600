package poll

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"testing"
	"time"

	"github.com/duplexws/duplex/internal/hostile"
)

var networks = map[string]func(t *testing.T) *bench{
	"system":   func(t *testing.T) *bench { return &bench{t, System, dialer(t)} },
	"portable": func(t *testing.T) *bench { return &bench{t, NewPortable(), dialer(t)} },
	"secure": func(t *testing.T) *bench {
		server, client := hostile.TLSConfigs(t)
		return &bench{t, NewSecure(System, server, patience, nil), secureDialer(t, client)}
	},
	"secure portable": func(t *testing.T) *bench {
		server, client := hostile.TLSConfigs(t)
		return &bench{t, NewSecure(NewPortable(), server, patience, nil), secureDialer(t, client)}
	},
	"fake": func(t *testing.T) *bench {
		f := NewFake()
		return &bench{t, f, func(ln Handle, _ string) far {
			p := f.Dial(ln)
			p.SetRoom(1 << 20)
			return &fakeFar{p, nil}
		}}
	},
}

// socket is a far end of the operating system's.
type socket struct {
	net.Conn
	t *testing.T
	r *bufio.Reader
}

func dialer(t *testing.T) func(Handle, string) far {
	return func(_ Handle, address string) far {
		nc, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { nc.Close() })
		nc.SetDeadline(time.Now().Add(patience))
		return &socket{nc, t, bufio.NewReader(nc)}
	}
}

// secureDialer shakes hands as soon as somebody accepts.
func secureDialer(t *testing.T, config *tls.Config) func(Handle, string) far {
	dial := dialer(t)
	return func(ln Handle, address string) far {
		plain := dial(ln, address).(*socket)
		c := tls.Client(plain.Conn, config)
		shaken := make(chan struct{})
		go func() {
			defer close(shaken)
			c.Handshake()
		}()
		t.Cleanup(func() {
			plain.Close()
			<-shaken
		})
		return &secureSocket{socket{c, t, bufio.NewReader(c)}, plain}
	}
}

// secureSocket ends both TLS and what it stands on.
type secureSocket struct {
	socket
	plain *socket
}

func (s *secureSocket) closeWrite() {
	s.Conn.(*tls.Conn).CloseWrite()
	s.plain.closeWrite()
}

func (s *secureSocket) reset() { s.plain.reset() }

func (s *socket) write(p string) { io.WriteString(s.Conn, p) }

func (s *socket) read(n int) string {
	b := make([]byte, n)
	n, err := io.ReadFull(s.r, b)
	if err != nil {
		s.t.Error(err)
	}
	return string(b[:n])
}

func (s *socket) rest() string {
	b, err := io.ReadAll(s.r)
	if err != nil {
		s.t.Error(err)
	}
	return string(b)
}

func (s *socket) closeWrite() { s.Conn.(*net.TCPConn).CloseWrite() }

func (s *socket) reset() {
	s.Conn.(*net.TCPConn).SetLinger(0)
	s.Conn.Close()
}

type fakeFar struct {
	*FakePeer
	got []byte
}

func (f *fakeFar) write(s string) { f.Write([]byte(s)) }

func (f *fakeFar) read(n int) string {
	f.got = append(f.got, f.Read()...)
	s := string(f.got[:min(n, len(f.got))])
	f.got = f.got[len(s):]
	return s
}

func (f *fakeFar) rest() string {
	if !f.Ended() {
		return "not ended"
	}
	return f.read(1 << 30)
}

func (f *fakeFar) closeWrite() { f.CloseWrite() }
func (f *fakeFar) reset()      { f.Reset() }
