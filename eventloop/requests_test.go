package eventloop

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/duplexws/duplex/internal/rawpeer"
)

// Who asks for no WebSocket is served by net/http, on the same port.
func TestRequests(t *testing.T) {
	onPlain(t, &Handler{OnMessage: echo}, &ServerOptions{Loops: 2}, func(t *testing.T, s *Server) {
		mux := http.NewServeMux()
		mux.HandleFunc("POST /upper", func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			fmt.Fprint(w, strings.ToUpper(string(body)))
		})
		served := make(chan error)
		plain := s.Requests()
		go func() { served <- http.Serve(plain, mux) }()
		url := "http://" + s.Addr().String() + "/upper"
		client := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 3}}
		for _, size := range []int{0, 5, 5000, 300_000} {
			body := bytes.Repeat([]byte("a"), size)
			resp, err := client.Post(url, "text/plain", bytes.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			got, _ := io.ReadAll(resp.Body)
			resp.Body.Close()
			if !bytes.Equal(got, bytes.ToUpper(body)) {
				t.Errorf("%d octets: answered %.40q", size, got)
			}
		}
		client.CloseIdleConnections()

		nc, r := shakeHands(t, s)
		defer nc.Close()
		nc.Write(rawpeer.Octets(rawpeer.Text("x")))
		if e, err := (&rawpeer.Reader{R: r}).Next(); err != nil || e != text("x") {
			t.Error(e, err)
		}

		// What breaks HTTP never gets there.
		if got := ask(t, s, "GET / HTTP/1.1\r\nHost: a\r\n folded: b\r\n\r\n"); got != 400 {
			t.Errorf("status %d", got)
		}
		plain.Close()
		if err := <-served; !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
		if got := ask(t, s, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"); got != 426 {
			t.Errorf("status %d", got)
		}
	})
}

// ask sends a request and returns the status.
func ask(t *testing.T, s *Server, request string) int {
	t.Helper()
	nc, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	nc.Write([]byte(request))
	resp, err := http.ReadResponse(bufio.NewReader(nc), nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}

// A connection that nobody accepts ends with the server.
func TestRequestsThatNobodyAccepts(t *testing.T) {
	s, err := Listen("tcp", "127.0.0.1:0", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.Requests()
	nc, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	nc.Write([]byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
	for s.outside.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	s.Close()
	if _, err := nc.Read(make([]byte, 1)); err == nil {
		t.Error("somebody answers")
	}
	if n := s.outside.Load(); n != 0 {
		t.Errorf("%d connections are counted as served elsewhere", n)
	}
}
