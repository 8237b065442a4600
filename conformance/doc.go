// Package conformance judges WebSocket endpoints, servers and clients, by what
// they put on the wire. [RunServer] plays cases against any server that echoes;
// a [ClientHandler] plays them against any client that does. A case sends
// frames, right and wrong ones, and knows what must come back; its [Result]
// says what did, and holds the wire log.
//
// The package stands on the standard library alone. It has a reader and a
// writer of frames of its own: a suite that used the code under test to judge
// it would prove nothing.
//
// # Terminology
//
// The peer is the endpoint under test, the suite is the tester. An event is
// something of the peer that counts: a message, a Pong. The peer fails a
// connection when it sends a Close frame by itself, or drops the transport.
//
// # Cases and verdicts
//
// Cases of groups 1 to 13 have the numbers that are in use everywhere, and mean
// the same. The groups from 14 on are this suite's own. [Cases] lists them all,
// each with its section of the RFC and its reason.
//
// Groups 12 and 13 send data of this suite's own making, and of large messages
// fewer than 1000: as many as make 4 MiB.
//
// Two things are judged apart: the events ([Verdict]), and how the connection
// was closed ([CloseVerdict]). The content of every message is compared, not
// only its length; and a peer that breaks the protocol itself (a frame not
// masked, a length not minimal, text that is no UTF-8) fails whichever case is
// under way.
//
// # Profiles
//
// A server that echoes is judged by all cases. Of one that does something else
// with messages, or with none ([Any]), the suite plays the cases that need no
// echo: [Case.NeedsEcho] tells them apart. What is left is judged by Pongs, by
// who closes and how, and by the framing of whatever the server sends; its
// messages do not count. If it wants something said before it talks,
// [Options.Login] says it.
//
// Some of these cases send a message, and a server may refuse one that it does
// not know: with 1008, with a code of its own, or by dropping the connection.
// From the first whole message on that was legal, a server that closes has
// therefore made no fault: the result is Informational, and says so. A case
// whose first frame is the fault leaves no such way out.
//
// # The opening handshake
//
// Groups 15 and 16 try it, for servers and for clients: [Case.Judges] tells
// them apart, and a run plays those of its peers. What RFC 6455 forbids or
// safety does is Failed: an upgrade where there must be none, a body taken for
// frames, no answer at all. What only HTTP asks for is NonStrict, and so is to
// be lenient where nobody is harmed. A server may answer a request that is no
// opening handshake as it likes, with 404 say. What is its own policy, about
// origins or about how long it waits, is Informational.
//
// The suite cannot see what net/http hides of a client's request, which it
// serves: a client is judged by what it asks for, and not by how it writes it.
//
// # Compression, endurance and ends
//
// Group 17 is about permessage-deflate where it is not just data that passes:
// what may be offered and answered, blocks of every form, what a message may
// refer to, and what cannot be decompressed. A server that declines what it was
// offered is Unimplemented there, and NonStrict only if nothing in the offer
// can have kept it from accepting. For data that cannot be decompressed the RFC
// has no code: 1007 and 1002 are right. How large a message may become is a
// policy.
//
// Groups 18 and 19 are about what costs an endpoint much, and about how a
// connection ends. To close what is too much with 1008, 1009 or 1013 is right,
// to go on is too; to lose what was sent, to close with a code that tells
// something else, or to leave others without service is not. Where the RFC only
// advises, as about ending the transport so that the Close frame is not lost in
// a reset, less is NonStrict. What memory an attack takes cannot be seen from
// outside.
//
// If a case has ended the server, this case may well have passed: dropping the
// connection was right. All cases that follow then say that the server no
// longer accepts connections, and with which cases it was busy when it did:
// with one alone if [Options.Parallel] is 1.
//
// # Time
//
// Nothing is measured. The suite waits for what must happen as long as octets
// still move, and gives up after [Options.Timeout] in which none did. Only
// where a case says that the peer must do something before the suite goes on
// does [Options.Pause] decide.
package conformance
