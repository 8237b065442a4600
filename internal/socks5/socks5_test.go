package socks5

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/duplexws/duplex/internal/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// A proxy says what stands in its script and remembers what it was told.
type proxy struct {
	said strings.Reader
	told bytes.Buffer
}

func newProxy(says string) *proxy {
	p := new(proxy)
	p.said.Reset(says)
	return p
}

func (p *proxy) Read(b []byte) (int, error)  { return p.said.Read(b) }
func (p *proxy) Write(b []byte) (int, error) { return p.told.Write(b) }

const connected = "\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x50"

var ada = &User{"ada", "lovelace"}

func TestConnect(t *testing.T) {
	for _, c := range []struct {
		name string
		host string
		user *User
		says string
		told string
	}{
		{"a name", "example.com", nil, "\x05\x00" + connected,
			"\x05\x01\x00" + "\x05\x01\x00\x03\x0bexample.com\x01\xbb"},
		{"an IPv4 address", "192.0.2.1", nil, "\x05\x00" + connected,
			"\x05\x01\x00" + "\x05\x01\x00\x01\xc0\x00\x02\x01\x01\xbb"},
		{"an IPv6 address", "2001:db8::1", nil, "\x05\x00" + connected,
			"\x05\x01\x00" + "\x05\x01\x00\x04\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x01\xbb"},
		{"an IPv6 address with a zone", "fe80::1%eth0", nil, "\x05\x00" + connected,
			"\x05\x01\x00" + "\x05\x01\x00\x04\xfe\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x01\xbb"},
		{"a password", "a", ada, "\x05\x02\x01\x00" + connected,
			"\x05\x02\x00\x02" + "\x01\x03ada\x08lovelace" + "\x05\x01\x00\x03\x01a\x01\xbb"},
		{"a password that is not wanted", "a", ada, "\x05\x00" + connected,
			"\x05\x02\x00\x02" + "\x05\x01\x00\x03\x01a\x01\xbb"},
		{"an empty password", "a", &User{"token", ""}, "\x05\x02\x01\x00" + connected,
			"\x05\x02\x00\x02" + "\x01\x05token\x00" + "\x05\x01\x00\x03\x01a\x01\xbb"},
		{"bound to an IPv6 address", "a", nil, "\x05\x00" + "\x05\x00\x00\x04" + strings.Repeat("\x00", 18),
			"\x05\x01\x00" + "\x05\x01\x00\x03\x01a\x01\xbb"},
		{"bound to a name", "a", nil, "\x05\x00" + "\x05\x00\x00\x03\x03abc\x00\x50",
			"\x05\x01\x00" + "\x05\x01\x00\x03\x01a\x01\xbb"},
	} {
		p := newProxy(c.says + "what the host says")
		if err := Connect(p, c.host, 443, c.user); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if got := p.told.String(); got != c.told {
			t.Errorf("%s: the proxy was told %q, want %q", c.name, got, c.told)
		}
		if rest, _ := io.ReadAll(p); string(rest) != "what the host says" {
			t.Errorf("%s: it left %q", c.name, rest)
		}
	}
}

func TestConnectFails(t *testing.T) {
	long := strings.Repeat("x", 256)
	for _, c := range []struct {
		name, host string
		user       *User
		says       string
		is         error
	}{
		{"HTTP", "a", nil, "HTTP/1.1 400 Bad Request\r\n\r\n", ErrProtocol},
		{"version 4", "a", nil, "\x00\x5a", ErrProtocol},
		{"no method", "a", nil, "\x05\xff", ErrAuth},
		{"a password is wanted", "a", nil, "\x05\x02", ErrAuth},
		{"GSSAPI is wanted", "a", ada, "\x05\x01", ErrAuth},
		{"a wrong password", "a", ada, "\x05\x02\x01\x01", ErrAuth},
		{"another version in the reply", "a", nil, "\x05\x00\x04\x00\x00\x01", ErrProtocol},
		{"no type of address", "a", nil, "\x05\x00\x05\x00\x00\x02\x00\x00", ErrProtocol},
		{"a long host", long, nil, "", ErrTooLong},
		{"no host", "", nil, "", ErrTooLong},
		{"a long name", "a", &User{long, "x"}, "", ErrTooLong},
		{"no name", "a", &User{"", "x"}, "", ErrTooLong},
		{"a long password", "a", &User{"x", long}, "", ErrTooLong},
	} {
		if err := Connect(newProxy(c.says), c.host, 80, c.user); !errors.Is(err, c.is) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	whole := "\x05\x02\x01\x00" + connected
	for n := range len(whole) {
		if err := Connect(newProxy(whole[:n]), "a", 80, ada); err != io.ErrUnexpectedEOF {
			t.Errorf("cut behind %d octets: %v", n, err)
		}
	}
}

func TestRefused(t *testing.T) {
	for code := 1; code < 256; code++ {
		err := Connect(newProxy("\x05\x00\x05"+string([]byte{byte(code)})), "a", 80, nil)
		var refused *RefusedError
		if !errors.As(err, &refused) || int(refused.Code) != code || refused.Error() == "" {
			t.Errorf("reply %d: %v", code, err)
		}
	}
}

// FuzzConnect plays any proxy: only documented errors may leave, and nothing
// is read behind the replies.
func FuzzConnect(f *testing.F) {
	for _, says := range []string{"", "\x05\x00" + connected, "\x05\x02\x01\x00" + connected, "\x05\x00\x05\x05", "\x05\x00\x05\x00\x00\x03\xff", "HTTP/1.1 200"} {
		f.Add(says, true)
		f.Add(says, false)
	}
	f.Fuzz(func(t *testing.T, says string, known bool) {
		var user *User
		if known {
			user = ada
		}
		p := newProxy(says)
		err := Connect(p, "example.com", 443, user)
		var refused *RefusedError
		switch {
		case err == nil:
			if read := len(says) - p.said.Len(); read > 2+2+5+255+2 {
				t.Errorf("it read %d octets", read)
			}
		case errors.As(err, &refused), errors.Is(err, ErrAuth), errors.Is(err, ErrProtocol), err == io.ErrUnexpectedEOF:
		default:
			t.Errorf("%v", err)
		}
	})
}
