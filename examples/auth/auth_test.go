package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/duplexws/duplex/examples/internal/try"
	"github.com/duplexws/duplex/internal/testenv"
	"github.com/duplexws/duplex/reconnect"
	"github.com/duplexws/duplex/websocket"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// A client is one without a browser's help, and the server that it talks to.
type client struct {
	t    *testing.T
	site *site
	ws   string // the server's URL

	transport http.Transport
}

func newClient(t *testing.T) *client {
	t.Helper()
	s := newSite(func(user, password string) bool { return user == "ada" && password == "swordfish" })
	c := &client{t: t, site: s, ws: try.Server(t, s.router())}
	t.Cleanup(c.transport.CloseIdleConnections)
	return c
}

// request sends a request and returns the response with its body.
func (c *client) request(method, path string, form url.Values, authorization string) (*http.Response, string) {
	c.t.Helper()
	r, err := http.NewRequestWithContext(try.Context(c.t), method,
		"http"+strings.TrimPrefix(c.ws, "ws")+path, strings.NewReader(form.Encode()))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	res, err := c.transport.RoundTrip(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return res, string(body)
}

// with are options of a client that sends one field more.
func with(name, value string) *websocket.DialOptions {
	return &websocket.DialOptions{Header: http.Header{name: {value}}}
}

// greeted wants the conversation that a known user has.
func (c *client) greeted(path string, o *websocket.DialOptions) {
	c.t.Helper()
	conn := try.Dial(c.t, c.ws+path, o)
	try.Read(c.t, conn, "hello ada")
	try.Answer(c.t, conn, "how do you do", "ada: how do you do")
	if err := conn.Close(try.Context(c.t), websocket.StatusNormalClosure, ""); err != nil {
		c.t.Error(err)
	}
}

func TestCookie(t *testing.T) {
	c := newClient(t)
	if res, _ := c.request("POST", "/login", url.Values{"user": {"ada"}, "password": {"guess"}}, ""); res.StatusCode != http.StatusForbidden {
		t.Errorf("login with a wrong password: status %d", res.StatusCode)
	}
	res, _ := c.request("POST", "/login", url.Values{"user": {"ada"}, "password": {"swordfish"}}, "")
	cookies := res.Cookies()
	if len(cookies) != 1 || !cookies[0].HttpOnly || !cookies[0].Secure || cookies[0].SameSite != http.SameSiteLaxMode {
		t.Fatalf("cookies %v", cookies)
	}
	cookie := cookieName + "=" + cookies[0].Value
	c.greeted("/chat/cookie", with("Cookie", cookie))

	// The page of another site has the same cookie sent, and is refused for
	// what it is.
	foreign := with("Cookie", cookie)
	foreign.Header.Set("Origin", "https://evil.example")
	try.Refused(t, c.ws+"/chat/cookie", foreign, http.StatusForbidden)
	try.Refused(t, c.ws+"/chat/cookie", nil, http.StatusUnauthorized)
	try.Refused(t, c.ws+"/chat/cookie", with("Cookie", cookieName+"=guess"), http.StatusUnauthorized)
}

func TestSubprotocol(t *testing.T) {
	c := newClient(t)
	token := c.site.tokens.issue("ada", time.Minute)
	o := &websocket.DialOptions{Subprotocols: []string{"chat.v1", "bearer." + token}}
	c.greeted("/chat/subprotocol", o)
	if agreed := try.Dial(t, c.ws+"/chat/subprotocol", o).Subprotocol(); agreed != "chat.v1" {
		t.Errorf("agreed on %q", agreed)
	}
	for _, offered := range [][]string{nil, {"chat.v1"}, {"chat.v1", "bearer.guess"}} {
		try.Refused(t, c.ws+"/chat/subprotocol", &websocket.DialOptions{Subprotocols: offered}, http.StatusUnauthorized)
	}
}

func TestFirstMessage(t *testing.T) {
	c := newClient(t)
	token, err := json.Marshal(map[string]string{"token": c.site.tokens.issue("ada", time.Minute)})
	if err != nil {
		t.Fatal(err)
	}
	try.Answer(t, try.Dial(t, c.ws+"/chat/message", nil), string(token), "hello ada")
	for _, first := range []string{"hello", `{"token": "guess"}`, `{"token": 7}`} {
		conn := try.Dial(t, c.ws+"/chat/message", nil)
		if err := conn.Write(try.Context(t), websocket.Text, []byte(first)); err != nil {
			t.Fatal(err)
		}
		try.Closed(t, conn, forbidden)
	}
}

// Who says nothing is not waited for.
func TestFirstMessageMissing(t *testing.T) {
	c := newClient(t)
	c.site.helloTimeout = time.Millisecond
	try.Closed(t, try.Dial(t, c.ws+"/chat/message", nil), forbidden)
}

func TestTicket(t *testing.T) {
	c := newClient(t)
	if res, _ := c.request("POST", "/ticket", nil, ""); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("a ticket without a token: status %d", res.StatusCode)
	}
	token := c.site.tokens.issue("ada", time.Minute)
	_, ticket := c.request("POST", "/ticket", nil, "Bearer "+token)
	c.greeted("/chat/ticket?ticket="+ticket, nil)
	try.Refused(t, c.ws+"/chat/ticket?ticket="+ticket, nil, http.StatusUnauthorized) // used
	try.Refused(t, c.ws+"/chat/ticket?ticket="+token, nil, http.StatusUnauthorized)  // another kind of secret
	try.Refused(t, c.ws+"/chat/ticket", nil, http.StatusUnauthorized)
}

