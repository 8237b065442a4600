package hostile

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/duplexws/duplex/internal/rawpeer"
)

// hello and its events begin rows whose fault must not swallow what was right.
var hello = rawpeer.Text("Hello")

// headerRows: reserved bits and opcodes, masking.
func headerRows() (rows []Row) {
	add := func(n int, name string, w Want, f ...rawpeer.Frame) { rows = append(rows, frames(n, name, w, f...)) }
	broken := closed(1002)
	for rsv := byte(1); rsv < 8; rsv++ {
		add(31, fmt.Sprintf("RSV %03b on text", rsv), broken, hello.WithRSV(rsv))
		add(31, fmt.Sprintf("RSV %03b on empty binary", rsv), broken, rawpeer.Binary("").WithRSV(rsv))
		add(32, fmt.Sprintf("RSV %03b on a continuation", rsv), broken, hello.Unfinished(), rawpeer.Continuation("").WithRSV(rsv))
		add(32, fmt.Sprintf("RSV %03b on Ping", rsv), broken, rawpeer.Ping("p").WithRSV(rsv))
		add(32, fmt.Sprintf("RSV %03b on Pong", rsv), broken, rawpeer.Pong("").WithRSV(rsv))
		add(32, fmt.Sprintf("RSV %03b on Close", rsv), broken, rawpeer.Close(1000, "").WithRSV(rsv))
	}
	for _, op := range []byte{3, 4, 5, 6, 7, 11, 12, 13, 14, 15} {
		add(33, fmt.Sprintf("opcode %d", op), broken, rawpeer.NewFrame(op, ""))
		add(33, fmt.Sprintf("opcode %d with payload behind a message", op), closed(1002, rawpeer.Events(hello)...), hello, rawpeer.NewFrame(op, "payload"))
		add(33, fmt.Sprintf("opcode %d, not final", op), broken, rawpeer.NewFrame(op, "payload").Unfinished())
		add(33, fmt.Sprintf("opcode %d inside a message", op), broken, hello.Unfinished(), rawpeer.NewFrame(op, ""))
	}
	for _, f := range []rawpeer.Frame{
		hello, rawpeer.Text(""), rawpeer.Binary(strings.Repeat("x", 1000)), rawpeer.Ping("p"), rawpeer.Pong(""), rawpeer.Close(1000, ""),
	} {
		add(34, fmt.Sprintf("unmasked frame of opcode %d, %d octets", f.Op, len(f.Payload)), broken, f.Unmasked())
	}
	add(34, "unmasked continuation", broken, hello.Unfinished(), rawpeer.Continuation("b").Unmasked())
	// The fault shows before the payload, which is never sent.
	rows = append(rows, frames(34, "unmasked frame without its payload", broken, rawpeer.Binary("").Unmasked().Claiming(60000)).dangling())
	return append(rows, maskRows()...)
}

// maskRows: every length up to 300 under keys that hide mistakes, at every
// alignment.
func maskRows() (rows []Row) {
	for _, k := range [][4]byte{{}, {0xFF, 0xFF, 0xFF, 0xFF}, {1, 2, 4, 8}} {
		var f []rawpeer.Frame
		for n := range 301 {
			f = append(f, rawpeer.Binary(pattern(n, n)).WithKey(k))
		}
		rows = append(rows, frames(36, fmt.Sprintf("key %x, lengths 0 to 300", k), closed(1000, rawpeer.Events(f...)...), append(f, rawpeer.Close(1000, ""))...))
	}
	for shift := range 8 {
		f := []rawpeer.Frame{rawpeer.Binary(strings.Repeat("x", shift))}
		for n := 0; n <= 300; n += 13 {
			f = append(f, rawpeer.Binary(pattern(2+n&^7, n))) // 8 octets of header
		}
		rows = append(rows, frames(36, fmt.Sprintf("alignment %d", shift), closed(1000, rawpeer.Events(f...)...), append(f, rawpeer.Close(1000, ""))...))
	}
	return rows
}

