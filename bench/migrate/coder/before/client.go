package chat

import (
	"context"
	"errors"
	"net"
	"net/url"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
)

// ErrNoName is returned when the room wants a name.
var ErrNoName = errors.New("chat: the room wants a name")

// Client is a member of a room.
type Client struct{ conn *websocket.Conn }

// Join enters the room at a ws or wss URL.
func Join(ctx context.Context, room, name string) (*Client, error) {
	conn, _, err := websocket.Dial(ctx, room+"?name="+url.QueryEscape(name), nil)
	if err != nil {
		return nil, err
	}
	conn.SetReadLimit(maxMessage)
	return &Client{conn}, nil
}

// Say sends a message to everybody.
func (c *Client) Say(ctx context.Context, text string) error {
	return wsjson.Write(ctx, c.conn, Message{Text: text})
}

// Run shows messages until the room closes or Leave is called.
func (c *Client) Run(ctx context.Context, show func(Message)) error {
	defer c.conn.CloseNow()
	for {
		var msg Message
		err := wsjson.Read(ctx, c.conn, &msg)
		if err == nil {
			show(msg)
			continue
		}
		if errors.Is(err, net.ErrClosed) { // Leave may be the first to see the answer
			return nil
		}
		switch websocket.CloseStatus(err) {
		case websocket.StatusNormalClosure, websocket.StatusGoingAway:
			return nil
		case codeNoName:
			return ErrNoName
		}
		return err
	}
}

// Leave says goodbye, and returns when the room has answered.
func (c *Client) Leave() error {
	return c.conn.Close(websocket.StatusNormalClosure, "")
}
