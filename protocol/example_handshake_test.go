package protocol_test

import (
	"errors"
	"fmt"
	"strings"

	"github.com/duplexws/duplex/protocol"
)

// A server judges a request that any HTTP parser read, and appends the response
// to what it has to write.
func ExampleServerHandshake() {
	server := protocol.ServerHandshake{Subprotocols: []string{"chat.v2", "chat.v1"}}

	// RequestFromHeader fills in a Request from the header of package net/http.
	request := protocol.Request{
		Method: "GET", ProtoMajor: 1, ProtoMinor: 1,
		Host:         "example.com",
		Upgrade:      []string{"websocket"},
		Connection:   []string{"keep-alive, Upgrade"},
		Key:          []string{"dGhlIHNhbXBsZSBub25jZQ=="},
		Version:      []string{"13"},
		Subprotocols: []string{"chat.v1, chat.v2"},
	}
	response, err := server.Check(&request)
	if err != nil {
		fmt.Println(err)
		return
	}
	head, err := response.AppendHTTP1(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(lines(head))
	// Output:
	// HTTP/1.1 101 Switching Protocols
	// Upgrade: websocket
	// Connection: Upgrade
	// Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=
	// Sec-WebSocket-Protocol: chat.v2
}

// An error of Check is a refusal that is ready to be sent.
func ExampleServerHandshake_Check_refused() {
	var server protocol.ServerHandshake
	_, err := server.Check(&protocol.Request{
		Method: "GET", ProtoMajor: 1, ProtoMinor: 1,
		Host:       "example.com",
		Upgrade:    []string{"websocket"},
		Connection: []string{"Upgrade"},
		Key:        []string{"dGhlIHNhbXBsZSBub25jZQ=="},
		Version:    []string{"8"},
	})
	var refusal *protocol.HandshakeError
	if errors.As(err, &refusal) {
		fmt.Println(refusal.Status, refusal.Fault)
		fmt.Print(refusal.Body())
	}
	// Output:
	// 426 version
	// Sec-WebSocket-Version must stand once and be 13 (RFC 6455 4.4)
}

// A client appends its request to what it has to write, and judges the
// response, whatever parser read it.
func ExampleClientHandshake() {
	u, err := protocol.ParseURL("wss://example.com/chat?room=1")
	if err != nil {
		fmt.Println(err)
		return
	}
	client := protocol.ClientHandshake{
		Host:         u.Host,
		Target:       u.Target,
		Key:          "dGhlIHNhbXBsZSBub25jZQ==", // NewKey() makes one
		Subprotocols: []string{"chat.v2", "chat.v1"},
	}
	head, err := client.AppendHTTP1(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(lines(head))

	result, err := client.Check(&protocol.HandshakeResponse{
		ProtoMajor: 1, ProtoMinor: 1, Status: 101,
		Upgrade:     []string{"websocket"},
		Connection:  []string{"Upgrade"},
		Accept:      []string{"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="},
		Subprotocol: []string{"chat.v1"},
	})
	fmt.Println(result.Subprotocol, err)
	// Output:
	// GET /chat?room=1 HTTP/1.1
	// Host: example.com
	// Upgrade: websocket
	// Connection: Upgrade
	// Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
	// Sec-WebSocket-Version: 13
	// Sec-WebSocket-Protocol: chat.v2, chat.v1
	// chat.v1 <nil>
}

// Pages of the server's own origin may connect, and those that are listed.
func ExampleOriginPolicy_Allow() {
	policy := protocol.OriginPolicy{Patterns: []string{"https://*.partner.example"}}
	for _, origin := range []string{
		"https://example.com",
		"http://example.com",
		"https://shop.partner.example",
		"https://elsewhere.example",
	} {
		const secure = true // the request came over TLS
		err := policy.Allow([]string{origin}, "example.com", secure)
		fmt.Println(origin, err == nil)
	}
	fmt.Println("no Origin, so no browser:", policy.Allow(nil, "example.com", true) == nil)
	// Output:
	// https://example.com true
	// http://example.com false
	// https://shop.partner.example true
	// https://elsewhere.example false
	// no Origin, so no browser: true
}

func ExampleParseURL() {
	for _, s := range []string{"wss://example.com/chat?room=1", "ws://[::1]:8080", "wss://example.com/#top"} {
		u, err := protocol.ParseURL(s)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(u.Address, u.Secure, u.Host, u.Target)
	}
	// Output:
	// example.com:443 true example.com /chat?room=1
	// [::1]:8080 false [::1]:8080 /
	// websocket: malformed URL: a WebSocket URI has no fragment
}

// lines returns the lines of a head that are not empty.
func lines(head []byte) string {
	return strings.ReplaceAll(strings.TrimSuffix(string(head), "\r\n"), "\r\n", "\n")
}
