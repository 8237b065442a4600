package main

import (
	"context"
	"errors"

	"github.com/duplexws/duplex/websocket"
)

// hello bounds what somebody unknown can make the server hold.
var hello = &websocket.AcceptOptions{Options: websocket.Options{MaxMessage: 4 << 10}}

func (s *site) byMessage(ctx context.Context, conn *websocket.Conn) error {
	who, err := s.firstMessage(ctx, conn)
	if err != nil {
		return err
	}
	conn.SetMaxMessage(64 << 10) // somebody known may say more
	return s.converse(ctx, conn, who)
}

// firstMessage waits for the token.
func (s *site) firstMessage(ctx context.Context, conn *websocket.Conn) (session, error) {
	ctx, cancel := context.WithTimeout(ctx, s.helloTimeout)
	defer cancel()
	var m struct{ Token string }
	if err := conn.ReadJSON(ctx, &m); errors.Is(err, context.DeadlineExceeded) {
		return session{}, &websocket.CloseError{Code: statusTimeout, Reason: "no token"}
	} else if err != nil {
		return session{}, &websocket.CloseError{Code: statusForbidden, Reason: "no token"}
	}
	who, err := s.tokens.check(m.Token)
	if errors.Is(err, errExpired) { // on its way, say: there is a fresh one
		return session{}, &websocket.CloseError{Code: statusUnauthorized, Reason: err.Error()}
	} else if err != nil {
		return session{}, &websocket.CloseError{Code: statusForbidden, Reason: err.Error()}
	}
	return who, nil
}
