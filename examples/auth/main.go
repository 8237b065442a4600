// Command auth shows the ways to tell a WebSocket server who is connecting.
// docs/auth.md compares them.
package main

import (
	"context"
	"embed"
	"io/fs"
	"log"
	"net/http"
	"time"

	"github.com/duplexws/duplex/websocket"
)

func main() {
	s := newSite(func(user, password string) bool { return user != "" && password == "swordfish" })
	server := &http.Server{Addr: "localhost:8080", Handler: s.router()}
	websocket.ConfigureServer(server)
	log.Print("http://localhost:8080, for any user with the password swordfish")
	log.Fatal(server.ListenAndServe())
}

// A site is a server. It keeps the kinds of secrets apart, so that none does
// for another.
type site struct {
	password func(user, password string) bool

	logins  tokens // in cookies
	tokens  tokens // for programs and pages that keep them
	tickets tokens // each for one connection

	tokenLife    time.Duration
	helloTimeout time.Duration
	after        func(time.Duration, func()) (stop func() bool) // time.AfterFunc, but in tests
}

func newSite(password func(user, password string) bool) *site {
	return &site{
		password: password, tokenLife: 15 * time.Minute, helloTimeout: 5 * time.Second,
		after: func(d time.Duration, f func()) func() bool { return time.AfterFunc(d, f).Stop },
	}
}

//go:embed page
var files embed.FS

func (s *site) router() *http.ServeMux {
	page, err := fs.Sub(files, "page")
	if err != nil {
		panic(err) // not possible: the folder is embedded
	}
	mux := http.NewServeMux()
	mux.Handle("GET /", http.FileServerFS(page))
	mux.HandleFunc("POST /login", s.login)
	mux.HandleFunc("POST /token", s.token)
	mux.HandleFunc("POST /ticket", s.ticket)
	mux.HandleFunc("GET /chat/cookie", s.byCookie)
	mux.HandleFunc("GET /chat/subprotocol", s.bySubprotocol)
	mux.Handle("GET /chat/message", hello.Handler(s.byMessage))
	mux.HandleFunc("GET /chat/ticket", s.byTicket)
	mux.HandleFunc("GET /chat/header", s.byHeader)
	return mux
}

// chat talks with a user who is known by now.
func (s *site) chat(who session) http.Handler {
	return websocket.Handler(func(ctx context.Context, conn *websocket.Conn) error {
		return s.converse(ctx, conn, who)
	})
}

func (s *site) converse(ctx context.Context, conn *websocket.Conn, who session) error {
	defer s.closeAt(conn, who.expires)()
	if err := conn.Write(ctx, websocket.Text, []byte("hello "+who.user)); err != nil {
		return err
	}
	return conn.ReadEach(ctx, func(typ websocket.MessageType, p []byte) error {
		return conn.Write(ctx, typ, append([]byte(who.user+": "), p...))
	})
}

// The close codes that are registered for what HTTP says by 401, 403 and 408.
const (
	statusUnauthorized websocket.StatusCode = 3000 // come back with a fresh token
	statusForbidden    websocket.StatusCode = 3003 // trying again is of no use
	statusTimeout      websocket.StatusCode = 3008
)

// unauthorized refuses an opening handshake. What follows it on the connection
// would be frames, so the connection ends.
func unauthorized(w http.ResponseWriter, challenge string) {
	w.Header().Set("Connection", "close")
	if challenge != "" {
		w.Header().Set("WWW-Authenticate", challenge)
	}
	http.Error(w, "unauthorized", http.StatusUnauthorized)
}
