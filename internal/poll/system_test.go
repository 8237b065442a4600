package poll

import (
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// A poller that parks lets goroutines run that share its processor.
func TestPark(t *testing.T) {
	every(t, func(t *bench) {
		if _, fake := t.net.(*Fake); fake {
			return
		}
		p := t.poller()
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
		ran := make(chan struct{})
		go close(ran)
		for range 1000 {
			p.Park()
			select {
			case <-ran:
				return
			default:
			}
		}
		t.Error("1000 parks, and nobody else has run")
	})
}

func TestUnixSocket(t *testing.T) {
	every(t, func(t *bench) {
		switch t.net.(type) {
		case *Fake, *Secure:
			return
		}
		p := t.poller()
		path := filepath.Join(t.TempDir(), "s")
		ln, addr, err := t.net.Listen("unix", path, false)
		if err != nil {
			t.Fatal(err)
		}
		if addr.String() != path {
			t.Errorf("listens on %v", addr)
		}
		p.Watch(ln, 1)
		nc, err := net.Dial("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		h := t.next(p, ln)
		if a := p.RemoteAddr(h); a == nil || a.Network() != "unix" {
			t.Errorf("address %v", a)
		}
		p.CloseHandle(h)
		p.Unwatch(ln)
		t.net.CloseListener(ln)
		if nc, err := net.Dial("unix", path); err == nil {
			nc.Close()
			t.Error("a listener that is closed accepts")
		}
	})
}

// A transport leaves the loop and comes back, and nothing is lost.
func TestDetachAndAttach(t *testing.T) {
	every(t, func(t *bench) {
		if _, fake := t.net.(*Fake); fake {
			return
		}
		p := t.poller()
		for _, ahead := range []string{"", "read ahead"} {
			h, peer := t.pair(p, 5)
			peer.write("first" + ahead)
			t.want(p, Event{5, Readable})
			t.wantRead(p, h, 5, "first")
			nc, err := p.Detach(h)
			if err != nil {
				t.Fatal(err)
			}
			if ahead == "" {
				nc.SetReadDeadline(time.Now().Add(time.Millisecond))
				if _, err := nc.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
					t.Error(err)
				}
				nc.SetReadDeadline(time.Time{})
			}
			peer.write("second")
			b := make([]byte, len(ahead)+6)
			if _, err := io.ReadFull(nc, b); err != nil || string(b) != ahead+"second" {
				t.Fatalf("read %q, %v", b, err)
			}
			nc.Write([]byte("third"))
			t.wantFar(peer, "third")
			if h, err = t.net.Attach(nc); err != nil {
				t.Fatal(err)
			}
			p.Add(h, 6)
			peer.write("fourth")
			t.want(p, Event{6, Readable})
			t.wantRead(p, h, 10, "fourth")
			p.CloseHandle(h)
		}
	})
}

func TestAttachWhatIsNoSocket(t *testing.T) {
	ours, theirs := net.Pipe()
	defer theirs.Close()
	if _, portable := System.(*Portable); portable {
		t.Skip("the portable network drives anything")
	}
	if _, err := System.Attach(ours); !errors.Is(err, errors.ErrUnsupported) {
		t.Error(err)
	}
	if _, err := theirs.Read(make([]byte, 1)); err != io.EOF {
		t.Error(err)
	}
}

func TestListenFails(t *testing.T) {
	every(t, func(t *bench) {
		if _, fake := t.net.(*Fake); fake {
			return
		}
		if _, _, err := t.net.Listen("tcp", "127.0.0.1:notaport", false); err == nil {
			t.Error("no error")
		}
		ln, addr, err := t.net.Listen("tcp", "127.0.0.1:0", false)
		if err != nil {
			t.Fatal(err)
		}
		defer t.net.CloseListener(ln)
		if _, _, err := t.net.Listen("tcp", addr.String(), false); err == nil {
			t.Error("a second listener on the port")
		}
	})
}