// pattern is n octets in which no short piece comes twice.
func pattern(n, seed int) string {
	p := make([]byte, n)
	x := uint32(seed)*2654435761 + 1
	for i := range p {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		p[i] = byte(x)
	}
	return string(p)
}

// lengthRows: lengths in the wrong form, and too large ones, which must fail
// at the header: the payload is never sent.
func lengthRows() (rows []Row) {
	add := func(n int, name string, w Want, f ...rawpeer.Frame) {
		row := frames(n, name, w, f...)
		row.Dangling = f[len(f)-1].Claim != nil
		rows = append(rows, row)
	}
	broken := closed(1002)
	for _, n := range []int{0, 1, 124, 125} {
		add(37, fmt.Sprintf("%d octets in the 16-bit form", n), broken, rawpeer.Binary(strings.Repeat("x", n)).WithForm(rawpeer.Form16))
	}
	for _, n := range []int{0, 125, 126, 65535} {
		add(37, fmt.Sprintf("%d octets in the 64-bit form", n), broken, rawpeer.Binary(strings.Repeat("x", n)).WithForm(rawpeer.Form64))
	}
	add(37, "continuation in a longer form", broken, hello.Unfinished(), rawpeer.Continuation("x").WithForm(rawpeer.Form16))

	small := Settings{MaxMessage: 1000}
	for _, n := range []uint64{1 << 15, 1 << 16, math.MaxInt32, 1 << 31, 1 << 32, 1 << 62, math.MaxInt64, 1 << 63, 1<<63 + 1, math.MaxUint64} {
		w, number := closed(1009), 39
		if n >= 1<<63 {
			w, number = closed(1002), 38
		}
		add(number, fmt.Sprintf("a length of %d", n), w, rawpeer.Binary("").Claiming(n))
		rows[len(rows)-1].Server = small
		add(number, fmt.Sprintf("a continuation with a length of %d", n), w, rawpeer.Binary("x").Unfinished(), rawpeer.Continuation("").Claiming(n))
		rows[len(rows)-1].Server = small
	}
	add(38, "top bit on Ping", broken, rawpeer.Ping("").Claiming(1<<63))
	add(39, "one octet above the default limit", closed(1009), rawpeer.Binary("").Claiming(1<<20+1))
	whole := rawpeer.Binary(strings.Repeat("x", 1<<20))
	rows = append(rows, frames(39, "the default limit", closed(1000, rawpeer.Events(whole)...), whole, rawpeer.Close(1000, "")))
	add(39, "one octet above a limit, behind a message", closed(1009, rawpeer.Events(hello)...), hello, rawpeer.Text(strings.Repeat("x", 1001)))
	rows[len(rows)-1].Server = small
	exact := rawpeer.Text(strings.Repeat("x", 1000))
	add(39, "exactly a limit, twice", closed(1000, rawpeer.Events(exact, exact)...), exact, exact, rawpeer.Close(1000, ""))
	rows[len(rows)-1].Server = small

	for _, n := range []uint64{1000, 1 << 30} {
		add(40, fmt.Sprintf("%d octets announced, one sent", n), closed(1008), rawpeer.Binary("x").Claiming(n))
		rows[len(rows)-1].Server = Settings{MaxMessage: 1 << 30, AssemblyTimeout: short}
	}
	add(40, "fragment without an end", closed(1008), hello.Unfinished())
	rows[len(rows)-1] = rows[len(rows)-1].with(Settings{AssemblyTimeout: short}).dangling()
	cut := frames(40, "half a header", closed(1008))
	cut.Frames = rawpeer.Octets(rawpeer.Binary(strings.Repeat("x", 200)))[:3]
	return append(rows, cut.with(Settings{AssemblyTimeout: short}).dangling())
}

