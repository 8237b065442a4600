package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
	t     *testing.T
	site  *site
	clock *clock // of the sessions that are connected
	ws    string // the server's URL

	transport http.Transport
}

func newClient(t *testing.T) *client {
	t.Helper()
	s := newSite(func(user, password string) bool { return user == "ada" && password == "swordfish" })
	c := &client{t: t, site: s, clock: stopClock(s), ws: try.Server(t, s.router())}
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
		try.Closed(t, conn, statusForbidden)
	}
}

// A token that expires on its way has a successor; a wrong one has not.
func TestFirstMessageExpired(t *testing.T) {
	c := newClient(t)
	conn := try.Dial(t, c.ws+"/chat/message", nil)
	late := fmt.Sprintf(`{"token": %q}`, c.site.tokens.issue("ada", -time.Second))
	if err := conn.Write(try.Context(t), websocket.Text, []byte(late)); err != nil {
		t.Fatal(err)
	}
	try.Closed(t, conn, statusUnauthorized)
}

// Strangers may say little, and those who are known more.
func TestFirstMessageBounds(t *testing.T) {
	c := newClient(t)
	long := strings.Repeat("x", 10_000)
	stranger := try.Dial(t, c.ws+"/chat/message", nil)
	if err := stranger.Write(try.Context(t), websocket.Text, []byte(long)); err != nil {
		t.Fatal(err)
	}
	try.Closed(t, stranger, websocket.StatusMessageTooBig)

	known := try.Dial(t, c.ws+"/chat/message", nil)
	try.Answer(t, known, fmt.Sprintf(`{"token": %q}`, c.site.tokens.issue("ada", time.Minute)), "hello ada")
	try.Answer(t, known, long, "ada: "+long)
}

// Who says nothing is not waited for.
func TestFirstMessageMissing(t *testing.T) {
	c := newClient(t)
	c.site.helloTimeout = time.Millisecond
	try.Closed(t, try.Dial(t, c.ws+"/chat/message", nil), statusTimeout)
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

// A ticket does not prolong the session of the token that it was traded for.
func TestTicketExpires(t *testing.T) {
	c := newClient(t)
	token := c.site.tokens.issue("ada", time.Minute)
	_, ticket := c.request("POST", "/ticket", nil, "Bearer "+token)
	c.greeted("/chat/ticket?ticket="+ticket, nil)
	if lives := c.clock.lives; len(lives) != 1 || lives[0] > time.Minute {
		t.Errorf("sessions of %v, want one of a minute at most", lives)
	}
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
		return c.site.tokens.issue("ada", time.Minute), nil
	})
	o.MinBackoff, o.StableAfter = time.Millisecond, time.Nanosecond
	visits := 0
	for conn, err := range reconnect.Dial(try.Context(t), c.ws+"/chat/header", o) {
		if err != nil {
			t.Fatal(err)
		}
		try.Read(t, conn, "hello ada")
		c.clock.strike()
		try.Closed(t, conn, statusUnauthorized)
		if visits++; visits == 3 {
			break
		}
	}
	if issued < visits {
		t.Errorf("%d connections with %d tokens", visits, issued)
	}
}

// The same where the token is the first message.
func TestExpiryFirstMessage(t *testing.T) {
	c := newClient(t)
	var token string
	o := &reconnect.Options{
		Prepare: func(context.Context, *reconnect.Attempt) error {
			token = c.site.tokens.issue("ada", time.Minute)
			return nil
		},
		MinBackoff: time.Millisecond, StableAfter: time.Nanosecond,
	}
	visits := 0
	for conn, err := range reconnect.Dial(try.Context(t), c.ws+"/chat/message", o) {
		if err != nil {
			t.Fatal(err)
		}
		try.Answer(t, conn, fmt.Sprintf(`{"token": %q}`, token), "hello ada")
		c.clock.strike()
		try.Closed(t, conn, statusUnauthorized)
		if visits++; visits == 3 {
			break
		}
	}
}

// Who is shut out does not come back.
func TestForbidden(t *testing.T) {
	c := newClient(t)
	visits := 0
	for conn, err := range reconnect.Dial(try.Context(t), c.ws+"/chat/message", nil) {
		if err != nil {
			if visits != 1 || websocket.CloseStatus(err) != statusForbidden {
				t.Errorf("after %d connections: %v", visits, err)
			}
			return
		}
		visits++
		if err := conn.Write(try.Context(t), websocket.Text, []byte(`{"token": "guess"}`)); err != nil {
			t.Fatal(err)
		}
		try.Closed(t, conn, statusForbidden)
	}
	t.Error("no error is told")
}

// Who is given nothing but bad tokens gives up.
func TestUnauthorized(t *testing.T) {
	c := newClient(t)
	issued := 0
	o := withFreshTokens(func(context.Context) (string, error) { issued++; return "guess", nil })
	o.MinBackoff = time.Millisecond
	for _, err := range reconnect.Dial(try.Context(t), c.ws+"/chat/header", o) {
		if refused, ok := errors.AsType[*websocket.RefusedError](err); !ok || refused.Status != http.StatusUnauthorized {
			t.Fatalf("connected, or ended with %v", err)
		}
	}
	if issued != 2 {
		t.Errorf("%d tokens were tried, want 2", issued)
	}
}

func TestTokens(t *testing.T) {
	var all tokens
	good := all.issue("ada", time.Minute)
	if who, err := all.check(good); err != nil || who.user != "ada" {
		t.Errorf("a good token: %v, %v", who, err)
	}
	if _, err := all.check(good + "x"); err != errUnknown {
		t.Errorf("a wrong token: %v", err)
	}
	if _, err := all.check(all.issue("ada", -time.Second)); err != errExpired {
		t.Errorf("an expired token: %v", err)
	}
	if _, err := all.check(all.stand(begin("ada", -time.Second), time.Minute)); err != errExpired {
		t.Errorf("a token of a session that is over: %v", err)
	}
	all.issue("ada", -2*remembered)
	if all.issue("bob", time.Minute); len(all.kept) != 4 {
		t.Errorf("%d tokens are kept, want 4", len(all.kept))
	}
	if _, err := all.take(good); err != nil {
		t.Errorf("the first use: %v", err)
	}
	if _, err := all.take(good); err != errUnknown {
		t.Errorf("a second use: %v", err)
	}
}
