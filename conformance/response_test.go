package conformance

import (
	"bufio"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

const goodHead = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nconnection:\t keep-alive ,upgrade \r\nX-Empty:\r\nX-A: \xff b\tc\r\n\r\n"

func TestReadResponse(t *testing.T) {
	for _, r := range []io.Reader{strings.NewReader(goodHead + "rest"), iotest.OneByteReader(strings.NewReader(goodHead + "rest"))} {
		b := bufio.NewReader(r)
		head, err := readResponse(b)
		if err != nil || head.status != 101 || head.minor != 1 || head.octets != goodHead {
			t.Fatalf("%+v, %v", head, err)
		}
		if !head.has("Connection", "Upgrade") || head.has("Connection", "up") || !head.has("upgrade", "WebSocket") || head.has("x-empty", "a") {
			t.Errorf("the fields are %q", head.fields)
		}
		if v := head.values("x-a"); len(v) != 1 || v[0] != "\xff b\tc" {
			t.Errorf("a value is %q", v)
		}
		if rest, _ := io.ReadAll(b); string(rest) != "rest" {
			t.Errorf("behind the head: %q", rest)
		}
	}
	for n := range len(goodHead) {
		_, err := readResponse(bufio.NewReader(strings.NewReader(goodHead[:n])))
		if want := map[bool]error{true: io.EOF, false: io.ErrUnexpectedEOF}[n == 0]; err != want {
			t.Errorf("cut at %d: %v, want %v", n, err, want)
		}
	}
}

func TestMalformedResponses(t *testing.T) {
	for _, octets := range []string{
		"\r\n", "SSH-2.0-x\r\n", "HTTP/1.1 101\r\n", "HTTP/1.1  101 a\r\n", "HTTP/1.2 101 a\r\n", "HTTP/2 101 a\r\n", "http/1.1 101 a\r\n",
		"HTTP/1.1 1010 a\r\n", "HTTP/1.1 10 a\r\n", "HTTP/1.1 001 a\r\n", "HTTP/1.1 101 a\x00\r\n", " HTTP/1.1 101 a\r\n",
		"HTTP/1.1 101 a\n", "HTTP/1.1 101 a\r\nA: b\n", "HTTP/1.1 101 a\r\nA : b\r\n", "HTTP/1.1 101 a\r\nA\r\n", "HTTP/1.1 101 a\r\n: b\r\n",
		"HTTP/1.1 101 a\r\nA: b\r\n c\r\n", "HTTP/1.1 101 a\r\nA: b\rc\r\n", "HTTP/1.1 101 a\r\nA: b\x00\r\n", "HTTP/1.1 101 a\r\nA B: c\r\n",
		"HTTP/1.1 101 a\r\nA: " + strings.Repeat("b", mostHead), "HTTP/1.1 101 a\r\n" + strings.Repeat("A: b\r\n", mostHead/6),
	} {
		_, err := readResponse(bufio.NewReader(strings.NewReader(octets)))
		var broken *violation
		if !errors.As(err, &broken) {
			t.Errorf("%.40q: %v", octets, err)
		}
	}
}

func TestResponseBody(t *testing.T) {
	for _, test := range []struct {
		fields, octets, method string
		body, rest             string
		whole, fails           bool
	}{
		{"", "to the end", "GET", "to the end", "", false, false},
		{"Content-Length: 5\r\n", "hellorest", "GET", "hello", "rest", true, false},
		{"Content-Length: 5\r\n", "hellorest", "HEAD", "", "hellorest", true, false},
		{"Content-Length: 5\r\n", "hel", "GET", "hel", "", true, true},
		{"Content-Length: -5\r\n", "hello", "GET", "", "hello", true, true},
		{"Content-Length: 5\r\nContent-Length: 5\r\n", "hello", "GET", "", "hello", true, true},
		{"Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\nrest", "GET", "hello", "rest", true, false},
		{"Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\nA: b\r\n\r\nrest", "GET", "hello", "rest", true, false},
		{"Transfer-Encoding: chunked\r\n", "5\r\nhel", "GET", "hel", "", true, true},
	} {
		r := bufio.NewReader(strings.NewReader("HTTP/1.1 404 Not Found\r\n" + test.fields + "\r\n" + test.octets))
		head, err := readResponse(r)
		if err != nil {
			t.Fatal(err)
		}
		body, whole, err := head.body(r, test.method)
		rest, _ := io.ReadAll(r)
		if body != test.body || whole != test.whole || string(rest) != test.rest || (err != nil) != test.fails {
			t.Errorf("%q of %q: body %q, whole %v, rest %q, %v", test.fields, test.octets, body, whole, rest, err)
		}
	}
}
