package wstest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/duplexws/duplex/websocket"
)

// faulty returns a connection with faults and the other end of its pipe.
func faulty(t *testing.T, f Faults) (*FaultConn, net.Conn) {
	a, b := Pipe()
	c := Inject(a, f)
	t.Cleanup(func() { c.Close(); b.Close() })
	return c, b
}

// writes records how its octets were cut.
type writes struct {
	net.Conn
	cuts []int
}

func (w *writes) Write(p []byte) (int, error) {
	w.cuts = append(w.cuts, len(p))
	return w.Conn.Write(p)
}

func TestFaultChunk(t *testing.T) {
	inAndOut(t, func(t *testing.T) {
		a, b := Pipe()
		defer b.Close()
		w := &writes{Conn: a}
		c := Inject(w, Faults{Read: Fault{Chunk: 2}, Write: Fault{Chunk: 3}})
		defer c.Close()
		if n, err := c.Write([]byte("1234567")); n != 7 || err != nil || len(w.cuts) != 3 || w.cuts[2] != 1 {
			t.Errorf("%d, %v, cut into %v", n, err, w.cuts)
		}
		b.Write([]byte("abc"))
		p := make([]byte, 10)
		for _, want := range []string{"ab", "c"} {
			if n, err := c.Read(p); string(p[:n]) != want || err != nil {
				t.Errorf("read %q, %v; want %q", p[:n], err, want)
			}
		}
	})
}

func TestFaultDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, b := faulty(t, Faults{Read: Fault{Delay: time.Minute}, Write: Fault{Delay: time.Second, Chunk: 2}})
		begin := time.Now()
		c.Write([]byte("12345"))
		if d := time.Since(begin); d != 3*time.Second {
			t.Errorf("three pieces took %v", d)
		}
		begin = time.Now()
		go func() {
			time.Sleep(time.Hour)
			b.Write([]byte("late"))
		}()
		p := make([]byte, 10)
		n, err := c.Read(p)
		if d := time.Since(begin); d != time.Hour+time.Minute || string(p[:n]) != "late" || err != nil {
			t.Errorf("%q, %v after %v", p[:n], err, d)
		}
		// What a deadline interrupts comes no later for that.
		b.Write([]byte("next"))
		begin = time.Now()
		c.SetReadDeadline(begin.Add(40 * time.Second))
		if _, err := c.Read(p); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("a deadline within the delay: %v", err)
		}
		c.SetReadDeadline(time.Time{})
		n, err = c.Read(p[:2])
		if d := time.Since(begin); d != time.Minute || string(p[:n]) != "ne" || err != nil {
			t.Errorf("%q, %v after %v", p[:n], err, d)
		}
		if n, err = c.Read(p); string(p[:n]) != "xt" || err != nil || time.Since(begin) != time.Minute {
			t.Errorf("the rest: %q, %v after %v", p[:n], err, time.Since(begin))
		}
	})
}

func TestFaultRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, b := faulty(t, Faults{Read: Fault{Rate: 1000}, Write: Fault{Rate: 10_000}})
		begin := time.Now()
		c.Write(make([]byte, 30_000))
		if d := time.Since(begin); d != 3*time.Second {
			t.Errorf("30000 octets at 10000 a second took %v", d)
		}
		b.Write(make([]byte, 5000))
		begin = time.Now()
		p := make([]byte, 5000)
		if n, err := c.Read(p); n != 100 || err != nil || time.Since(begin) != 100*time.Millisecond {
			t.Errorf("the first read: %d, %v after %v", n, err, time.Since(begin))
		}
		io.ReadFull(c, p[100:])
		if d := time.Since(begin); d != 5*time.Second {
			t.Errorf("5000 octets at 1000 a second took %v", d)
		}
	})
}

