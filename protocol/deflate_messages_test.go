package protocol

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/duplexws/duplex/internal/pool"
)

// records are messages of one kind, each about n octets long.
func records(count, n int) (list [][]byte) {
	rng := rand.New(rand.NewPCG(5, uint64(n)))
	for range count {
		var b bytes.Buffer
		for b.Len() < n {
			fmt.Fprintf(&b, `{"id":%d,"user":"user%d","price":%d,"event":"trade"}`, rng.IntN(1e6), rng.IntN(1000), rng.IntN(100))
		}
		list = append(list, b.Bytes()[:n])
	}
	return list
}

// zlibPeer inflates as a peer does that keeps one stream for all compressed
// messages.
type zlibPeer struct {
	stream bytes.Buffer
	r      io.Reader
}

func (z *zlibPeer) inflate(payload []byte, n int) (string, error) {
	z.stream.Write(payload)
	z.stream.WriteString("\x00\x00\xff\xff")
	if z.r == nil {
		z.r = flate.NewReader(&z.stream)
	}
	text := make([]byte, n)
	_, err := io.ReadFull(z.r, text)
	return string(text), err
}

func newSender(tier DeflateTier, bits int) *Deflater {
	cfg := &DeflateConfig{Send: tier, Budget: NewDeflateBudget(1 << 20), Threshold: -1}
	return NewDeflater(cfg, DeflateDirection{Takeover: tier != DeflateStateless, WindowBits: bits})
}

func newReceiver(takeover bool, bits int) *Inflater {
	return NewInflater(DeflateDirection{Takeover: takeover, WindowBits: bits})
}

// inflateWith runs one payload through i, as text if it is that.
func inflateWith(i *Inflater, payload []byte) (string, error) {
	in := In{offset: 99}
	message, err := i.Append(NewConfig(Server, nil), &in, nil, OpBinary, payload)
	return string(message), err
}

// What one end of ours sends, the other and a zlib peer read, message by
// message, raw ones in between.
func TestDeflateMessages(t *testing.T) {
	for _, tier := range []DeflateTier{DeflateStateless, DeflateHistory, DeflateTakeover} {
		for bits := 8; bits <= 15; bits++ {
			d, i := newSender(tier, bits), newReceiver(tier != DeflateStateless, bits)
			var peer zlibPeer
			compressed, octets, sent := 0, 0, 0
			for round := range 20 {
				for _, n := range []int{0, 1, 40, 100, 500, 3000} {
					p := records(round+1, n)[round]
					payload, ok := d.Append([]byte("dst"), p)
					if !ok {
						if string(payload) != "dst" {
							t.Fatalf("dst became %q", payload)
						}
						continue // sent raw: neither end's history has it
					}
					payload = payload[len("dst"):]
					compressed++
					octets += len(p)
					sent += len(payload)
					if got, err := inflateWith(i, payload); err != nil || got != string(p) {
						t.Fatalf("%v, %d bits: %q, %v", tier, bits, got, err)
					}
					if got, err := peer.inflate(payload, len(p)); err != nil || got != string(p) {
						t.Fatalf("%v, %d bits: the zlib peer has %q, %v", tier, bits, got, err)
					}
				}
			}
			if compressed < 60 || sent > octets*2/3 {
				t.Errorf("%v, %d bits: %d messages compressed, %d octets to %d", tier, bits, compressed, octets, sent)
			}
		}
	}
}

// Only compressed messages make the window: the RFC takes it over from "the
// last compressed message"
// (https://www.rfc-editor.org/rfc/rfc7692#section-7.2.1). What was sent raw is
// unknown to the peer's inflater, so nothing may refer to it.
func TestDeflateRawStaysOut(t *testing.T) {
	for _, tier := range []DeflateTier{DeflateHistory, DeflateTakeover} {
		d, i := newSender(tier, 15), newReceiver(true, 15)
		noise := make([]byte, 1000)
		rng := rand.New(rand.NewPCG(1, 1))
		for k := range noise {
			noise[k] = byte(rng.Uint32())
		}
		first := records(1, 1000)[0]
		for _, p := range [][]byte{first, noise, first, noise[:100]} {
			payload, ok := d.Append(nil, p)
			if bytes.Equal(p, first) != ok {
				t.Fatalf("%v: %d octets, compressed: %v", tier, len(p), ok)
			}
			if !ok {
				continue
			}
			if got, err := inflateWith(i, payload); err != nil || got != string(p) {
				t.Errorf("%v: %d octets of text, %v", tier, len(got), err)
			}
		}
	}
}

