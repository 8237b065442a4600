package websocket

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"
)

// A transport connects two ends.
type transport struct {
	name    string
	connect func(t testing.TB) (ours, theirs net.Conn)
}

// The transports under test. Only those of memory work in a synctest bubble.
var (
	tcp    = transport{"tcp", connectTCP}
	pipe   = transport{"pipe", connectPipe}
	halves = transport{"halves", connectHalves}
	tlsTCP = transport{"tls", connectTLS}
)

// run runs one body over several transports.
func run(t *testing.T, f func(t *testing.T, tr transport), over ...transport) {
	t.Helper()
	for _, tr := range over {
		t.Run(tr.name, func(t *testing.T) { f(t, tr) })
	}
}

func connectPipe(testing.TB) (ours, theirs net.Conn) { return net.Pipe() }

// smallBuffer makes the kernel take little, so that a peer that does not read
// soon blocks a write.
const smallBuffer = 128 << 10

func connectTCP(t testing.TB) (ours, theirs net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	theirs, err = net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	ours, err = l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	ours.(*net.TCPConn).SetWriteBuffer(smallBuffer)
	theirs.(*net.TCPConn).SetReadBuffer(smallBuffer)
	return ours, theirs
}

func connectTLS(t testing.TB) (ours, theirs net.Conn) {
	t.Helper()
	ours, theirs = connectTCP(t)
	server := tls.Server(ours, &tls.Config{Certificates: []tls.Certificate{certificate()}})
	client := tls.Client(theirs, &tls.Config{InsecureSkipVerify: true})
	failed := make(chan error, 1)
	go func() { failed <- client.Handshake() }()
	if err := errors.Join(server.Handshake(), <-failed); err != nil {
		t.Fatal(err)
	}
	return server, client
}

var certificate = sync.OnceValue(func() tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
})

// connectHalves is net.Pipe with halves that end one by one, as those of TCP.
func connectHalves(testing.TB) (ours, theirs net.Conn) {
	r1, w1 := net.Pipe()
	r2, w2 := net.Pipe()
	return &halfConn{Conn: r1, w: w2}, &halfConn{Conn: r2, w: w1}
}

type halfConn struct {
	net.Conn // for reading
	w        net.Conn
}

func (h *halfConn) Write(p []byte) (int, error)         { return h.w.Write(p) }
func (h *halfConn) SetWriteDeadline(at time.Time) error { return h.w.SetWriteDeadline(at) }
func (h *halfConn) CloseWrite() error                   { return h.w.Close() }
func (h *halfConn) Close() error                        { return errors.Join(h.w.Close(), h.Conn.Close()) }

func (h *halfConn) SetDeadline(at time.Time) error {
	return errors.Join(h.Conn.SetDeadline(at), h.w.SetDeadline(at))
}
