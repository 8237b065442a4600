package chat

import (
	"context"
	"errors"
	"net/url"

	"github.com/duplexws/duplex/websocket"
)

// ErrNoName is returned when the room wants a name.
var ErrNoName = errors.New("chat: the room wants a name")

// Client is a member of a room.
type Client struct{ conn *websocket.Conn }

// Join enters the room at a ws or wss URL.
func Join(ctx context.Context, room, name string) (*Client, error) {
	conn, err := websocket.Dial(ctx, room+"?name="+url.QueryEscape(name), &websocket.DialOptions{
		Options: websocket.Options{MaxMessage: maxMessage},
	})
	if err != nil {
		return nil, err
	}
	return &Client{conn}, nil
}

// Say sends a message to everybody.
func (c *Client) Say(ctx context.Context, text string) error {
	return c.conn.WriteJSON(ctx, Message{Text: text})
}

// Run shows messages until the room closes or Leave is called.
func (c *Client) Run(ctx context.Context, show func(Message)) error {
	defer c.conn.CloseNow()
	for {
		var msg Message
		err := c.conn.ReadJSON(ctx, &msg)
		if err == nil {
			show(msg)
			continue
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
func (c *Client) Leave(ctx context.Context) error {
	return c.conn.Close(ctx, websocket.StatusNormalClosure, "")
}
