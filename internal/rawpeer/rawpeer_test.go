package rawpeer

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/duplexws/duplex/internal/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// The examples of RFC 6455 5.7, and headers written out by hand.
func TestAppend(t *testing.T) {
	claim := uint64(1 << 63)
	for _, c := range []struct {
		f    Frame
		want string
	}{
		{Text("Hello").Unmasked(), "\x81\x05Hello"},
		{Text("Hello"), "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"},
		{Text("Hel").Unmasked().Unfinished(), "\x01\x03Hel"},
		{Continuation("lo").Unmasked(), "\x80\x02lo"},
		{Ping("Hello").Unmasked(), "\x89\x05Hello"},
		{Binary(strings.Repeat("x", 256)).Unmasked(), "\x82\x7e\x01\x00" + strings.Repeat("x", 256)},
		{Binary(strings.Repeat("x", 65536)).Unmasked(), "\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00" + strings.Repeat("x", 65536)},
		{Close(1000, "ok").Unmasked(), "\x88\x04\x03\xe8ok"},
		{Text("").Unmasked().WithRSV(RSV1 | RSV3), "\xd1\x00"},
		{Text("a").Unmasked().WithForm(Form16), "\x81\x7e\x00\x01a"},
		{Text("a").Unmasked().WithForm(Form64), "\x81\x7f\x00\x00\x00\x00\x00\x00\x00\x01a"},
		{Frame{Op: OpBinary, Bare: true, Claim: &claim}, "\x82\x7f\x80\x00\x00\x00\x00\x00\x00\x00"},
		{Text("ab").WithKey([4]byte{}), "\x81\x82\x00\x00\x00\x00ab"},
	} {
		if got := string(c.f.Append(nil)); got != c.want {
			t.Errorf("%+v: % x, want % x", c.f, got, c.want)
		}
	}
}

func TestFragments(t *testing.T) {
	for _, c := range []struct {
		payload string
		size    int
		want    []string
	}{
		{"", 3, []string{""}},
		{"abc", 3, []string{"abc"}},
		{"abcd", 3, []string{"abc", "d"}},
		{"abcdef", 3, []string{"abc", "def", ""}},
	} {
		frames := Fragments(OpText, c.payload, c.size)
		var got []string
		for i, f := range frames {
			got = append(got, string(f.Payload))
			if (f.Op == OpText) != (i == 0) || f.More != (i < len(frames)-1) {
				t.Errorf("%q by %d: frame %d is %+v", c.payload, c.size, i, f)
			}
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q by %d: %q, want %q", c.payload, c.size, got, c.want)
		}
	}
}

func TestReader(t *testing.T) {
	bare := func(frames ...Frame) string {
		for i := range frames {
			frames[i].Bare = true
		}
		return string(Octets(frames...))
	}
	for _, c := range []struct {
		in     string
		events []Event
		err    error
	}{
		{"", nil, io.EOF},
		{bare(Text("a").Unfinished(), Ping("p"), Continuation("b")), []Event{{Op: OpPing, Payload: "p"}, {Op: OpText, Payload: "ab"}}, io.EOF},
		{bare(Binary(strings.Repeat("x", 70000))), []Event{{Op: OpBinary, Payload: strings.Repeat("x", 70000)}}, io.EOF},
		{bare(Close(1000, "why")), []Event{{Op: OpClose, Code: 1000, Payload: "why"}}, io.EOF},
		{bare(NewFrame(OpClose, "")), []Event{{Op: OpClose}}, io.EOF},
		{bare(Text("abc"))[:4], nil, io.ErrUnexpectedEOF},
		{"\x81", nil, io.ErrUnexpectedEOF},
		{"\x81\x7e\x00", nil, io.ErrUnexpectedEOF},
		{bare(Close(1000, ""), Ping("")), []Event{{Op: OpClose, Code: 1000}}, ErrBroken},
		{bare(Close(1005, "")), nil, ErrBroken},
		{bare(Close(999, "")), nil, ErrBroken},
		{bare(Close(1015, "")), nil, ErrBroken},
		{bare(Close(1000, "\xff")), nil, ErrBroken},
		{bare(NewFrame(OpClose, "a")), nil, ErrBroken},
		{bare(Continuation("a")), nil, ErrBroken},
		{bare(Text("a").Unfinished(), Text("b")), nil, ErrBroken},
		{bare(NewFrame(3, "")), nil, ErrBroken},
		{bare(Ping("").Unfinished()), nil, ErrBroken},
		{bare(Ping(strings.Repeat("x", 126))), nil, ErrBroken},
		{bare(Text("\xed\xa0\x80")), nil, ErrBroken},
		{bare(Text("").WithRSV(RSV1)), nil, ErrBroken},
		{bare(Text("a").WithForm(Form16)), nil, ErrBroken},
		{bare(Text("a").Claiming(1 << 40)), nil, ErrBroken},
		{string(Octets(Text("a"))), nil, ErrBroken},
	} {
		r := Reader{R: strings.NewReader(c.in)}
		var events []Event
		var e Event
		var err error
		for {
			if e, err = r.Next(); err != nil {
				break
			}
			events = append(events, e)
		}
		if !reflect.DeepEqual(events, c.events) || !errors.Is(err, c.err) {
			t.Errorf("%.40q: %v, %v; want %v, %v", c.in, events, err, c.events, c.err)
		}
	}
}