func TestHeader(t *testing.T) {
	c := newClient(t)
	_, token := c.request("POST", "/token", nil, "Basic YWRhOnN3b3JkZmlzaA==")
	conn, err := dialWithToken(try.Context(t), c.ws+"/chat/header", token)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow()
	try.Read(t, conn, "hello ada")

	withUser := strings.Replace(c.ws, "ws://", "ws://ada:swordfish@", 1)
	try.Read(t, try.Dial(t, withUser+"/chat/header", nil), "hello ada")
	try.Refused(t, strings.Replace(withUser, "swordfish", "guess", 1)+"/chat/header", nil, http.StatusUnauthorized)
	try.Refused(t, c.ws+"/chat/header", nil, http.StatusUnauthorized)
}

// A refusal is the end of the HTTP connection.
func TestRefusalEndsConnection(t *testing.T) {
	res, _ := newClient(t).request("GET", "/chat/header", nil, "")
	if res.StatusCode != http.StatusUnauthorized || !res.Close || res.Header.Get("WWW-Authenticate") != "Bearer" {
		t.Errorf("status %d, close %v, header %v", res.StatusCode, res.Close, res.Header)
	}
}

// When its token has expired a connection is closed, and the next one comes
// with a fresh token.
func TestExpiry(t *testing.T) {
	c := newClient(t)
	issued := 0
	o := withFreshTokens(func(context.Context) (string, error) {
		issued++
		return c.site.tokens.issue("ada", 50*time.Millisecond), nil
	})
	o.MinBackoff = time.Millisecond
	visits := 0
	for conn, err := range reconnect.Dial(try.Context(t), c.ws+"/chat/header", o) {
		if err != nil {
			t.Fatal(err)
		}
		try.Read(t, conn, "hello ada")
		try.Closed(t, conn, expired)
		if visits++; visits == 3 {
			break
		}
	}
	if issued < visits {
		t.Errorf("%d connections with %d tokens", visits, issued)
	}
}

func TestTokens(t *testing.T) {
	var all tokens
	token := all.issue("ada", time.Minute)
	if s, ok := all.check(token); !ok || s.user != "ada" {
		t.Errorf("a good token: %v, %v", s, ok)
	}
	if _, ok := all.check(token + "x"); ok {
		t.Error("a wrong token is good")
	}
	old := all.issue("ada", -time.Second)
	if _, ok := all.check(old); ok {
		t.Error("an expired token is good")
	}
	if all.issue("bob", time.Minute); len(all.sessions) != 2 {
		t.Errorf("%d sessions are kept, want 2", len(all.sessions))
	}
	if _, ok := all.take(token); !ok {
		t.Error("the first use fails")
	}
	if _, ok := all.take(token); ok {
		t.Error("a second use works")
	}
}
