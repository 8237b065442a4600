package websocket

import (
	"context"
	"net"
	"net/http"
	"net/http/httptrace"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestDialHappyEyeballs: a name whose first address does not answer at all is
// reached by its second, without waiting for the first to be given up.
func TestDialHappyEyeballs(t *testing.T) {
	port := blackHole(t)
	l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port))
	if err != nil {
		t.Skipf("the port is taken: %v", err)
	}
	s := &http.Server{Handler: Handler(echo), ErrorLog: quiet}
	go s.Serve(l)
	defer s.Close()
	before := net.DefaultResolver
	net.DefaultResolver = nameServer(t, map[uint16]string{
		1:  "\x7f\x00\x00\x01",
		28: strings.Repeat("\x00", 15) + "\x01",
	})
	defer func() { net.DefaultResolver = before }()
	var mu sync.Mutex
	givenUp := false
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		ConnectStart: func(_, address string) {
			mu.Lock()
			defer mu.Unlock()
			if givenUp {
				t.Errorf("%s is tried when the other address has been given up", address)
			}
		},
		ConnectDone: func(_, _ string, err error) {
			mu.Lock()
			defer mu.Unlock()
			givenUp = givenUp || err != nil
		},
	})
	c, err := Dial(ctx, "ws://two.test:"+strconv.Itoa(port), &DialOptions{Proxy: NoProxy})
	wantEcho(t, c, err)
}

// blackHole returns a port of [::1] that takes no more connections, and refuses
// none: its queue is full.
func blackHole(t *testing.T) (port int) {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET6, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Skipf("there is no IPv6: %v", err)
	}
	t.Cleanup(func() { syscall.Close(fd) })
	syscall.SetsockoptInt(fd, syscall.IPPROTO_IPV6, syscall.IPV6_V6ONLY, 1)
	if err := syscall.Bind(fd, &syscall.SockaddrInet6{Addr: [16]byte{15: 1}}); err != nil {
		t.Skipf("there is no [::1]: %v", err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	port = name.(*syscall.SockaddrInet6).Port
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	for range 8 { // one or two are taken
		nc, err := new(net.Dialer).DialContext(ctx, "tcp", "[::1]:"+strconv.Itoa(port))
		if err != nil {
			if !os.IsTimeout(err) {
				t.Fatal(err)
			}
			return port
		}
		t.Cleanup(func() { nc.Close() })
	}
	t.Skip("this system's queues have no end")
	return 0
}
