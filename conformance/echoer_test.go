package conformance

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"time"
	"unicode/utf8"
)

// An echoer is a whole WebSocket endpoint that echoes, server or client. It
// shares no code with the suite that judges it. With a flaw it has a fault that
// real ones have had, or could have.
type echoer struct {
	nc     net.Conn
	r      *bufio.Reader
	server bool
	flaw   string

	squeeze *squeeze // nil without permessage-deflate
	packed  bool     // the message under way is

	op       byte   // of the message under way, 0 if there is none
	message  []byte // what has come of it
	checked  int    // how much of it is known to be UTF-8
	parts    int
	firstKey [4]byte
	held     [][]byte // frames that are sent too late
	closed   bool     // a Close frame was sent
	loggedIn bool
	pings    int
	messages int
	die      func() // ends the server
}

// A fault is the close code for what the peer has done.
type fault uint16

func (f fault) Error() string { return fmt.Sprint("close ", uint16(f)) }

var errClosed = errors.New("the closing handshake is done")

func (e *echoer) has(flaws ...string) bool { return slices.Contains(flaws, e.flaw) }

// run echoes until the connection has ended.
func (e *echoer) run() {
	defer e.nc.Close()
	if e.has("talks by itself") {
		e.write(0x80|1, []byte("news"))
		e.write(0x80|9, []byte("still there?"))
	}
	for {
		err := e.frame()
		var f fault
		if errors.As(err, &f) {
			if e.has("ignores every fault") {
				e.op, e.message, e.checked = 0, nil, 0
				continue
			}
			e.fail(uint16(f))
		}
		if e.atEnd(err) {
			return
		}
		if err != nil && !(e.closed && e.has("goes on behind the Close frame") && errors.Is(err, errClosed)) {
			break
		}
	}
	if reset, ok := e.nc.(interface{ SetLinger(sec int) error }); ok && e.has("resets instead of ending") {
		reset.SetLinger(0)
		return
	}
	if e.has("leaves the end to the other side") {
		io.Copy(io.Discard, e.r)
		return
	}
	if e.server && !e.has("never ends the transport") {
		e.nc.(interface{ CloseWrite() error }).CloseWrite()
	}
	io.Copy(io.Discard, e.r)
}

// atEnd is what flaws do when nothing comes any more. It reports whether the
// connection is theirs then.
func (e *echoer) atEnd(err error) bool {
	var f fault
	if err == nil || errors.As(err, &f) || errors.Is(err, errClosed) {
		return false
	}
	switch {
	case e.die != nil && e.has("dies of resets") && err.Error() == "connection reset by peer":
		e.die()
	case e.has("waits for a peer that is gone"):
		time.Sleep(time.Minute)
		return true
	case e.has("echoes what is not whole") && e.op != 0:
		e.echo()
	case e.has("answers the end with 1006"):
		e.closeWith([]byte{3, 238})
	}
	return false
}

func (e *echoer) fail(code uint16) {
	switch {
	case e.has("fails with 1000"):
		code = 1000
	case e.has("fails with 1002 always"):
		code = 1002
	case e.has("fails with 1007 always"):
		code = 1007
	case e.has("fails with 1006"):
		code = 1006
	case e.has("fails without a word"):
		e.nc.Close()
		return
	}
	e.closeWith(binary.BigEndian.AppendUint16(nil, code))
}

func (e *echoer) closeWith(payload []byte) {
	e.closed = true
	e.write(0x80|8, payload)
}

// broken is the fault 1002, unless the echoer has a flaw that overlooks it.
func (e *echoer) broken(is bool, overlooks ...string) error {
	if is && !e.has(overlooks...) {
		return fault(1002)
	}
	return nil
}