// fragmentRows: fragmented messages and control frames.
func fragmentRows() (rows []Row) {
	add := func(n int, name string, w Want, f ...rawpeer.Frame) { rows = append(rows, frames(n, name, w, f...)) }
	small := Settings{MaxMessage: 1000}
	half := rawpeer.Binary(strings.Repeat("x", 500)).Unfinished()
	more := rawpeer.Continuation(strings.Repeat("y", 500))
	add(41, "fragments that add up to the limit", closed(1000, rawpeer.Event{Op: rawpeer.OpBinary, Payload: string(half.Payload) + string(more.Payload)}), half, more.Unfinished(), rawpeer.Continuation(""), rawpeer.Close(1000, ""))
	rows[len(rows)-1].Server = small
	add(41, "fragments that add up to one octet more", closed(1009), half, more.Unfinished(), rawpeer.Continuation("z"))
	rows[len(rows)-1].Server = small
	for _, n := range []uint64{math.MaxInt64, math.MaxInt64 - 1} {
		row := frames(41, fmt.Sprintf("fragments that add up to 2^63, the last of %d", n), closed(1009), rawpeer.Binary("xx").Unfinished(), rawpeer.Continuation("").Claiming(n))
		rows = append(rows, row.with(Settings{MaxMessage: -1}).dangling())
	}

	broken := closed(1002)
	add(43, "continuation first", broken, rawpeer.Continuation("a"))
	add(43, "continuation first, not final", broken, rawpeer.Continuation("a").Unfinished())
	add(43, "continuation behind a whole message", closed(1002, rawpeer.Events(hello)...), hello, rawpeer.Continuation("a"))
	add(43, "continuation behind a fragmented message", closed(1002, rawpeer.Events(rawpeer.Text("ab"))...), rawpeer.Text("a").Unfinished(), rawpeer.Continuation("b"), rawpeer.Continuation("c"))
	add(43, "text inside a fragmented message", broken, hello.Unfinished(), rawpeer.Text("b"))
	add(43, "binary inside a fragmented message", broken, hello.Unfinished(), rawpeer.Continuation("b").Unfinished(), rawpeer.Binary("c"))
	add(43, "two starts", broken, hello.Unfinished(), hello.Unfinished())

	ping, pong := rawpeer.Ping("p"), rawpeer.Events(rawpeer.Pong("p"))
	ab := rawpeer.Events(rawpeer.Text("ab"))
	add(44, "Ping between fragments", closed(1000, slices.Concat(pong, ab)...), rawpeer.Text("a").Unfinished(), ping, rawpeer.Continuation("b"), rawpeer.Close(1000, ""))
	add(44, "Pong between fragments", closed(1000, ab...), rawpeer.Text("a").Unfinished(), rawpeer.Pong("p"), rawpeer.Continuation("b"), rawpeer.Close(1000, ""))
	add(44, "Close between fragments", closed(1000), rawpeer.Text("a").Unfinished(), rawpeer.Close(1000, ""), rawpeer.Continuation("b"))
	add(44, "Pings around empty fragments", closed(1000, slices.Concat(pong, pong, rawpeer.Events(rawpeer.Text("")))...), rawpeer.Text("").Unfinished(), ping, rawpeer.Continuation("").Unfinished(), ping, rawpeer.Continuation(""), rawpeer.Close(1000, ""))

	for _, op := range []byte{rawpeer.OpPing, rawpeer.OpPong, rawpeer.OpClose} {
		payload := "\x03\xe8"
		add(45, fmt.Sprintf("fragmented, opcode %d", op), broken, rawpeer.NewFrame(op, payload).Unfinished(), rawpeer.Continuation(""))
		add(45, fmt.Sprintf("126 octets, opcode %d", op), broken, rawpeer.NewFrame(op, payload+strings.Repeat("a", 124)))
		add(45, fmt.Sprintf("70000 octets, opcode %d", op), broken, rawpeer.NewFrame(op, payload+strings.Repeat("a", 70000)))
		add(45, fmt.Sprintf("16-bit form, opcode %d", op), broken, rawpeer.NewFrame(op, payload).WithForm(rawpeer.Form16))
		add(45, fmt.Sprintf("64-bit form, opcode %d", op), broken, rawpeer.NewFrame(op, payload).WithForm(rawpeer.Form64))
	}
	longest := rawpeer.Ping(strings.Repeat("a", 125))
	add(45, "125 octets", closed(1000, rawpeer.Events(rawpeer.Pong(string(longest.Payload)))...), longest, rawpeer.Close(1000, ""))
	return rows
}
