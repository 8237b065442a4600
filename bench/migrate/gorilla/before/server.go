// Package chat is a chat room on gorilla/websocket.
package chat

import (
	"log"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

const (
	maxMessage = 4096
	writeWait  = 10 * time.Second
	pongWait   = 10 * time.Second
	codeNoName = 4001
)

// Message is what members send each other.
type Message struct {
	From string `json:"from"`
	Text string `json:"text"`
}

// Room is an http.Handler.
type Room struct {
	upgrader  websocket.Upgrader
	pingEvery time.Duration

	mu      sync.Mutex
	members map[*member]bool
	closed  bool
	serving sync.WaitGroup
}

type member struct {
	conn *websocket.Conn
	send chan Message
	done chan struct{}
}

// NewRoom returns a room that pings its members.
func NewRoom(pingEvery time.Duration) *Room {
	return &Room{
		upgrader: websocket.Upgrader{
			ReadBufferSize:  1024,
			WriteBufferSize: 1024,
			CheckOrigin: func(r *http.Request) bool {
				origin := r.Header.Get("Origin")
				return origin == "" || origin == "https://app.example.com"
			},
		},
		pingEvery: pingEvery,
		members:   make(map[*member]bool),
	}
}

func (room *Room) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	conn, err := room.upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // Upgrade has answered
	}
	defer conn.Close()
	name := r.URL.Query().Get("name")
	if name == "" {
		sendClose(conn, codeNoName, "name is missing")
		return
	}
	m := &member{conn, make(chan Message, 16), make(chan struct{})}
	if !room.add(m) {
		sendClose(conn, websocket.CloseGoingAway, "restart")
		return
	}
	defer room.remove(m)
	go room.writeLoop(m)

	wait := room.pingEvery + pongWait
	conn.SetReadLimit(maxMessage)
	conn.SetReadDeadline(time.Now().Add(wait))
	conn.SetPongHandler(func(string) error {
		return conn.SetReadDeadline(time.Now().Add(wait))
	})
	for {
		var msg Message
		if err := conn.ReadJSON(&msg); err != nil {
			if websocket.IsUnexpectedCloseError(err, websocket.CloseNormalClosure, websocket.CloseGoingAway) {
				log.Printf("chat: %s: %v", name, err)
			}
			return
		}
		msg.From = name
		room.broadcast(msg)
	}
}

// writeLoop is the one goroutine that may write to m.
func (room *Room) writeLoop(m *member) {
	ping := time.NewTicker(room.pingEvery)
	defer ping.Stop()
	defer m.conn.Close() // so that the reader ends too
	for {
		select {
		case msg := <-m.send:
			m.conn.SetWriteDeadline(time.Now().Add(writeWait))
			if m.conn.WriteJSON(msg) != nil {
				return
			}
		case <-ping.C:
			if m.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeWait)) != nil {
				return
			}
		case <-m.done:
			return
		}
	}
}

func (room *Room) broadcast(msg Message) {
	room.mu.Lock()
	defer room.mu.Unlock()
	for m := range room.members {
		select {
		case m.send <- msg:
		default: // too slow
			go func() {
				sendClose(m.conn, websocket.ClosePolicyViolation, "too slow")
				m.conn.Close()
			}()
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
	close(m.done)
	room.serving.Done()
}

// Close sends everybody away, and cuts off who has not gone after timeout.
func (room *Room) Close(timeout time.Duration) {
	room.mu.Lock()
	room.closed = true
	for m := range room.members {
		go sendClose(m.conn, websocket.CloseGoingAway, "restart")
	}
	room.mu.Unlock()
	cut := time.AfterFunc(timeout, func() {
		room.mu.Lock()
		defer room.mu.Unlock()
		for m := range room.members {
			m.conn.Close()
		}
	})
	room.serving.Wait()
	cut.Stop()
}

func sendClose(conn *websocket.Conn, code int, text string) {
	msg := websocket.FormatCloseMessage(code, text)
	conn.WriteControl(websocket.CloseMessage, msg, time.Now().Add(writeWait))
}
