package wstest

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/duplexws/duplex/websocket"
)

func TestFrameOctets(t *testing.T) {
	const key = "\x37\xfa\x21\x3d"
	for _, c := range []struct {
		f      Frame
		server string
		client string
	}{
		{Text("Hello"), "\x81\x05Hello", "\x81\x85" + key + "\x7f\x9f\x4d\x51\x58"},
		{Text("").WronglyMasked(), "\x81\x80" + key, "\x81\x00"},
		{Binary("").Unfinished(), "\x02\x00", "\x02\x80" + key},
		{Continuation("").WithRSV(RSV1 | RSV3), "\xd0\x00", "\xd0\x80" + key},
		{Ping("").WithLength16(), "\x89\x7e\x00\x00", "\x89\xfe\x00\x00" + key},
		{Pong("").WithLength64(), "\x8a\x7f\x00\x00\x00\x00\x00\x00\x00\x00", "\x8a\xff\x00\x00\x00\x00\x00\x00\x00\x00" + key},
		{Close(1000, "x"), "\x88\x03\x03\xe8x", "\x88\x83" + key + "\x34\x12\x59"},
		{Frame{Opcode: 0xB}.Claiming(300), "\x8b\x7e\x01\x2c", "\x8b\xfe\x01\x2c" + key},
		{Text("Hello").Truncated(4), "\x81\x05He", "\x81\x85\x37\xfa"},
	} {
		if got := string(c.f.octets(false)); got != c.server {
			t.Errorf("a server's %v: % x, want % x", c.f, got, c.server)
		}
		if got := string(c.f.octets(true)); got != c.client {
			t.Errorf("a client's %v: % x, want % x", c.f, got, c.client)
		}
	}
}

func TestFrameString(t *testing.T) {
	for _, c := range []struct {
		f    Frame
		want string
	}{
		{Text("a\n").Unfinished(), `text "a\n", unfinished`},
		{Binary(strings.Repeat("x", 65)), `binary "` + strings.Repeat("x", 64) + `"... of 65 octets`},
		{Close(1000, "why"), `close 1000 "why"`},
		{Frame{Opcode: OpClose, Payload: "\x03"}, `close "\x03"`},
		{Frame{Opcode: 11}.WithRSV(RSV2), `opcode 0xb "", RSV 010`},
		{Ping("").WithLength16().WronglyMasked(), `ping "", wrongly masked, length in 16 bits`},
		{Pong("").WithLength64().Claiming(9).Truncated(3), `pong "", length in 64 bits, claiming 9 octets, truncated to 3 octets`},
		{Continuation(""), `continuation ""`},
	} {
		if got := c.f.String(); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
	if n := Binary("\x03\xe8").Code(); n != 0 {
		t.Errorf("a binary frame has code %d", n)
	}
}

// Peers agree with each other, over any connection.
func TestPeersAgree(t *testing.T) {
	inAndOut(t, func(t *testing.T) {
		a, b := Pipe()
		server, client := PlayServer(t, a), PlayClient(t, b)
		for _, p := range [][2]*Peer{{server, client}, {client, server}} {
			p[0].Send(Text("Hello").Fragments(2)...)
			p[0].Send(Text("a").Unfinished(), Ping("p"), Continuation("b"))
			p[1].Want(Text("Hello"), Ping("p"), Text("ab"))
			p[0].SendRaw(string(Binary("raw").octets(p[0].isClient)))
			if f := p[1].Next(); f != Binary("raw") {
				t.Errorf("got %v", f)
			}
			p[1].WantSilence(time.Millisecond)
			p[0].Send(Close(4000, "bye"))
			if reason := p[1].WantClose(4000); reason != "bye" {
				t.Errorf("reason %q", reason)
			}
			p[0].CloseWrite()
			p[1].WantEOF()
		}
	})
}

// A Conn answers what is wrong with the code that says so, in either role.
func TestConnsJudgeThePeer(t *testing.T) {
	for _, c := range []struct {
		name string
		send []Frame
		code websocket.StatusCode
	}{
		{"reserved bit", []Frame{Text("a").WithRSV(RSV2)}, 1002},
		{"reserved opcode", []Frame{{Opcode: 3}}, 1002},
		{"wrong mask", []Frame{Text("a").WronglyMasked()}, 1002},
		{"longer form", []Frame{Text("a").WithLength64()}, 1002},
		{"fragmented Ping", []Frame{Ping("").Unfinished()}, 1002},
		{"long Ping", []Frame{Ping(strings.Repeat("x", 126))}, 1002},
		{"lone continuation", []Frame{Continuation("a")}, 1002},
		{"no UTF-8", []Frame{Text("\xff")}, 1007},
		{"close of one octet", []Frame{{Opcode: OpClose, Payload: "\x03"}}, 1002},
		{"close with 1005", []Frame{Close(1005, "")}, 1002},
		{"huge claim", []Frame{Text("").Claiming(1 << 40).Truncated(14)}, 1009},
	} {
		t.Run(c.name, func(t *testing.T) {
			inAndOut(t, func(t *testing.T) {
				for _, make := range []func() (*websocket.Conn, *Peer){
					func() (*websocket.Conn, *Peer) { return ClientConn(t, nil) },
					func() (*websocket.Conn, *Peer) { return ServerConn(t, nil) },
				} {
					conn, peer := make()
					conn.CloseRead(context.Background())
					peer.Send(c.send...)
					peer.WantClose(c.code)
					peer.CloseWrite()
					peer.WantEOF()
				}
			})
		})
	}
}

func TestConnsAndPeersClose(t *testing.T) {
	inAndOut(t, func(t *testing.T) {
		conn, peer := ServerConn(t, nil)
		peer.Send(Text("hi"), Ping("p"), Close(1000, ""))
		if _, p, err := conn.Read(t.Context()); string(p) != "hi" || err != nil {
			t.Errorf("%q, %v", p, err)
		}
		if _, _, err := conn.Read(t.Context()); websocket.CloseStatus(err) != 1000 {
			t.Error(err)
		}
		peer.Want(Pong("p"), Close(1000, ""))
		peer.WantEOF()
	})
}

func TestWantSilenceRunsByTheBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, peer := ClientConn(t, &websocket.DialOptions{Options: websocket.Options{PingInterval: time.Hour}})
		conn.CloseRead(context.Background())
		begin := time.Now()
		peer.WantSilence(50 * time.Minute)
		peer.Timeout = time.Hour
		peer.Want(Ping(""))
		if d := time.Since(begin); d > 61*time.Minute {
			t.Errorf("the Ping came after %v", d)
		}
	})
}

