package conformance

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

// received reads all events that octets hold.
func received(octets []byte, masked bool) (events []event, err error) {
	r := frameReader{r: bytes.NewReader(octets), masked: masked}
	var messages assembler
	for {
		f, err := r.next()
		if err != nil {
			return events, err
		}
		e, whole, err := messages.add(f)
		if err != nil {
			return events, err
		}
		if whole {
			events = append(events, e)
		}
	}
}

func TestReaderSeesViolations(t *testing.T) {
	for octets, want := range map[string]string{
		"\x81\x02hi":                  `text "hi"`,
		"\x82\x00":                    `binary ""`,
		"\x01\x01h\x89\x01p\x80\x01i": `ping "p" text "hi"`,
		"\x88\x02\x03\xe8":            `close "\x03\xe8"`,
		"\x88\x02\x03\xf5":            `close "\x03\xf5"`,
		"\x81\x7e\x00\x7e" + strings.Repeat("x", 126): fmt.Sprintf("text %q... (126 octets)", strings.Repeat("x", 48)),
		"\x81":                       "unexpected EOF",
		"\x81\x02h":                  "unexpected EOF",
		"\x81\x7e\x01":               "unexpected EOF",
		"\x81\x82\x01\x02\x03\x04hi": "section 5.1",
		"\xc1\x02hi":                 "section 5.2",
		"\xa1\x02hi":                 "section 5.2",
		"\x91\x02hi":                 "section 5.2",
		"\x83\x00":                   "section 5.2",
		"\x8b\x00":                   "section 5.2",
		"\x81\x7e\x00\x02hi":         "section 5.2",
		"\x81\x7f\x00\x00\x00\x00\x00\x00\x00\x02hi": "section 5.2",
		"\x81\x7f\x80\x00\x00\x00\x00\x00\x00\x02hi": "section 5.2",
		"\x09\x00": "section 5.5",
		"\x89\x7e\x00\x7e" + strings.Repeat("x", 126): "section 5.5",
		"\x80\x00":                 "section 5.4",
		"\x01\x00\x01\x00":         "section 5.4",
		"\x81\x01\xff":             "section 5.6",
		"\x01\x01\xc3\x80\x01\xa4": `text "ä"`,
		"\x88\x01\x03":             "section 5.5.1",
		"\x88\x02\x03\xed":         "section 7.4",
		"\x88\x02\x03\xf7":         "section 7.4",
		"\x88\x03\x03\xe8\xff":     "section 5.5.1",
		"\x88\x00\x89\x00":         "section 5.5.1",
	} {
		events, err := received([]byte(octets), false)
		var got []string
		for _, e := range events {
			got = append(got, e.String())
		}
		if err != io.EOF {
			got = []string{err.Error()}
		}
		if s := strings.Join(got, " "); !strings.Contains(s, want) || want == "" {
			t.Errorf("%q: got %s, want %s", octets, s, want)
		}
	}
}

// What the writer writes the reader reads, in every form and with any mask.
func TestFramesRoundTrip(t *testing.T) {
	for _, masked := range []bool{true, false} {
		for _, n := range []int{0, 1, 2, 3, 4, 5, 125, 126, 127, 65535, 65536, 70001} {
			payload := repeat("0123456789abc", n)
			events, err := received(binaryFrame(payload).append(nil, masked), masked)
			if err != io.EOF || len(events) != 1 || events[0].payload != payload {
				t.Errorf("%d octets, masked %t: %d events, %v", n, masked, len(events), err)
			}
			if n > 0 {
				octets := binaryFrame(payload).append(nil, masked)
				if _, err := received(octets[:len(octets)-1], masked); err != io.ErrUnexpectedEOF {
					t.Errorf("%d octets, cut: %v", n, err)
				}
			}
		}
	}
}

// The octets of RFC 6455, section 5.7.
func TestFramesOfTheRFC(t *testing.T) {
	if got := text("Hello").append(nil, false); string(got) != "\x81\x05Hello" {
		t.Errorf("unmasked: %q", got)
	}
	events, err := received([]byte("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), true)
	if err != io.EOF || len(events) != 1 || events[0].payload != "Hello" {
		t.Errorf("masked: %v, %v", events, err)
	}
	if got := acceptKey("dGhlIHNhbXBsZSBub25jZQ=="); got != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
		t.Errorf("the answer to the key is %q", got)
	}
}

// Only documented errors leave the reader, and it keeps no more than came.
func FuzzReader(f *testing.F) {
	for _, frames := range [][]frame{
		{text("hello")}, {text("a").unfinished(), ping("p"), continuation("b")},
		{closing(1000, "bye")}, {text("x").withRSV(4)}, {binaryFrame(strings.Repeat("x", 70000))},
		{{op: OpBinary, claimed: 1 << 63}}, {{op: OpText, payload: "a", form: 9}},
	} {
		var octets []byte
		for _, fr := range frames {
			octets = fr.append(octets, false)
		}
		f.Add(octets, false)
		f.Add(octets, true)
	}
	f.Fuzz(func(t *testing.T, octets []byte, masked bool) {
		events, err := received(octets, masked)
		var broken *violation
		if err != io.EOF && err != io.ErrUnexpectedEOF && !errors.As(err, &broken) {
			t.Errorf("error %v", err)
		}
		kept := 0
		for _, e := range events {
			kept += len(e.payload)
		}
		if kept > len(octets) {
			t.Errorf("%d octets of %d", kept, len(octets))
		}
	})
}
