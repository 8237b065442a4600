package main

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
)

// An agreement is what a server answered about permessage-deflate.
type agreement struct {
	deflate        bool
	clientTakeover bool
	clientBits     int
	serverTakeover bool
}

const request = "GET /echo HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
	"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n"

// shake does the opening handshake, by which every window and both takeovers
// are the server's to choose.
func shake(c net.Conn, r *bufio.Reader) (agreement, error) {
	if _, err := c.Write([]byte(request)); err != nil {
		return agreement{}, err
	}
	resp, err := http.ReadResponse(r, nil)
	if err != nil {
		return agreement{}, err
	}
	if resp.StatusCode != http.StatusSwitchingProtocols {
		return agreement{}, fmt.Errorf("the server answered %s", resp.Status)
	}
	return readAgreement(resp.Header.Get("Sec-WebSocket-Extensions"))
}

func readAgreement(answer string) (agreement, error) {
	a := agreement{clientTakeover: true, serverTakeover: true, clientBits: 15}
	for param := range strings.SplitSeq(answer, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(param), "=")
		switch name {
		case "permessage-deflate":
			a.deflate = true
		case "client_no_context_takeover":
			a.clientTakeover = false
		case "server_no_context_takeover":
			a.serverTakeover = false
		case "client_max_window_bits":
			n, err := strconv.Atoi(value)
			if err != nil || n < 8 || n > 15 {
				return a, fmt.Errorf("the server answered %q", answer)
			}
			a.clientBits = n
		}
	}
	return a, nil
}
