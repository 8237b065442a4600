// Package protocol is WebSocket without I/O: octets go in and events come out,
// messages go in and octets come out. It opens no connection, starts no
// goroutine, takes no lock and reads no clock; the drivers (package websocket,
// and the event loop) move the octets and tell it the time.
//
// # Terminology
//
//   - frame: the unit of RFC 6455 section 5.2, a header and a payload.
//   - control frame: a Close, Ping or Pong frame.
//   - fragment: a data frame of a message that consists of several.
//   - message: a whole Text or Binary message, in one frame or in fragments.
//   - chunk: a piece of a message as it happened to arrive.
//   - event: what [In.Feed] reports: a chunk, a control frame, a failure.
//   - send, receive: on the wire. Read, write: in an API.
//   - fail: to end a connection because the peer broke the protocol or a
//     limit (RFC 6455 section 7.1.7).
//
// # The two halves
//
// [In] turns received octets into events; only the reader touches it. [Out]
// turns messages and control frames into octets and keeps the state of the
// closing handshake; whoever holds the driver's write lock touches it. They
// share nothing: what the reader owes the peer (a Pong, the reply to a Close)
// travels in an [Owed]. Both take the same immutable [Config] as an argument,
// so that the state of an idle connection is small: In, Out and [Keepalive]
// together are at most 128 bytes with one pointer, nil while idle.
//
// [Assembler] builds messages from chunks. It also offers its buffer as the
// destination of the next read, so that a large message is received where it
// will stay.
//
// # Time
//
// now is always the reading of a monotonic clock in nanoseconds, never 0. A
// deadline is such a reading too, and 0 means that there is none.
//
// # The opening handshake
//
// [ServerHandshake] and [ClientHandshake] hold both sides of the opening
// handshake as data, for HTTP/1.1 and for extended CONNECT (RFC 8441, RFC
// 9220). [OriginPolicy] decides which web pages may connect.
//
// # Limitations
//
//   - permessage-deflate (RFC 7692) stands beside In and Out, not in them: a
//     driver negotiates it by [DeflateConfig], lets compressed messages through
//     by [In.AllowRSV1], hands them to a [Deflater], whole or in fragments, and
//     whole to an [Inflater].
//   - A text message that is written in fragments must be whole UTF-8 only at
//     its end; [Out] checks it as it goes.
package protocol
