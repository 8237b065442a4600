package conformance

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A Case is one thing that is tried with a peer.
type Case struct {
	ID      string // its number, such as 6.4.1
	Title   string // what is sent
	Section string // address of the section that it is about
	Reason  string // why it matters
	Expect  string // what the peer must do

	NeedsEcho bool  // it judges what comes back of messages, see [Profile]
	Judges    Roles // whose fault it can find

	probe    func(*prober) // does the opening handshake with a server, nil for the usual one
	opening  *opening      // how the opening handshake of a client is answered, nil for the usual way
	play     func(*player) // sends, and says what must come back
	ending   ending
	codes    []uint16 // with which the peer may close; without a code it always may
	lenient  bool     // that nothing comes back is no more than not strict
	failFast bool     // the peer's events are wrong too unless it closes by itself
	failing  Verdict  // on a peer that fails the connection as it may
	patient  bool     // that the peer waits for more is no more than not strict

	offers []params // of permessage-deflate, as a client
	wanted []params // the same as a server, the best first
	exact  bool     // a server may grant no less than it was asked for
	fields []string // of Sec-WebSocket-Extensions, if they are not just offers
	answer *answer  // of the suite as a server, if it is not a choice of wanted

	refusable bool    // the server may refuse the opening handshake
	refusal   Verdict // on one that does
}

// ending says who closes, and how.
type ending uint8

const (
	// echoes: once everything has come back the suite closes with 1000, and the
	// close must be clean.
	echoes ending = iota
	// fails: the peer must fail the connection by itself.
	fails
	// closes: the case has the suite's Close frame, and the close must be
	// clean.
	closes
	// closesOrDrops: the same, but the peer may drop the transport.
	closesOrDrops
	// tells: anything goes, the case is for information.
	tells
)

// A group describes the cases whose numbers begin alike.
type group struct {
	number  string
	title   string
	section string
	reason  string
}

