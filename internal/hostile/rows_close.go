package hostile

import (
	"fmt"
	"strings"

	"github.com/duplexws/duplex/internal/rawpeer"
)

// textRows: text that is no UTF-8, found at its first impossible octet.
func textRows() (rows []Row) {
	add := func(n int, name string, w Want, f ...rawpeer.Frame) { rows = append(rows, frames(n, name, w, f...)) }
	bad := closed(1007)
	for _, s := range []string{
		"\xc0\xaf", "\xe0\x80\xaf", "\xf0\x80\x80\xaf", "\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf", // overlong
		"\xed\xa0\x80", "\xed\xbf\xbf", "\xed\xa0\x80\xed\xb0\x80", // surrogates
		"\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xf8\x88\x80\x80\x80", // beyond U+10FFFF
		"\x80", "\xbf", "a\x80", "\xfe", "\xff", // no start
		"\xc2", "\xe2\x82", "\xf0\x90\x8d", // cut at the end
		"\xe2\x82a", "\xc3\xc3", strings.Repeat("a", 1000) + "\xff", strings.Repeat("\xc3\xa4", 64) + "\xc3",
	} {
		add(50, fmt.Sprintf("% x", tail(s)), bad, rawpeer.Text(s))
		add(50, fmt.Sprintf("% x behind a message", tail(s)), closed(1007, rawpeer.Events(hello)...), hello, rawpeer.Text(s))
		add(50, fmt.Sprintf("% x in fragments", tail(s)), bad, rawpeer.Fragments(rawpeer.OpText, s, 1)...)
		ok := rawpeer.Binary(s)
		add(50, fmt.Sprintf("% x as binary", tail(s)), closed(1000, rawpeer.Events(ok)...), ok, rawpeer.Close(1000, ""))
	}
	// Nothing behind the bad octet is ever sent.
	for name, p := range map[string][]byte{
		"in fragment 1":                rawpeer.Octets(rawpeer.Text("a\xff").Unfinished()),
		"in fragment 2":                rawpeer.Octets(rawpeer.Text("\xf4").Unfinished(), rawpeer.Continuation("\x90").Unfinished()),
		"in a frame that is not whole": rawpeer.Octets(rawpeer.Text("a\xf4\x90").Claiming(1000)),
	} {
		row := frames(51, "bad octet "+name, bad)
		row.Frames = p
		rows = append(rows, row.dangling())
	}
	euro := "a\xe2\x82\xacb\xf0\x90\x8d\x88\xc3\xa4\xf4\x8f\xbf\xbf\xef\xbf\xbf\x00"
	for size := 1; size < 6; size++ {
		add(52, fmt.Sprintf("characters split over fragments of %d", size), closed(1000, rawpeer.Events(rawpeer.Text(euro))...), append(rawpeer.Fragments(rawpeer.OpText, euro, size), rawpeer.Close(1000, ""))...)
	}
	add(52, "Pings inside a character", closed(1000, rawpeer.Events(rawpeer.Pong("\xff"), rawpeer.Text("\xe2\x82\xac"))...),
		rawpeer.Text("\xe2").Unfinished(), rawpeer.Ping("\xff"), rawpeer.Continuation("").Unfinished(), rawpeer.Continuation("\x82").Unfinished(), rawpeer.Continuation("\xac"), rawpeer.Close(1000, ""))
	long := strings.Repeat("a\xe2\x82\xac", 20_000)
	add(52, "long text", closed(1000, rawpeer.Events(rawpeer.Text(long))...), rawpeer.Text(long), rawpeer.Close(1000, ""))
	return rows
}

// tail returns the last octets of s, for a name.
func tail(s string) string { return s[max(0, len(s)-5):] }

