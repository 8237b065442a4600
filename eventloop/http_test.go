package eventloop

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/duplexws/duplex/internal/rawpeer"
)

// A connection that net/http has served moves into a loop, from a server of its
// own and from Requests.
func TestAdopt(t *testing.T) {
	h := &Handler{
		OnMessage: echo,
		OnUpgrade: func(u *Upgrade) error { u.Data = u.Value("x-token"); return nil },
		Authorize: func(_ context.Context, u *Upgrade) error {
			if u.Data != "secret" {
				return &HandshakeError{Status: 401, Reason: "no token"}
			}
			return nil
		},
	}
	onPlain(t, &Handler{}, &ServerOptions{Loops: 2}, func(t *testing.T, s *Server) {
		e, err := NewEndpoint(h, nil)
		if err != nil {
			t.Fatal(err)
		}
		mux := http.NewServeMux()
		mux.HandleFunc("/plain", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "plain") })
		mux.HandleFunc("/ws", func(w http.ResponseWriter, r *http.Request) { s.Adopt(w, r, e) })
		ts := httptest.NewServer(mux)
		defer ts.Close()
		go http.Serve(s.Requests(), mux)
		for _, addr := range []string{ts.Listener.Addr().String(), s.Addr().String()} {
			nc, err := net.Dial("tcp", addr)
			if err != nil {
				t.Fatal(err)
			}
			defer nc.Close()
			r := bufio.NewReader(nc)
			io.WriteString(nc, "GET /plain HTTP/1.1\r\nHost: a\r\n\r\n")
			if resp, err := http.ReadResponse(r, nil); err != nil || resp.StatusCode != 200 {
				t.Fatal(resp, err)
			} else {
				io.Copy(io.Discard, resp.Body)
			}
			upgrade := strings.Replace(with("X-Token: secret"), "GET / ", "GET /ws ", 1)
			glued := strings.Repeat("glued", 2000) // more than net/http reads ahead
			io.WriteString(nc, upgrade+string(rawpeer.Octets(rawpeer.Text("first"), rawpeer.Text(glued))))
			resp, err := http.ReadResponse(r, nil)
			if err != nil || resp.StatusCode != 101 {
				t.Fatal(resp, err)
			}
			in := rawpeer.Reader{R: r}
			for _, want := range []rawpeer.Event{text("first"), text(glued)} {
				if e, err := in.Next(); err != nil || e != want {
					t.Fatal(e, err)
				}
			}
			nc.Write(rawpeer.Octets(rawpeer.Text("second"), rawpeer.Close(1000, "")))
			for _, want := range []rawpeer.Event{text("second"), closing(1000, "")} {
				if e, err := in.Next(); err != nil || e != want {
					t.Fatal(e, err)
				}
			}
		}
		nc, err := net.Dial("tcp", ts.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		io.WriteString(nc, strings.Replace(request, "GET / ", "GET /ws ", 1))
		r := bufio.NewReader(nc)
		resp, err := http.ReadResponse(r, nil)
		if err != nil || resp.StatusCode != 401 {
			t.Fatal(resp, err)
		}
		io.Copy(io.Discard, resp.Body)
		if _, err := r.ReadByte(); err != io.EOF {
			t.Errorf("behind the refusal: %v", err)
		}
	})
}

func TestAdoptFails(t *testing.T) {
	s, err := Listen("tcp", "127.0.0.1:0", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	got := make(chan error, 1)
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { got <- s.Adopt(w, r, nil) })
	plain := httptest.NewServer(handler)
	defer plain.Close()

	var refused *HandshakeError
	resp, err := plain.Client().Post(plain.URL, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if err := <-got; !errors.As(err, &refused) || refused.Status != 405 {
		t.Error(err)
	}
	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", "/", nil)
	for _, line := range strings.Split(request, "\r\n")[2:6] {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Set(name, value)
	}
	if err := s.Adopt(w, r, nil); !errors.As(err, &refused) || refused.Status != 500 || w.Code != 500 {
		t.Error(err, w.Code)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	nc, err := net.Dial("tcp", plain.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	io.WriteString(nc, request)
	if err := <-got; err != ErrClosed {
		t.Error(err)
	}
	if n, err := io.Copy(io.Discard, nc); n != 0 || err != nil {
		t.Errorf("%d octets, %v", n, err)
	}
}
