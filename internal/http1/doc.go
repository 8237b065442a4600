// Package http1 reads the head of an HTTP/1.1 message from octets as they come
// (https://www.rfc-editor.org/rfc/rfc9112). It stands where no net/http stands
// in front of a driver, sees what net/http hides, and knows nothing of
// WebSocket: whether a request is a good handshake is for package protocol to
// say.
//
// A head is the start line, the field lines and the empty line. [Request.Parse]
// and [Response.Parse] are given all of it that has come, again and again while
// it is incomplete; a [Progress] remembers how far they have looked, so that a
// head that comes octet by octet costs twice what it costs whole, not its
// square. What comes of a head does not depend on how it was cut: a control
// octet is refused as soon as it is there, everything else once its line is
// complete, and what takes several lines to see at the empty line.
//
// # What is refused
//
// All that RFC 9112 and RFC 9110 forbid a sender, above all what one recipient
// may read in another way than the next: LF or CR alone, NUL, folded lines,
// white space in front of a colon or of the first line, names that are no
// tokens, a second Host, a Content-Length that is not digits alone or stands
// twice, Content-Length beside Transfer-Encoding. An empty line in front of the
// request line is refused too, though RFC 9112 2.2 would have it ignored: it
// stems from clients that send one behind a body, and there is nothing in front
// of the first request of a connection. A body as such is not refused, since not
// every request is a handshake: see [Request.HasBody].
//
// # Compatibility
//
// Whatever [Request.Parse] accepts, http.ReadRequest accepts, and both agree on
// what it says. Of what http.ReadRequest accepts, these are refused; most of
// them the server of net/http refuses behind it:
//
//   - LF without CR, and folded lines
//   - names of fields that are no tokens, and white space in front of a colon
//   - a method of more than 32 octets
//   - HTTP/2.0 and all that is not HTTP/1
//   - targets with octets beyond ASCII, or with a fragment
//   - targets that are URIs of other schemes than http and https, or whose
//     host has a user name or percent-encoded octets
//   - "*" for other methods than OPTIONS
//   - CONNECT to anything but host and port
//   - HTTP/1.1 without a Host, and a Host that is malformed
//   - Content-Length twice with the same value, or beside Transfer-Encoding
//   - Transfer-Encoding in HTTP/1.0
//   - Expect with anything but 100-continue
//   - what breaks a limit
//
// Two things are accepted although RFC 3986 forbids them, because browsers send
// them as they are: "%" without two hexadecimal digits behind it in a query, and
// the octets "<>\^`{|} anywhere in path and query.
//
// Of what http.ReadResponse accepts, these are refused: LF without CR, folded
// lines, control octets and a CR in the phrase, names that are no tokens, white
// space in front of a colon or a second space in front of the status, a status
// below 100, a version other than HTTP/1, and what breaks a limit. A status
// without the space behind it is accepted, since some servers send no phrase.
//
// # Limitations
//
// Bodies, trailers and pipelining are not read: what stands behind a head
// belongs to the caller.
package http1