// A Read without room is no Read, but it says when the connection has ended.
func TestReadNothing(t *testing.T) {
	a, b := Pipe()
	defer b.Close()
	for _, nc := range []net.Conn{a, Inject(a, Faults{})} {
		if n, err := nc.Read(nil); n != 0 || err != nil {
			t.Errorf("%T: %d, %v", nc, n, err)
		}
	}
	a.Close()
	if _, err := a.Read(nil); !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
}

func TestFaultErrAfter(t *testing.T) {
	inAndOut(t, func(t *testing.T) {
		reason := errors.New("the cable was cut")
		c, b := faulty(t, Faults{Read: Fault{Err: reason, After: 3}, Write: Fault{Err: reason, After: 5}})
		if n, err := c.Write([]byte("1234567")); n != 5 || err != reason {
			t.Errorf("write: %d, %v", n, err)
		}
		b.Write([]byte("abcdef"))
		p := make([]byte, 10)
		if n, err := c.Read(p); string(p[:n]) != "abc" || err != nil {
			t.Errorf("read: %q, %v", p[:n], err)
		}
		for range 2 {
			if n, err := c.Read(p); n != 0 || err != reason {
				t.Errorf("read behind it: %d, %v", n, err)
			}
		}
		if n, err := b.Read(p); string(p[:n]) != "12345" || err != nil {
			t.Errorf("what came through: %q, %v", p[:n], err)
		}
		c.Set(Faults{})
		if n, err := c.Read(p); string(p[:n]) != "def" || err != nil {
			t.Errorf("without the fault: %q, %v", p[:n], err)
		}
	})
}

func TestFaultStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, b := faulty(t, Faults{Read: Fault{Stall: true, After: 2}, Write: Fault{Stall: true}})
		b.Write([]byte("abcd"))
		p := make([]byte, 10)
		if n, err := c.Read(p); string(p[:n]) != "ab" || err != nil {
			t.Errorf("in front of it: %q, %v", p[:n], err)
		}
		begin := time.Now()
		c.SetDeadline(begin.Add(time.Hour))
		if n, err := c.Read(p); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(begin) != time.Hour {
			t.Errorf("read: %d, %v after %v", n, err, time.Since(begin))
		}
		if n, err := c.Write([]byte("x")); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("write: %d, %v", n, err)
		}
		c.SetDeadline(time.Time{})
		go func() {
			time.Sleep(time.Hour)
			c.Set(Faults{})
		}()
		if n, err := c.Read(p); string(p[:n]) != "cd" || err != nil || time.Since(begin) != 2*time.Hour {
			t.Errorf("once it is over: %q, %v after %v", p[:n], err, time.Since(begin))
		}
	})
}

// What is stalled stays where it is, and a Write under way takes up what the
// faults have become.
func TestFaultStallEndsInAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := Pipe()
		defer b.Close()
		w := &writes{Conn: a}
		c := Inject(w, Faults{Read: Fault{Stall: true}, Write: Fault{Stall: true}})
		defer c.Close()
		go c.Read(make([]byte, 100))
		b.SetWriteDeadline(time.Now().Add(time.Hour))
		if n, _ := b.Write(make([]byte, 2*capacity)); n != capacity {
			t.Errorf("a stalled connection took %d octets more", n-capacity)
		}
		done := make(chan struct{})
		go func() {
			c.Write([]byte("1234567"))
			close(done)
		}()
		synctest.Wait()
		c.Set(Faults{Write: Fault{Chunk: 3}})
		<-done
		if want := []int{3, 3, 1}; !slices.Equal(w.cuts, want) {
			t.Errorf("cut into %v, want %v", w.cuts, want)
		}
	})
}

// Writes do not mix, however small they are cut.
func TestFaultWritesStayWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, b := faulty(t, Faults{Write: Fault{Chunk: 1, Delay: time.Second}})
		for _, s := range []string{"aaaa", "bbbb"} {
			go c.Write([]byte(s))
		}
		time.Sleep(time.Minute)
		p := make([]byte, 10)
		if n, _ := b.Read(p); string(p[:n]) != "aaaabbbb" && string(p[:n]) != "bbbbaaaa" {
			t.Errorf("%q", p[:n])
		}
	})
}

