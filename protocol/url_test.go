package protocol

import (
	"net/url"
	"strings"
	"testing"
)

func TestParseURL(t *testing.T) {
	for s, want := range map[string]URL{
		"ws://example.com":               {false, "example.com:80", "example.com", "example.com", "/", nil},
		"wss://example.com":              {true, "example.com:443", "example.com", "example.com", "/", nil},
		"http://example.com/":            {false, "example.com:80", "example.com", "example.com", "/", nil},
		"https://example.com/":           {true, "example.com:443", "example.com", "example.com", "/", nil},
		"WSS://Example.com/Chat":         {true, "Example.com:443", "Example.com", "Example.com", "/Chat", nil},
		"ws://localhost:8080/a/b?c=d&e":  {false, "localhost:8080", "localhost", "localhost:8080", "/a/b?c=d&e", nil},
		"ws://example.com:80/":           {false, "example.com:80", "example.com", "example.com", "/", nil},
		"ws://example.com:/":             {false, "example.com:80", "example.com", "example.com", "/", nil},
		"ws://example.com:443/":          {false, "example.com:443", "example.com", "example.com:443", "/", nil},
		"wss://example.com:443/":         {true, "example.com:443", "example.com", "example.com", "/", nil},
		"wss://example.com:80/":          {true, "example.com:80", "example.com", "example.com:80", "/", nil},
		"ws://example.com?a":             {false, "example.com:80", "example.com", "example.com", "/?a", nil},
		"ws://example.com/?":             {false, "example.com:80", "example.com", "example.com", "/?", nil},
		"ws://example.com/%20%2F?%23":    {false, "example.com:80", "example.com", "example.com", "/%20%2F?%23", nil},
		"ws://example.com/a b\u00e4":     {false, "example.com:80", "example.com", "example.com", "/a%20b%C3%A4", nil},
		"ws://example.com//x":            {false, "example.com:80", "example.com", "example.com", "//x", nil},
		"ws://127.0.0.1:9001":            {false, "127.0.0.1:9001", "127.0.0.1", "127.0.0.1:9001", "/", nil},
		"ws://[::1]/":                    {false, "[::1]:80", "::1", "[::1]", "/", nil},
		"wss://[2001:db8::1]:8443/":      {true, "[2001:db8::1]:8443", "2001:db8::1", "[2001:db8::1]:8443", "/", nil},
		"ws://[fe80::1%25eth0]:80/":      {false, "[fe80::1%eth0]:80", "fe80::1%eth0", "[fe80::1]", "/", nil},
		"wss://xn--mnchen-3ya.example/x": {true, "xn--mnchen-3ya.example:443", "xn--mnchen-3ya.example", "xn--mnchen-3ya.example", "/x", nil},
	} {
		got, err := ParseURL(s)
		if err != nil || got != want {
			t.Errorf("%s: got %+v, %v", s, got, err)
			continue
		}
		h := ClientHandshake{Host: got.Host, Target: got.Target, Key: sampleKey}
		if _, err := h.AppendHTTP1(nil); err != nil {
			t.Errorf("%s: %v", s, err)
		}
	}
}

func TestParseURLInvalid(t *testing.T) {
	for s, says := range map[string]string{
		"":                                 "scheme",
		"example.com":                      "scheme",
		"//example.com":                    "scheme",
		"ftp://example.com":                "scheme",
		"wsss://example.com":               "scheme",
		"ws:":                              "host",
		"ws:example.com":                   "host",
		"ws:/example.com":                  "host",
		"ws://":                            "host",
		"ws:///path":                       "host",
		"ws://:80":                         "host",
		"ws://m\u00fcnchen.example":        "punycode",
		"ws://a..b":                        "host",
		"ws://example.com:0":               "port",
		"ws://example.com:65536":           "port",
		"ws://example.com:99999999999999":  "port",
		"ws://example.com:080":             "port",
		"ws://example.com:x":               "port",
		"ws://us%3Aer:hunter2@example.com": "colon",
		"ws://user:hunter2%0d@example.com": "control",
		"ws://us%00er:hunter2@example.com": "control",
		// What is forgotten to be encoded in a password ends the host.
		"ws://user:hunter2/x@example.com/": "percent-encoded",
		"ws://user:hunter2?x@example.com/": "percent-encoded",
		"ws://example.com#":                "fragment",
		"ws://example.com/#a":              "fragment",
		"ws://example.com/?a#b":            "fragment",
		"ws://exam ple.com":                "malformed",
		"ws://example.com/\r\nX: y":        "malformed",
		"ws://example.com\x00":             "malformed",
		"ws://[::1":                        "malformed",
		"ws://[::g]":                       "host",
		"ws://[127.0.0.1]":                 "malformed",
		"ws://%zz":                         "malformed",
		"ws://example.com/?a b":            "query",
		"ws://example.com/?100%":           "query",
		"ws://example.com/?\u00e4":         "query",
		"ws://user:hunter2@exam ple.com":   "malformed",
	} {
		got, err := ParseURL(s)
		if err == nil || got != (URL{}) || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: got %+v, %v, want it to say %q", s, got, err, says)
		}
		if err != nil && (strings.Contains(err.Error(), "hunter2") || strings.ContainsAny(err.Error(), "\r\n\x00") || !strings.HasPrefix(err.Error(), "websocket: ")) {
			t.Errorf("%q: got %q", s, err)
		}
	}
}

