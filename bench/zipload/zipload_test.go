package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/flate"

	"github.com/duplexws/duplex/internal/testenv"
	"github.com/duplexws/duplex/websocket"
)

func TestMain(m *testing.M) { testenv.Main(m) }

func TestMessages(t *testing.T) {
	for _, size := range []int{recordSize + 10, 128, 200, 256, 1024, 16 << 10} {
		list := makeMessages(size)
		if n := len(list) * size; n < cycleText || n >= cycleText+size {
			t.Errorf("%d bytes: %d messages", size, len(list))
		}
		different := map[string]bool{}
		for _, m := range list {
			if len(m) != size || !json.Valid(m) {
				t.Fatalf("%d bytes: %d in %s", size, len(m), m)
			}
			different[string(m)] = true
		}
		if len(different) != len(list) || !reflect.DeepEqual(list, makeMessages(size)) {
			t.Errorf("%d bytes: %d of %d messages differ", size, len(different), len(list))
		}
	}
}

// Whoever keeps what was agreed on can read all of a replay.
func TestReplay(t *testing.T) {
	messages := makeMessages(1024)
	for _, a := range []agreement{
		{deflate: true, clientBits: 15},
		{deflate: true, clientBits: 15, clientTakeover: true},
		{deflate: true, clientBits: 12, clientTakeover: true},
		{deflate: true, clientBits: 9},
	} {
		r := newReplay(messages, a)
		var window []byte
		for k := range 3 * len(messages) {
			frame, want := r.next(k)
			payload := unmask(t, frame)
			got, err := inflateWith(payload, window)
			if err != nil || !bytes.Equal(got, want) {
				t.Fatalf("%+v: message %d: %d bytes, %v", a, k, len(got), err)
			}
			if a.clientTakeover {
				window = append(window, got...)
				window = window[max(len(window)-1<<a.clientBits, 0):]
			}
		}
	}
	frame, want := newReplay(messages, agreement{}).next(5)
	if !bytes.HasSuffix(unmask(t, frame), want) || frame[0] != 0x81 {
		t.Error("messages are compressed although nothing was agreed on")
	}
}

func inflateWith(payload, window []byte) ([]byte, error) {
	var b bytes.Buffer
	_, err := b.ReadFrom(flate.NewReaderDict(bytes.NewReader(append(payload, flushTail+"\x01"+flushTail...)), window))
	return b.Bytes(), err
}

// unmask returns the payload of a frame that frame made of 126 bytes or more.
func unmask(t *testing.T, frame []byte) []byte {
	t.Helper()
	if frame[1] != 0x80|126 {
		t.Fatalf("a frame that begins with %x", frame[:2])
	}
	payload := bytes.Clone(frame[8:])
	for i := range payload {
		payload[i] ^= frame[4+i%4]
	}
	return payload
}

func TestReadAgreement(t *testing.T) {
	for answer, want := range map[string]agreement{
		"": {false, true, 15, true},
		"permessage-deflate; server_no_context_takeover; client_no_context_takeover": {true, false, 15, false},
		"permessage-deflate; client_max_window_bits=12":                              {true, true, 12, true},
	} {
		if got, err := readAgreement(answer); got != want || err != nil {
			t.Errorf("%q: %+v, %v", answer, got, err)
		}
	}
	for _, answer := range []string{"permessage-deflate; client_max_window_bits", "permessage-deflate; client_max_window_bits=16"} {
		if a, err := readAgreement(answer); err == nil {
			t.Errorf("%q: %+v", answer, a)
		}
	}
}

// serve runs a server that answers each message with what echo makes of it, in
// two fragments if they are large.
func serve(t *testing.T, o *websocket.DeflateOptions, echo func([]byte) []byte) (addr string) {
	h := (&websocket.AcceptOptions{Options: websocket.Options{Deflate: o}}).Handler(func(ctx context.Context, c *websocket.Conn) error {
		return c.ReadEach(ctx, func(typ websocket.MessageType, p []byte) error {
			p = echo(p)
			if len(p) < 1000 {
				return c.Write(ctx, typ, p)
			}
			w, err := c.NextWriter(ctx, typ)
			if err != nil {
				return err
			}
			w.Write(p)
			return w.Close()
		})
	})
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

var tiers = map[string]*websocket.DeflateOptions{
	"off":       nil,
	"stateless": {Send: websocket.DeflateStateless, Receive: websocket.DeflateStateless},
	"history":   {},
	"takeover":  {Send: websocket.DeflateTakeover, Receive: websocket.DeflateTakeover},
}

func TestLoads(t *testing.T) {
	for name, o := range tiers {
		addr := serve(t, o, func(p []byte) []byte { return p })
		for _, size := range []int{128, 3000} {
			l := newLoad(makeMessages(size))
			if err := l.open(addr, 3); err != nil {
				t.Fatal(err)
			}
			r := l.measure(0, 0, 20*time.Millisecond)
			l.close()
			smaller := r.Received < 0.9*float64(size) && r.Sent < 0.9*float64(size)
			if r.Errors > 0 || r.Messages == 0 || size == 3000 && smaller != (o != nil) {
				t.Errorf("%s, %d bytes: %+v", name, size, r)
			}
			l = newLoad(makeMessages(size))
			if err := l.open(addr, 3); err != nil {
				t.Fatal(err)
			}
			var ready strings.Builder
			r = l.idle(50, 0, &ready)
			l.close()
			if ready.String() != "READY 3\n" || r.Errors > 0 || r.Messages != 150 || r.Alive != 3 {
				t.Errorf("%s, %d bytes, then idle: %+v", name, size, r)
			}
		}
	}
}

// A load that took any echo would measure servers at doing nothing.
func TestWrongEchoes(t *testing.T) {
	for name, o := range tiers {
		addr := serve(t, o, func(p []byte) []byte { return append(p[:len(p)-5:len(p)-5], "wrong"...) })
		l := newLoad(makeMessages(300))
		if err := l.open(addr, 2); err != nil {
			t.Fatal(err)
		}
		r := l.measure(0, 0, time.Second)
		l.close()
		if r.Errors != 2 || !strings.Contains(r.Note, "differs from what was sent") {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func TestParseStat(t *testing.T) {
	const stat = "42 (a) b) S 1 42 42 0 -1 4194560 100 0 0 0 123 45 0 0 20 0 5 0 100 0 0"
	if got := parseStat(stat); got != 1680*time.Millisecond {
		t.Errorf("got %v", got)
	}
	if got := parseStat("42 (a)"); got != 0 {
		t.Errorf("got %v of a cut line", got)
	}
}
