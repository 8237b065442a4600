package hostile

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/duplexws/duplex/internal/rawpeer"
)

// A client is a connection to the server under test.
type client struct {
	net.Conn
	tcp    *net.TCPConn
	r      *bufio.Reader
	frames rawpeer.Reader
}

// transport is what a row is delivered over.
type transport string

const (
	overTCP transport = "tcp"
	overTLS transport = "tls"
)

func (tr transport) scheme() string {
	if tr == overTLS {
		return "https"
	}
	return "http"
}

// A port is where a client connects to.
type port struct {
	addr string
	tls  *tls.Config // nil: plain TCP
}

// port returns the port for a transport.
func (s *Server) port(tr transport) port {
	if tr == overTLS {
		return port{s.TLS, s.ClientTLS}
	}
	return port{s.TCP, nil}
}

func (p port) dial() (*client, error) {
	nc, err := net.DialTimeout("tcp", p.addr, patience)
	if err != nil {
		return nil, err
	}
	c := &client{Conn: nc, tcp: nc.(*net.TCPConn)}
	if p.tls != nil {
		c.Conn = tls.Client(nc, p.tls)
	}
	c.SetDeadline(time.Now().Add(patience))
	c.r = bufio.NewReader(c.Conn)
	c.frames.R = c.r
	return c, nil
}

// mustDial is dial for the goroutine of a test.
func (p port) mustDial(t testing.TB) *client {
	t.Helper()
	c, err := p.dial()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// closeWrite ends the peer's half of the transport.
func (c *client) closeWrite() {
	c.Conn.(interface{ CloseWrite() error }).CloseWrite()
}

// reset ends the transport so that the server gets a reset.
func (c *client) reset() {
	c.tcp.SetLinger(0)
	c.tcp.Close()
}

// An outcome is all that came of one delivery.
type outcome struct {
	head   rawpeer.Response
	body   string
	events []rawpeer.Event
	close  *rawpeer.Event
	end    string // how the transport ended
	fault  error  // what was wrong with the server's octets
}

// The ends of a transport.
const (
	endEOF   = "EOF"
	endReset = "reset"
	endTorn  = "EOF inside a frame or head"
	endOpen  = "not at all"
)

// String is everything that must be the same in every delivery.
func (o *outcome) String() string {
	var b strings.Builder
	fmt.Fprintln(&b, "status", o.head.Status)
	for _, line := range o.head.Fields {
		if !strings.HasPrefix(line, "Date: ") {
			fmt.Fprintln(&b, line)
		}
	}
	fmt.Fprintf(&b, "body %.300q\n", o.body)
	for i, e := range o.events {
		if i == 20 {
			fmt.Fprintf(&b, "and %d events more\n", len(o.events)-i)
			break
		}
		fmt.Fprintln(&b, e)
	}
	fmt.Fprintf(&b, "close %v, fault %v", o.close, o.fault)
	return b.String()
}

// read reads all that comes, up to the end of the transport. It calls onHead
// behind the head of the response.
func (c *client) read(method string, onHead func(status int)) *outcome {
	o := new(outcome)
	head, err := rawpeer.ReadResponse(c.r)
	if head != nil {
		o.head = *head
	}
	onHead(o.head.Status)
	switch {
	case err != nil:
		o.ended(err)
	case head.Status == 101:
		c.readFrames(o)
	default:
		if method != "HEAD" {
			o.body, err = head.Body(c.r)
		}
		if err == nil {
			_, err = c.r.ReadByte() // nothing may come behind a refusal
		}
		o.ended(err)
		if responseLine.MatchString(o.body) {
			o.fault = errors.New("there is a response behind the refusal")
		}
	}
	return o
}

var responseLine = regexp.MustCompile(`HTTP/1\.[01] \d{3}`)

// ended notes with which error reading ended.
func (o *outcome) ended(err error) {
	switch o.end = endOf(err); {
	case err == nil:
		o.fault = errors.New("there are octets behind the refusal")
	case o.end == "":
		o.fault = err
	}
}

func (c *client) readFrames(o *outcome) {
	for {
		e, err := c.frames.Next()
		switch {
		case err == nil && e.Op == rawpeer.OpClose:
			o.close = &e
		case err == nil:
			o.events = append(o.events, e)
		default:
			o.ended(err)
			return
		}
	}
}

// endOf says which end of the transport an error stands for, "" if none.
func endOf(err error) string {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return endTorn
	case errors.Is(err, io.EOF):
		return endEOF
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, syscall.ECONNABORTED):
		return endReset
	case errors.Is(err, os.ErrDeadlineExceeded):
		return endOpen
	}
	return ""
}

// check compares an outcome with what a row wants.
func (o *outcome) check(w *Want) (wrong faults) {
	if o.fault != nil {
		wrong.add("%v", o.fault)
	}
	if o.head.Status != w.Status {
		wrong.add("status %d, want %d; body %q", o.head.Status, w.Status, o.body)
	}
	for _, line := range w.Header {
		wrong.checkHeader(o, line)
	}
	if !w.AnyEvents {
		wrong.checkEvents(o, w.Events)
	}
	wrong.checkClose(o, w)
	if o.end != endEOF && !(w.MayReset && o.end == endReset) {
		wrong.add("the transport ended: %s; want EOF", o.end)
	}
	return wrong
}

// faults are what is wrong.
type faults []string

func (f *faults) add(format string, args ...any) { *f = append(*f, fmt.Sprintf(format, args...)) }

// report makes them the faults of a test.
func (f faults) report(t testing.TB) {
	t.Helper()
	for _, wrong := range f {
		t.Error(wrong)
	}
}

func (wrong *faults) checkHeader(o *outcome, line string) {
	if name, absent := strings.CutPrefix(line, "!"); absent {
		if v := o.head.Values(name); len(v) > 0 {
			wrong.add("%s is %q, want none", name, v)
		}
		return
	}
	name, value, _ := strings.Cut(line, ": ")
	n := 0
	for _, v := range o.head.Values(name) {
		if strings.EqualFold(v, value) {
			n++
		}
	}
	if n != 1 {
		wrong.add("%s is %q, want %q once", name, o.head.Values(name), value)
	}
}

func (wrong *faults) checkEvents(o *outcome, want []rawpeer.Event) {
	for i := range max(len(o.events), len(want)) {
		switch {
		case i >= len(o.events):
			wrong.add("event %d is missing: %v", i, want[i])
		case i >= len(want):
			wrong.add("event %d is one too many: %v", i, o.events[i])
		case o.events[i] != want[i]:
			wrong.add("event %d is %v, want %v", i, o.events[i], want[i])
		default:
			continue
		}
		return
	}
}

func (wrong *faults) checkClose(o *outcome, w *Want) {
	code := NoClose
	if o.close != nil {
		if code = int(o.close.Code); code == 0 {
			code = NoCode
		}
	}
	if code != w.Close && !w.AnyEnd {
		wrong.add("closed with %d, want %d", code, w.Close)
	}
}
