package wstest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/duplexws/duplex/websocket"
)

// dialing dials l in the background.
func dialing(t *testing.T, l *Listener, o websocket.DialOptions) <-chan error {
	o.NetDial, o.Clock = l.Dial, websocket.NewClock()
	failed := make(chan error, 1)
	go func() {
		c, err := websocket.Dial(t.Context(), "ws://example.com/chat", &o)
		if err == nil {
			c.CloseNow()
		}
		failed <- err
	}()
	return failed
}

func TestAcceptPeer(t *testing.T) {
	inAndOut(t, func(t *testing.T) {
		l := Listen()
		defer l.Close()
		dialed := dialing(t, l, websocket.DialOptions{Subprotocols: []string{"chat"}, Header: http.Header{"Authorization": {"Bearer x"}}})
		peer := AcceptPeer(t, l)
		r := peer.WantRequest()
		if r.URL.Path != "/chat" || r.Header.Get("Authorization") != "Bearer x" || r.Header.Get("Sec-WebSocket-Protocol") != "chat" {
			t.Errorf("%v %v", r.URL, r.Header)
		}
		peer.Upgrade(http.Header{"Sec-WebSocket-Protocol": {"chat"}})
		if err := <-dialed; err != nil {
			t.Error(err)
		}
	})
}

// A handshake that a client must not take.
func TestWrongUpgrades(t *testing.T) {
	for name, header := range map[string]http.Header{
		"wrong accept":  {"sec-websocket-accept": {"x"}},
		"no accept":     {"Sec-WebSocket-Accept": nil},
		"no upgrade":    {"Upgrade": nil},
		"sub-protocol":  {"Sec-WebSocket-Protocol": {"never-offered"}},
		"an extension":  {"Sec-WebSocket-Extensions": {"x-never-offered"}},
		"no connection": {"Connection": {"close"}},
	} {
		t.Run(name, func(t *testing.T) {
			inAndOut(t, func(t *testing.T) {
				l := Listen()
				defer l.Close()
				dialed := dialing(t, l, websocket.DialOptions{})
				AcceptPeer(t, l).Upgrade(header)
				var refused *websocket.HandshakeError
				if err := <-dialed; !errors.As(err, &refused) {
					t.Errorf("dialed: %v", err)
				}
			})
		})
	}
}

func TestRespond(t *testing.T) {
	inAndOut(t, func(t *testing.T) {
		a, b := Pipe()
		server, client := PlayServer(t, a), PlayClient(t, b)
		client.SendRaw("POST /first HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody" +
			"GET /second HTTP/1.1\r\nHost: a\r\n\r\n")
		first, second := server.WantRequest(), server.WantRequest()
		if body, err := io.ReadAll(first.Body); first.URL.Path != "/first" || string(body) != "body" || err != nil {
			t.Errorf("%v, %q, %v", first.URL, body, err)
		}
		if second.URL.Path != "/second" {
			t.Errorf("then %v", second.URL)
		}
		server.Respond(http.StatusServiceUnavailable, http.Header{"Retry-After": {"7"}}, "full")
		server.Respond(http.StatusNoContent, nil, "")
		res, next := client.WantResponse(), client.WantResponse()
		if body, err := io.ReadAll(res.Body); res.StatusCode != 503 || res.Header.Get("Retry-After") != "7" || string(body) != "full" || err != nil {
			t.Errorf("%v, %q, %v", res, body, err)
		}
		if next.StatusCode != 204 || len(next.Header) != 0 {
			t.Errorf("then %v", next)
		}
	})
}

// A client may come again on the connection on which it was refused.
func TestUpgradeBehindARefusal(t *testing.T) {
	a, b := Pipe()
	server, client := PlayServer(t, a), PlayClient(t, b)
	client.SendRaw("GET / HTTP/1.1\r\nHost: a\r\nSec-WebSocket-Key: x\r\n\r\n")
	server.WantRequest()
	server.Respond(http.StatusUnauthorized, nil, "")
	if res := client.WantResponse(); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("%v", res)
	}
	client.SendRaw("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + sampleKey + "\r\n\r\n")
	server.Upgrade(nil)
	res := client.WantResponse()
	if got := res.Header.Get("Sec-WebSocket-Accept"); res.StatusCode != 101 || got != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
		t.Errorf("%v", res)
	}
	server.Send(Text("hi"))
	client.Want(Text("hi"))
}

func TestDialPeer(t *testing.T) {
	inAndOut(t, func(t *testing.T) {
		h := (&websocket.AcceptOptions{Options: websocket.Options{Clock: websocket.NewClock()}, Subprotocols: []string{"chat"}}).Handler(
			func(ctx context.Context, c *websocket.Conn) error {
				return c.Write(ctx, websocket.Text, []byte("hello"))
			})
		peer := DialPeer(t, h)
		r := peer.Open("ws://example.com/", http.Header{"sec-websocket-protocol": {"chat"}})
		if r.Header.Get("Sec-WebSocket-Protocol") != "chat" {
			t.Errorf("%v", r.Header)
		}
		peer.Want(Text("hello"), Close(1000, ""))

		r = DialPeer(t, h).WantRefused("ws://example.com/", http.Header{"Sec-WebSocket-Version": {"8"}}, http.StatusUpgradeRequired)
		if r.Header.Get("Sec-WebSocket-Version") != "13" {
			t.Errorf("%v", r.Header)
		}
		DialPeer(t, h).WantRefused("ws://example.com/", http.Header{"Origin": {"https://elsewhere.example"}}, http.StatusForbidden)
		DialPeer(t, h).WantRefused("ws://example.com/", http.Header{"Sec-WebSocket-Key": nil}, http.StatusBadRequest)
	})
}

func TestAcceptPeerWaitsInVain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := Listen()
		wantFailure(t, "no client has connected within a minute", func(t testing.TB) { AcceptPeer(t, l) })
		l.Close()
		wantFailure(t, "use of closed network connection", func(t testing.TB) { AcceptPeer(t, l) })
	})
}

func TestNoHandshake(t *testing.T) {
	for name, spoil := range map[string]func(r *http.Request){
		"its method is POST":                    func(r *http.Request) { r.Method = "POST" },
		"its Upgrade is []":                     func(r *http.Request) { r.Header.Del("Upgrade") },
		`its Connection is ["close"]`:           func(r *http.Request) { r.Header.Set("Connection", "close") },
		`its Sec-WebSocket-Version is ["8"]`:    func(r *http.Request) { r.Header.Set("Sec-WebSocket-Version", "8") },
		`its Sec-WebSocket-Key is ["c2hvcnQ="]`: func(r *http.Request) { r.Header.Set("Sec-WebSocket-Key", "c2hvcnQ=") },
		"":                                      func(r *http.Request) {},
	} {
		r := &http.Request{Method: "GET", Header: http.Header{
			"Upgrade": {"websocket"}, "Connection": {"keep-alive, Upgrade"},
			"Sec-Websocket-Key": {sampleKey}, "Sec-Websocket-Version": {"13"}}}
		spoil(r)
		if got := noHandshake(r); got != name {
			t.Errorf("%q, want %q", got, name)
		}
	}
}
