// Package eventloop serves WebSocket connections from event loops: for as many
// connections as the machine has memory for, at the least cost for each message.
//
//	server, err := eventloop.Listen("tcp", ":8080", &eventloop.Handler{
//		OnMessage: func(c eventloop.Conn, t eventloop.MessageType, p []byte) {
//			c.Write(t, p)
//		},
//	}, nil)
//
// # Terminology
//
//   - loop: one goroutine, locked to its thread, that serves its connections
//     one after the other, and all the callbacks of theirs.
//   - callback: a function of a [Handler].
//   - turn: what a loop does between two looks at what is ready.
//   - corked: gathered, to be sent by one write at the end of the callback, or
//     of the turn.
//   - buffered: written by us, and not yet taken by the transport.
//
// # The rules of a loop
//
// A callback that waits makes every connection of its loop wait. What takes
// longer than a millisecond belongs in a goroutine, which answers by
// [Conn.Send] or [Conn.Do].
//
// The octets that OnMessage is given are borrowed: they are gone when it
// returns. A [Conn] may be kept for ever: when the connection has ended, its
// methods return [ErrClosed].
//
// # Concurrency
//
// [Conn.Send] and [Conn.Do], and everything of a [Server], may be called from any
// goroutine. The other methods of a Conn belong to its loop: they are called in
// callbacks of connections of that loop and in functions given to Do.
//
// # Back-pressure
//
// A peer that reads more slowly than it is written to makes octets wait:
// [Conn.Buffered] tells how many, OnDrain when all have gone. Beyond 64 KiB no
// more is read from the peer meanwhile; beyond [Queue].MaxBytes its Policy
// decides. What the peer has not taken within Options.WriteTimeout ends the
// connection.
//
// # Compatibility
//
// On 64-bit Linux the loops stand on epoll. Elsewhere they stand on package
// net, with a goroutine and a buffer for each connection: everything works, and
// package websocket is the better choice.
//
// # Limitations
//
//   - HTTP/1.1 only, and servers only: there are no client connections.
//   - A message is handed on when it is whole, and written whole; the round trip
//     of a Ping is not told, and no connection has a MaxMessage of its own.
//   - Behind [Server.Requests], handlers of net/http do not see the state of TLS
//     in their requests.
package eventloop
