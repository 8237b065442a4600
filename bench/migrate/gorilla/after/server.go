// Package chat is a chat room on Duplex.
package chat

import (
	"context"
	"encoding/json"
	"log"
	"net/http"
	"time"

	"github.com/duplexws/duplex/protocol"
	"github.com/duplexws/duplex/websocket"
)

const (
	maxMessage = 4096
	codeNoName = 4001
)

// Message is what members send each other.
type Message struct {
	From string `json:"from"`
	Text string `json:"text"`
}

// Room is an http.Handler.
type Room struct {
	accept  websocket.AcceptOptions
	members websocket.Group
}

// NewRoom returns a room that pings its members.
func NewRoom(pingEvery time.Duration) *Room {
	return &Room{accept: websocket.AcceptOptions{
		Options: websocket.Options{
			MaxMessage:   maxMessage,
			PingInterval: pingEvery,
			Queue:        websocket.Queue{Policy: websocket.CloseSlow},
			Hooks: &websocket.Hooks{Closed: func(c *websocket.Conn, err error) {
				if err != nil {
					log.Printf("chat: %v: %v", c.RemoteAddr(), err)
				}
			}},
		},
		Origin: protocol.OriginPolicy{Patterns: []string{"https://app.example.com"}},
	}}
}

func (room *Room) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := r.URL.Query().Get("name")
	room.accept.Handler(func(ctx context.Context, c *websocket.Conn) error {
		return room.serve(ctx, c, name)
	}).ServeHTTP(w, r)
}

func (room *Room) serve(ctx context.Context, c *websocket.Conn, name string) error {
	if name == "" {
		return &websocket.CloseError{Code: codeNoName, Reason: "name is missing"}
	}
	if !room.members.Add(c) {
		return &websocket.CloseError{Code: websocket.StatusGoingAway, Reason: "restart"}
	}
	for {
		var msg Message
		if err := c.ReadJSON(ctx, &msg); err != nil {
			return err
		}
		msg.From = name
		data, err := json.Marshal(msg)
		if err != nil {
			return err
		}
		p, err := websocket.NewPrepared(websocket.Text, data)
		if err != nil {
			return err
		}
		room.members.Broadcast(p, nil)
	}
}

// Close sends everybody away, and cuts off who has not gone when ctx ends.
func (room *Room) Close(ctx context.Context) error {
	return room.members.Drain(ctx, websocket.StatusGoingAway, "restart", 0)
}
