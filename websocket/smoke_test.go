package websocket

import (
	"bytes"
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func echo(ctx context.Context, c *Conn) error {
	var buf []byte
	for {
		typ, p, err := c.ReadInto(ctx, buf)
		if err != nil {
			return err
		}
		if err := c.Write(ctx, typ, p); err != nil {
			return err
		}
		buf = p
	}
}

func TestSmoke(t *testing.T) {
	s := httptest.NewServer((&AcceptOptions{Options: Options{MaxMessage: 32 << 20}}).Handler(echo))
	defer s.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	c, err := Dial(ctx, "ws"+strings.TrimPrefix(s.URL, "http"), &DialOptions{Options: Options{MaxMessage: 32 << 20}})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{0, 1, 125, 126, 4096, 65535, 65536, 1 << 20, 5<<20 + 3} {
		msg := bytes.Repeat([]byte("x"), n)
		go func() {
			if err := c.Write(ctx, Text, msg); err != nil {
				t.Error(err)
			}
		}()
		typ, p, err := c.Read(ctx)
		if err != nil || typ != Text || !bytes.Equal(p, msg) {
			t.Fatal(n, typ, len(p), err)
		}
	}
	for i := range 100 {
		go c.Write(ctx, Binary, fmt.Append(nil, i))
	}
	for range 100 {
		if _, _, err := c.Read(ctx); err != nil {
			t.Fatal(err)
		}
	}
	rtt, err := c.Ping(ctx)
	t.Log(rtt, err)
	short, cancel2 := context.WithTimeout(ctx, 10*time.Millisecond)
	defer cancel2()
	if _, _, err := c.Read(short); err == nil {
		t.Fatal("no error")
	}
	t.Log(c.Stats())
	start := time.Now()
	if err := c.Close(ctx, 1000, "bye"); err != nil {
		t.Fatal(err)
	}
	t.Log(time.Since(start))
}
