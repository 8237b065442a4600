package http1

import (
	"bufio"
	"bytes"
	"net/http"
	"testing"
)

// browserRequest is what a browser sends to open a WebSocket.
var browserRequest = []byte("GET /chat?room=lobby&token=Zm9vYmFyYmF6cXV4 HTTP/1.1\r\n" +
	"Host: chat.example.com\r\n" +
	"Connection: Upgrade\r\n" +
	"Pragma: no-cache\r\n" +
	"Cache-Control: no-cache\r\n" +
	"User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36\r\n" +
	"Upgrade: websocket\r\n" +
	"Origin: https://chat.example.com\r\n" +
	"Sec-WebSocket-Version: 13\r\n" +
	"Accept-Encoding: gzip, deflate, br, zstd\r\n" +
	"Accept-Language: en-GB,en;q=0.9,de;q=0.8\r\n" +
	"Cookie: session=0123456789abcdef0123456789abcdef; theme=dark; consent=1\r\n" +
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
	"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n" +
	"Sec-WebSocket-Protocol: duplex.v1, duplex.v1.binary\r\n" +
	"\r\n")

var serverResponse = []byte("HTTP/1.1 101 Switching Protocols\r\n" +
	"Upgrade: websocket\r\n" +
	"Connection: Upgrade\r\n" +
	"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" +
	"Sec-WebSocket-Extensions: permessage-deflate\r\n" +
	"\r\n")

func BenchmarkRequest(b *testing.B) {
	var r Request
	var at Progress
	b.SetBytes(int64(len(browserRequest)))
	b.ReportAllocs()
	for b.Loop() {
		if n, err := r.Parse(browserRequest, &at, nil); n == 0 || err != nil {
			b.Fatal(n, err)
		}
	}
}

// In two pieces, cut in the middle.
func BenchmarkRequestInTwo(b *testing.B) {
	var r Request
	var at Progress
	b.SetBytes(int64(len(browserRequest)))
	b.ReportAllocs()
	for b.Loop() {
		r.Parse(browserRequest[:len(browserRequest)/2], &at, nil)
		if n, err := r.Parse(browserRequest, &at, nil); n == 0 || err != nil {
			b.Fatal(n, err)
		}
	}
}

func BenchmarkRequestByOctet(b *testing.B) {
	var r Request
	var at Progress
	b.SetBytes(int64(len(browserRequest)))
	b.ReportAllocs()
	for b.Loop() {
		for i := range browserRequest {
			if n, err := r.Parse(browserRequest[:i+1], &at, nil); err != nil || n > 0 != (i+1 == len(browserRequest)) {
				b.Fatal(n, err)
			}
		}
	}
}

func BenchmarkResponse(b *testing.B) {
	var r Response
	var at Progress
	b.SetBytes(int64(len(serverResponse)))
	b.ReportAllocs()
	for b.Loop() {
		if n, err := r.Parse(serverResponse, &at, nil); n == 0 || err != nil {
			b.Fatal(n, err)
		}
	}
}

func BenchmarkNetHTTPRequest(b *testing.B) {
	in := bytes.NewReader(browserRequest)
	br := bufio.NewReader(in)
	b.SetBytes(int64(len(browserRequest)))
	b.ReportAllocs()
	for b.Loop() {
		in.Reset(browserRequest)
		br.Reset(in)
		if _, err := http.ReadRequest(br); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNetHTTPResponse(b *testing.B) {
	in := bytes.NewReader(serverResponse)
	br := bufio.NewReader(in)
	b.SetBytes(int64(len(serverResponse)))
	b.ReportAllocs()
	for b.Loop() {
		in.Reset(serverResponse)
		br.Reset(in)
		if _, err := http.ReadResponse(br, nil); err != nil {
			b.Fatal(err)
		}
	}
}
