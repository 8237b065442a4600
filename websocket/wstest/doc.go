// Package wstest is the test kit for programs that use package websocket. What it
// connects lies within the process: no port, no certificate, no waiting, and it
// all works in a bubble of [testing/synctest], where hours pass at once.
//
// # What your code does with a connection
//
// [NewPair] returns two ends of one, behind a real opening handshake. Give one to
// the code under test and be the other:
//
//	client, server := wstest.NewPair(t, nil)
//	go session(ctx, server)
//	client.Write(ctx, websocket.Text, []byte("hello"))
//
// [Dial] connects to an http.Handler, routes and middleware included; [Serve] is
// for more clients than one. A client that makes its own connections takes
// [Listener.Dial] as its NetDial.
//
// # What it does with a peer that misbehaves
//
// A [Peer] is a script. It sends frames that no implementation would, and
// judges what comes back; a failure shows all that has passed. [ClientConn] and
// [ServerConn] return a Conn and the Peer that it talks to, [AcceptPeer] and
// [DialPeer] leave the opening handshake to the script as well:
//
//	conn, peer := wstest.ServerConn(t, nil)
//	go session(ctx, conn)
//	peer.Send(wstest.Text("hello"), wstest.Ping("1"))
//	peer.Want(wstest.Text("hello, you"), wstest.Pong("1"))
//	peer.Send(wstest.Text("\xff"))
//	peer.WantClose(websocket.StatusInvalidPayload)
//
// # What it does on a bad network
//
// [Inject] puts faults on any net.Conn: reads and writes cut small, delays, a
// bounded rate, an error at an octet, a stall, a reset. In a pair they go to
// PairOptions:
//
//	var network *wstest.FaultConn
//	client, server := wstest.NewPair(t, &wstest.PairOptions{
//		WrapClient: func(nc net.Conn) net.Conn {
//			network = wstest.Inject(nc, wstest.Faults{})
//			return network
//		},
//	})
//	network.Set(wstest.Faults{Read: wstest.Fault{Stall: true}}) // the server is gone without a word
//
// # Clocks
//
// A Conn in a synctest bubble needs a Clock that was made in that bubble. Each end
// that this package makes has one of its own unless its options name one; what
// the code under test makes needs Options.Clock from [websocket.NewClock].
//
// Keepalive runs by that clock, so a bubble in which the test sleeps for a minute
// is one in which a Conn has pinged its peer. Another Conn answers as long as
// somebody reads from it. A Peer does not, and the connection ends with
// [websocket.ErrPongTimeout], unless it is told to, and waits in place of the test:
//
//	peer.AnswerPings = true
//	peer.WantSilence(time.Minute) // and not time.Sleep
//
// Where keepalive does not matter, a negative Options.PingInterval takes it away.
//
// # Limitations
//
//   - Connections are not encrypted: a wss URL needs a server that does TLS on
//     the [Listener].
//   - A Peer knows no extension: a compressed message breaks the protocol.
//   - A Peer sees messages and control frames, not how a message was cut into
//     frames.
//   - A Ping in the midst of a message falls due with the reply to that message:
//     the Pong may come in front of the reply or behind it.
//   - Nothing passes through the kernel. What depends on its buffers, on TCP or
//     on descriptors needs a real socket; a Peer and Inject work there too.
package wstest
