// Package reconnect keeps a WebSocket client connected. [Dial] is a sequence of
// connections: when one has ended it makes the next, and waits in between so
// that a server in trouble is left in peace.
//
//	for conn, err := range reconnect.Dial(ctx, "wss://example.com/feed", nil) {
//		if err != nil {
//			return err // for good: nobody need try again
//		}
//		for m, err := range conn.Messages(ctx) {
//			if err != nil {
//				break // the next connection, after a while
//			}
//			handle(m)
//		}
//	}
//	return nil // the server has closed normally
//
// # The loop
//
// The body owns the connection while it runs. Going on to the next round says
// that it wants another one; break and return say that it does not. Whichever,
// a connection that is still open is then closed: none is left behind, and none
// can be kept. A body whose connection broke need not say so, nor tell why: the
// sequence asks [websocket.Conn.Err].
//
// But how a connection has ended is known only to who reads. A body that does
// not, as one that only writes, calls [websocket.Conn.CloseRead]. Without it a
// server's 1000 or 1008 goes unseen, since a Write may succeed behind it, and the
// loop connects again, for ever:
//
//	ended := conn.CloseRead(ctx)
//	for ended.Err() == nil {
//		conn.Write(ended, websocket.Text, measure())
//	}
//
// The sequence ends without an error when the server has closed with 1000, and
// otherwise with one pair of nil and an error: what no retry can mend, as
// [Classify] or [Options].Classify judge it, [ErrGaveUp], or the cause of ctx.
// What can be mended is not yielded; Options.OnState is told of it.
//
// # Waiting
//
// The wait is random between nothing and a bound that doubles with every
// failure (full jitter), so that clients which lost their server together do
// not come back together. A connection has to live for Options.StableAfter to
// count as success: a server that accepts and closes at once is backed off from
// like one that refuses. What the server asks for, by Retry-After or a close
// code, is waited for in full, and the randomness comes on top. A [Budget] bounds
// the attempts of all loops of a process together.
//
// # Credentials
//
// Options.Prepare is called before every attempt and may change the URL and the
// fields of the request: tokens expire, and the one that the process started
// with is of no use a day later. With it, a refusal of the credentials is tried
// again once; by Attempt.Renew a Prepare that keeps a token knows that it has to
// get another.
//
// # Limitations
//
//   - It recovers connections, not messages. What was in flight when a
//     connection broke may have arrived or not, and what the server sent
//     meanwhile is gone: an application that cares numbers its messages and
//     asks for what it missed when the body begins.
//   - How a connection ended is known only to who reads: a body that does not
//     calls CloseRead.
//   - Behind break and return the closing handshake is waited for, up to
//     CloseTimeout or the end of ctx.
//   - Backoff and Budget are of one process. That many processes come back in
//     an orderly way rests on the randomness alone.
//   - A certificate that cannot be verified ends the sequence, also where a
//     captive portal presented it. Classify can say otherwise.
package reconnect