// frame reads a frame and does what it asks for.
func (e *echoer) frame() error {
	var head [2]byte
	if _, err := io.ReadFull(e.r, head[:]); err != nil {
		return err
	}
	fin, rsv, op := head[0]&0x80 != 0, head[0]>>4&7, head[0]&15
	masked, length, form := head[1]&0x80 != 0, uint64(head[1]&0x7f), 1
	if length >= 126 {
		wide := make([]byte, map[uint64]int{126: 2, 127: 8}[length])
		if _, err := io.ReadFull(e.r, wide); err != nil {
			return err
		}
		form += len(wide)
		length = 0
		for _, octet := range wide {
			length = length<<8 | uint64(octet)
		}
		if e.has("takes lengths for signed") && form == 3 {
			length = uint64(int16(length))
		}
	}
	shortest := form == 1 || form == 3 && length > 125 || form == 9 && length > 65535
	reserved := op > 2 && op < 8 || op > 10
	control := op >= 8
	if err := errors.Join(
		e.broken(rsv&4 != 0 && !control && (e.squeeze == nil || op == 0), "accepts RSV1"),
		e.broken(rsv&4 != 0 && control, "accepts RSV1 on control frames"),
		e.broken(rsv&2 != 0, "accepts RSV2"),
		e.broken(rsv&1 != 0, "accepts RSV3"),
		e.broken(op > 2 && op < 8, "skips reserved opcodes", "takes reserved opcodes for text"),
		e.broken(op > 10, "skips reserved control opcodes"),
		e.broken(control && !fin, "accepts fragmented control frames"),
		e.broken(control && length > 125, "accepts long control frames"),
		e.broken(masked != e.server, "accepts wrong masking"),
		e.broken(!shortest && !control, "accepts long lengths"),
		e.broken(!shortest && control && length <= 125, "accepts long lengths of control frames"),
		e.broken(length>>63 != 0, "ignores the highest bit of a length"),
		e.broken(!control && !reserved && op != 0 && e.op != 0, "accepts messages inside messages"),
		e.broken(op == 0 && e.op == 0, "accepts a continuation of nothing"),
	); err != nil {
		return err
	}
	length &= 1<<63 - 1
	if length > 64<<20 && e.has("dies of long frames") {
		e.die()
		return io.EOF
	}
	if length > 64<<20 {
		if e.has("waits for what is announced") {
			io.Copy(io.Discard, e.r)
			return io.EOF
		}
		return fault(1009)
	}
	var key [4]byte
	if masked {
		if _, err := io.ReadFull(e.r, key[:]); err != nil {
			return err
		}
	}
	if control || reserved && !e.has("takes reserved opcodes for text") {
		payload := make([]byte, length)
		if _, err := io.ReadFull(e.r, payload); err != nil {
			return err
		}
		e.unmask(payload, key, 0)
		return e.control(op, payload)
	}
	if op != 0 {
		e.packed = e.squeeze != nil && rsv&4 != 0
	}
	return e.data(op, fin, length, key)
}

func (e *echoer) unmask(p []byte, key [4]byte, at int) {
	period := 4
	if e.has("unmasks each thousand and one octets anew") {
		period = 1001
	}
	for i := range p {
		p[i] ^= key[(at+i)%period%4]
	}
}

// data reads the payload of a data frame as it comes.
func (e *echoer) data(op byte, fin bool, length uint64, key [4]byte) error {
	if op != 0 {
		e.op, e.message, e.checked, e.parts, e.firstKey = op, nil, 0, 0, key
	} else if e.op == 0 {
		e.op = 1
	}
	if e.has("unmasks with the key of the first fragment") {
		key = e.firstKey
	}
	if e.parts++; e.parts > 1000 && e.has("takes no more than 1000 fragments") {
		return fault(1008)
	}
	if length == 0 && !fin && e.has("refuses empty fragments") {
		return fault(1002)
	}
	buffer := make([]byte, 32<<10)
	begin := len(e.message)
	for at := 0; uint64(at) < length; {
		n, err := e.r.Read(buffer[:min(uint64(len(buffer)), length-uint64(at))])
		if err != nil {
			return err
		}
		e.unmask(buffer[:n], key, at)
		e.message = append(e.message, buffer[:n]...)
		at += n
		if err := e.text(e.has("checks UTF-8 at the end of a frame", "checks UTF-8 at the end of a message"), false); err != nil {
			return err
		}
	}
	if e.has("checks UTF-8 of each frame alone") && e.op == 1 && !utf8.Valid(e.message[begin:]) {
		return fault(1007)
	}
	if err := e.text(e.has("checks UTF-8 at the end of a message") && !fin, fin); err != nil {
		return err
	}
	if len(e.message) > 128<<10 && e.has("takes no more than 128 KiB") {
		return fault(1009)
	}
	if !fin && !e.has("takes each fragment for a message") {
		return nil
	}
	if e.packed {
		if err := e.unpack(); err != nil {
			return err
		}
	} else if e.squeeze != nil && e.has("remembers messages that are not compressed") {
		e.squeeze.remember(e.message)
	}
	return e.echo()
}

// text checks what has come of a text message.
func (e *echoer) text(skip, end bool) error {
	if skip || e.packed || e.op != 1 || e.has("never checks UTF-8") {
		return nil
	}
	rest := e.patched(e.message[e.checked:])
	for len(rest) > 0 {
		r, n := utf8.DecodeRune(rest)
		if !utf8.FullRune(rest) && (!end || e.has("accepts text that ends inside a character")) {
			return nil
		}
		if r == utf8.RuneError && n == 1 || e.has("refuses non-characters") && r&0xfffe == 0xfffe || e.has("refuses NUL") && r == 0 {
			return fault(1007)
		}
		e.checked += n
		rest = rest[n:]
	}
	return nil
}

