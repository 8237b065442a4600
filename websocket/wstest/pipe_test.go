package wstest

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// inAndOut runs f in a synctest bubble and outside.
func inAndOut(t *testing.T, f func(t *testing.T)) {
	t.Run("bubble", func(t *testing.T) { synctest.Test(t, f) })
	t.Run("real", f)
}

func TestPipeHoldsItsCapacity(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := Pipe()
		sent := []byte(strings.Repeat("0123456", 3*capacity/7))
		written := make(chan error, 1)
		go func() {
			_, err := a.Write(sent)
			a.Close()
			written <- err
		}()
		synctest.Wait()
		if n := a.(*pipeConn).out.unread(); n != capacity {
			t.Errorf("%d octets are under way, want %d", n, capacity)
		}
		select {
		case <-written:
			t.Error("Write returned although the pipe was full")
		default:
		}
		var got []byte
		for p := make([]byte, 1000); ; {
			n, err := b.Read(p)
			got = append(got, p[:n]...)
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := <-written; err != nil || !bytes.Equal(got, sent) {
			t.Errorf("%d of %d octets came, %v", len(got), len(sent), err)
		}
		b.Close()
	})
}

func TestPipeHalfClose(t *testing.T) {
	inAndOut(t, func(t *testing.T) {
		a, b := Pipe()
		a.Write([]byte("last"))
		if err := a.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if p, err := io.ReadAll(b); string(p) != "last" || err != nil {
			t.Errorf("%q, %v", p, err)
		}
		if _, err := a.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
			t.Errorf("a write behind CloseWrite: %v", err)
		}
		b.Write([]byte("back"))
		p := make([]byte, 10)
		if n, err := a.Read(p); string(p[:n]) != "back" || err != nil {
			t.Errorf("the other direction: %q, %v", p[:n], err)
		}
		if err := a.Close(); err != nil {
			t.Errorf("Close behind CloseWrite: %v", err)
		}
		b.Close()
	})
}

func TestPipeClose(t *testing.T) {
	inAndOut(t, func(t *testing.T) {
		a, b := Pipe()
		b.Write([]byte("unread"))
		reading := make(chan error, 1)
		go func() {
			p := make([]byte, 10)
			b.Read(p)
			_, err := b.Read(p)
			reading <- err
		}()
		a.Close()
		if err := <-reading; err != io.EOF {
			t.Errorf("the other end reads: %v", err)
		}
		if _, err := b.Write([]byte("x")); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("the other end writes: %v", err)
		}
		for what, err := range map[string]error{
			"read":     second(a.Read(make([]byte, 1))),
			"write":    second(a.Write([]byte("x"))),
			"close":    a.Close(),
			"deadline": a.SetDeadline(time.Now()),
		} {
			if !errors.Is(err, net.ErrClosed) {
				t.Errorf("%s of the closed end: %v", what, err)
			}
		}
		b.Close()
	})
}

func TestPipeDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := Pipe()
		begin := time.Now()
		a.SetDeadline(begin.Add(time.Hour))
		a.SetReadDeadline(begin.Add(2 * time.Hour))
		n, err := a.Write(make([]byte, capacity+1))
		if n != capacity || !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(begin) != time.Hour {
			t.Errorf("a write ends after %v: %d, %v", time.Since(begin), n, err)
		}
		b.Write([]byte("x"))
		if _, err := a.Read(make([]byte, 10)); err != nil {
			t.Error(err)
		}
		_, err = a.Read(make([]byte, 10))
		if !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(begin) != 2*time.Hour {
			t.Errorf("a read ends after %v: %v", time.Since(begin), err)
		}
		a.SetDeadline(time.Time{})
		go func() {
			time.Sleep(time.Hour)
			a.SetReadDeadline(time.Unix(1, 0))
		}()
		_, err = a.Read(make([]byte, 10))
		if !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(begin) != 3*time.Hour {
			t.Errorf("a deadline that was moved ends a read after %v: %v", time.Since(begin), err)
		}
		a.Close()
		b.Close()
	})
}

func second[T any](_ T, err error) error { return err }
