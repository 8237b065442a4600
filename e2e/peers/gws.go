package main

import (
	"context"
	"net/http"

	"github.com/lxzan/gws"
)

// gwsLibrary leaves pongs to the application; the handler that comes with it
// sends empty ones.
type gwsLibrary struct {
	options bool // UTF-8 is checked, messages are compressed, pongs are right
}

func (l gwsLibrary) deflate() gws.PermessageDeflate {
	return gws.PermessageDeflate{Enabled: l.options, ServerContextTakeover: true, ClientContextTakeover: true, ServerMaxWindowBits: 15, ClientMaxWindowBits: 15}
}

func (l gwsLibrary) handler(messages chan<- string) gws.Event {
	if l.options {
		return gwsPonging{gwsEchoing{messages: messages}}
	}
	return gwsEchoing{messages: messages}
}

func (l gwsLibrary) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c, err := gws.NewUpgrader(l.handler(nil), &gws.ServerOption{
		CheckUtf8Enabled: l.options, PermessageDeflate: l.deflate(), ReadMaxPayloadSize: limit, WriteMaxPayloadSize: limit,
	}).Upgrade(w, r)
	if err == nil {
		readLoop(c)
	}
}

func (l gwsLibrary) dial(url string, messages chan<- string) (*gws.Conn, error) {
	c, _, err := gws.NewClient(l.handler(messages), &gws.ClientOption{
		Addr: url, CheckUtf8Enabled: l.options, PermessageDeflate: l.deflate(), ReadMaxPayloadSize: limit, WriteMaxPayloadSize: limit,
	})
	return c, err
}

func (l gwsLibrary) echo(ctx context.Context, url string) error {
	c, err := l.dial(url, nil)
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { c.NetConn().Close() })()
	readLoop(c)
	return nil
}

// readLoop costs no more than the connection where gws panics.
func readLoop(c *gws.Conn) {
	defer func() {
		if recover() != nil {
			c.NetConn().Close()
		}
	}()
	c.ReadLoop()
}

func (l gwsLibrary) ask(ctx context.Context, url string) (string, error) {
	messages := make(chan string, 1)
	c, err := l.dial(url, messages)
	if err != nil {
		return "", err
	}
	defer c.NetConn().Close()
	go readLoop(c)
	select {
	case text := <-messages:
		return text, nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// gwsEchoing echoes, or keeps a message for ask.
type gwsEchoing struct {
	gws.BuiltinEventHandler
	messages chan<- string
}

func (h gwsEchoing) OnMessage(c *gws.Conn, m *gws.Message) {
	defer m.Close()
	if h.messages != nil {
		select {
		case h.messages <- m.Data.String():
		default:
		}
		return
	}
	_ = c.WriteMessage(m.Opcode, m.Bytes())
}

// gwsPonging answers pings as an application should.
type gwsPonging struct{ gwsEchoing }

func (gwsPonging) OnPing(c *gws.Conn, payload []byte) { _ = c.WritePong(payload) }