// An incompressible message that the peer sends compressed nevertheless, as
// stored blocks, is in the window.
func TestDeflateStoredIsInWindow(t *testing.T) {
	i := newReceiver(true, 15)
	for _, c := range []struct{ payload, want string }{
		{"\x00\x05\x00\xfa\xffHello\x00", "Hello"},
		{"\xf2\x00\x11\x00\x00", "Hello"},
		{"", ""}, // RSV1 with zero octets
		{"\x00", ""},
		{"\xf2\x00\x11\x00\x00", "Hello"},
		{"\xf3\x48\xcd\xc9\xc9\x07\x00\x00", "Hello"}, // BFINAL
		{"\xf2\x00\x11\x00\x00", "Hello"},
	} {
		if got, err := inflateWith(i, []byte(c.payload)); err != nil || got != c.want {
			t.Errorf("%x: %q, %v", c.payload, got, err)
		}
	}
}

// Without takeover, or beyond the window, earlier messages are out of reach:
// those of the same connection, and of others by way of the pools.
func TestDeflateNoLeak(t *testing.T) {
	pool.SetPoison(true)
	defer pool.SetPoison(false)
	const again = "\xf2\x00\x11\x00\x00" // "H", and four octets from 5 before
	secret, _ := newSender(DeflateStateless, 15).Append(nil, []byte(strings.Repeat("Hello secret ", 5000)))
	for _, i := range []*Inflater{newReceiver(false, 15), newReceiver(true, 15), newReceiver(true, 8)} {
		if _, err := inflateWith(newReceiver(true, 15), secret); err != nil {
			t.Fatal(err)
		}
		got, err := inflateWith(i, []byte(again))
		wantInflateError(t, "a reference into nothing", err, StatusInvalidPayload, "RFC 7692 7.2.2")
		if got != "" {
			t.Errorf("got %q", got)
		}
	}
	i := newReceiver(false, 15)
	inflateWith(i, []byte("\xf2\x48\xcd\xc9\xc9\x07\x00"))
	_, err := inflateWith(i, []byte(again))
	wantInflateError(t, "no takeover", err, StatusInvalidPayload, "RFC 7692 7.2.2")
	if err := pool.Check(); err != nil {
		t.Error(err)
	}
}

func wantInflateError(t *testing.T, what string, err error, code StatusCode, section string) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || e.Code != code || e.Section != section || e.Offset != 99 {
		t.Errorf("%s: %v", what, err)
	}
}

func TestInflaterErrors(t *testing.T) {
	pack := func(p string) []byte {
		payload, _ := newSender(DeflateStateless, 15).Append(nil, []byte(p))
		return payload
	}
	limited := NewConfig(Server, &Limits{MaxMessage: 1000})
	for _, c := range []struct {
		name    string
		payload []byte
		code    StatusCode
		section string
	}{
		{"too large", pack(strings.Repeat("x", 1001)), StatusMessageTooBig, ""},
		{"bomb", pack(strings.Repeat("x", 1<<20)), StatusMessageTooBig, ""},
		{"corrupt", []byte("\xff\xff\xff"), StatusInvalidPayload, "RFC 7692 7.2.2"},
		{"not UTF-8", pack(strings.Repeat("x", 500) + "\xc0\x80"), StatusInvalidPayload, "RFC 6455 8.1"},
		{"cut character", pack(strings.Repeat("x", 500) + "\xe2\x82"), StatusInvalidPayload, "RFC 6455 8.1"},
		{"final blocks", []byte(strings.Repeat("\x03\x00", 1000)), StatusPolicyViolation, "RFC 7692 7.2.1"},
		{"blocks of no text", []byte(strings.Repeat("\x02\x08\x20\x80\x00", 60_000)), StatusPolicyViolation, "RFC 7692 7.2.1"},
	} {
		in := In{offset: 99}
		got, err := newReceiver(true, 15).Append(limited, &in, []byte("dst"), OpText, c.payload)
		wantInflateError(t, c.name, err, c.code, c.section)
		if string(got) != "dst" {
			t.Errorf("%s: dst became %q", c.name, got)
		}
	}
	in := In{offset: 99}
	if _, err := newReceiver(true, 15).Append(limited, &in, nil, OpText, pack(strings.Repeat("ä€", 200))); err != nil {
		t.Errorf("text: %v", err)
	}
	if _, err := newReceiver(true, 15).Append(limited, &in, nil, OpBinary, pack(strings.Repeat("\xff", 1000))); err != nil {
		t.Errorf("binary: %v", err)
	}
}

