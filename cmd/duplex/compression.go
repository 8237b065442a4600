package main

import (
	"github.com/duplexws/duplex/cmd/duplex/internal/cli"
	"github.com/duplexws/duplex/websocket"
	"github.com/spf13/pflag"
)

// compression is the flag of commands whose connections may compress.
type compression struct{ cli.Choice }

func newCompression() compression {
	return compression{cli.Choice{Value: "history", Of: []string{"off", "stateless", "history", "takeover"}}}
}

func (c *compression) add(fs *pflag.FlagSet) {
	fs.Var(c, "compression", "how to use permessage-deflate with clients that offer it: off; stateless, each message by itself; history, with the last 4 KiB of text in mind; or takeover, with 32 KiB")
}

// options are nil for off.
func (c *compression) options() *websocket.DeflateOptions {
	tier := websocket.DeflateHistory
	switch c.Value {
	case "off":
		return nil
	case "stateless":
		tier = websocket.DeflateStateless
	case "takeover":
		tier = websocket.DeflateTakeover
	}
	return &websocket.DeflateOptions{Send: tier, Receive: tier}
}
