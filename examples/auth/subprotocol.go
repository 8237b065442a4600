package main

import (
	"context"
	"net/http"
	"strings"

	"github.com/duplexws/duplex/websocket"
)

// spoken does not list the token: the server would repeat it in its response.
var spoken = &websocket.AcceptOptions{Subprotocols: []string{"chat.v1"}}

func (s *site) bySubprotocol(w http.ResponseWriter, r *http.Request) {
	who, err := s.tokens.check(offeredToken(r))
	if err != nil {
		unauthorized(w, "")
		return
	}
	spoken.Handler(func(ctx context.Context, conn *websocket.Conn) error {
		return s.converse(ctx, conn, who)
	}).ServeHTTP(w, r)
}

// offeredToken returns the token among the sub-protocols that r offers.
func offeredToken(r *http.Request) string {
	for _, line := range r.Header.Values("Sec-WebSocket-Protocol") {
		for name := range strings.SplitSeq(line, ",") {
			if token, ok := strings.CutPrefix(strings.TrimSpace(name), "bearer."); ok {
				return token
			}
		}
	}
	return ""
}