func TestReaderOfClient(t *testing.T) {
	sent := string(Octets(Text("Hello").WithKey([4]byte{1, 2, 3, 4}), Binary("abcdefghi"), Close(1001, "bye")))
	r := Reader{R: strings.NewReader(sent), Masked: true}
	for _, want := range []Event{{Op: OpText, Payload: "Hello"}, {Op: OpBinary, Payload: "abcdefghi"}, {Op: OpClose, Code: 1001, Payload: "bye"}} {
		if e, err := r.Next(); err != nil || e != want {
			t.Errorf("%v, %v; want %v", e, err, want)
		}
	}
	r = Reader{R: strings.NewReader("\x81\x00"), Masked: true}
	if _, err := r.Next(); !errors.Is(err, ErrBroken) {
		t.Errorf("unmasked: %v", err)
	}
}

func TestResponse(t *testing.T) {
	for _, c := range []struct {
		in     string
		status int
		fields []string
		body   string
		rest   string
		err    error
	}{
		{in: "", err: io.EOF},
		{in: "HTTP/1.1 101 Switching\r\nA: b\r\na: c\r\n\r\n", status: 101, fields: []string{"b", "c"}},
		{in: "HTTP/1.1 400 \r\nContent-Length: 2\r\n\r\nhix", status: 400, body: "hi", rest: "x"},
		{in: "HTTP/1.0 400 x\r\n\r\nhi", status: 400, body: "hi"},
		{in: "HTTP/1.1 400 x\r\nContent-Length: 3\r\n\r\nhi", status: 400, body: "hi", err: io.ErrUnexpectedEOF},
		{in: "HTTP/1.1 400 x\r\nA", status: 400, err: io.ErrUnexpectedEOF},
		{in: "HTTP/1.1 400 x\n\n", err: ErrBroken},
		{in: "HTTP/1.1 400 x\r\nA b: c\r\n\r\n", status: 400, err: ErrBroken},
		{in: "HTTP/1.1 400 x\r\nA: b\rc\r\n\r\n", status: 400, err: ErrBroken},
		{in: "HTTP/1.1 400 x\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na", status: 400, err: ErrBroken},
		{in: "HTTP/1.1 1000 x\r\n\r\n", err: ErrBroken},
	} {
		r := bufio.NewReader(strings.NewReader(c.in))
		resp, err := ReadResponse(r)
		if resp == nil {
			resp = new(Response)
		}
		var body string
		if err == nil {
			body, err = resp.Body(r)
		}
		rest, _ := io.ReadAll(r)
		if resp.Status != c.status || !reflect.DeepEqual(resp.Values("A"), c.fields) && c.fields != nil || body != c.body || !errors.Is(err, c.err) || c.err == nil && string(rest) != c.rest {
			t.Errorf("%q: %+v, %q, %q, %v", c.in, resp, body, rest, err)
		}
	}
}

func TestPieces(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{0, 1, 2, 96, 97, 98, 4096, 4097, 70000} {
		p := bytes.Repeat([]byte("0123456789"), n/10+1)[:n]
		for name, pieces := range map[string][][]byte{
			"chop": Chop(p, 7), "by octet": ByOctet(p), "at random": AtRandom(p, rnd),
		} {
			if !bytes.Equal(bytes.Join(pieces, nil), p) {
				t.Errorf("%s of %d octets: they are not the same", name, n)
			}
			for _, piece := range pieces {
				if len(piece) == 0 {
					t.Errorf("%s of %d octets: an empty piece", name, n)
				}
			}
		}
	}
}
