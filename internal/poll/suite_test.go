package poll

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

// A far is the other end of a transport.
type far interface {
	write(s string)
	read(n int) string // waits for n octets
	rest() string      // all up to the end
	closeWrite()
	reset()
}

// A bench has a network and what makes connections to it.
type bench struct {
	*testing.T
	net  Network
	dial func(ln Handle, address string) far
}

// every runs f for each network.
func every(t *testing.T, f func(t *bench)) {
	for name, set := range networks {
		t.Run(name, func(t *testing.T) { f(set(t)) })
	}
}

func (t *bench) poller() Poller {
	t.Helper()
	p, err := t.net.NewPoller()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// listen returns a listener that p watches under token 1.
func (t *bench) listen(p Poller) (ln Handle, dial func() far) {
	t.Helper()
	ln, addr, err := t.net.Listen("tcp", "127.0.0.1:0", false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.Unwatch(ln)
		if err := t.net.CloseListener(ln); err != nil {
			t.Error(err)
		}
	})
	if err := p.Watch(ln, 1); err != nil {
		t.Fatal(err)
	}
	return ln, func() far { return t.dial(ln, addr.String()) }
}

// pair returns both ends of a transport that p knows under a token.
func (t *bench) pair(p Poller, token Token) (Handle, far) {
	t.Helper()
	h, peer := t.accept(p)
	if err := p.Add(h, token); err != nil {
		t.Fatal(err)
	}
	return h, peer
}

// accept returns both ends of a transport that no poller knows.
func (t *bench) accept(p Poller) (Handle, far) {
	t.Helper()
	ln, dial := t.listen(p)
	peer := dial()
	return t.next(p, ln), peer
}

// next accepts the connection that is announced.
func (t *bench) next(p Poller, ln Handle) Handle {
	t.Helper()
	for {
		t.want(p, Event{1, Readable})
		switch h, err := p.Accept(ln); err {
		case nil:
			return h
		case ErrAgain: // it is being made secure, and will be announced again
		default:
			t.Fatal(err)
		}
	}
}

const patience = 10 * time.Second

// want waits for an event. It may come twice at once, from two layers.
func (t *bench) want(p Poller, want Event) {
	t.Helper()
	var events [8]Event
	n := 0
	for end := time.Now().Add(patience); n == 0 && time.Now().Before(end); {
		n = p.Wait(events[:], 100*time.Millisecond)
	}
	var ready Ready
	for _, e := range events[:n] {
		if e.Token != want.Token {
			ready = 0
			break
		}
		ready |= e.Ready
	}
	if ready&want.Ready != want.Ready {
		t.Fatalf("announced: %v, want %v", events[:n], want)
	}
}

// wantNone wants nothing to be announced.
func (t *bench) wantNone(p Poller) {
	t.Helper()
	var events [8]Event
	if n := p.Wait(events[:], 30*time.Millisecond); n != 0 {
		t.Fatalf("announced: %v, want nothing", events[:n])
	}
}

// read reads up to n octets, announced or not.
func (t *bench) read(p Poller, h Handle, n int) (string, error) {
	b := make([]byte, n)
	n, err := p.Read(h, b)
	return string(b[:n]), err
}

func (t *bench) wantRead(p Poller, h Handle, n int, want string) {
	t.Helper()
	if got, err := t.read(p, h, n); got != want || err != nil {
		t.Fatalf("read %q, %v; want %q", got, err, want)
	}
}

func (t *bench) wantError(p Poller, h Handle, want error) {
	t.Helper()
	if got, err := t.read(p, h, 10); err != want || got != "" {
		t.Fatalf("read %q, %v; want %v", got, err, want)
	}
}

func (t *bench) wantFar(peer far, want string) {
	t.Helper()
	if got := peer.read(len(want)); got != want {
		t.Fatalf("the peer read %.40q, want %.40q", got, want)
	}
}

func TestAccept(t *testing.T) {
	every(t, func(t *bench) {
		p := t.poller()
		ln, dial := t.listen(p)
		if _, err := p.Accept(ln); err != ErrAgain {
			t.Errorf("accept with nobody there: %v", err)
		}
		var open []Handle
		for range 3 {
			dial()
			h := t.next(p, ln)
			if p.RemoteAddr(h) == nil {
				t.Error("no address")
			}
			open = append(open, h)
		}
		t.wantNone(p)
		for _, h := range open {
			p.CloseHandle(h)
		}
	})
}

