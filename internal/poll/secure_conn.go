package poll

import (
	"crypto/tls"
	"net"
	"os"
	"time"
)

// secured is what crypto/tls takes for the connection: a net.Conn during the
// handshake, and then the transport of a poller.
type secured struct {
	tls *tls.Conn
	nc  net.Conn // nil once there is a poller

	poller Poller
	handle Handle
	token  Token

	in       []byte // decrypted, and not read
	out      []byte // encrypted, and not taken by the transport
	watched  bool   // the owner wants to know of room
	watching bool   // we do
	ending   bool   // our half ends behind out
	ended    bool
}

// interrupted is the error behind which crypto/tls can read on.
type interrupted struct{}

func (interrupted) Error() string   { return ErrAgain.Error() }
func (interrupted) Timeout() bool   { return true }
func (interrupted) Temporary() bool { return true }

// Read reads what has come.
func (c *secured) Read(p []byte) (int, error) {
	if c.nc != nil {
		return c.nc.Read(p)
	}
	n, err := c.poller.Read(c.handle, p)
	if err == ErrAgain {
		err = interrupted{}
	}
	return n, err
}

// Write takes all of p: an error would be the last of the connection.
func (c *secured) Write(p []byte) (int, error) {
	if c.nc != nil {
		return c.nc.Write(p)
	}
	n := 0
	if len(c.out) == 0 {
		var err error
		if n, err = c.poller.Write(c.handle, p); err != nil && err != ErrAgain {
			return 0, err
		}
	}
	c.out = append(c.out, p[n:]...)
	return len(p), nil
}

// send encrypts as much of p as there is room for, by some records.
func (c *secured) send(p []byte) (n int, err error) {
	if len(c.out) > 0 {
		c.flush()
	}
	for n < len(p) && len(c.out) == 0 {
		m, err := c.tls.Write(p[n : n+min(len(p)-n, joined)])
		n += m
		if err != nil {
			return 0, err
		}
	}
	c.watch()
	if n == 0 {
		return 0, ErrAgain
	}
	return n, nil
}

// flush sends what was encrypted, and ends our half behind it.
func (c *secured) flush() {
	for len(c.out) > 0 {
		n, err := c.poller.Write(c.handle, c.out)
		if err != nil && err != ErrAgain {
			c.out = nil // reading will tell
		} else if c.out = c.out[n:]; n == 0 {
			break
		}
	}
	if len(c.out) == 0 {
		c.out = nil
		if c.ending && !c.ended {
			c.ended = true
			c.poller.CloseWrite(c.handle)
		}
	}
	c.watch()
}

// watch asks for room while it is needed.
func (c *secured) watch() {
	if need := len(c.out) > 0; need != c.watching {
		c.watching = need
		c.poller.WatchWrite(c.handle, c.token, need)
	}
}

// Close is for crypto/tls, which never has to.
func (c *secured) Close() error {
	if c.nc != nil {
		return c.nc.Close()
	}
	return nil
}

// LocalAddr is that of the handshake.
func (c *secured) LocalAddr() net.Addr {
	if c.nc != nil {
		return c.nc.LocalAddr()
	}
	return nil
}

// RemoteAddr returns the peer's address.
func (c *secured) RemoteAddr() net.Addr {
	if c.nc != nil {
		return c.nc.RemoteAddr()
	}
	return c.poller.RemoteAddr(c.handle)
}

// SetDeadline is for whoever has the connection outside of a loop.
func (c *secured) SetDeadline(t time.Time) error {
	if c.nc == nil {
		return os.ErrNoDeadline
	}
	return c.nc.SetDeadline(t)
}

// SetReadDeadline is for whoever has the connection outside of a loop.
func (c *secured) SetReadDeadline(t time.Time) error {
	if c.nc == nil {
		return os.ErrNoDeadline
	}
	return c.nc.SetReadDeadline(t)
}

// SetWriteDeadline is for whoever has the connection outside of a loop.
func (c *secured) SetWriteDeadline(t time.Time) error {
	if c.nc == nil {
		return os.ErrNoDeadline
	}
	return c.nc.SetWriteDeadline(t)
}
