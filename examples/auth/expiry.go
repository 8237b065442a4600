package main

import (
	"context"
	"time"

	"github.com/duplexws/duplex/reconnect"
	"github.com/duplexws/duplex/websocket"
)

// expired is the close code that tells a client to come back with a fresh token.
const expired websocket.StatusCode = 4401

// closeAt closes conn when the token expires that opened it. The caller stops
// the clock.
func closeAt(conn *websocket.Conn, t time.Time) (stop func() bool) {
	return time.AfterFunc(time.Until(t), func() {
		conn.Close(context.Background(), expired, "the token has expired")
	}).Stop
}

// withFreshTokens are options for reconnect.Dial: each attempt gets a token of
// its own.
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
