package e2e

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/duplexws/duplex/websocket"
)

// The code of docs/proxies.md.
func Example_proxy() {
	ctx := context.Background()

	proxy, err := url.Parse("http://user:password@proxy.example.com:3128")
	if err != nil {
		log.Fatal(err)
	}
	c, err := websocket.Dial(ctx, "wss://ws.example.com/echo", &websocket.DialOptions{
		Proxy: http.ProxyURL(proxy),
	})

	fmt.Println(c, err)
}

// TestProxyExample: the code on the page is the one that compiles.
func TestProxyExample(t *testing.T) {
	block := strings.TrimSuffix(documented(t, "go"), "\n")
	if indented := "\n\t" + strings.ReplaceAll(block, "\n", "\n\t") + "\n"; !strings.Contains(readFile(t, "proxy_example_test.go"), indented) {
		t.Errorf("this does not stand in proxy_example_test.go:\n%s", block)
	}
}
