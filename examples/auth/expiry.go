package main

import (
	"context"
	"time"

	"github.com/duplexws/duplex/reconnect"
	"github.com/duplexws/duplex/websocket"
)

// closeAt closes conn when the token expires that opened it. The caller stops
// the clock.
func (s *site) closeAt(conn *websocket.Conn, t time.Time) (stop func() bool) {
	return s.after(time.Until(t), func() {
		conn.Close(context.Background(), statusUnauthorized, errExpired.Error())
	})
}

// withFreshTokens are options for reconnect.Dial at /chat/header: each attempt
// gets a token of its own.
func withFreshTokens(token func(context.Context) (string, error)) *reconnect.Options {
	return &reconnect.Options{
		Prepare: func(ctx context.Context, a *reconnect.Attempt) error {
			t, err := token(ctx)
			if err != nil {
				return err
			}
			a.Options.Header.Set("Authorization", "Bearer "+t)
			return nil
		},
	}
}
