package main

import (
	"context"

	"github.com/duplexws/duplex/websocket"
)

// hello bounds what somebody unknown can make the server hold.
var hello = &websocket.AcceptOptions{Options: websocket.Options{MaxMessage: 64 << 10}}

// forbidden is the close code for a token that is not valid.
const forbidden websocket.StatusCode = 4403

func (s *site) byMessage(ctx context.Context, conn *websocket.Conn) error {
	who, err := s.firstMessage(ctx, conn)
	if err != nil {
		return err
	}
	return converse(ctx, conn, who)
}

// firstMessage waits for the token.
func (s *site) firstMessage(ctx context.Context, conn *websocket.Conn) (session, error) {
	ctx, cancel := context.WithTimeout(ctx, s.helloTimeout)
	defer cancel()
	var m struct{ Token string }
	if err := conn.ReadJSON(ctx, &m); err != nil {
		return session{}, &websocket.CloseError{Code: forbidden, Reason: "no token"}
	}
	who, ok := s.tokens.check(m.Token)
	if !ok {
		return session{}, &websocket.CloseError{Code: forbidden, Reason: "the token is not valid"}
	}
	return who, nil
}
