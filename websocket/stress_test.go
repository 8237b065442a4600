package websocket

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/duplexws/duplex/internal/testenv"
)

// TestEverythingConcurrently: on several connections at once, goroutines do
// whatever a Conn can do, and give up at random. Each message says to which
// connection and direction it belongs, and carries a checksum: whatever comes,
// comes whole and where it belongs.
func TestEverythingConcurrently(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		pairs, ops := 4, 60
		if testenv.Full() {
			pairs, ops = 20, 2000
		}
		var wg sync.WaitGroup
		for i := range pairs {
			o := &Options{Queue: Queue{Policy: Policy(i % 4), MaxBytes: 100_000}, MaxControlRate: -1, Deflate: stressDeflate(i)}
			server, client := pair(t, tr, o)
			a := &half{t: t, c: server, tag: uint32(2 * i), rough: i%2 == 0}
			b := &half{t: t, c: client, tag: uint32(2*i + 1)}
			a.peer, b.peer = b.tag, a.tag
			wg.Go(func() { play(a, b, ops) })
		}
		wg.Wait()
	}, tcp, pipe, tlsTCP)
}

// stressDeflate are options of many kinds, none among them, whose budget is too
// small for two ends.
func stressDeflate(i int) *DeflateOptions {
	b := NewDeflateBudget(40 << 10)
	return []*DeflateOptions{
		nil,
		{Send: DeflateTakeover, Receive: DeflateTakeover, Threshold: -1, Budget: b},
		{Threshold: -1, SendWindowBits: 8, ReceiveWindowBits: 9, Budget: b},
		{Send: DeflateTakeover, Receive: DeflateHistory, Level: 6, Budget: b},
		{Send: DeflateStateless, Receive: DeflateTakeover, Budget: b},
	}[i%5]
}

// phrase is what messages repeat, so that they can be compressed.
const phrase = "the same procedure as every year, and so on until the very end of it all"

// half is one end of a connection under stress.
type half struct {
	t         *testing.T
	c         *Conn
	tag, peer uint32
	read      atomic.Int64 // messages
	rough     bool         // its messages repeat nothing
}

// play lets both ends loose, and closes when they are done.
func play(a, b *half, ops int) {
	var writers, readers sync.WaitGroup
	for _, h := range []*half{a, b} {
		for g := range 8 {
			r := rand.New(rand.NewPCG(uint64(h.tag), uint64(g)))
			writers.Go(func() {
				for range ops {
					h.act(r)
				}
			})
		}
		for g := range 2 {
			r := rand.New(rand.NewPCG(uint64(h.tag), uint64(g)))
			readers.Go(func() { h.readAll(r) })
		}
	}
	writers.Wait()
	var closers sync.WaitGroup
	for _, h := range []*half{a, b} {
		closers.Go(func() {
			if err := h.c.Close(context.Background(), StatusNormalClosure, ""); err != nil {
				h.t.Errorf("Close: %v", err)
			}
		})
	}
	closers.Wait()
	readers.Wait()
	if a.read.Load() == 0 || b.read.Load() == 0 {
		a.t.Errorf("%d and %d messages were read", a.read.Load(), b.read.Load())
	}
}

// message is one of this end's: tag, octets, checksum.
func (h *half) message(r *rand.Rand) []byte {
	p := binary.BigEndian.AppendUint32(nil, h.tag)
	for range r.IntN(1 << r.IntN(15)) {
		if h.rough || r.IntN(30) == 0 {
			p = append(p, byte(r.Uint32()))
		} else {
			p = append(p, phrase[len(p)%len(phrase)])
		}
	}
	return binary.BigEndian.AppendUint32(p, crc32.ChecksumIEEE(p))
}

func (h *half) judge(p []byte) {
	h.read.Add(1)
	if len(p) < 8 {
		h.t.Errorf("a message of %d octets", len(p))
		return
	}
	body, sum := p[:len(p)-4], binary.BigEndian.Uint32(p[len(p)-4:])
	if tag := binary.BigEndian.Uint32(p); tag != h.peer || crc32.ChecksumIEEE(body) != sum {
		h.t.Errorf("a message of %d came to %d, or broken", tag, h.tag)
	}
}

// context is one that may end soon.
func (h *half) context(r *rand.Rand) (context.Context, context.CancelFunc) {
	switch r.IntN(4) {
	case 0:
		return context.WithTimeout(h.t.Context(), time.Duration(r.IntN(2000))*time.Microsecond)
	case 1:
		ctx, cancel := context.WithCancel(h.t.Context())
		go cancel()
		return ctx, cancel
	}
	return context.WithCancel(h.t.Context())
}

