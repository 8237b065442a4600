package websocket

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptrace"
	"net/textproto"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestDialUser sends the user of the URL, unless the application says more.
func TestDialUser(t *testing.T) {
	s := answering(t, nil, switches())
	for user, want := range map[string]string{
		"":                          "",
		"ada@":                      basic("ada:"),
		"ada:love%3Alace%20%C3%A4@": basic("ada:love:lace ä"),
	} {
		c, err := Dial(t.Context(), strings.Replace(s.url, "://", "://"+user, 1), nil)
		if err != nil {
			t.Fatal(err)
		}
		c.CloseNow()
		asked := s.asked()
		if got := asked[len(asked)-1].Header.Get("Authorization"); got != want {
			t.Errorf("%q: sent %q, want %q", user, got, want)
		}
	}
	o := &DialOptions{Header: http.Header{"Authorization": {"Bearer x"}, "Host": {"virtual.example"}, "User-Agent": {"test/1"}}}
	c, err := Dial(t.Context(), strings.Replace(s.url, "://", "://ada:pw@", 1), o)
	if err != nil {
		t.Fatal(err)
	}
	c.CloseNow()
	last := s.asked()[len(s.asked())-1]
	if last.Header.Get("Authorization") != "Bearer x" || last.Host != "virtual.example" || last.UserAgent() != "test/1" {
		t.Errorf("sent %s, %v", last.Host, last.Header)
	}
	if len(o.Header) != 3 {
		t.Error("the caller's header has changed")
	}
	for _, url := range []string{"ws://ada:hunter2@127.0.0.1:1/", "ws://ada:hunter2/x@127.0.0.1/", "ws://ada:hunter2?x@127.0.0.1/"} {
		_, err = Dial(t.Context(), url, nil)
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("it says %v", err)
		}
	}
}

// TestDialHeaderInjection: no field ends its line, nor speaks for the handshake.
func TestDialHeaderInjection(t *testing.T) {
	for name, value := range map[string]string{
		"X":                      "a\r\nUpgrade: h2c",
		"X\r\nY":                 "a",
		"Origin":                 "https://a\r\nX: y",
		"Host":                   "a\r\nX: y",
		"Sec-WebSocket-Protocol": "a",
		"Connection":             "close",
		"Content-Length":         "5",
	} {
		s := answering(t, nil, switches())
		conn, err := Dial(t.Context(), s.url, &DialOptions{Header: http.Header{name: {value}}})
		if conn != nil || !errors.Is(err, ErrMalformedRequest) || len(s.asked()) > 0 {
			t.Errorf("%q: %q: %v", name, value, err)
		}
	}
}

// TestDialFields: no field is lost or sent twice, however its name is written.
func TestDialFields(t *testing.T) {
	s := answering(t, nil, switches())
	jar, _ := cookiejar.New(nil)
	u, _ := url.Parse("http://" + s.address)
	jar.SetCookies(u, []*http.Cookie{{Name: "j", Value: "1"}})
	for _, c := range []struct {
		user   string
		o      DialOptions
		cookie string
		auth   string
	}{
		{"", DialOptions{Header: http.Header{"Cookie": {"a=1", "b=2"}}}, "a=1; b=2", ""},
		{"", DialOptions{Header: http.Header{"Cookie": {"a=1", "b=2"}}, Jar: jar}, "a=1; b=2; j=1", ""},
		{"", DialOptions{Header: http.Header{"cookie": {"a=1"}, "Cookie": {"b=2"}}, Jar: jar}, "b=2; a=1; j=1", ""},
		{"", DialOptions{Header: http.Header{"Cookie": {"a=1"}}, Jar: badJar{}}, "a=1", ""},
		{"ada:pw@", DialOptions{Header: http.Header{"authorization": {"Bearer x"}}}, "", "Bearer x"},
	} {
		conn, err := Dial(t.Context(), strings.Replace(s.url, "://", "://"+c.user, 1), &c.o)
		if err != nil {
			t.Fatal(err)
		}
		conn.CloseNow()
		asked := s.asked()
		got := asked[len(asked)-1].Header
		if strings.Join(got["Cookie"], " and ") != c.cookie || strings.Join(got["Authorization"], " and ") != c.auth {
			t.Errorf("%v: sent Cookie %q, Authorization %q", c.o.Header, got["Cookie"], got["Authorization"])
		}
	}
	for _, header := range []http.Header{
		{"Origin": {"https://a", "https://b"}},
		{"host": {"a"}, "Host": {"b"}},
	} {
		if _, err := Dial(t.Context(), s.url, &DialOptions{Header: header}); !errors.Is(err, ErrMalformedRequest) {
			t.Errorf("%v: %v", header, err)
		}
	}
	c, err := Dial(t.Context(), s.url, &DialOptions{Header: http.Header{"origin": {"https://a"}, "host": {"b"}}})
	if err != nil {
		t.Fatal(err)
	}
	c.CloseNow()
	asked := s.asked()
	if last := asked[len(asked)-1]; last.Host != "b" || last.Header.Get("Origin") != "https://a" {
		t.Errorf("sent %s, %v", last.Host, last.Header)
	}
}

