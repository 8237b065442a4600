package protocol_test

import (
	"fmt"

	"github.com/duplexws/duplex/protocol"
)

// A server takes in what was read from the transport, and gathers what has to
// be written.
func Example() {
	cfg := protocol.NewConfig(protocol.Server, nil)
	var (
		in   protocol.In
		out  protocol.Out
		owed protocol.Owed
		send []byte
	)
	now := int64(1) // nanoseconds of a monotonic clock

	received := fromClient()
	var ev protocol.Event
	for rest := received; ; {
		if rest = in.Feed(cfg, now, rest, &ev); ev.Kind == protocol.None {
			break
		}
		switch ev.Kind {
		case protocol.Data:
			fmt.Printf("%v: %s\n", ev.Opcode, ev.Payload)
			send, _ = out.AppendMessage(cfg, send, ev.Opcode, false, ev.Payload)
		case protocol.Ping:
			fmt.Printf("ping: %s\n", ev.Payload)
			owed.Pong(ev.Payload)
		case protocol.Close:
			fmt.Printf("close: %v, %q\n", ev.Code, ev.Payload)
			owed.Reply(ev.Code)
		case protocol.Failed:
			fmt.Println(ev.Err)
			owed.Fail(ev.Err)
		}
	}
	send, act := out.AppendOwed(cfg, now, send, &owed)
	fmt.Printf("% x\n", send)
	fmt.Println(out.State(), act&protocol.EndTransport != 0)
	// Output:
	// text: Hello
	// ping: are you there?
	// close: 1000 (normal closure), "bye"
	// 81 05 48 65 6c 6c 6f 8a 0e 61 72 65 20 79 6f 75 20 74 68 65 72 65 3f 88 02 03 e8
	// close done true
}

// fromClient is what a client sends that says Hello, asks whether we are there,
// and leaves.
func fromClient() (octets []byte) {
	cfg := protocol.NewConfig(protocol.Client, nil)
	var out protocol.Out
	octets, _ = out.AppendMessage(cfg, octets, protocol.OpText, false, []byte("Hello"))
	octets, _ = out.AppendPing(cfg, octets, []byte("are you there?"))
	octets, _, _ = out.AppendClose(cfg, 1, octets, protocol.StatusNormalClosure, "bye")
	return octets
}

// What breaks a rule is reported with the section that it breaks.
func ExampleIn_Feed() {
	cfg := protocol.NewConfig(protocol.Client, nil)
	var in protocol.In
	var ev protocol.Event
	in.Feed(cfg, 1, []byte{0xC1, 0x05, 'H', 'e', 'l', 'l', 'o'}, &ev)
	fmt.Println(ev.Kind, ev.Err.Code)
	fmt.Println(ev.Err)
	// Output:
	// failed 1002 (protocol error)
	// websocket: RSV1 is set without an extension that uses it at octet 0 (RFC 6455 5.2; closing with 1002)
}

// A message may be sent in fragments, with control frames between them.
func ExampleOut_AppendFragment() {
	cfg := protocol.NewConfig(protocol.Server, nil)
	var out protocol.Out
	var send []byte
	send, _ = out.AppendFragment(cfg, send, protocol.OpText, false, false, []byte("Hel"))
	send, _ = out.AppendPing(cfg, send, nil)
	_, err := out.AppendMessage(cfg, send, protocol.OpText, false, []byte("not now"))
	fmt.Println(err)
	send, _ = out.AppendFragment(cfg, send, protocol.OpText, true, false, []byte("lo"))
	fmt.Printf("% x\n", send)
	// Output:
	// websocket: a fragmented message is under way
	// 01 03 48 65 6c 89 00 80 02 6c 6f
}

// A message that arrives in pieces is built in a buffer, which also is where
// the next of its octets are best received.
func ExampleAssembler() {
	cfg := protocol.NewConfig(protocol.Client, nil)
	var in protocol.In
	var built protocol.Assembler
	defer built.Release()

	for _, read := range []string{"\x01\x07Hello, ", "\x80\x06Wo", "rld!"} {
		buf := []byte(read)
		var ev protocol.Event
		for {
			if buf = in.Feed(cfg, 1, buf, &ev); ev.Kind != protocol.Data {
				break
			}
			if message, whole := built.Add(&in, &ev); whole {
				fmt.Printf("%v: %s\n", ev.Opcode, message)
			} else {
				fmt.Printf("%d octets so far\n", built.Len())
			}
		}
	}
	// Output:
	// 7 octets so far
	// 9 octets so far
	// text: Hello, World!
}
