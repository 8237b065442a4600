package main

import (
	"context"
	"io"
	"net/http"
	"strings"

	"github.com/duplexws/duplex/websocket"
)

// token gives a token to who has a password.
func (s *site) token(w http.ResponseWriter, r *http.Request) {
	user, password, _ := r.BasicAuth()
	if !s.password(user, password) {
		unauthorized(w, `Basic realm="chat"`)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	io.WriteString(w, s.tokens.issue(user, s.tokenLife))
}

// byHeader takes a token, or a user name and password.
func (s *site) byHeader(w http.ResponseWriter, r *http.Request) {
	who, err := s.tokens.check(bearer(r))
	if user, password, basic := r.BasicAuth(); basic && s.password(user, password) {
		who, err = begin(user, s.tokenLife), nil
	}
	if err != nil {
		unauthorized(w, "Bearer")
		return
	}
	s.chat(who).ServeHTTP(w, r)
}

func bearer(r *http.Request) string {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return token
}

// dialWithToken is a client that is no browser.
func dialWithToken(ctx context.Context, url, token string) (*websocket.Conn, error) {
	return websocket.Dial(ctx, url, &websocket.DialOptions{
		Header: http.Header{"Authorization": {"Bearer " + token}},
	})
}