// groups are those of the catalogue, and where they are narrower, parts of them.
var groups = []group{
	{"1", "Framing", rfc6455("5.2"), "lengths at the borders between their three forms"},
	{"2", "Pings and Pongs", rfc6455("5.5.2"), "a Ping is answered with its own payload, a Pong with nothing"},
	{"3", "Reserved bits", rfc6455("5.2"), "a bit that no extension gave a meaning fails the connection"},
	{"4", "Reserved opcodes", rfc6455("5.2"), "an opcode that is not defined fails the connection"},
	{"5", "Fragmentation", rfc6455("5.4"), "fragments make one message, control frames come between them, messages do not mix"},
	{"6", "UTF-8", rfc6455("8.1"), "text is UTF-8, and what is not fails the connection"},
	{"6.4", "UTF-8, failing fast", rfc6455("8.1"), "text can be known to be wrong before its message ends"},
	{"7", "Closing", rfc6455("5.5.1"), "the closing handshake ends a connection so that both sides know how"},
	{"7.7", "Valid close codes", rfc6455("7.4.1"), "a code that may be sent is answered"},
	{"7.9", "Invalid close codes", rfc6455("7.4.2"), "a code that may not be sent is a fault"},
	{"7.13", "Close codes outside all ranges", rfc6455("7.4.2"), "the RFC gives these codes no meaning at all"},
	{"9", "Limits and performance", rfc6455("10.4"), "large messages, many fragments and many messages arrive whole"},
	{"12", "Compressed messages", rfc7692("7.2"), "data of all kinds passes compressed and comes back the same"},
	{"13", "Parameters of compression", rfc7692("7.1"), "what was agreed about windows and their reset is kept"},
	{"14", "Masking, lengths and the rest", rfc6455("5.1"), "rules of the framing and of closing that the older groups leave out"},
	{"14.1", "Masking", rfc6455("5.1"), "a client masks each frame and a server none, or intermediaries can be deceived"},
	{"14.2", "Lengths", rfc6455("5.2"), "a length has one form only, the shortest, and is no negative number"},
	{"14.3", "Reserved bits of later frames", rfc6455("5.2"), "a reserved bit is a fault in whichever frame"},
	{"14.4", "Close codes registered later", rfc6455("7.4.2"), "1012 to 1014 may be sent, 1015 may not"},
	{"14.5", "Parameters granted", rfc7692("7.1"), "a server that cannot grant a parameter declines the offer"},
	{"15", "Opening handshake of servers", rfc6455("4.2.1"), "what is no opening handshake is refused, and what is one is understood"},
	{"15.1", "Method and version of HTTP", rfc6455("4.2.1"), "only a GET of HTTP/1.1 opens a WebSocket: a form of a web page can send others"},
	{"15.2", "Upgrade and Connection", rfc6455("4.2.1"), "browsers and proxies write these lists in many ways"},
	{"15.3", "Sec-WebSocket-Key", rfc6455("4.2.1"), "the key shows that a WebSocket client asks, and not a form or a script"},
	{"15.4", "Sec-WebSocket-Version", rfc6455("4.4"), "both sides must speak the same version, and a client learns which it could"},
	{"15.5", "Host", rfc(9112, "3.2"), "intermediaries and servers must not take a request for another host's"},
	{"15.6", "Bodies", rfc(9112, "6.3"), "where a body ends and frames begin must not be in doubt"},
	{"15.7", "Octets behind the handshake", rfc6455("4.1"), "what comes early is neither lost, nor doubled, nor taken for something else"},
	{"15.8", "Syntax of HTTP", rfc(9112, "2.2"), "what two parsers read in two ways lets a request be smuggled past one of them"},
	{"15.9", "Targets", rfc(9112, "3.2"), "a target has forms, and what has none is no path of the server's"},
	{"15.10", "Sizes and slowness of requests", rfc(6585, "5"), "before a client has said who it is, it must not cost much"},
	{"15.11", "Subprotocols offered", rfc6455("4.2.2"), "a server chooses one of those that were offered, or none"},
	{"15.12", "Extensions offered", rfc6455("9.1"), "a server declines what it does not know"},
	{"15.13", "Origin", rfc6455("10.2"), "a page of somebody else uses the cookies of its visitor"},
	{"15.14", "What is no request", rfc(9112, "2.2"), "a port is found by all kinds of clients"},
	{"16", "Opening handshake of clients", rfc6455("4.1"), "a client must know that a WebSocket server has read its request, and this one"},
	{"16.1", "What a client asks", rfc6455("4.1"), "a request in which something is missing, or comes twice, is refused elsewhere"},
	{"16.2", "Answers in other words", rfc6455("4.1"), "servers and proxies write the same answer in many ways"},
	{"16.3", "Frames behind the answer", rfc6455("4.2.2"), "a server may send as soon as it has answered"},
	{"16.4", "Sec-WebSocket-Accept", rfc6455("4.1"), "the field proves that the answer is to this request, and from no cache or other server"},
	{"16.5", "Answers that do not upgrade", rfc6455("4.1"), "a client that goes on speaks WebSocket to what does not"},
	{"16.6", "Refusals", rfc6455("4.1"), "a status tells a client why it cannot connect"},
	{"16.7", "Syntax of answers", rfc(9112, "2.2"), "a port can have any server behind it"},
	{"16.8", "Answers without end", rfc6455("10.4"), "a server must not be able to use up a client"},
	{"17", "Compression, strictly", rfc7692("7"), "what the older groups leave out of permessage-deflate"},
	{"17.1", "Legal offers", rfc7692("7.1"), "a server answers with what it was offered, or declines"},
	{"17.2", "Illegal offers", rfc7692("7.1"), "a server declines what it cannot read, and serves without"},
	{"17.3", "Several offers", rfc7692("5.1"), "offers stand in the order in which the client prefers them, and one that is declined leaves the next"},
	{"17.4", "Legal answers", rfc7692("7.1"), "a server may add parameters by itself, and the client keeps to them"},
	{"17.5", "Illegal answers", rfc6455("4.1"), "a client does not stay where something else was agreed than it offered"},
	{"17.6", "Blocks", rfc7692("7.2.2"), "a message is any sequence of blocks, final or not"},
	{"17.7", "Context", rfc7692("7.2.2"), "a message may refer to the compressed ones before it, as far as was agreed, and to nothing else"},
	{"17.8", "Wrong data", rfc7692("7.2.2"), "what cannot be decompressed, or is no text then, fails the connection"},
	{"17.9", "Reserved bits with compression", rfc7692("6"), "RSV1 stands in the first frame of a message, and nowhere else"},
	{"17.10", "Sizes of compressed messages", rfc7692("8"), "a few octets can become many, which is legal until there are too many"},
	{"18", "Endurance", rfc6455("10.4"), "one peer must not take a server from the others"},
	{"18.1", "Floods", rfc6455("10.4"), "what costs a peer little must not cost an endpoint much"},
	{"18.2", "Slow peers", rfc6455("10.4"), "a peer that takes its time neither loses anything nor holds others up"},
	{"18.3", "Resets", rfc6455("7.1.7"), "networks drop connections anywhere, and what is left over adds up"},
	{"19", "Order and end", rfc6455("7.1"), "both sides must see the same end of what was said"},
	{"19.1", "Around the Close frame", rfc6455("5.5.1"), "what stands before the Close frame counts, and what stands behind it does not"},
	{"19.2", "The end of the transport", rfc6455("7.1.1"), "the server ends the transport, and not so that the Close frame is lost"},
	{"19.3", "Pipelining", rfc6455("5.2"), "frames are not bound to writes and segments"},
	{"10", "Many fragments", rfc6455("5.4"), "a message arrives whole however it was cut"},
}