// patched is text in which what a flaw accepts is replaced by what is right.
func (e *echoer) patched(text []byte) []byte {
	if !e.has("accepts surrogates", "accepts too long forms", "accepts what lies beyond U+10FFFF", "accepts forms of five octets") {
		return text
	}
	text = bytes.Clone(text)
	for i, octet := range text {
		next := byte(0)
		if i+1 < len(text) {
			next = text[i+1]
		}
		switch {
		case e.has("accepts surrogates") && octet == 0xed && next >= 0xa0:
			text[i+1] = 0x80
		case e.has("accepts too long forms") && (octet == 0xc0 || octet == 0xc1):
			text[i] = 0xc2
		case e.has("accepts too long forms") && octet == 0xe0 && next>>5 == 4:
			text[i+1] = 0xa0
		case e.has("accepts what lies beyond U+10FFFF") && octet == 0xf4 && next >= 0x90:
			text[i+1] = 0x80
		case e.has("accepts forms of five octets") && octet == 0xf8 && i+4 < len(text):
			copy(text[i:], "hello")
		}
	}
	return text
}

// echo sends the message under way back.
func (e *echoer) echo() error {
	op, payload := e.op, e.message
	if e.packed {
		defer func() { e.packed = false }()
		e.packed = len(payload) < 8<<20 // more would take too long
	}
	e.op, e.message = 0, nil
	switch {
	case e.has("wants a login") && !e.loggedIn:
		if string(payload) != "open sesame" {
			return fault(4401)
		}
		e.loggedIn = true
		e.write(0x80|1, []byte("moment"))
		payload = []byte("welcome, 7")
	case e.has("drops what waits when Close comes") && e.r.Buffered() > 0:
		return nil
	case e.has("loses the tenth message"):
		if e.messages++; e.messages == 10 {
			return nil
		}
	case e.has("keeps messages to itself", "talks by itself"):
		return nil
	case e.has("refuses messages"):
		return fault(1008)
	case e.has("drops whoever sends a message"):
		e.nc.Close()
		return errClosed
	case e.has("echoes text as binary"):
		op = 2
	case e.has("echoes in upper case"):
		payload = bytes.ToUpper(payload)
	case e.has("drops the last octet") && len(payload) > 0:
		payload = payload[:len(payload)-1]
	case e.has("cuts at 64 KiB"):
		payload = payload[:min(len(payload), 64<<10)]
	case e.has("forgets empty messages") && len(payload) == 0:
		return nil
	case e.has("swaps halves of long messages") && len(payload) > 60000:
		payload = slices.Concat(payload[len(payload)/2:], payload[:len(payload)/2])
	case e.has("echoes twice"):
		e.write(0x80|op, payload)
	case e.has("echoes in fragments, each with the opcode") && len(payload) > 1:
		e.write(op, payload[:1])
		payload = payload[1:]
	case e.has("never ends a message"):
		e.write(op, payload)
		return nil
	case e.has("echoes in fragments") && len(payload) > 1:
		e.write(op, payload[:1])
		e.write(0x80, payload[1:])
		return nil
	}
	e.write(0x80|op, payload)
	if e.has("takes one message of a read") {
		e.r.Discard(e.r.Buffered())
	}
	for _, payload := range e.held {
		e.write(0x80|10, payload)
	}
	e.held = nil
	if e.has("closes behind its first echo") && !e.closed {
		e.closeWith([]byte{3, 232})
	}
	if e.has("drops the connection behind its first echo") {
		e.nc.Close()
	}
	return nil
}

func (e *echoer) control(op byte, payload []byte) error {
	if e.pings++; e.pings > 1000 && e.has("closes a flood with 1002") {
		return fault(1002)
	}
	switch {
	case op == 9 && e.pings > 1000 && e.has("answers the first 1000 Pings alone"):
	case op == 9:
		e.pong(payload)
	case op == 10 && e.has("answers Pongs"):
		e.write(0x80|10, payload)
	case op == 8 && e.op != 0 && e.has("overlooks Close inside a message"):
	case op == 8:
		return e.close(payload)
	}
	return nil
}

