// Package websocket is WebSocket (RFC 6455) for net/http: a server's Accept and
// Handler, a client's Dial, and the Conn between them. It moves octets; what
// they mean is decided in package protocol.
package websocket