func rfc6455(section string) string { return rfc(6455, section) }

func rfc(number int, section string) string {
	return fmt.Sprintf("https://www.rfc-editor.org/rfc/rfc%d#section-%s", number, section)
}

// Group returns the title of the group that the case belongs to.
func (c *Case) Group() string { return c.group().title }

func (c *Case) group() (found group) {
	for _, g := range groups {
		if strings.HasPrefix(c.ID, g.number+".") && len(g.number) > len(found.number) {
			found = g
		}
	}
	return found
}

// described fills in what follows from the number and the ending.
func (c Case) described() Case {
	g := c.group()
	c.Section, c.Reason = cmp.Or(c.Section, g.section), cmp.Or(c.Reason, g.reason)
	if c.Judges == 0 {
		c.Judges = Servers | Clients
	}
	if c.Expect != "" {
		return c
	}
	codes := strings.Trim(strings.Join(strings.Fields(fmt.Sprint(c.codes)), " or "), "[]")
	switch c.ending {
	case echoes:
		c.Expect = "sends everything back, then closes cleanly"
	case fails:
		c.Expect = fmt.Sprintf("fails the connection with %s, or drops it", codes)
	case closes:
		c.Expect = fmt.Sprintf("closes cleanly with %s", codes)
	case closesOrDrops:
		c.Expect = fmt.Sprintf("closes with %s, or drops the connection", codes)
	case tells:
		c.Expect = "ends the connection in whatever way"
	}
	return c
}

// Cases returns the cases that patterns select, all of them if there is none,
// in the order of their numbers. A pattern is a number, in which a star stands
// for a part or, at the end, for all that follows: "7.1.1", "6.4.*", "12.*.1",
// "*". With a minus in front it takes cases away: "-9.*". A pattern that fits no
// case is an error.
func Cases(patterns ...string) ([]Case, error) {
	return selectFrom(catalogue(false), patterns)
}

func catalogue(thin bool) []Case {
	all := slices.Concat(framing(), pings(), reservedBits(), reservedOpcodes(), fragmentation(),
		textCases(), closeCases(), limits(thin), autoFragmentation(), deflating(thin), strictFraming(),
		openingRequests(), openingHTTP(), openingOffers(), openingRest(), openingClient(), negotiation(), compression(thin), endurance(thin), closingOrder())
	for i, c := range all {
		all[i] = c.described()
	}
	return all
}

func selectFrom(all []Case, patterns []string) (list []Case, err error) {
	chosen := make([]bool, len(all))
	if len(patterns) == 0 || strings.HasPrefix(patterns[0], "-") {
		patterns = append([]string{"*"}, patterns...)
	}
	for _, pattern := range patterns {
		name, minus := strings.CutPrefix(pattern, "-")
		fits := false
		for i, c := range all {
			if matches(name, c.ID) {
				chosen[i], fits = !minus, true
			}
		}
		if !fits {
			return nil, fmt.Errorf("conformance: no case fits %q", pattern)
		}
	}
	for i, c := range all {
		if chosen[i] {
			list = append(list, c)
		}
	}
	return list, nil
}

func matches(pattern, id string) bool {
	stem, rest, star := strings.Cut(pattern, "*")
	if !star {
		return pattern == id
	}
	behind, ok := strings.CutPrefix(id, stem)
	if !ok || rest == "" {
		return ok
	}
	_, behind, _ = strings.Cut(behind, ".")
	return matches(strings.TrimPrefix(rest, "."), behind)
}

// Compare orders the numbers of cases: 2.9 comes before 2.10.
func Compare(a, b string) int {
	return slices.CompareFunc(strings.Split(a, "."), strings.Split(b, "."), func(a, b string) int {
		x, errX := strconv.Atoi(a)
		y, errY := strconv.Atoi(b)
		if errX != nil || errY != nil {
			return strings.Compare(a, b)
		}
		return x - y
	})
}