// Text fails at the first piece that cannot be text, however much comes behind.
func TestInflaterFailsFast(t *testing.T) {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, 1)
	w.Write([]byte("\xff"))
	w.Write(make([]byte, 50<<20))
	w.Flush()
	// The limit comes first if 50 MiB are inflated before anything is checked.
	in := In{offset: 99}
	_, err := newReceiver(false, 15).Append(NewConfig(Server, &Limits{MaxMessage: 40 << 20}), &in, nil, OpText, b.Bytes()[:b.Len()-4])
	wantInflateError(t, "text", err, StatusInvalidPayload, "RFC 6455 8.1")
}

func TestDeflateThreshold(t *testing.T) {
	for _, c := range []struct{ threshold, below, from int }{
		{0, DefaultDeflateThreshold - 1, DefaultDeflateThreshold}, {500, 499, 500}, {1, 0, 20}, {-1, 0, 20},
	} {
		d := NewDeflater(&DeflateConfig{Threshold: c.threshold, Budget: NewDeflateBudget(1 << 20)}, DeflateDirection{true, 15})
		text := bytes.Repeat([]byte("x"), 1000)
		if _, ok := d.Append(nil, text[:c.below]); ok {
			t.Errorf("threshold %d: %d octets were compressed", c.threshold, c.below)
		}
		if _, ok := d.Append(nil, text[:c.from]); !ok {
			t.Errorf("threshold %d: %d octets were not compressed", c.threshold, c.from)
		}
	}
}

// Under one budget connections send by lower tiers instead of using more, and
// by higher ones as others end; whoever receives notices nothing.
func TestDeflateBudget(t *testing.T) {
	budget := NewDeflateBudget(32<<10 + 2*4<<10)
	cfg := &DeflateConfig{Send: DeflateTakeover, Budget: budget}
	messages := records(100, 300)
	var senders []*Deflater
	var receivers []*Inflater
	send := func(k int) {
		for _, p := range messages[:20] {
			payload, ok := senders[k].Append(nil, p)
			if !ok {
				t.Fatal("not compressed")
			}
			if got, err := inflateWith(receivers[k], payload); err != nil || got != string(p) {
				t.Fatalf("connection %d: %q, %v", k, got, err)
			}
		}
	}
	want := func(tiers ...DeflateTier) {
		t.Helper()
		counts := make(map[DeflateTier]int64)
		for k, tier := range tiers {
			if got := senders[k].Tier(); got != tier {
				t.Errorf("connection %d sends by %v, want %v", k, got, tier)
			}
			counts[tier]++
		}
		s := budget.Stats()
		if s.Takeover != counts[DeflateTakeover] || s.History != counts[DeflateHistory] || s.Used != 32<<10*s.Takeover+4<<10*s.History || s.Used > s.Limit {
			t.Errorf("stats %+v", s)
		}
	}
	for range 4 {
		senders = append(senders, NewDeflater(cfg, DeflateDirection{true, 15}))
		receivers = append(receivers, newReceiver(true, 15))
	}
	want(DeflateStateless, DeflateStateless, DeflateStateless, DeflateStateless) // idle
	for k := range senders {
		send(k)
	}
	want(DeflateTakeover, DeflateHistory, DeflateHistory, DeflateStateless)
	if budget.Stats().Refused == 0 {
		t.Error("nothing was refused")
	}
	senders[0].Close()
	send(3)
	want(DeflateStateless, DeflateHistory, DeflateHistory, DeflateTakeover)
	for _, d := range senders {
		d.Close()
		d.Close()
		if _, ok := d.Append(nil, messages[0]); !ok {
			t.Error("nothing is compressed behind Close")
		}
	}
	want(DeflateStateless, DeflateStateless, DeflateStateless, DeflateStateless)

	none := NewDeflater(&DeflateConfig{Budget: NewDeflateBudget(0)}, DeflateDirection{true, 15})
	if _, ok := none.Append(nil, messages[0]); !ok || none.Tier() != DeflateStateless {
		t.Errorf("without a budget: %v, %v", ok, none.Tier())
	}
}