// closeRows: the closing handshake.
func closeRows() (rows []Row) {
	add := func(n int, name string, w Want, f ...rawpeer.Frame) { rows = append(rows, frames(n, name, w, f...)) }
	add(53, "payload of one octet", closed(1002), rawpeer.NewFrame(rawpeer.OpClose, "a"))
	add(53, "payload of one octet that begins a code", closed(1002), rawpeer.NewFrame(rawpeer.OpClose, "\x03"))
	for _, code := range []uint16{0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1099, 1100, 2000, 2999, 5000, 65535} {
		add(54, fmt.Sprintf("code %d", code), closed(1002), rawpeer.Close(code, ""))
		add(54, fmt.Sprintf("code %d with a reason", code), closed(1002), rawpeer.Close(code, "because"))
	}
	for _, code := range []uint16{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999} {
		w := closed(int(code))
		w.Local = int(code)
		add(55, fmt.Sprintf("code %d", code), w, rawpeer.Close(code, ""))
		add(55, fmt.Sprintf("code %d behind a message", code), closed(int(code), rawpeer.Events(hello)...), hello, rawpeer.Close(code, "because"))
	}
	noCode := closed(NoCode)
	noCode.Local = 1005
	add(55, "no code", noCode, rawpeer.NewFrame(rawpeer.OpClose, ""))
	add(56, "reason that is no UTF-8", closed(1007), rawpeer.Close(1000, "a\xff"))
	add(56, "reason that ends inside a character", closed(1007), rawpeer.Close(1000, "a\xe2\x82"))
	add(56, "reason of 123 octets", closed(1000), rawpeer.Close(1000, strings.Repeat("a", 123)))
	add(56, "reason of 124 octets", closed(1002), rawpeer.Close(1000, strings.Repeat("a", 124)))
	add(57, "text behind Close", closed(1000), rawpeer.Close(1000, ""), hello)
	add(57, "Ping behind Close", closed(1000), rawpeer.Close(1000, ""), rawpeer.Ping("p"))
	add(57, "faults behind Close", closed(1000), rawpeer.Close(1000, ""), hello.Unmasked(), rawpeer.NewFrame(15, "").WithRSV(7))
	add(57, "much behind Close", closed(1000), rawpeer.Close(1000, ""), rawpeer.Binary(strings.Repeat("x", 50_000)))

	closer := Settings{App: Closer}
	add(58, "both close at once", closed(4001), hello, rawpeer.Close(1000, ""))
	rows[len(rows)-1].Server = closer
	add(58, "closed twice", closed(1000), rawpeer.Close(1000, ""), rawpeer.Close(1001, ""))
	add(58, "Close inside a fragmented message", closed(1001), hello.Unfinished(), rawpeer.Close(1001, ""))
	add(58, "messages and Pings arrive while we close", closed(4001), hello, hello, rawpeer.Ping("p"), rawpeer.Close(4001, ""))
	rows[len(rows)-1].Server = closer
	add(58, "a fault arrives while we close", closed(4001), hello, rawpeer.NewFrame(15, ""))
	rows[len(rows)-1].Server = closer
	row := frames(59, "our Close is never answered", closed(4001), hello).with(Settings{App: Closer, CloseTimeout: short}).dangling()
	return append(rows, row)
}

// apiRows: what the application gets wrong, or does with what it gets.
func apiRows() (rows []Row) {
	var refusedTries []rawpeer.Event
	for range MisuserTries {
		refusedTries = append(refusedTries, rawpeer.Events(rawpeer.Text("refused"))...)
	}
	rows = append(rows, frames(61, "Close frames that may not be sent", closed(1000, append(refusedTries, rawpeer.Events(hello)...)...), hello, hello, rawpeer.Close(1000, "")).with(Settings{App: Misuser}))
	for name, text := range map[string]string{
		"100,000 brackets":         strings.Repeat("[", 100_000),
		"100,000 nested objects":   strings.Repeat(`{"a":`, 100_000),
		"number of 100,000 digits": strings.Repeat("9", 100_000),
		"exponent out of range":    "1e999999999",
		"unfinished":               `{"a":"`,
		"empty":                    "",
		"lone surrogate and junk":  `"\ud800" x`,
	} {
		rows = append(rows, frames(49, "JSON: "+name, closed(1008), rawpeer.Text(text), rawpeer.Close(1000, "")).with(Settings{App: JSON}))
	}
	ok := rawpeer.Events(rawpeer.Text("ok"))
	return append(rows, frames(49, "JSON: as it should be", closed(1000, append(ok, ok...)...), rawpeer.Text(`{"a":[1,2,{"b":null}]}`), rawpeer.Text("null"), rawpeer.Close(1000, "")).with(Settings{App: JSON}))
}