type badJar struct{}

func (badJar) SetCookies(*url.URL, []*http.Cookie) {}

func (badJar) Cookies(*url.URL) []*http.Cookie { return []*http.Cookie{{Name: "", Value: "x"}} }

// TestDialJar sends and keeps cookies, those of refusals too.
func TestDialJar(t *testing.T) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	s := answering(t, nil, func(nc net.Conn, r *http.Request) {
		if r.URL.Path == "/login" {
			says("HTTP/1.1 401 Who\r\nSet-Cookie: tried=1\r\nContent-Length: 0\r\n\r\n")(nc, r)
			return
		}
		switches("Set-Cookie: session=a b; Path=/; HttpOnly", "Set-Cookie: other=2; Path=/elsewhere", "Set-Cookie: here=3")(nc, r)
	})
	o := &DialOptions{Jar: jar, Header: http.Header{"Cookie": {"own=0"}}}
	for i, want := range []string{"own=0", "own=0; tried=1", `own=0; tried=1; session="a b"; here=3`, `own=0; tried=1; session="a b"`} {
		path := []string{"/login", "/a/b", "/a/c", "/"}[i] // a cookie without a Path is for the folder
		if c, err := Dial(t.Context(), s.url+path, o); err == nil {
			c.CloseNow()
		}
		if got := s.asked()[i].Header["Cookie"]; len(got) != 1 || !sameCookies(got[0], want) {
			t.Errorf("request %d has Cookie %q, want %q", i, got, want)
		}
	}
	// A Secure cookie is for wss alone.
	u, _ := url.Parse("https://server.example/")
	jar.SetCookies(u, []*http.Cookie{{Name: "secure", Value: "1", Secure: true, Path: "/"}})
	server, client := certified(t)
	secure := answering(t, server, switches())
	for _, c := range []struct {
		url, cookies string
		s            *answerer
	}{{"wss://server.example", "secure=1", secure}, {"ws://server.example", "", s}} {
		conn, err := Dial(t.Context(), c.url, &DialOptions{Jar: jar, TLSConfig: client, NetDial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", c.s.address)
		}})
		if err != nil {
			t.Fatal(err)
		}
		conn.CloseNow()
		asked := c.s.asked()
		if got := asked[len(asked)-1].Header.Get("Cookie"); got != c.cookies {
			t.Errorf("%s has Cookie %q", c.url, got)
		}
	}
}

func sameCookies(a, b string) bool {
	x, y := strings.Split(a, "; "), strings.Split(b, "; ")
	slices.Sort(x)
	slices.Sort(y)
	return slices.Equal(x, y)
}

// TestDialUnixSocket, by its option and through NetDial.
func TestDialUnixSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Skipf("there are no Unix sockets here: %v", err)
	}
	s := &http.Server{Handler: Handler(echo), ErrorLog: quiet}
	go s.Serve(l)
	defer s.Close()
	c, err := Dial(t.Context(), "ws://example.com/", &DialOptions{UnixSocket: path})
	wantEcho(t, c, err)
	c, err = Dial(t.Context(), "ws://example.com/", &DialOptions{NetDial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", path)
	}})
	wantEcho(t, c, err)
	if _, err := Dial(t.Context(), "ws://example.com/", &DialOptions{UnixSocket: path + "x"}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("without the socket: %v", err)
	}
}

// TestDialAddresses: a name whose first address refuses is reached by its second.
func TestDialAddresses(t *testing.T) {
	address := strings.TrimPrefix(echoing(t, nil), "ws://127.0.0.1:")
	before := net.DefaultResolver
	net.DefaultResolver = nameServer(t, map[uint16]string{
		1:  "\x7f\x00\x00\x01",
		28: strings.Repeat("\x00", 15) + "\x01",
	})
	defer func() { net.DefaultResolver = before }()
	c, err := Dial(t.Context(), "ws://two.test:"+address, &DialOptions{Proxy: NoProxy})
	wantEcho(t, c, err)
	_, err = Dial(t.Context(), "ws://two.test:1", &DialOptions{Proxy: NoProxy})
	if err == nil || !strings.Contains(err.Error(), "two.test:1") {
		t.Errorf("no address answers: %v", err)
	}
}