// Connections of many goroutines share the pools and a budget that is always
// short.
func TestDeflateConcurrent(t *testing.T) {
	budget := NewDeflateBudget(40 << 10)
	cfg := &DeflateConfig{Send: DeflateTakeover, Budget: budget}
	var all sync.WaitGroup
	for k := range 8 {
		all.Go(func() {
			for range 5 {
				d, i := NewDeflater(cfg, DeflateDirection{true, 8 + k}), newReceiver(true, 8+k)
				for _, p := range records(40, 100+60*k) {
					payload, ok := d.Append(nil, p)
					if !ok {
						continue
					}
					if got, err := inflateWith(i, payload); err != nil || got != string(p) {
						t.Errorf("connection %d: %q, %v", k, got, err)
					}
				}
				d.Close()
			}
		})
	}
	all.Wait()
	if s := budget.Stats(); s.Used != 0 || s.Takeover != 0 || s.History != 0 {
		t.Errorf("stats %+v", s)
	}
}

// A small window is charged as such.
func TestDeflateBudgetWindow(t *testing.T) {
	budget := NewDeflateBudget(1000)
	d := NewDeflater(&DeflateConfig{Send: DeflateTakeover, Budget: budget}, DeflateDirection{true, 9})
	d.Append(nil, records(1, 300)[0])
	if s := budget.Stats(); s.Used != 512 || d.Tier() != DeflateTakeover {
		t.Errorf("%v: %+v", d.Tier(), s)
	}
}

// One compression serves all receivers of a form, whatever their tier, and
// their later messages may refer to it.
func TestDeflateShared(t *testing.T) {
	message := records(1, 2000)[0]
	small := newSender(DeflateHistory, 9)
	a, b, c := newSender(DeflateTakeover, 15), newSender(DeflateHistory, 15), newSender(DeflateStateless, 15)
	if a.Form() != b.Form() || b.Form() != c.Form() || a.Form() == small.Form() {
		t.Fatalf("forms %v %v %v %v", a.Form(), b.Form(), c.Form(), small.Form())
	}
	shared, ok := a.Form().Append(nil, message)
	if !ok {
		t.Fatal("not compressed")
	}
	for k, d := range []*Deflater{a, b, c} {
		i := newReceiver(d != c, 15)
		before, _ := d.Append(nil, records(1, 500)[0])
		if _, err := inflateWith(i, before); err != nil {
			t.Fatal(err)
		}
		d.Sent(message)
		if got, err := inflateWith(i, shared); err != nil || got != string(message) {
			t.Fatalf("receiver %d: %q, %v", k, got, err)
		}
		after, ok := d.Append(nil, message)
		if got, err := inflateWith(i, after); !ok || err != nil || got != string(message) {
			t.Fatalf("receiver %d: %q, %v", k, got, err)
		}
		if d != c && len(after) > len(shared)/4 {
			t.Errorf("receiver %d: the same message has %d octets, shared %d", k, len(after), len(shared))
		}
	}
	if dst, ok := a.Form().Append([]byte("dst"), []byte("xy")); ok || string(dst) != "dst" {
		t.Errorf("what gets no shorter: %q, %v", dst, ok)
	}
}

