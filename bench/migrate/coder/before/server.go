// Package chat is a chat room on coder/websocket.
package chat

import (
	"context"
	"log"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
)

const (
	maxMessage = 4096
	writeWait  = 10 * time.Second
	pongWait   = 10 * time.Second

	codeNoName websocket.StatusCode = 4001
)

// Message is what members send each other.
type Message struct {
	From string `json:"from"`
	Text string `json:"text"`
}

// Room is an http.Handler.
type Room struct {
	pingEvery time.Duration

	mu      sync.Mutex
	members map[*member]bool
	closed  bool
	serving sync.WaitGroup
}

type member struct {
	conn *websocket.Conn
	send chan Message
}

// NewRoom returns a room that pings its members.
func NewRoom(pingEvery time.Duration) *Room {
	return &Room{pingEvery: pingEvery, members: make(map[*member]bool)}
}

func (room *Room) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		OriginPatterns: []string{"app.example.com"},
	})
	if err != nil {
		return // Accept has answered
	}
	defer conn.CloseNow()
	conn.SetReadLimit(maxMessage)
	name := r.URL.Query().Get("name")
	if name == "" {
		conn.Close(codeNoName, "name is missing")
		return
	}
	m := &member{conn, make(chan Message, 16)}
	if !room.add(m) {
		conn.Close(websocket.StatusGoingAway, "restart")
		return
	}
	defer room.remove(m)

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go room.writeLoop(ctx, m)
	go room.pingLoop(ctx, m)
	for {
		var msg Message
		if err := wsjson.Read(ctx, conn, &msg); err != nil {
			switch websocket.CloseStatus(err) {
			case websocket.StatusNormalClosure, websocket.StatusGoingAway:
			default:
				log.Printf("chat: %s: %v", name, err)
			}
			return
		}
		msg.From = name
		room.broadcast(msg)
	}
}

func (room *Room) writeLoop(ctx context.Context, m *member) {
	for {
		select {
		case msg := <-m.send:
			if writeTimeout(ctx, m.conn, msg) != nil {
				m.conn.CloseNow()
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

func writeTimeout(ctx context.Context, conn *websocket.Conn, msg Message) error {
	ctx, cancel := context.WithTimeout(ctx, writeWait)
	defer cancel()
	return wsjson.Write(ctx, conn, msg)
}

func (room *Room) pingLoop(ctx context.Context, m *member) {
	every := time.NewTicker(room.pingEvery)
	defer every.Stop()
	for {
		select {
		case <-every.C:
			if pingTimeout(ctx, m.conn) != nil {
				m.conn.CloseNow()
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

func pingTimeout(ctx context.Context, conn *websocket.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, pongWait)
	defer cancel()
	return conn.Ping(ctx)
}

func (room *Room) broadcast(msg Message) {
	room.mu.Lock()
	defer room.mu.Unlock()
	for m := range room.members {
		select {
		case m.send <- msg:
		default:
			go m.conn.Close(websocket.StatusPolicyViolation, "too slow")
		}
	}
}

func (room *Room) add(m *member) bool {
	room.mu.Lock()
	defer room.mu.Unlock()
	if room.closed {
		return false
	}
	room.members[m] = true
	room.serving.Add(1)
	return true
}

func (room *Room) remove(m *member) {
	room.mu.Lock()
	delete(room.members, m)
	room.mu.Unlock()
	room.serving.Done()
}

// Close sends everybody away.
func (room *Room) Close() {
	room.mu.Lock()
	room.closed = true
	for m := range room.members {
		room.serving.Go(func() { m.conn.Close(websocket.StatusGoingAway, "restart") })
	}
	room.mu.Unlock()
	room.serving.Wait()
}