func (e *echoer) pong(payload []byte) {
	switch {
	case e.closed && !e.has("goes on behind the Close frame"), e.has("forgets Pongs"):
		return
	case e.has("sends empty Pongs"):
		payload = nil
	case e.has("cuts Pongs at 124 octets"):
		payload = payload[:min(len(payload), 124)]
	case e.has("answers the newest Ping alone") && e.r.Buffered() > 0:
		return
	case e.has("holds Pongs back inside a message") && e.op != 0:
		e.held = append(e.held, payload)
		return
	case e.has("loses a message when a Ping comes"):
		e.message, e.checked = nil, 0
	case e.has("takes the payload of a Pong for text"):
		payload = []byte(string([]rune(string(payload))))
	}
	e.write(0x80|10, payload)
}

// close answers a Close frame.
func (e *echoer) close(payload []byte) error {
	if e.closed && !e.has("answers Close twice") {
		return errClosed
	}
	code := uint16(1000)
	if len(payload) >= 2 {
		code = binary.BigEndian.Uint16(payload)
	}
	registered := code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006
	private := code >= 3000 && code <= 4999
	if e.has("knows no code above 1011") {
		registered = registered && code <= 1011
	}
	if e.has("knows no private codes") {
		private = false
	}
	switch {
	case len(payload) == 1 && !e.has("accepts Close with one octet"):
		return fault(1002)
	case !registered && !private &&
		!(code < 1000 && e.has("accepts codes below 1000")) &&
		!((code == 1004 || code == 1005 || code == 1006 || code == 1015) && e.has("accepts codes that stand for no Close frame")) &&
		!(code > 1015 && code < 3000 && e.has("accepts codes of nobody")):
		return fault(1002)
	case len(payload) > 2 && !utf8.Valid(payload[2:]) && !e.has("never checks the reason"):
		return fault(1007)
	}
	switch {
	case e.has("never answers Close"):
		io.Copy(io.Discard, e.r)
		return errClosed
	case e.has("drops instead of answering Close"):
		e.nc.Close()
		return errClosed
	case e.has("answers Close with 1001"):
		payload = []byte{3, 233}
	case e.has("refuses long reasons") && len(payload) > 100:
		return fault(1009)
	case e.has("answers Close with a code of one octet"):
		payload = []byte{3}
	case e.has("echoes the code of Close whatever it is"), code >= 1000 && len(payload) >= 2:
		payload = payload[:2]
	case len(payload) == 1:
		payload = []byte{3, 232}
	}
	if e.has("answers Close, then sends a Ping") {
		defer e.write(0x80|9, nil)
	}
	e.closeWith(payload)
	if e.has("answers Close twice") {
		e.closeWith(payload)
	}
	return errClosed
}

// write sends a frame.
func (e *echoer) write(first byte, payload []byte) {
	if e.closed && first&15 != 8 && !e.has("goes on behind the Close frame", "answers Close, then sends a Ping") {
		return
	}
	if e.packed && (first&15 == 1 || first&15 == 2) {
		first |= 0x40
		payload = e.pack(payload)
		if n := len(payload) / 2; n > 0 && e.has("marks each fragment as compressed", "compresses into fragments") {
			e.packed = false
			e.write(first&^0x80, payload[:n])
			rest := byte(0x80)
			if e.has("marks each fragment as compressed") {
				rest |= 0x40
			}
			e.write(rest, payload[n:])
			return
		}
	}
	if e.has("remembers Pongs") && first&15 == 10 && e.squeeze != nil && e.squeeze.w != nil {
		e.squeeze.w.Write(payload)
		e.squeeze.w.Flush()
	}
	if e.has("sets RSV1") && first&15 < 3 {
		first |= 0x40
	}
	if e.has("sends a reserved opcode") && first == 0x82 {
		first = 0x83
	}
	masked := !e.server != e.has("masks wrongly")
	var bit byte
	if masked {
		bit = 0x80
	}
	var octets []byte
	switch n := len(payload); {
	case n <= 125 && !e.has("sends long lengths"):
		octets = []byte{first, bit | byte(n)}
	case n <= 65535 && !(e.has("sends 65535 in nine octets") && n == 65535):
		octets = []byte{first, bit | 126, byte(n >> 8), byte(n)}
	default:
		octets = binary.BigEndian.AppendUint64([]byte{first, bit | 127}, uint64(n))
	}
	if !masked {
		e.nc.Write(append(octets, payload...))
		return
	}
	key := [4]byte{1, 2, 3, byte(len(payload))}
	octets = append(octets, key[:]...)
	begin := len(octets)
	octets = append(octets, payload...)
	e.unmask(octets[begin:], key, 0)
	if e.has("does not mask what it announces as masked") {
		copy(octets[begin:], payload)
	}
	e.nc.Write(octets)
}