// FuzzURL demands that whatever is accepted can be sent and means the same.
func FuzzURL(f *testing.F) {
	for _, s := range []string{"ws://example.com/chat?a=b", "wss://[fe80::1%25eth0]:8443", "https://a:443", "ws://u:p%3A@a", "ws://a#b", "ws://a:/"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := ParseURL(s)
		if err != nil {
			return
		}
		h := ClientHandshake{Host: u.Host, Target: u.Target, Key: sampleKey}
		if _, err := h.AppendHTTP1(nil); err != nil {
			t.Fatalf("%q: %+v: %v", s, u, err)
		}
		scheme := "ws://"
		if u.Secure {
			scheme = "wss://"
		}
		again, err := ParseURL(scheme + u.Host + u.Target)
		if err != nil || again.Host != u.Host || again.Target != u.Target || again.Secure != u.Secure {
			t.Fatalf("%q: %+v, then %+v, %v", s, u, again, err)
		}
	})
}

func TestParseURLUser(t *testing.T) {
	for s, want := range map[string]string{
		"ws://example.com/":                  "",
		"ws://@example.com/":                 "",
		"ws://ada@example.com/":              "ada",
		"wss://ada:love%2Clace@example.com/": "ada:love,lace",
		"ws://ada:a%3Ab@example.com/":        "ada:a%3Ab",
		"ws://:key@example.com/":             ":key",
	} {
		got, err := ParseURL(s)
		if err != nil || got.User.String() != want || got.Host != "example.com" {
			t.Errorf("%s: got %+v, %v", s, got, err)
		}
	}
}

func TestURLSameOrigin(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"ws://example.com/a", "http://Example.com:80/b?c", true},
		{"wss://example.com", "https://example.com:443/", true},
		{"ws://example.com", "wss://example.com", false},
		{"ws://example.com:443", "wss://example.com:443", false},
		{"ws://example.com", "ws://example.com:8080", false},
		{"ws://example.com", "ws://www.example.com", false},
		{"ws://[::1]:1", "ws://[::1]:1", true},
		{"ws://[fe80::1%25a]", "ws://[fe80::1%25b]", false},
	} {
		a, errA := ParseURL(c.a)
		b, errB := ParseURL(c.b)
		if errA != nil || errB != nil || a.SameOrigin(b) != c.same || b.SameOrigin(a) != c.same {
			t.Errorf("%s and %s: %v, %v, %v", c.a, c.b, a.SameOrigin(b), errA, errB)
		}
	}
}

func TestBasicAuth(t *testing.T) {
	for _, c := range []struct {
		user *url.Userinfo
		want string
	}{
		{url.UserPassword("Aladdin", "open sesame"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="}, // RFC 7617 2
		{url.UserPassword("test", "123\u00a3"), "Basic dGVzdDoxMjPCow=="},                  // RFC 7617 2.1
		{url.User("a"), "Basic YTo="},
		{url.UserPassword("a", "b:c"), "Basic YTpiOmM="},
		{url.UserPassword("a:b", "c"), ""},
		{url.UserPassword("a\n", "c"), ""},
		{url.UserPassword("a", "\x7f"), ""},
	} {
		got, err := BasicAuth(c.user)
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%v: got %q, %v", c.user, got, err)
		}
	}
}
