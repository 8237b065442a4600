package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// A load is all connections and what they have counted.
type load struct {
	messages [][]byte
	replays  map[agreement]*replay
	conns    []*conn

	count, sent, received atomic.Uint64

	all    sync.WaitGroup
	ending atomic.Bool
	errors atomic.Uint64
	note   atomic.Pointer[string] // the first error
}

func newLoad(messages [][]byte) *load {
	return &load{messages: messages, replays: map[agreement]*replay{}}
}

func (l *load) open(addr string, n int) error {
	for range n {
		c, err := dial(addr)
		if err != nil {
			return err
		}
		if l.replays[c.agreed] == nil {
			l.replays[c.agreed] = newReplay(l.messages, c.agreed)
		}
		c.replay = l.replays[c.agreed]
		l.conns = append(l.conns, c)
	}
	return nil
}

func (l *load) close() {
	l.ending.Store(true)
	for _, c := range l.conns {
		c.Close()
	}
	l.all.Wait()
}

// start makes every connection exchange most messages.
func (l *load) start(most int, compare bool) {
	for _, c := range l.conns {
		l.all.Go(func() {
			if err := l.run(c, most, compare); err != nil && !l.ending.Load() {
				l.errors.Add(1)
				text := err.Error()
				l.note.CompareAndSwap(nil, &text)
			}
		})
	}
}

func (l *load) run(c *conn, most int, compare bool) error {
	for range most {
		out, in, err := c.exchange(compare)
		if err != nil {
			return err
		}
		l.count.Add(1)
		l.sent.Add(uint64(out))
		l.received.Add(uint64(in))
	}
	return nil
}

// compared is how many echoes of every connection are compared, behind which
// only time and bytes count.
const compared = 40

// measure counts for some time, behind a warm-up.
func (l *load) measure(pid int, warm, d time.Duration) report {
	l.start(compared, true)
	l.all.Wait()
	if l.errors.Load() > 0 {
		return l.report()
	}
	l.start(math.MaxInt, false)
	time.Sleep(warm)
	from, began := l.look(pid), time.Now()
	time.Sleep(d)
	to, took := l.look(pid), time.Since(began)
	r := l.report()
	n := to.count - from.count
	r.Messages = n
	r.PerSecond = float64(n) / took.Seconds()
	if n > 0 {
		r.CPU = float64((to.cpu - from.cpu).Microseconds()) / float64(n)
		r.Sent = float64(to.sent-from.sent) / float64(n)
		r.Received = float64(to.received-from.received) / float64(n)
	}
	return r
}

// idle lets every connection exchange so many messages, says so, and then does
// nothing.
func (l *load) idle(most int, d time.Duration, ready io.Writer) report {
	l.start(most, true)
	l.all.Wait()
	for _, c := range l.conns {
		c.said = nil
	}
	fmt.Fprintln(ready, "READY", len(l.conns))
	time.Sleep(d)
	r := l.report()
	r.Messages = l.count.Load()
	for _, c := range l.conns {
		if c.alive() {
			r.Alive++
		}
	}
	return r
}

// report is what has gone wrong.
func (l *load) report() report {
	r := report{Errors: l.errors.Load()}
	if note := l.note.Load(); note != nil {
		r.Note = *note
	}
	return r
}

// alive reports whether the connection has not ended. It is for connections
// that nobody reads.
func (c *conn) alive() bool {
	if c.r.Buffered() > 0 {
		return true
	}
	c.SetReadDeadline(time.Now())
	_, err := c.r.Peek(1)
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

// A look is what is read at the beginning and at the end.
type look struct {
	count, sent, received uint64
	cpu                   time.Duration
}

func (l *load) look(pid int) look {
	return look{l.count.Load(), l.sent.Load(), l.received.Load(), processCPU(pid)}
}
