package websocket_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/duplexws/duplex/internal/rawpeer"
	"github.com/duplexws/duplex/internal/testenv"
	"github.com/duplexws/duplex/websocket"
)

// startEcho starts an echo server and returns its address.
func startEcho(t *testing.T, o *websocket.AcceptOptions) string {
	t.Helper()
	ts := httptest.NewServer(o.Handler(echoAll))
	t.Cleanup(ts.Close)
	return ts.Listener.Addr().String()
}

// connect opens a connection that is written to octet by octet.
func connect(t *testing.T, addr string) (net.Conn, *rawpeer.Reader) {
	t.Helper()
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	nc.Write([]byte("GET / HTTP/1.1\r\nHost: " + addr + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"))
	r := bufio.NewReader(nc)
	response, err := http.ReadResponse(r, nil)
	if err != nil || response.StatusCode != http.StatusSwitchingProtocols {
		t.Fatal(response, err)
	}
	nc.SetDeadline(time.Now().Add(time.Minute))
	return nc, &rawpeer.Reader{R: r}
}

// allocated returns how many objects and octets f allocates in the process.
func allocated(f func()) (objects, octets uint64) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.Mallocs - before.Mallocs, after.TotalAlloc - before.TotalAlloc
}

// exchange writes octets and waits for the events that answer them.
func exchange(t *testing.T, nc net.Conn, r *rawpeer.Reader, octets []byte, want ...rawpeer.Event) {
	t.Helper()
	written := make(chan struct{})
	go func() {
		defer close(written)
		nc.Write(octets)
	}()
	for _, w := range want {
		e, err := r.Next()
		for err == nil && e.Op == rawpeer.OpPong && w.Op != rawpeer.OpPong {
			e, err = r.Next()
		}
		if err != nil || e.Op != w.Op || e.Code != w.Code || w.Op != rawpeer.OpClose && e.Payload != w.Payload {
			t.Errorf("came %v, %v; want %v", e, err, w)
			break
		}
	}
	<-written
}

// Floods of small frames cost work, but no memory.
func TestFloodAllocs(t *testing.T) {
	testenv.NoRace(t)
	n := 100_000
	if testenv.Full() {
		n = 5_000_000
	}
	o := &websocket.AcceptOptions{Options: websocket.Options{MaxControlRate: -1, MaxFragments: -1, MaxMessage: -1}}
	addr := startEcho(t, o)
	repeat := func(f rawpeer.Frame) []byte { return bytes.Repeat(rawpeer.Octets(f), n) }
	last := rawpeer.Text("m")
	for name, octets := range map[string][]byte{
		"Pongs":              repeat(rawpeer.Pong("")),
		"Pongs with payload": repeat(rawpeer.Pong("unsolicited")),
		"Pings":              repeat(rawpeer.Ping("p")),
		"empty fragments":    append(append(rawpeer.Octets(rawpeer.Text("").Unfinished()), repeat(rawpeer.Continuation("").Unfinished())...), rawpeer.Octets(rawpeer.Continuation("m"))...),
	} {
		t.Run(name, func(t *testing.T) {
			nc, r := connect(t, addr)
			exchange(t, nc, r, rawpeer.Octets(last), rawpeer.Events(last)...)
			if name != "empty fragments" {
				octets = append(octets, rawpeer.Octets(last)...)
			}
			objects, size := allocated(func() {
				go nc.Write(octets)
				skipPongs(t, r.R.(*bufio.Reader))
			})
			most := n / 20
			if name == "Pings" {
				most = 2*n + n/20 // what is owed to the peer, until it is sent
			}
			if objects > uint64(most) || size > uint64(8*n+32*most) {
				t.Errorf("%d frames made %d objects of %d octets", n, objects, size)
			}
		})
	}
}

// skipPongs reads Pongs with a payload of one octet, as many as there are, and
// the message of one octet behind them. It allocates nothing.
func skipPongs(t *testing.T, r *bufio.Reader) {
	for {
		first, err := r.ReadByte()
		if err == nil {
			_, err = r.Discard(2)
		}
		if err != nil || first != 0x8A && first != 0x81 {
			t.Errorf("first octet %#x, %v", first, err)
		}
		if err != nil || first != 0x8A {
			return
		}
	}
}

// A message without an end takes no more memory than the limit calls for, a
// part that was announced and not sent takes none, and neither does what was
// refused in the end.
func TestEndlessMessageAllocs(t *testing.T) {
	testenv.NoRace(t)
	const limit = 1 << 20
	addr := startEcho(t, nil)
	one := rawpeer.Octets(rawpeer.Continuation(strings.Repeat("x", 1000)).Unfinished())
	endless := append(rawpeer.Octets(rawpeer.Binary("x").Unfinished()), bytes.Repeat(one, limit/1000+1)...)
	nc, r := connect(t, addr)
	_, size := allocated(func() { exchange(t, nc, r, endless, rawpeer.Event{Op: rawpeer.OpClose, Code: 1009}) })
	// A buffer that doubles up to the limit sums up to less than four times.
	if size > 4*limit+256<<10 {
		t.Errorf("%d octets were allocated for a message of at most %d", size, limit)
	}
}

// What a header announces sizes nothing.
func TestAnnouncedLengthAllocs(t *testing.T) {
	testenv.NoRace(t)
	const announced, connections = 64 << 20, 100
	addr := startEcho(t, &websocket.AcceptOptions{Options: websocket.Options{MaxMessage: announced}})
	ping := rawpeer.Ping("is it read?")
	var conns []net.Conn
	_, size := allocated(func() {
		for range connections {
			nc, r := connect(t, addr)
			conns = append(conns, nc)
			// The Pong shows that the header in front of it was taken in.
			exchange(t, nc, r, rawpeer.Octets(rawpeer.Binary("").Unfinished(), ping), rawpeer.Events(rawpeer.Pong("is it read?"))...)
			nc.Write(rawpeer.Octets(rawpeer.Continuation("x").Claiming(announced - 1)))
		}
		time.Sleep(50 * time.Millisecond)
	})
	if each := size / connections; each > 128<<10 {
		t.Errorf("%d octets were allocated for each connection", each)
	}
}

// Every connection sends messages that carry its number and a checksum, whole
// and in fragments, and must get back its own and nothing else. The pools are
// poisoned: what is used after it was put back shows up here.
func TestNoConnectionSeesAnother(t *testing.T) {
	connections, messages := 60, 30
	if testenv.Full() {
		connections, messages = 1000, 100
	}
	addr := startEcho(t, nil)
	for i := range connections {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			nc, r := connect(t, addr)
			rnd := rand.New(rand.NewPCG(uint64(i), 10))
			var sent []rawpeer.Event
			var octets []byte
			for j := range messages {
				payload := tagged(uint32(i), uint32(j), rnd)
				sent = append(sent, rawpeer.Event{Op: rawpeer.OpBinary, Payload: payload})
				f := rawpeer.Fragments(rawpeer.OpBinary, payload, 1+rnd.IntN(len(payload)+100))
				octets = append(octets, rawpeer.Octets(f[0])...)
				octets = append(octets, rawpeer.Octets(rawpeer.Pong(payload[:12]))...)
				octets = append(octets, rawpeer.Octets(f[1:]...)...)
			}
			go func() {
				for _, p := range rawpeer.AtRandom(octets, rnd) {
					nc.Write(p)
				}
			}()
			for _, want := range sent {
				if e, err := r.Next(); err != nil || e != want {
					t.Fatalf("came %v of %x, %v; want %v", e, e.Payload[:min(12, len(e.Payload))], err, want)
				}
			}
		})
	}
}

// tagged is a payload that says where it belongs and whether it is whole.
func tagged(connection, message uint32, rnd *rand.Rand) string {
	p := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, connection), message)
	for range rnd.IntN(1 << rnd.IntN(14)) {
		p = append(p, byte(connection))
	}
	return string(binary.BigEndian.AppendUint32(p, crc32.ChecksumIEEE(p)))
}
