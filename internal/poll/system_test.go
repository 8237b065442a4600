package poll

import (
	"net"
	"path/filepath"
	"runtime"
	"testing"
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
		if _, fake := t.net.(*Fake); fake {
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
		t.want(p, Event{1, Readable})
		h, err := p.Accept(ln)
		if err != nil {
			t.Fatal(err)
		}
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
