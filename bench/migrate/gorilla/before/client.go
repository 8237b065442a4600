package chat

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// ErrNoName is returned when the room wants a name.
var ErrNoName = errors.New("chat: the room wants a name")

// Client is a member of a room.
type Client struct {
	conn  *websocket.Conn
	write sync.Mutex
}

// Join enters the room at a ws or wss URL.
func Join(room, name string) (*Client, error) {
	dialer := websocket.Dialer{
		Proxy:            http.ProxyFromEnvironment,
		HandshakeTimeout: 5 * time.Second,
	}
	conn, resp, err := dialer.Dial(room+"?name="+url.QueryEscape(name), nil)
	if err != nil {
		if resp != nil {
			err = fmt.Errorf("%w: %s", err, resp.Status)
		}
		return nil, err
	}
	conn.SetReadLimit(maxMessage)
	return &Client{conn: conn}, nil
}

// Say sends a message to everybody.
func (c *Client) Say(text string) error {
	c.write.Lock()
	defer c.write.Unlock()
	c.conn.SetWriteDeadline(time.Now().Add(writeWait))
	return c.conn.WriteJSON(Message{Text: text})
}

// Run shows messages until the room closes or Leave is called.
func (c *Client) Run(show func(Message)) error {
	defer c.conn.Close()
	for {
		var msg Message
		err := c.conn.ReadJSON(&msg)
		switch {
		case err == nil:
			show(msg)
		case websocket.IsCloseError(err, websocket.CloseNormalClosure, websocket.CloseGoingAway):
			return nil
		case websocket.IsCloseError(err, codeNoName):
			return ErrNoName
		default:
			return err
		}
	}
}

// Leave says goodbye; Run returns when the room has answered.
func (c *Client) Leave() error {
	msg := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
	return c.conn.WriteControl(websocket.CloseMessage, msg, time.Now().Add(writeWait))
}