func TestUnwatch(t *testing.T) {
	every(t, func(t *bench) {
		p := t.poller()
		ln, dial := t.listen(p)
		p.Unwatch(ln)
		dial()
		t.wantNone(p)
		p.Watch(ln, 1)
		p.CloseHandle(t.next(p, ln))
	})
}

func TestInputIsAnnouncedOnce(t *testing.T) {
	every(t, func(t *bench) {
		p := t.poller()
		h, peer := t.pair(p, 7<<32|3)
		defer p.CloseHandle(h)
		t.wantNone(p)
		peer.write("abc")
		t.want(p, Event{7<<32 | 3, Readable})
		t.wantNone(p)
		t.wantRead(p, h, 10, "abc") // short, so that more will be announced
		peer.write("de")
		t.want(p, Event{7<<32 | 3, Readable})
		t.wantRead(p, h, 2, "de") // as much as there was room for
		t.wantError(p, h, ErrAgain)
		peer.write("f")
		t.want(p, Event{7<<32 | 3, Readable})
		t.wantRead(p, h, 1, "f")
	})
}

func TestInputBeforeAdd(t *testing.T) {
	every(t, func(t *bench) {
		p := t.poller()
		h, peer := t.accept(p)
		defer p.CloseHandle(h)
		peer.write("early")
		t.wantNone(p)
		p.Add(h, 5)
		t.want(p, Event{5, Readable})
		t.wantRead(p, h, 10, "early")
	})
}

// A transport passes from the poller that accepted it to another.
func TestHandOver(t *testing.T) {
	every(t, func(t *bench) {
		p, q := t.poller(), t.poller()
		h, peer := t.accept(p)
		defer q.CloseHandle(h)
		if err := q.Add(h, 9); err != nil {
			t.Fatal(err)
		}
		peer.write("x")
		t.want(q, Event{9, Readable})
		t.wantNone(p)
		t.wantRead(q, h, 10, "x")
	})
}

func TestEnd(t *testing.T) {
	every(t, func(t *bench) {
		p := t.poller()
		h, peer := t.pair(p, 5)
		defer p.CloseHandle(h)
		peer.write("last")
		t.want(p, Event{5, Readable})
		t.wantRead(p, h, 10, "last")
		peer.closeWrite()
		t.want(p, Event{5, Readable})
		t.wantError(p, h, io.EOF)
		t.wantError(p, h, io.EOF)
		p.Write(h, []byte("still there?"))
		t.wantFar(peer, "still there?")
	})
}

func TestReset(t *testing.T) {
	every(t, func(t *bench) {
		p := t.poller()
		h, peer := t.pair(p, 5)
		defer p.CloseHandle(h)
		peer.reset()
		t.want(p, Event{5, Ended})
		if _, err := t.read(p, h, 10); err == nil || err == io.EOF || err == ErrAgain {
			t.Errorf("read: %v", err)
		}
	})
}

func TestWrites(t *testing.T) {
	every(t, func(t *bench) {
		p := t.poller()
		h, peer := t.pair(p, 5)
		defer p.CloseHandle(h)
		if n, err := p.Write(h, []byte("one")); n != 3 || err != nil {
			t.Fatal(n, err)
		}
		if n, err := p.Writev(h, [][]byte{[]byte("two"), []byte("three"), []byte("4")}); n != 9 || err != nil {
			t.Fatal(n, err)
		}
		t.wantFar(peer, "onetwothree4")
		many := make([][]byte, MaxVec+10)
		for i := range many {
			many[i] = []byte{byte('a' + i%26)}
		}
		all := string(bytes.Join(many, nil))
		n, err := p.Writev(h, many)
		if n < 1 || n > MaxVec || err != nil {
			t.Fatal(n, err)
		}
		t.wantFar(peer, all[:n])
	})
}

// fill writes until there is no room, and returns how much there was.
func (t *bench) fill(p Poller, h Handle) (n int) {
	t.Helper()
	p.WatchWrite(h, 5, false)
	chunk := []byte(strings.Repeat("0123456789abcdef", 1<<12))
	for {
		m, err := p.Write(h, chunk)
		if n += m; err == ErrAgain && m == 0 {
			return n
		} else if err != nil {
			t.Fatal(n, err)
		}
	}
}

