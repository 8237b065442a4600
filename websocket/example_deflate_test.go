package websocket_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"

	"github.com/duplexws/duplex/websocket"
)

// Compression on both sides, with one budget for all connections of a server.
func ExampleDeflateOptions() {
	accept := &websocket.AcceptOptions{Options: websocket.Options{
		Deflate: &websocket.DeflateOptions{Budget: websocket.NewDeflateBudget(16 << 20)},
	}}
	server := httptest.NewServer(accept.Handler(func(ctx context.Context, c *websocket.Conn) error {
		return c.ReadEach(ctx, func(typ websocket.MessageType, p []byte) error { return c.Write(ctx, typ, p) })
	}))
	defer server.Close()

	ctx := context.Background()
	c, err := websocket.Dial(ctx, wsURL(server), &websocket.DialOptions{Options: websocket.Options{
		Deflate: &websocket.DeflateOptions{Receive: websocket.DeflateTakeover},
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.CloseNow()
	agreed, ok := c.Deflate()
	fmt.Println("compressed:", ok)
	fmt.Println("the server remembers:", agreed.Receive.Takeover, "and of us at most", 1<<agreed.Send.WindowBits, "octets")

	message := strings.Repeat(`{"price": 17, "size": 4},`, 100)
	c.Write(ctx, websocket.Text, []byte(message))
	_, p, _ := c.Read(ctx)
	fmt.Println("the same came back:", string(p) == message)
	fmt.Println("in a tenth of the octets:", c.Stats().BytesIn < uint64(len(message)/10))
	// Output:
	// compressed: true
	// the server remembers: true and of us at most 4096 octets
	// the same came back: true
	// in a tenth of the octets: true
}

// A secret does not share a compressed message with what others choose.
func ExampleUncompressed() {
	server := httptest.NewServer(websocket.Handler(func(ctx context.Context, c *websocket.Conn) error {
		typ, p, err := c.Read(ctx)
		fmt.Println(typ, string(p))
		return err
	}))
	defer server.Close()

	ctx := context.Background()
	c, err := websocket.Dial(ctx, wsURL(server), &websocket.DialOptions{Options: websocket.Options{
		Deflate: new(websocket.DeflateOptions), // which this server declines
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.CloseNow()
	c.Write(ctx, websocket.Text|websocket.Uncompressed, []byte("token=0123456789"))
	c.Close(ctx, websocket.StatusNormalClosure, "")
	// Output: text token=0123456789
}