// A deadline that has passed leaves nothing behind.
func TestFaultDeadlineIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, b := faulty(t, Faults{})
		go func() {
			time.Sleep(time.Hour)
			c.SetReadDeadline(time.Unix(1, 0)) // for the Read that waits
		}()
		p := make([]byte, 10)
		if _, err := c.Read(p); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
		synctest.Wait()
		c.SetReadDeadline(time.Time{})
		b.Write([]byte("x"))
		if n, err := c.Read(p); n != 1 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
	})
}

// A stall also holds up what a Read that was under way receives, and the end.
func TestFaultStallOfACallUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, b := faulty(t, Faults{})
		var got []byte
		done := make(chan error, 1)
		go func() {
			var err error
			got, err = io.ReadAll(c)
			done <- err
		}()
		synctest.Wait()
		c.Set(Faults{Read: Fault{Stall: true}})
		b.Write([]byte("held"))
		b.Close()
		time.Sleep(time.Hour)
		select {
		case err := <-done:
			t.Errorf("the stall let the end pass: %v", err)
		default:
		}
		c.Set(Faults{})
		if err := <-done; err != nil || string(got) != "held" {
			t.Errorf("%q, %v", got, err)
		}
	})
}

func TestFaultCloseInterrupts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, f := range []Fault{{Stall: true}, {Delay: time.Hour}, {}} {
			c, b := faulty(t, Faults{Read: f, Write: f})
			b.Write([]byte("x"))
			if f == (Fault{}) {
				c.Read(make([]byte, 1)) // so that the next one waits below
			}
			errs := make(chan error, 3)
			go func() { errs <- second(c.Read(make([]byte, 1))) }()
			go func() { errs <- second(c.Read(make([]byte, 1))) }()
			go func() { errs <- second(c.Write(make([]byte, 2*capacity))) }()
			synctest.Wait()
			begin := time.Now()
			c.Close()
			for range 3 {
				if err := <-errs; !errors.Is(err, net.ErrClosed) {
					t.Errorf("%+v: %v", f, err)
				}
			}
			if time.Since(begin) != 0 {
				t.Errorf("%+v: Close took %v", f, time.Since(begin))
			}
		}
	})
}

func TestFaultReset(t *testing.T) {
	inAndOut(t, func(t *testing.T) {
		c, b := faulty(t, Faults{})
		b.Write([]byte("lost"))
		c.Write([]byte("lost"))
		c.Reset()
		for what, err := range map[string]error{
			"read":            second(c.Read(make([]byte, 1))),
			"write":           second(c.Write([]byte("x"))),
			"the other reads": second(b.Read(make([]byte, 1))),
			"and writes":      second(b.Write([]byte("x"))),
		} {
			if !errors.Is(err, ErrReset) {
				t.Errorf("%s: %v", what, err)
			}
		}
	})
}

// A call that waits in the connection under this one is told of the reset too.
func TestFaultResetOfCallsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := net.Pipe()
		defer b.Close()
		c := Inject(a, Faults{})
		errs := make(chan error, 2)
		go func() { errs <- second(c.Read(make([]byte, 1))) }()
		go func() { errs <- second(c.Write([]byte("x"))) }()
		synctest.Wait()
		c.Reset()
		for range 2 {
			if err := <-errs; err != ErrReset {
				t.Error(err)
			}
		}
	})
}

func TestFaultResetOfTCP(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	b, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	a, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	c := Inject(a, Faults{})
	reading := make(chan error, 1)
	go func() { reading <- second(c.Read(make([]byte, 1))) }()
	c.Reset()
	if err := <-reading; err != ErrReset {
		t.Errorf("read: %v", err)
	}
	if _, err := b.Read(make([]byte, 1)); err == nil || err == io.EOF {
		t.Errorf("the other end: %v, want a reset", err)
	}
}