// act does one thing. Its error can only be that of its context, or say that the
// queue was full.
func (h *half) act(r *rand.Rand) {
	ctx, cancel := h.context(r)
	defer cancel()
	var err error
	what := r.IntN(9)
	switch what {
	case 0, 1:
		err = h.c.Write(ctx, Binary, h.message(r))
	case 2, 3:
		err = h.c.Send(ctx, Message{Type: Binary, Data: h.message(r), Key: fmt.Sprint(r.IntN(3))})
	case 4:
		var p *Prepared
		if p, err = NewPrepared(Binary, h.message(r)); err == nil {
			err = h.c.WritePrepared(ctx, p)
		}
	case 5:
		err = h.stream(r)
	case 6:
		_, err = h.c.Ping(ctx)
	case 7:
		soon, cancel := context.WithTimeout(ctx, time.Millisecond) // there may be no more messages
		defer cancel()
		ctx = soon
		err = h.readOne(ctx, r)
	case 8:
		h.c.Stats()
	}
	var partial *PartialWriteError
	if err != nil && err != ErrQueueFull && !errors.As(err, &partial) && ctx.Err() == nil {
		h.t.Errorf("%d: act %d: %v", h.tag, what, err)
	}
}

// stream writes a message in pieces. It is not given up: that would end the
// connection.
func (h *half) stream(r *rand.Rand) error {
	w, err := h.c.NextWriter(h.t.Context(), Binary)
	if err != nil {
		return err
	}
	for p := h.message(r); len(p) > 0; {
		n := 1 + r.IntN(len(p))
		if _, err := w.Write(p[:n]); err != nil {
			return err
		}
		p = p[n:]
	}
	return w.Close()
}

// readOne reads a message in some way.
func (h *half) readOne(ctx context.Context, r *rand.Rand) (err error) {
	var p []byte
	switch r.IntN(3) {
	case 0:
		_, p, err = h.c.Read(ctx)
	case 1:
		_, p, err = h.c.ReadInto(ctx, make([]byte, 1000))
	case 2:
		stop := errors.New("one is enough")
		err = h.c.ReadEach(ctx, func(_ MessageType, q []byte) error {
			h.judge(q)
			return stop
		})
		if err == stop {
			return nil
		}
		return err
	}
	if err == nil {
		h.judge(p)
	}
	return err
}

// readAll reads until the connection has ended. What it begins with NextReader
// may be skipped by others, so that is judged only if it was whole.
func (h *half) readAll(r *rand.Rand) {
	for {
		var err error
		if r.IntN(4) == 0 {
			var reader io.Reader
			if _, reader, err = h.c.NextReader(h.t.Context()); err == nil {
				if p, failed := io.ReadAll(reader); failed == nil {
					h.judge(p)
				}
			}
		} else {
			err = h.readOne(h.t.Context(), r)
		}
		if err != nil {
			if CloseStatus(err) != StatusNormalClosure {
				h.t.Errorf("%d: read: %v", h.tag, err)
			}
			return
		}
	}
}

// TestCloseAtAnyTime: connections end in any way while everything goes on.
// Nothing may panic, hang or leak, and what is read is whole.
func TestCloseAtAnyTime(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		rounds := 20
		if testenv.Full() {
			rounds = 500
		}
		for i := range rounds {
			server, client := pair(t, tr, &Options{Queue: Queue{Policy: Policy(i % 5), MaxBytes: 1000}, MaxControlRate: -1, CloseTimeout: time.Second, Deflate: stressDeflate(i)})
			a := &half{t: t, c: server, tag: 1, peer: 2}
			b := &half{t: t, c: client, tag: 2, peer: 1}
			var wg sync.WaitGroup
			for g := range 8 {
				for _, h := range []*half{a, b} {
					r := rand.New(rand.NewPCG(uint64(i), uint64(g)<<32|uint64(h.tag)))
					wg.Go(func() { h.actUntilEnd(r) })
				}
			}
			r := rand.New(rand.NewPCG(uint64(i), 1000))
			for server.Stats().MessagesOut < uint64(r.IntN(100)) {
				time.Sleep(10 * time.Microsecond)
			}
			switch i % 4 {
			case 0:
				server.CloseNow()
			case 1:
				client.Close(t.Context(), StatusGoingAway, "")
			case 2:
				server.stream.Close() // as if the network had broken
			case 3:
				wg.Go(func() { client.Close(t.Context(), StatusGoingAway, "") })
				server.Close(t.Context(), StatusGoingAway, "")
			}
			<-server.Done()
			<-client.Done()
			wg.Wait()
		}
	}, tcp, pipe, tlsTCP)
}

// actUntilEnd does anything, whatever becomes of it, until the connection ends.
func (h *half) actUntilEnd(r *rand.Rand) {
	for {
		select {
		case <-h.c.Done():
			return
		default:
		}
		ctx, cancel := h.context(r)
		switch r.IntN(6) {
		case 0:
			h.c.Write(ctx, Binary, h.message(r))
		case 1:
			h.c.Send(ctx, Message{Type: Binary, Data: h.message(r)})
		case 2:
			h.c.Ping(ctx)
		case 3:
			if w, err := h.c.NextWriter(ctx, Binary); err == nil {
				p := h.message(r)
				w.Write(p)
				if r.IntN(20) == 0 {
					cancel()
				}
				w.Close()
			}
		default:
			h.readOne(ctx, r)
		}
		cancel()
	}
}