// wantRoom waits for room to be announced, once or more often.
func (t *bench) wantRoom(p Poller) {
	t.Helper()
	var events [8]Event
	n := 0
	for end := time.Now().Add(patience); n == 0 && time.Now().Before(end); {
		n = p.Wait(events[:], 100*time.Millisecond)
	}
	for _, ev := range events[:n] {
		if ev != (Event{5, Writable}) {
			t.Fatalf("announced: %v, want room", events[:n])
		}
	}
	if n == 0 {
		t.Fatal("no room is announced")
	}
}

// aside runs f beside the poller, or before it where nothing is concurrent.
func (t *bench) aside(f func()) <-chan struct{} {
	done := make(chan struct{})
	run := func() {
		defer close(done)
		f()
	}
	if _, fake := t.net.(*Fake); fake {
		run()
	} else {
		go run()
	}
	return done
}

func TestRoomIsAnnounced(t *testing.T) {
	every(t, func(t *bench) {
		p := t.poller()
		h, peer := t.pair(p, 5)
		defer p.CloseHandle(h)
		n := t.fill(p, h)
		for more := 1; more > 0; { // goroutines and sockets may take some more
			time.Sleep(20 * time.Millisecond)
			more = t.fill(p, h)
			n += more
		}
		p.WatchWrite(h, 5, true)
		t.wantNone(p)
		read := t.aside(func() { peer.read(n) })
		t.wantRoom(p)
		for done := false; !done; p.Wait(make([]Event, 8), time.Millisecond) {
			select {
			case <-read:
				done = true
			default:
			}
		}
		if m, err := p.Write(h, []byte("more")); m != 4 || err != nil {
			t.Fatal(m, err)
		}
		t.wantFar(peer, "more")
		p.WatchWrite(h, 5, false)
		for p.Wait(make([]Event, 8), 0) > 0 { // announced before it was unwatched
		}
		p.Write(h, []byte("unwatched"))
		t.wantFar(peer, "unwatched")
		t.wantNone(p)
	})
}

// What a transport is ready for when it is watched is announced.
func TestRoomThatIsThere(t *testing.T) {
	every(t, func(t *bench) {
		p := t.poller()
		h, peer := t.pair(p, 5)
		defer p.CloseHandle(h)
		p.WatchWrite(h, 5, true)
		t.want(p, Event{5, Writable})
		peer.write("in")
		t.want(p, Event{5, Readable})
	})
}

func TestCloseWrite(t *testing.T) {
	every(t, func(t *bench) {
		p := t.poller()
		h, peer := t.pair(p, 5)
		defer p.CloseHandle(h)
		p.Write(h, []byte("the end"))
		p.CloseWrite(h)
		if got := peer.rest(); got != "the end" {
			t.Errorf("the peer read %q", got)
		}
		peer.write("really?")
		t.want(p, Event{5, Readable})
		t.wantRead(p, h, 10, "really?")
	})
}

func TestCloseHandle(t *testing.T) {
	every(t, func(t *bench) {
		p := t.poller()
		h, peer := t.pair(p, 5)
		p.Write(h, []byte("bye"))
		if err := p.CloseHandle(h); err != nil {
			t.Error(err)
		}
		if got := peer.rest(); got != "bye" {
			t.Errorf("the peer read %q", got)
		}
		t.wantNone(p)
		// The next one may have the same handle, and has another token.
		h, peer = t.pair(p, 1<<32|5)
		defer p.CloseHandle(h)
		peer.write("x")
		t.want(p, Event{1<<32 | 5, Readable})
	})
}

func TestWake(t *testing.T) {
	every(t, func(t *bench) {
		p := t.poller()
		p.Wake()
		p.Wake()
		if n := p.Wait(make([]Event, 1), time.Hour); n != 0 {
			t.Errorf("%d events", n)
		}
		if _, fake := t.net.(*Fake); !fake {
			go p.Wake()
			if n := p.Wait(make([]Event, 1), time.Hour); n != 0 {
				t.Errorf("%d events", n)
			}
		}
		before := p.Now()
		p.Wait(make([]Event, 1), 10*time.Millisecond)
		if now := p.Now(); before < 1 || now < before+int64(10*time.Millisecond) {
			t.Errorf("10 ms from %d it is %d", before, now)
		}
	})
}

func TestWakeBehindClose(t *testing.T) {
	every(t, func(t *bench) {
		p, err := t.net.NewPoller()
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(p.Close()); err != nil {
			t.Error(err)
		}
		p.Wake()
	})
}
