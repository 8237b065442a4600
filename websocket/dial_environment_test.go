package websocket

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// TestDialEnvironment: the proxies of the environment are used by default. A
// process reads its environment once, so each one has its own.
func TestDialEnvironment(t *testing.T) {
	if runtime.GOARCH == "wasm" {
		t.Skip("a wasm program starts no other")
	}
	if urls := os.Getenv("DUPLEX_TEST_DIAL"); urls != "" {
		dialEach(t, strings.Fields(urls))
		return
	}
	p := answering(t, nil, says("HTTP/1.1 418 Tea\r\nContent-Length: 0\r\n\r\n"))
	for env, proxied := range map[string]map[string]bool{
		"HTTP_PROXY=http://" + p.address + " NO_PROXY=no.invalid,*.example.com": {
			"ws://server.invalid/":  true,
			"wss://server.invalid/": false,
			"ws://no.invalid/":      false,
			"ws://127.0.0.1:1/":     false,
			"ws://localhost:1/":     false,
			// A zone is not the name that it ends in (CVE-2025-22870).
			"ws://[2001:db8::1%25.example.com]:1/": true,
		},
		"http_proxy=" + p.address + " https_proxy=http://" + p.address: {
			"ws://server.invalid/":  true,
			"wss://server.invalid/": true,
		},
		"HTTPS_PROXY=http://" + p.address: {
			"ws://server.invalid/":  false,
			"wss://server.invalid/": true,
		},
		"HTTP_PROXY=http://ada:418@%zz https_proxy=%zz": { // nothing goes past a proxy that was meant
			"ws://server.invalid/":  false,
			"wss://server.invalid/": false,
			"ws://127.0.0.1:1/":     false,
		},
	} {
		cmd := exec.Command(os.Args[0], "-test.run=^TestDialEnvironment$", "-test.count=1")
		cmd.Env = append(withoutProxies(os.Environ()), strings.Fields(env)...)
		cmd.Env = append(cmd.Env, "DUPLEX_TEST_DIAL="+strings.Join(slices.Collect(maps.Keys(proxied)), " "))
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		for url, want := range proxied {
			_, said, _ := strings.Cut(string(out), "dialled "+url+": ")
			said, _, ok := strings.Cut(said, "\n")
			if !ok || strings.Contains(said, "418") != want {
				t.Errorf("%s with %q: proxied %v\n%s", url, env, !want, said)
			}
			if malformed := strings.Contains(env, "%zz") && strings.Contains(url, "invalid"); strings.Contains(said, "_PROXY is malformed") != malformed {
				t.Errorf("%s with %q: %s", url, env, said)
			}
		}
	}
}

// dialEach prints how each Dial fails.
func dialEach(t *testing.T, urls []string) {
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("no name server is asked")
	}}
	for _, url := range urls {
		_, err := Dial(t.Context(), url, nil)
		fmt.Printf("dialled %s: %v\n", url, err)
	}
}

func withoutProxies(env []string) (rest []string) {
	for _, e := range env {
		name, _, _ := strings.Cut(e, "=")
		if !strings.HasSuffix(strings.ToUpper(name), "_PROXY") && name != "REQUEST_METHOD" {
			rest = append(rest, e)
		}
	}
	return rest
}
