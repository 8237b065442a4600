package httpd

import (
	"net"
	"testing"
)

func TestHosts(t *testing.T) {
	loopback := &Hosts{Loopback: true, Names: []string{"dev.example"}}
	listed := &Hosts{Names: []string{"dev.example"}}
	for _, c := range []struct {
		host             string
		loopback, listed bool
	}{
		{"localhost", true, true},
		{"localhost:8080", true, true},
		{"LocalHost.", true, true},
		{"a.b.localhost:1", true, true},
		{"127.0.0.1:8080", true, true},
		{"127.255.255.254", true, true},
		{"[::1]:8080", true, true},
		{"[::1]", true, true},
		{"[::ffff:127.0.0.1]:1", true, true},
		{"dev.example", true, true},
		{"DEV.example.:443", true, true},
		{"", false, false},
		{".", false, false},
		{":8080", false, false},
		{"sub.dev.example", false, false},
		{"dev.example.evil.example", false, false},
		{"localhost.evil.example", false, false},
		{"xlocalhost", false, false},
		{"127.0.0.1.evil.example", false, false},
		{"127.1", false, false},
		{"2130706433", false, false},
		{"0.0.0.0", false, true},
		{"192.0.2.1:80", false, true},
		{"[2001:db8::1]:80", false, true},
	} {
		if got := loopback.allows(c.host); got != c.loopback {
			t.Errorf("on loopback, host %q: %v", c.host, got)
		}
		if got := listed.allows(c.host); got != c.listed {
			t.Errorf("beyond loopback, host %q: %v", c.host, got)
		}
	}
}

func TestIsLoopback(t *testing.T) {
	for addr, want := range map[string]bool{
		"127.0.0.1:1": true, "127.9.9.9:1": true, "[::1]:1": true,
		"0.0.0.0:1": false, "[::]:1": false, "192.0.2.1:1": false,
	} {
		a, err := net.ResolveTCPAddr("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		if got := IsLoopback(a); got != want {
			t.Errorf("%s: %v", addr, got)
		}
	}
	if IsLoopback(&net.UnixAddr{Name: "x"}) {
		t.Error("a Unix socket is taken for loopback TCP")
	}
}