// A peer that agreed to 8 bits and stands on zlib refers 512 octets back.
func TestInflaterZlibWindow(t *testing.T) {
	i := newReceiver(true, 8)
	text := records(1, 500)[0]
	d := newSender(DeflateHistory, 9)
	for range 2 {
		payload, _ := d.Append(nil, text)
		if got, err := inflateWith(i, payload); err != nil || got != string(text) {
			t.Fatalf("%q, %v", got, err)
		}
	}
}

// The whole way: compressed, in frames, through In and Assembler, inflated.
func TestDeflateThroughFrames(t *testing.T) {
	d, i := newSender(DeflateHistory, 15), newReceiver(true, 12)
	client, server := NewConfig(Client, nil), NewConfig(Server, nil)
	var out Out
	var in In
	in.AllowRSV1()
	var built Assembler
	defer built.Release()
	for _, p := range records(10, 700) {
		payload, ok := d.Append(nil, p)
		if !ok {
			t.Fatal("not compressed")
		}
		var wire []byte
		for k, piece := range [][]byte{payload[:3], payload[3:]} {
			var err error
			if wire, err = out.AppendFragment(client, wire, OpText, k == 1, true, piece); err != nil {
				t.Fatal(err)
			}
		}
		var ev Event
		for rest := wire; ; {
			if rest = in.Feed(server, start, rest, &ev); ev.Kind == None {
				break
			}
			message, whole := built.Add(&in, &ev)
			if !ev.Compressed || ev.Kind != Data {
				t.Fatalf("event %+v", ev)
			}
			if !whole {
				continue
			}
			got, err := i.Append(server, &in, nil, ev.Opcode, message)
			if err != nil || !bytes.Equal(got, p) {
				t.Fatalf("%q, %v", got, err)
			}
		}
	}
}

// A message in compressed fragments reads as one, at every tier, and messages
// behind it may refer to it.
func TestDeflateFragments(t *testing.T) {
	for _, tier := range []DeflateTier{DeflateStateless, DeflateHistory, DeflateTakeover} {
		d, i := newSender(tier, 15), newReceiver(tier != DeflateStateless, 15)
		var peer zlibPeer
		for round := range 3 {
			pieces := records(4, 3000)
			pieces = append(pieces, bytes.Repeat([]byte{byte(round)}, 70_000), []byte("tiny"))
			if round == 2 {
				pieces = append(pieces, nil) // ends with an empty fragment
			}
			var payload []byte
			for k, p := range pieces {
				payload = d.AppendFragment(payload, p, k == len(pieces)-1)
			}
			whole := string(bytes.Join(pieces, nil))
			if got, err := inflateWith(i, payload); err != nil || got != whole {
				t.Fatalf("%v, round %d: %d octets, %v; want %d", tier, round, len(got), err, len(whole))
			}
			if got, err := peer.inflate(payload, len(whole)); err != nil || got != whole {
				t.Fatalf("%v, round %d: a zlib peer reads %d octets, %v", tier, round, len(got), err)
			}
			behind := records(1, 200)[0]
			short, ok := d.Append(nil, behind)
			if !ok {
				t.Fatal("not compressed")
			}
			if got, err := inflateWith(i, short); err != nil || got != string(behind) {
				t.Fatalf("%v: behind it %q, %v", tier, got, err)
			}
			peer.inflate(short, len(behind))
		}
	}
}

// What is taken back may not be referred to.
func TestDeflateForget(t *testing.T) {
	d, i := newSender(DeflateHistory, 15), newReceiver(true, 15)
	list := records(4, 300)
	for k, p := range list {
		payload, ok := d.Append(nil, p)
		if !ok {
			t.Fatal("not compressed")
		}
		if k == 1 {
			d.Forget() // which is not sent
			continue
		}
		if got, err := inflateWith(i, payload); err != nil || got != string(p) {
			t.Fatalf("message %d: %q, %v", k, got, err)
		}
	}
}

// A request that finds no room takes nothing from those that would.
func TestDeflateBudgetRoom(t *testing.T) {
	b := NewDeflateBudget(8 << 10)
	big, small := deflateCharge{DeflateTakeover, 32 << 10}, deflateCharge{DeflateHistory, 4 << 10}
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				if b.change(stateless, big) {
					t.Error("there is room for 32 KiB in 8")
					return
				}
			}
		}
	})
	for range 20_000 {
		if !b.change(stateless, small) {
			t.Error("no room for 4 KiB in 8")
			break
		}
		if used := b.Stats().Used; used != 4<<10 {
			t.Errorf("%d octets are used", used)
			break
		}
		b.change(small, stateless)
	}
	close(done)
	wg.Wait()
}

