package wstest

import (
	"errors"
	"io"
	"net"
	"time"
)

// Pipe returns the two ends of a connection within the process. Each direction
// holds 64 KiB; beyond that a Write waits for the other end to read. Unlike the
// ends of [net.Pipe], which hold nothing, these behave as those of TCP do: what
// was written before an end was closed can still be read, then comes io.EOF.
//
// Both ends have a method CloseWrite() error, which ends one direction and
// leaves the other. Writing to an end that has been closed fails with
// io.ErrClosedPipe, using one that was closed here with net.ErrClosed, and a
// deadline that passes with os.ErrDeadlineExceeded, all of them in a
// [*net.OpError].
//
// The ends may be used concurrently. A pipe starts no goroutine, and who waits
// on it is durably blocked in the sense of [testing/synctest].
func Pipe() (a, b net.Conn) { return newPipe(serverAddr, clientAddr(0)) }

func newPipe(addrA, addrB net.Addr) (a, b *pipeConn) {
	ab, ba := newHalf(), newHalf()
	return &pipeConn{in: ba, out: ab, local: addrA, remote: addrB},
		&pipeConn{in: ab, out: ba, local: addrB, remote: addrA}
}

// The addresses are of those kept for documentation, so that what takes them
// apart can, and what connects to them by mistake gets nowhere.
// https://www.rfc-editor.org/rfc/rfc5737#section-3
var serverAddr = &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 80}

// clientAddr returns the address of the nth client.
func clientAddr(n uint64) net.Addr {
	const first = 49152 // of the ports that are assigned to nobody
	return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 2), Port: first + int(n%(1<<16-first))}
}

// pipeConn is one end of a pipe.
type pipeConn struct {
	in, out       *half
	local, remote net.Addr
}

func (c *pipeConn) Read(p []byte) (int, error) {
	n, err := c.in.read(p)
	return n, c.wrap("read", err)
}

func (c *pipeConn) Write(p []byte) (int, error) {
	n, err := c.out.write(p)
	return n, c.wrap("write", err)
}

// CloseWrite ends what this end writes; the other end reads io.EOF behind it.
func (c *pipeConn) CloseWrite() error { return c.wrap("close", c.out.end()) }

func (c *pipeConn) Close() error {
	c.out.end() // it may have ended by CloseWrite
	return c.wrap("close", c.in.leave())
}

// abort resets the connection: both ends fail with ErrReset until they are
// closed.
func (c *pipeConn) abort() {
	c.in.cut()
	c.out.cut()
}

func (c *pipeConn) SetReadDeadline(at time.Time) error {
	return c.wrap("set", c.in.arm(&c.in.reads, at))
}

func (c *pipeConn) SetWriteDeadline(at time.Time) error {
	return c.wrap("set", c.out.arm(&c.out.writes, at))
}

func (c *pipeConn) SetDeadline(at time.Time) error {
	return errors.Join(c.SetReadDeadline(at), c.SetWriteDeadline(at))
}

func (c *pipeConn) LocalAddr() net.Addr  { return c.local }
func (c *pipeConn) RemoteAddr() net.Addr { return c.remote }

// wrap gives an error the form that package net gives it.
func (c *pipeConn) wrap(op string, err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	return &net.OpError{Op: op, Net: "memory", Source: c.local, Addr: c.remote, Err: err}
}
