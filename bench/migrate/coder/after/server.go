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

	codeNoName websocket.StatusCode = 4001
)

// Message is what members send each other.
type Message struct {
	From string `json:"from"`
	Text string `json:"text"`
}

// Room is an http.Handler.
type Room struct {
	options websocket.AcceptOptions
	members websocket.Group
}

// NewRoom returns a room that pings its members.
func NewRoom(pingEvery time.Duration) *Room {
	return &Room{options: websocket.AcceptOptions{
		Options: websocket.Options{
			MaxMessage:   maxMessage,
			PingInterval: pingEvery,
			Queue:        websocket.Queue{Policy: websocket.CloseSlow},
		},
		Origin: protocol.OriginPolicy{Patterns: []string{"https://app.example.com"}},
	}}
}

func (room *Room) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, &room.options)
	if err != nil {
		return // Accept has answered
	}
	defer conn.CloseNow()
	ctx := context.Background()
	name := r.URL.Query().Get("name")
	if name == "" {
		conn.Close(ctx, codeNoName, "name is missing")
		return
	}
	if !room.members.Add(conn) {
		conn.Close(ctx, websocket.StatusGoingAway, "restart")
		return
	}
	for {
		var msg Message
		if err := conn.ReadJSON(ctx, &msg); err != nil {
			switch websocket.CloseStatus(err) {
			case websocket.StatusNormalClosure, websocket.StatusGoingAway:
			default:
				log.Printf("chat: %s: %v", name, err)
				conn.Close(ctx, websocket.StatusInvalidPayload, "no JSON") // if it is still open
			}
			return
		}
		msg.From = name
		room.broadcast(msg)
	}
}

func (room *Room) broadcast(msg Message) {
	data, err := json.Marshal(msg)
	if err != nil {
		return
	}
	if p, err := websocket.NewPrepared(websocket.Text, data); err == nil {
		room.members.Broadcast(p, nil)
	}
}

// Close sends everybody away.
func (room *Room) Close() {
	room.members.Drain(context.Background(), websocket.StatusGoingAway, "restart", 0)
}
