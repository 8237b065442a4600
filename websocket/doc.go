// Package websocket is WebSocket (RFC 6455) for net/http: a server's [Accept]
// and [Handler], a client's [Dial], and the [Conn] between them. It moves
// octets; what they mean is decided in package protocol.
//
//	http.Handle("/echo", websocket.Handler(func(ctx context.Context, c *websocket.Conn) error {
//		for m, err := range c.Messages(ctx) {
//			if err != nil {
//				return err
//			}
//			if err := c.Write(ctx, m.Type, m.Data); err != nil {
//				return err
//			}
//		}
//		return nil
//	}))
//
// # Reading
//
// [Conn.Read] returns messages that are the caller's own, [Conn.ReadInto] reuses
// memory, [Conn.ReadEach] lends it, [Conn.NextReader] hands a message on as it
// arrives, and [Conn.Messages] is for range. Someone has to read for the Conn to
// answer Pings and to notice that the peer has closed: an application that only
// writes calls [Conn.CloseRead].
//
// # Writing
//
// [Conn.Write] waits for the transport. [Conn.Send] does not: it queues, within
// the bounds of [Queue], and its [Policy] says what happens beyond.
// [Prepared] is encoded once for many connections, and a [Group] broadcasts it.
//
// # Compression
//
// [Options].Deflate turns permessage-deflate on, both ways. A connection keeps
// no compressor: what it remembers is a few KiB of text, by the tiers of
// [DeflateOptions], of which one budget for the process bounds what sending
// remembers. Messages are compressed by themselves when that makes them shorter;
// [Uncompressed] sends one as it is.
//
// # Contexts
//
// A context that ends, ends the call that it was given to, and leaves the
// connection as it was: a cancelled read loses nothing, a cancelled write either
// was not sent or says that it may have been ([PartialWriteError]).
//
// # Concurrency
//
// Everything may be called concurrently, and nothing panics on misuse.
//
// # Defaults
//
// The same origin, 1 MiB a message, keepalive on, every wait bounded: see
// [Options] and docs/defaults.md. Zero is the default, never "unlimited".
//
// # Connecting
//
// [Dial] finds its way out of most networks by itself: proxies of the
// environment, or one that [DialOptions] names, TLS with verification, several
// addresses of a name side by side. What refused it is a [RefusedError] with
// status and body. A client that comes back when a connection breaks stands in
// package reconnect.
//
// # Compatibility
//
// A server stands on any http.ResponseWriter of HTTP/1.1 that has Hijack, or
// Unwrap to one that has. Linux and other Unix systems drive the socket
// themselves; elsewhere, and over transports that are no sockets, a connection
// holds a read buffer of 32 KiB while it waits.
//
// The package builds for js/wasm and wasip1/wasm and works there over transports
// within the process, such as net.Pipe and those of package wstest. A browser
// gives a program no TCP: the sockets that package net has there reach only
// listeners of the same program, so Dial fails unless DialOptions.NetDial makes a
// transport, and a server accepts only what the program itself dials. The
// browser's own WebSocket object is not used.
//
// # Limitations
//
//   - WebSocket over HTTP/2 and HTTP/3 is not here yet.
//   - A compressed message is handed on when it is whole, by NextReader too.
//   - net/http hides some malformed requests from an upgrader: lines that end
//     in a bare LF, obsolete line folding, two equal Content-Length fields of 0.
//     They are accepted.
//   - The answer to a message may wait about 1 ms if another whole message has
//     been received behind it and the handler neither reads on nor returns.
//   - Over TLS 1.3, a peer that asks for new keys makes the reader wait for a
//     write that is under way.
//   - Without a reader a dead peer is noticed only by writing to it.
//   - Dial does not wait for other handshakes with the same host, as RFC 6455
//     asks of a browser: a program knows how many it begins.
package websocket
