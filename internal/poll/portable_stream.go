package poll

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

const (
	readSize  = 16 << 10
	writeSize = 64 << 10
	// lastWords is how long what was written may take behind Close, as a
	// system's socket goes on to send it.
	lastWords = 5 * time.Second
)

// stream is a transport: a goroutine that reads ahead by one buffer, and, while
// there is output, one that writes it.
type stream struct {
	nc net.Conn

	mu       sync.Mutex
	consumed *sync.Cond
	poller   *portablePoller
	token    Token
	in       []byte // received and not yet read
	readErr  error  // behind in
	out      []byte // written and not yet sent
	writeErr error
	writing  bool // the writer runs
	watched  bool
	ending   bool // CloseWrite behind out
	closed   bool
	ahead    chan struct{} // closed when nobody reads ahead any more
}

func newStream(nc net.Conn) *stream {
	s := &stream{nc: nc}
	s.consumed = sync.NewCond(&s.mu)
	return s
}

func (s *stream) start(p *portablePoller, t Token) {
	s.poller, s.token = p, t
	s.ahead = make(chan struct{})
	go s.readAhead()
}

func (s *stream) readAhead() {
	defer close(s.ahead)
	buf := make([]byte, readSize)
	for {
		n, err := s.nc.Read(buf)
		s.mu.Lock()
		s.in, s.readErr = buf[:n], err
		if s.closed || err != nil {
			if !s.closed {
				s.poller.announce(s.token, Readable|Ended)
			}
			s.mu.Unlock()
			return
		}
		if n > 0 {
			s.poller.announce(s.token, Readable)
		}
		for len(s.in) > 0 && !s.closed {
			s.consumed.Wait()
		}
		closed := s.closed
		s.mu.Unlock()
		if closed {
			return
		}
	}
}

// Read takes what was read ahead.
func (s *stream) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := copy(p, s.in)
	if s.in = s.in[n:]; n > 0 {
		if len(s.in) == 0 {
			s.consumed.Signal()
		}
		return n, nil
	}
	if s.readErr != nil {
		return 0, s.readErr
	}
	return 0, ErrAgain
}

// Write leaves p to the writer.
func (s *stream) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch n := min(len(p), writeSize-len(s.out)); {
	case s.writeErr != nil:
		return 0, s.writeErr
	case s.ending:
		return 0, io.ErrClosedPipe
	case n == 0:
		return 0, ErrAgain
	default:
		s.out = append(s.out, p[:n]...)
		s.write()
		return n, nil
	}
}

// write makes the writer run. Called with mu held.
func (s *stream) write() {
	if !s.writing {
		s.writing = true
		go s.writeOut()
	}
}

// writeOut writes until nothing is left, and then ends what is to be ended.
func (s *stream) writeOut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.out) > 0 && s.writeErr == nil {
		taken := s.out
		s.mu.Unlock()
		_, err := s.nc.Write(taken)
		s.mu.Lock()
		s.out = append(s.out[:0:0], s.out[len(taken):]...)
		s.writeErr = err
		switch {
		case err != nil && !s.closed:
			s.poller.announce(s.token, Readable|Writable|Ended)
		case s.watched:
			s.poller.announce(s.token, Writable)
		}
	}
	s.writing = false
	if s.closed {
		s.nc.Close()
	} else if s.ending {
		closeWrite(s.nc)
	}
}

func (s *stream) watchWrite(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watched = on
	if on && len(s.out) < writeSize {
		s.poller.announce(s.token, Writable)
	}
}

// CloseWrite ends our half behind what was written.
func (s *stream) CloseWrite() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ending = true
	s.write()
	return nil
}

func closeWrite(nc net.Conn) error {
	if half, ok := nc.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nc.Close() // there are no halves
}

// detach stops reading ahead and returns the transport with what was.
func (s *stream) detach() net.Conn {
	s.mu.Lock()
	s.closed = true
	s.consumed.Signal()
	s.mu.Unlock()
	if s.ahead != nil {
		s.nc.SetReadDeadline(time.Unix(1, 0))
		<-s.ahead
		s.nc.SetReadDeadline(time.Time{})
	}
	if len(s.in) == 0 && (s.readErr == nil || errors.Is(s.readErr, os.ErrDeadlineExceeded)) {
		return s.nc
	}
	return &detached{Conn: s.nc, in: s.in, err: s.readErr}
}

// detached is a transport of which something was read ahead.
type detached struct {
	net.Conn
	in  []byte
	err error // behind in
}

func (d *detached) Read(p []byte) (int, error) {
	if len(d.in) > 0 {
		n := copy(p, d.in)
		d.in = d.in[n:]
		return n, nil
	}
	if d.err != nil && !errors.Is(d.err, os.ErrDeadlineExceeded) {
		return 0, d.err
	}
	return d.Conn.Read(p)
}

// Close closes the transport, behind what was written.
func (s *stream) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed, s.watched = true, false
	s.consumed.Signal()
	if !s.writing {
		return s.nc.Close()
	}
	s.nc.SetReadDeadline(time.Unix(1, 0))
	s.nc.SetWriteDeadline(time.Now().Add(lastWords))
	return nil
}
