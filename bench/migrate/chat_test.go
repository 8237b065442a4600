package migrate_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	gorilla "github.com/gorilla/websocket"

	coderafter "github.com/duplexws/duplex/bench/migrate/coder/after"
	coderbefore "github.com/duplexws/duplex/bench/migrate/coder/before"
	gorillaafter "github.com/duplexws/duplex/bench/migrate/gorilla/after"
	gorillabefore "github.com/duplexws/duplex/bench/migrate/gorilla/before"
)

// A program is one of the chat rooms, with its client.
type program struct {
	name   string
	open   func(pingEvery time.Duration) room
	join   func(url, name string) (*client, error)
	noName error // what the client says when the room wants a name
}

type room struct {
	http.Handler
	close func()
}

type client struct {
	say   func(text string) error
	run   func(show func(from, text string)) error
	leave func() error
}

var ctx = context.Background()

var programs = []program{
	{"gorilla-before", func(pingEvery time.Duration) room {
		r := gorillabefore.NewRoom(pingEvery)
		return room{r, func() { r.Close(5 * time.Second) }}
	}, func(url, name string) (*client, error) {
		c, err := gorillabefore.Join(url, name)
		return &client{
			say: func(text string) error { return c.Say(text) },
			run: func(show func(from, text string)) error {
				return c.Run(func(m gorillabefore.Message) { show(m.From, m.Text) })
			},
			leave: func() error { return c.Leave() },
		}, err
	}, gorillabefore.ErrNoName},

	{"gorilla-after", func(pingEvery time.Duration) room {
		r := gorillaafter.NewRoom(pingEvery)
		return room{r, func() { r.Close(ctx) }}
	}, func(url, name string) (*client, error) {
		c, err := gorillaafter.Join(ctx, url, name)
		return &client{
			say: func(text string) error { return c.Say(ctx, text) },
			run: func(show func(from, text string)) error {
				return c.Run(ctx, func(m gorillaafter.Message) { show(m.From, m.Text) })
			},
			leave: func() error { return c.Leave(ctx) },
		}, err
	}, gorillaafter.ErrNoName},

	{"coder-before", func(pingEvery time.Duration) room {
		r := coderbefore.NewRoom(pingEvery)
		return room{r, r.Close}
	}, func(url, name string) (*client, error) {
		c, err := coderbefore.Join(ctx, url, name)
		return &client{
			say: func(text string) error { return c.Say(ctx, text) },
			run: func(show func(from, text string)) error {
				return c.Run(ctx, func(m coderbefore.Message) { show(m.From, m.Text) })
			},
			leave: func() error { return c.Leave() },
		}, err
	}, coderbefore.ErrNoName},

	{"coder-after", func(pingEvery time.Duration) room {
		r := coderafter.NewRoom(pingEvery)
		return room{r, r.Close}
	}, func(url, name string) (*client, error) {
		c, err := coderafter.Join(ctx, url, name)
		return &client{
			say: func(text string) error { return c.Say(ctx, text) },
			run: func(show func(from, text string)) error {
				return c.Run(ctx, func(m coderafter.Message) { show(m.From, m.Text) })
			},
			leave: func() error { return c.Leave(ctx) },
		}, err
	}, coderafter.ErrNoName},
}

// Every client is at home in every room.
func TestChat(t *testing.T) {
	for _, server := range programs {
		for _, client := range programs {
			t.Run(server.name+"/"+client.name, func(t *testing.T) {
				r := server.open(25 * time.Second)
				s := httptest.NewServer(r)
				defer s.Close()
				defer r.close()

				ann := enter(t, client, s, "ann")
				ann.says("is anybody there?")
				ann.hears("ann: is anybody there?")
				bob := enter(t, client, s, "bob")
				bob.says("grüße")
				bob.hears("bob: grüße")
				ann.hears("bob: grüße")
				ann.says("hello")
				bob.hears("ann: hello")
				ann.hears("ann: hello")

				enter(t, client, s, "").ends(client.noName)

				if err := ann.leave(); err != nil {
					t.Fatal("leave:", err)
				}
				ann.ends(nil)
				bob.says("alone")
				bob.hears("bob: alone")
				r.close()
				bob.ends(nil)
				enter(t, client, s, "late").ends(nil)
			})
		}
	}
}

// guest is a client whose Run is under way.
type guest struct {
	*client
	t     *testing.T
	name  string
	heard chan string
	ended chan error
}

func enter(t *testing.T, p program, s *httptest.Server, name string) *guest {
	t.Helper()
	c, err := p.join(wsURL(s), name)
	if err != nil {
		t.Fatalf("%q cannot join: %v", name, err)
	}
	g := &guest{c, t, name, make(chan string, 16), make(chan error, 1)}
	go func() { g.ended <- c.run(func(from, text string) { g.heard <- from + ": " + text }) }()
	return g
}

func (g *guest) says(text string) {
	g.t.Helper()
	if err := g.say(text); err != nil {
		g.t.Fatalf("%s cannot say %q: %v", g.name, text, err)
	}
}

func (g *guest) hears(want string) {
	g.t.Helper()
	select {
	case got := <-g.heard:
		if got != want {
			g.t.Fatalf("%s hears %q, want %q", g.name, got, want)
		}
	case err := <-g.ended:
		g.t.Fatalf("%s is gone (%v) and will not hear %q", g.name, err, want)
	}
}

func (g *guest) ends(want error) {
	g.t.Helper()
	select {
	case err := <-g.ended:
		if !errors.Is(err, want) {
			g.t.Fatalf("%s ends with %v, want %v", g.name, err, want)
		}
	case heard := <-g.heard:
		g.t.Fatalf("%s hears %q instead of going", g.name, heard)
	}
}

// Every room pings, and the connection outlives the answer.
func TestPings(t *testing.T) {
	for _, server := range programs {
		t.Run(server.name, func(t *testing.T) {
			r := server.open(5 * time.Millisecond)
			s := httptest.NewServer(r)
			defer s.Close()
			defer r.close()

			c, _, err := gorilla.DefaultDialer.Dial(wsURL(s)+"?name=ann", nil)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			answer, said := c.PingHandler(), false
			c.SetPingHandler(func(payload string) error {
				err := answer(payload)
				if !said {
					said = true
					err = errors.Join(err, c.WriteJSON(map[string]string{"text": "pong"}))
				}
				return err
			})
			if _, p, err := c.ReadMessage(); err != nil || !strings.Contains(string(p), `"pong"`) {
				t.Fatalf("behind a ping: %q, %v", p, err)
			}
			go r.close()
			if _, _, err := c.ReadMessage(); !gorilla.IsCloseError(err, gorilla.CloseGoingAway) {
				t.Error(err)
			}
		})
	}
}

func wsURL(s *httptest.Server) string { return "ws" + strings.TrimPrefix(s.URL, "http") }