// A connection on which nothing is said stays open for who answers Pings.
func TestAnswerPings(t *testing.T) {
	for _, answers := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			conn, peer := ServerConn(t, nil)
			peer.AnswerPings = answers
			peer.Timeout = time.Hour
			ended := conn.CloseRead(t.Context())
			time.AfterFunc(50*time.Minute, func() { conn.Write(t.Context(), websocket.Text, []byte("hello")) })
			if !answers {
				peer.Want(Ping(""))
				peer.WantEOF()
				if err := conn.Err(); !errors.Is(err, websocket.ErrPongTimeout) {
					t.Error(err)
				}
				return
			}
			begin := time.Now()
			peer.WantSilence(20 * time.Minute)
			if d := time.Since(begin); d != 20*time.Minute {
				t.Errorf("silence for %v", d)
			}
			peer.Want(Text("hello"))
			if ended.Err() != nil {
				t.Error(context.Cause(ended))
			}
		})
	}
}

// The Pong has the payload of its Ping; other frames are as ever, and so is the
// time that the peer waits.
func TestAnswerPingsHidesPingsAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := Pipe()
		server, client := PlayServer(t, a), PlayClient(t, b)
		server.AnswerPings = true
		client.Send(Text("a").Unfinished(), Ping("1"), Continuation("b"), Ping("2"), Pong("p"), Ping("3"), Close(4000, ""))
		server.Want(Text("ab"), Pong("p"))
		server.WantClose(4000)
		client.Want(Pong("1"), Pong("2"), Pong("3"))
	})
	for name, c := range map[string]struct {
		want   string
		script func(p *Peer)
	}{
		"frame": {"nothing came within 1m0s", func(p *Peer) { p.Next() }},
		"a frame for silence": {`got text "a", want silence for 1h0m0s`, func(p *Peer) {
			p.WantSilence(time.Hour)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				wantFailure(t, c.want, func(t testing.TB) {
					a, b := Pipe()
					defer b.Close()
					p := PlayServer(t, a)
					p.AnswerPings = true
					for i := range 10 {
						time.AfterFunc(time.Duration(i)*10*time.Second, func() { b.Write(Ping("").octets(true)) })
					}
					time.AfterFunc(2*time.Minute, func() { b.Write(Text("a").octets(true)) })
					c.script(p)
				})
			})
		})
	}
}

// A Ping of who is gone by now is no failure.
func TestAnswerPingsOfWhoIsGone(t *testing.T) {
	a, b := Pipe()
	b.Write(Ping("").octets(true))
	b.Close()
	p := PlayServer(t, a)
	p.AnswerPings = true
	p.WantEOF()
}

// Codes are those of package websocket.
func TestPeerTakesNamedCodes(t *testing.T) {
	a, b := Pipe()
	server, client := PlayServer(t, a), PlayClient(t, b)
	client.Send(Close(websocket.StatusGoingAway, ""))
	server.WantClose(websocket.StatusGoingAway)
	server.Send(Close(4000, ""))
	if code := client.Next().Code(); code != websocket.StatusCode(4000) {
		t.Error(code)
	}
}