// nameServer resolves any name to the records of each type.
func nameServer(t testing.TB, records map[uint16]string) *net.Resolver {
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() {
		pc.Close()
		<-done
	})
	go func() {
		defer close(done)
		q := make([]byte, 512)
		for {
			n, from, err := pc.ReadFrom(q)
			if err != nil {
				return
			}
			if a := dnsAnswer(q[:n], records); a != nil {
				pc.WriteTo(a, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", pc.LocalAddr().String())
	}}
}

// dnsAnswer answers the one question of a query.
func dnsAnswer(q []byte, records map[uint16]string) []byte {
	end := 12
	for end < len(q) && q[end] != 0 {
		end += 1 + int(q[end])
	}
	end += 5
	if end > len(q) {
		return nil
	}
	data, known := records[binary.BigEndian.Uint16(q[end-4:])]
	a := append([]byte(nil), q[:end]...)
	copy(a[2:], "\x81\x80\x00\x01\x00\x00\x00\x00\x00\x00")
	if known {
		a[7] = 1
		a = append(a, 0xc0, 12)
		a = append(a, q[end-4:end]...)
		a = append(a, 0, 0, 0, 60, 0, byte(len(data)))
		a = append(a, data...)
	}
	return a
}

// TestDialTrace calls the hooks in the order of what happens.
func TestDialTrace(t *testing.T) {
	server, client := certified(t)
	s := answering(t, server, func(nc net.Conn, r *http.Request) {
		io.WriteString(nc, "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n")
		switches()(nc, r)
	})
	var seen []string
	saw := func(format string, args ...any) { seen = append(seen, fmt.Sprintf(format, args...)) }
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		GetConn:              func(address string) { saw("get %v", address == s.address) },
		GotConn:              func(i httptrace.GotConnInfo) { saw("got %v", i.Conn.RemoteAddr().String() == s.address) },
		ConnectStart:         func(network, address string) { saw("connecting %s", network) },
		ConnectDone:          func(network, address string, err error) { saw("connected %v", err) },
		TLSHandshakeStart:    func() { saw("TLS") },
		TLSHandshakeDone:     func(state tls.ConnectionState, err error) { saw("TLS done %v %v", state.HandshakeComplete, err) },
		WroteHeaderField:     func(name string, values []string) { saw("%s", name) },
		WroteHeaders:         func() { saw("wrote headers") },
		WroteRequest:         func(i httptrace.WroteRequestInfo) { saw("wrote request %v", i.Err) },
		GotFirstResponseByte: func() { saw("first byte") },
		Got100Continue:       func() { saw("continue") },
		Got1xxResponse:       func(code int, h textproto.MIMEHeader) error { saw("%d %s", code, h.Get("Link")); return nil },
	})
	c, err := Dial(ctx, s.url, &DialOptions{TLSConfig: client})
	if err != nil {
		t.Fatal(err)
	}
	c.CloseNow()
	want := []string{"get true", "connecting tcp", "connected <nil>", "TLS", "TLS done true <nil>", "got true",
		"Host", "Upgrade", "Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Version",
		"wrote headers", "wrote request <nil>", "first byte", "103 x", "continue"}
	if !slices.Equal(seen, want) {
		t.Errorf("saw %q\nwant %q", seen, want)
	}
	stop := errors.New("no hints")
	ctx = httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got1xxResponse: func(int, textproto.MIMEHeader) error { return stop }})
	if _, err := Dial(ctx, s.url, &DialOptions{TLSConfig: client}); !errors.Is(err, stop) {
		t.Errorf("a hook that ends it: %v", err)
	}
}

// TestDialCallersBytes: nothing that is written is changed, masked though it
// goes out.
func TestDialCallersBytes(t *testing.T) {
	c, err := Dial(t.Context(), echoing(t, nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	for _, size := range []int{0, 1, 7, 125, 126, 4096, 65536, 300_000} {
		p := []byte(filled(size))
		if err := c.Write(t.Context(), Binary, p); err != nil {
			t.Fatal(err)
		}
		wantMessage(t, filled(size), Binary)(c.Read(t.Context()))
		w, err := c.NextWriter(t.Context(), Binary)
		if err != nil {
			t.Fatal(err)
		}
		w.Write(p)
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		wantMessage(t, filled(size), Binary)(c.Read(t.Context()))
		if err := c.Send(t.Context(), Message{Type: Binary, Data: p}); err != nil {
			t.Fatal(err)
		}
		wantMessage(t, filled(size), Binary)(c.Read(t.Context()))
		if string(p) != filled(size) {
			t.Fatalf("%d octets were changed", size)
		}
	}
}