func TestFaultCloseWrite(t *testing.T) {
	inAndOut(t, func(t *testing.T) {
		c, b := faulty(t, Faults{})
		if err := c.CloseWrite(); err != nil {
			t.Error(err)
		}
		if _, err := b.Read(make([]byte, 1)); err != io.EOF {
			t.Error(err)
		}
		x, y := net.Pipe()
		defer x.Close()
		defer y.Close()
		if err := Inject(x, Faults{}).CloseWrite(); err == nil {
			t.Error("net.Pipe has no halves")
		}
	})
}

// A Conn lives on whatever a connection does that is slow or small.
func TestFaultsUnderConns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, f := range []Fault{{}, {Chunk: 1}, {Delay: 50 * time.Millisecond, Chunk: 500}, {Rate: 100_000}} {
			wrap := func(nc net.Conn) net.Conn { return Inject(nc, Faults{Read: f, Write: f}) }
			client, server := NewPair(t, &PairOptions{WrapClient: wrap, WrapServer: wrap})
			for _, c := range [][2]*websocket.Conn{{client, server}, {server, client}} {
				sent := []byte(strings.Repeat("0123456789", 1000))
				failed := make(chan error, 1)
				go func() { failed <- c[0].Write(t.Context(), websocket.Binary, sent) }()
				if _, p, err := c[1].Read(t.Context()); err != nil || !bytes.Equal(p, sent) {
					t.Errorf("%+v: %d octets, %v", f, len(p), err)
				}
				if err := <-failed; err != nil {
					t.Errorf("%+v: %v", f, err)
				}
			}
			reading := make(chan error, 1)
			go func() { reading <- second2(server.Read(t.Context())) }()
			if err := client.Close(t.Context(), 4000, "done"); err != nil {
				t.Errorf("%+v: %v", f, err)
			}
			if err := <-reading; websocket.CloseStatus(err) != 4000 {
				t.Errorf("%+v: %v", f, err)
			}
		}
	})
}

// A Conn finds out about a connection that is bad beyond hope, on either side.
func TestFaultsThatEndConns(t *testing.T) {
	for _, c := range []struct {
		name  string
		apply func(*FaultConn)
		want  error
		write bool
	}{
		{"silent peer", func(f *FaultConn) { f.Set(Faults{Read: Fault{Stall: true}}) }, websocket.ErrPongTimeout, false},
		{"stalled writes", func(f *FaultConn) { f.Set(Faults{Write: Fault{Stall: true}}) }, websocket.ErrWriteTimeout, true},
		{"reset", (*FaultConn).Reset, ErrReset, false},
		{"error in a frame", func(f *FaultConn) { f.Set(Faults{Read: Fault{Err: io.ErrNoProgress, After: 1}}) }, io.ErrNoProgress, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				for _, clientIsFaulty := range []bool{true, false} {
					var f *FaultConn
					wrap := func(nc net.Conn) net.Conn { f = Inject(nc, Faults{}); return f }
					o := &PairOptions{WrapServer: wrap}
					if clientIsFaulty {
						o = &PairOptions{WrapClient: wrap}
					}
					ours, theirs := NewPair(t, o)
					if !clientIsFaulty {
						ours, theirs = theirs, ours
					}
					c.apply(f)
					theirs.Write(t.Context(), websocket.Text, []byte("hello"))
					failed := make(chan error, 1)
					go func() {
						if c.write {
							failed <- ours.Write(context.Background(), websocket.Text, []byte("hello"))
							return
						}
						failed <- second2(ours.Read(context.Background()))
					}()
					if err := <-failed; !errors.Is(err, c.want) {
						t.Errorf("faulty client %t: %v, want %v", clientIsFaulty, err, c.want)
					}
				}
			})
		})
	}
}