func TestPeerFailures(t *testing.T) {
	for _, c := range []struct {
		name   string
		want   string
		script func(p *Peer, other net.Conn)
	}{
		{"another payload", `scripted server: got text "b", want text "a"` + "\nwhat has passed:\n\tsent close 1000 \"\"\n\tgot  text \"b\"", func(p *Peer, other net.Conn) {
			p.Send(Close(1000, ""))
			other.Write(Text("b").octets(true))
			p.Want(Text("a"))
		}},
		{"another opcode", `got binary "a", want text "a"`, func(p *Peer, other net.Conn) {
			other.Write(Binary("a").octets(true))
			p.Want(Text("a"))
		}},
		{"nothing", `nothing came within 1m0s, want ping ""`, func(p *Peer, _ net.Conn) { p.Want(Ping("")) }},
		{"another code", `got close 1000 "", want close 1002`, func(p *Peer, other net.Conn) {
			other.Write(Close(1000, "").octets(true))
			p.WantClose(1002)
		}},
		{"no close", `got text "\x03h", want close 0`, func(p *Peer, other net.Conn) {
			other.Write(Text("\x03\x68").octets(true))
			p.WantClose(0)
		}},
		{"the end for close", `the connection ended, want close 1000`, func(p *Peer, other net.Conn) {
			other.Close()
			p.WantClose(1000)
		}},
		{"nothing for Next", `nothing came within 1s, want a frame`, func(p *Peer, _ net.Conn) { p.Timeout = time.Second; p.Next() }},
		{"the end", `the connection ended, want ping ""`, func(p *Peer, other net.Conn) {
			other.Close()
			p.Want(Ping(""))
		}},
		{"a frame cut short", `the connection ended in the midst of a frame`, func(p *Peer, other net.Conn) {
			other.Write(Text("a").octets(true)[:3])
			other.Close()
			p.WantEOF()
		}},
		{"a frame for the end", `got text "a", want the end`, func(p *Peer, other net.Conn) {
			other.Write(Text("a").octets(true))
			p.WantEOF()
		}},
		{"no end", `nothing came within 1m0s, want the end`, func(p *Peer, _ net.Conn) { p.WantEOF() }},
		{"a bare frame", `broke the protocol`, func(p *Peer, other net.Conn) {
			other.Write(Text("a").octets(false))
			p.Next()
		}},
		{"a frame for silence", `got pong "", want silence for 1h0m0s`, func(p *Peer, other net.Conn) {
			other.Write(Pong("").octets(true))
			p.WantSilence(time.Hour)
		}},
		{"a bad frame for silence", `something arrived, want silence`, func(p *Peer, other net.Conn) {
			other.Write(Pong("").octets(false))
			p.WantSilence(time.Hour)
		}},
		{"the end for silence", `the connection ended, want silence`, func(p *Peer, other net.Conn) {
			other.Close()
			p.WantSilence(time.Hour)
		}},
		{"full", `cannot send`, func(p *Peer, _ net.Conn) { p.SendRaw(strings.Repeat("x", capacity+1)) }},
		{"closed", `cannot send`, func(p *Peer, _ net.Conn) { p.Close(); p.Send(Text("")) }},
		{"no halves", `cannot end one direction alone`, func(p *Peer, _ net.Conn) {
			p.nc = struct{ net.Conn }{p.nc}
			p.CloseWrite()
		}},
		{"closed halves", `cannot end its direction`, func(p *Peer, _ net.Conn) { p.Close(); p.CloseWrite() }},
		{"no request", `the connection ended, want a request`, func(p *Peer, other net.Conn) { other.Close(); p.WantRequest() }},
		{"no handshake", `the request is no opening handshake: its Upgrade is []`, func(p *Peer, other net.Conn) {
			io.WriteString(other, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
			p.Upgrade(nil)
		}},
		{"no response", `want a response`, func(p *Peer, other net.Conn) { io.WriteString(other, "bah\r\n"); p.WantResponse() }},
		{"no URL", `"nowhere" is no URL`, func(p *Peer, _ net.Conn) { p.Open("nowhere", nil) }},
		{"refused", `the server refused: 403 Forbidden: "no"`, func(p *Peer, other net.Conn) {
			io.WriteString(other, "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno")
			p.Open(exampleURL, nil)
		}},
		{"not refused", `the server answered 200 OK, want 403`, func(p *Peer, other net.Conn) {
			io.WriteString(other, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
			p.WantRefused(exampleURL, nil, http.StatusForbidden)
		}},
		{"wrong accept", `Sec-WebSocket-Accept "x", want "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="`, func(p *Peer, other net.Conn) {
			io.WriteString(other, "HTTP/1.1 101 x\r\nSec-WebSocket-Accept: x\r\n\r\n")
			p.Open(exampleURL, nil)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				wantFailure(t, c.want, func(t testing.TB) {
					ours, theirs := Pipe()
					defer theirs.Close()
					c.script(PlayServer(t, ours), theirs)
				})
			})
		})
	}
}

// A failure shows the end of a long script.
func TestPeerTrace(t *testing.T) {
	failure := record(t, func(t testing.TB) {
		a, b := Pipe()
		defer b.Close()
		p := PlayClient(t, a)
		for i := range 30 {
			p.Send(Text(strings.Repeat("x", i)))
		}
		b.Close()
		p.WantEOF()
		p.Next()
	})
	if n := strings.Count(failure, "\n\tsent text"); n != traced || !strings.HasPrefix(failure, "wstest: scripted client: the connection ended") {
		t.Errorf("%d lines: %s", n, failure)
	}
}