// What was taken goes back to where it came from.
func TestDeflateBudgetKept(t *testing.T) {
	old := DefaultDeflateBudget
	defer func() { DefaultDeflateBudget = old }()
	DefaultDeflateBudget = NewDeflateBudget(1 << 20)
	first := DefaultDeflateBudget
	d := NewDeflater(&DeflateConfig{}, DeflateDirection{Takeover: true, WindowBits: 15})
	d.Append(nil, records(1, 300)[0])
	DefaultDeflateBudget = NewDeflateBudget(1 << 20)
	d.Close()
	for _, b := range []*DeflateBudget{first, DefaultDeflateBudget} {
		if s := b.Stats(); s.Used != 0 || s.History != 0 {
			t.Errorf("a budget has %+v left", s)
		}
	}
}

// What is forgotten cannot be referred to, and forms that make the same octets
// are the same.
func TestDeflateForgetReceived(t *testing.T) {
	d, i := newSender(DeflateHistory, 15), newReceiver(true, 15)
	p := records(1, 200)[0]
	for k, want := range []bool{true, true, false} {
		if k == 2 {
			i.Forget()
		}
		payload, _ := d.Append(nil, p)
		if _, err := inflateWith(i, payload); (err == nil) != want {
			t.Errorf("message %d: %v", k, err)
		}
	}
	form := func(level int) DeflateForm {
		return NewDeflater(&DeflateConfig{Level: level}, DeflateDirection{WindowBits: 15}).Form()
	}
	if form(0) != form(1) || form(1) == form(2) {
		t.Error("levels 0 and 1 are one form, and 2 is another")
	}
}

// Behind a payload that cannot be inflated there is nothing any more.
func TestDeflateFailureIsFinal(t *testing.T) {
	cfg := NewConfig(Server, nil)
	var in In
	in.AllowRSV1()
	var ev Event
	wire := appendFrame(NewConfig(Client, nil), nil, OpText, true, true, []byte{0xFF, 0xFF})
	wire = appendFrame(NewConfig(Client, nil), wire, OpText, true, false, []byte("more"))
	rest := in.Feed(cfg, start, wire, &ev)
	if _, err := newReceiver(false, 15).Append(cfg, &in, nil, ev.Opcode, ev.Payload); err == nil {
		t.Fatal("inflated")
	}
	if in.Feed(cfg, start, rest, &ev); ev.Kind != None || !in.Done() {
		t.Errorf("came %v; done %v", ev.Kind, in.Done())
	}
}

// FuzzInflater lets a peer send anything: only documented errors come out, and
// no more than the limit.
func FuzzInflater(f *testing.F) {
	f.Add([]byte("\xf2\x48\xcd\xc9\xc9\x07\x00"), []byte("\xf2\x00\x11\x00\x00"), true)
	f.Add([]byte("\xf3\x48\xcd\xc9\xc9\x07\x00\x00"), []byte(""), false)
	cfg := NewConfig(Server, &Limits{MaxMessage: 3000})
	f.Fuzz(func(t *testing.T, first, second []byte, text bool) {
		op := OpBinary
		if text {
			op = OpText
		}
		i := newReceiver(true, 10)
		for _, payload := range [][]byte{first, second} {
			var in In
			message, err := i.Append(cfg, &in, nil, op, payload)
			var e *Error
			switch {
			case err == nil && (len(message) > 3000 || text && !ValidText(message)):
				t.Fatalf("%x became %q", payload, message)
			case err != nil && !errors.As(err, &e):
				t.Fatalf("%x: %v", payload, err)
			case err != nil && e.Code != StatusInvalidPayload && e.Code != StatusMessageTooBig && e.Code != StatusPolicyViolation:
				t.Fatalf("%x: %v", payload, err)
			}
		}
	})
}
