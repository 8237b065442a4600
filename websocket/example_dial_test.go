package websocket_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/http/httptrace"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/duplexws/duplex/websocket"
)

// What a server said when it refused, and what it sets.
func ExampleRefusedError() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", "30")
		http.Error(w, "come back later", http.StatusServiceUnavailable)
	}))
	defer server.Close()

	_, err := websocket.Dial(context.Background(), wsURL(server), nil)
	var refused *websocket.RefusedError
	if errors.As(err, &refused) {
		fmt.Println(refused.Status, refused.Header.Get("Retry-After"), strings.TrimSpace(string(refused.Body)))
	}
	// Output: 503 30 come back later
}

// Through a proxy of one's own choice. Without the option it is that of the
// environment: HTTPS_PROXY, HTTP_PROXY and NO_PROXY.
func ExampleDialOptions_proxy() {
	proxy, err := url.Parse("http://ada:secret@proxy.example:3128") // or https, socks5
	if err != nil {
		slog.Error("proxy", "error", err)
		return
	}
	options := &websocket.DialOptions{
		Proxy: http.ProxyURL(proxy),
		NetDial: func(ctx context.Context, network, address string) (net.Conn, error) {
			fmt.Println("connecting to", address)
			return nil, errors.New("no proxy in this example")
		},
	}
	_, err = websocket.Dial(context.Background(), "wss://server.example/feed", options)
	fmt.Println(err)
	// Output:
	// connecting to proxy.example:3128
	// websocket: cannot connect to server.example:443: proxy proxy.example:3128: no proxy in this example
}

// To a server behind a Unix socket. The URL says what to ask it for.
func ExampleDialOptions_unixSocket() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		fmt.Println(err)
		return
	}
	server := &http.Server{Handler: websocket.Handler(echoes)}
	go server.Serve(l)
	defer server.Close()

	c, err := websocket.Dial(context.Background(), "ws://localhost/", &websocket.DialOptions{UnixSocket: path})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.CloseNow()
	c.Write(context.Background(), websocket.Text, []byte("over a Unix socket"))
	_, p, err := c.Read(context.Background())
	fmt.Println(string(p), err)
	// Output: over a Unix socket <nil>
}

// With a certificate of the client's (mTLS), and the server's own roots.
func ExampleDialOptions_tls() {
	server := httptest.NewUnstartedServer(websocket.Handler(func(ctx context.Context, c *websocket.Conn) error {
		return c.Write(ctx, websocket.Text, []byte("I know you"))
	}))
	server.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	server.StartTLS()
	defer server.Close()

	config := server.Client().Transport.(*http.Transport).TLSClientConfig // its RootCAs
	config.Certificates = server.TLS.Certificates                         // of tls.LoadX509KeyPair, as a rule
	c, err := websocket.Dial(context.Background(), "wss"+strings.TrimPrefix(server.URL, "https"), &websocket.DialOptions{TLSConfig: config})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.CloseNow()
	_, p, err := c.Read(context.Background())
	fmt.Println(string(p), err)
	// Output: I know you <nil>
}

// The session that a login over HTTP began, and the response to the handshake.
func ExampleDialOptions_jar() {
	mux := http.NewServeMux()
	mux.HandleFunc("/login", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "7", Path: "/"})
	})
	mux.HandleFunc("/chat", func(w http.ResponseWriter, r *http.Request) {
		session, err := r.Cookie("session")
		if err != nil {
			w.Header().Set("Connection", "close")
			http.Error(w, "log in first", http.StatusUnauthorized)
			return
		}
		w.Header().Set("X-Session", session.Value)
		if c, err := websocket.Accept(w, r, nil); err == nil {
			c.CloseNow()
		}
	})
	server := httptest.NewServer(mux)
	defer server.Close()

	jar, _ := cookiejar.New(nil) // it never fails
	browser := &http.Client{Jar: jar}
	login, err := browser.Get(server.URL + "/login")
	if err != nil {
		fmt.Println(err)
		return
	}
	io.Copy(io.Discard, login.Body)
	login.Body.Close()

	c, err := websocket.Dial(context.Background(), wsURL(server)+"/chat", &websocket.DialOptions{
		Jar:        jar,
		OnResponse: func(r *http.Response) { fmt.Println(r.Status, r.Header.Get("X-Session")) },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	c.CloseNow()
	// Output: 101 Switching Protocols 7
}

// Where the time goes, by the hooks of net/http/httptrace.
func ExampleDial_trace() {
	server := httptest.NewServer(websocket.Handler(echoes))
	defer server.Close()

	ctx := httptrace.WithClientTrace(context.Background(), &httptrace.ClientTrace{
		ConnectDone:          func(network, address string, err error) { fmt.Println("connected:", network, err) },
		WroteRequest:         func(info httptrace.WroteRequestInfo) { fmt.Println("asked:", info.Err) },
		GotFirstResponseByte: func() { fmt.Println("it answers") },
	})
	c, err := websocket.Dial(ctx, wsURL(server), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	c.CloseNow()
	// Output:
	// connected: tcp <nil>
	// asked: <nil>
	// it answers
}
