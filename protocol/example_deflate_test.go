package protocol_test

import (
	"fmt"
	"strings"

	"github.com/duplexws/duplex/protocol"
)

// Both ends of permessage-deflate: an offer, its answer, and two messages of
// which the second refers to the first.
func ExampleDeflateConfig() {
	client, server := &protocol.DeflateConfig{}, &protocol.DeflateConfig{}

	offers := client.Offers()                         // for ClientHandshake.Extensions
	answer, atServer, _ := server.Accept(offers)      // in ServerHandshake.Extensions
	accepted := []protocol.Extension{answer}          // HandshakeResult.Extensions
	atClient, compress, err := client.Agree(accepted) // fails the connection
	fmt.Println(answer, compress, err)

	deflater := protocol.NewDeflater(client, atClient.Send)
	defer deflater.Close()
	inflater := protocol.NewInflater(atServer.Receive)
	cfg := protocol.NewConfig(protocol.Server, nil)
	var in protocol.In
	for range 2 {
		text := strings.Repeat("a message ", 10) + "and its end"
		payload, ok := deflater.Append(nil, []byte(text))
		message, err := inflater.Append(cfg, &in, nil, protocol.OpText, payload)
		fmt.Println(ok, len(text), "octets as", len(payload), string(message) == text, err)
	}
	// Output:
	// {permessage-deflate [{server_max_window_bits 12} {client_max_window_bits 12}]} true <nil>
	// true 111 octets as 24 true <nil>
	// true 111 octets as 8 true <nil>
}
