package protocol

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/duplexws/duplex/internal/testenv"
)

// originTests are judged by the zero policy, for a server that was reached as
// https://example.com unless host says otherwise.
var originTests = []struct {
	origin string // fields, separated by |
	host   string
	allow  bool
}{
	{"https://example.com", "", true},
	{"https://example.com:443", "", true},
	{"HTTPS://EXAMPLE.com", "", true},
	{" https://example.com\t", "", true}, // white space around a value is no part of it
	{"https://example.com", "EXAMPLE.COM", true},
	{"https://example.com", "example.com:443", true},
	{"https://example.com", "example.com:", true}, // RFC 9110 7.2: the port of Host may be empty
	{"https://example.com:8443", "example.com:8443", true},
	{"https://example.com.", "example.com.", true},
	{"https://localhost:8080", "localhost:8080", true},
	{"https://127.0.0.1:8080", "127.0.0.1:8080", true},
	{"https://[::1]:8080", "[::1]:8080", true},
	{"https://[::1]", "[0:0:0:0:0:0:0:1]", true},
	{"https://[2001:DB8::1]", "[2001:db8::1]:443", true},
	{"https://xn--mnchen-3ya.example", "xn--mnchen-3ya.example", true},
	{"https://a_b.example", "a_b.example", true},

	// Scheme and port count.
	{"http://example.com", "", false},
	{"http://example.com:443", "", false},
	{"https://example.com:80", "", false},
	{"https://example.com:8443", "", false},
	{"https://example.com", "example.com:8443", false},
	{"https://example.com", "example.com:80", false},
	{"ftp://example.com", "", false},
	{"ws://example.com", "", false},
	{"wss://example.com", "", false},
	{"chrome-extension://example.com", "", false},
	{"httpsx://example.com", "", false},
	{"javascript://example.com", "", false},

	// Hosts that look alike.
	{"https://example.com.evil.com", "", false},
	{"https://evilexample.com", "", false},
	{"https://evil-example.com", "", false},
	{"https://evil.com", "", false},
	{"https://evil.com:443", "", false},
	{"https://sub.example.com", "", false},
	{"https://example.co", "", false},
	{"https://example.com.", "", false},
	{"https://example.com..", "", false},
	{"https://.example.com", "", false},
	{"https://example..com", "", false},
	{"https://*.example.com", "", false},
	{"https://*", "", false},
	{"https://ex\u0430mple.com", "", false},      // Cyrillic a
	{"https://example\u3002com", "", false},      // ideographic full stop
	{"https://\uff45xample.com", "", false},      // full-width e
	{"https://example.\u212aom", "k.com", false}, // Kelvin sign
	{"https://\u212a.com", "k.com", false},
	{"https://\u017f.com", "s.com", false}, // long s
	{"https://xn--mnchen-3ya.example", "m\u00fcnchen.example", false},
	{"https://m\u00fcnchen.example", "m\u00fcnchen.example", false},
	{"https://%65xample.com", "", false},
	{"https://127.1", "127.0.0.1", false},
	{"https://0x7f.0.0.1", "127.0.0.1", false},
	{"https://2130706433", "127.0.0.1", false},
	{"https://localhost", "127.0.0.1", false},
	{"https://[::ffff:127.0.0.1]", "127.0.0.1", false},
	{"https://[127.0.0.1]", "127.0.0.1", false},
	{"https://[127.0.0.1]", "[127.0.0.1]", false},
	{"https://" + longHost, longHost, true},
	{"https://a" + longHost, "a" + longHost, false},
	{"https://[fe80::1%25eth0]", "[fe80::1%25eth0]", false},
	{"https://[fe80::1%eth0]", "[fe80::1%eth0]", false},
	{"https://::1", "[::1]", false},

	// What is no origin.
	{"", "", false},
	{" ", "", false},
	{"null", "", false},
	{"NULL", "", false},
	{"null", "null", false},
	{"*", "", false},
	{"example.com", "", false},
	{"//example.com", "", false},
	{"://example.com", "", false},
	{"https:", "", false},
	{"https:/example.com", "", false},
	{"https:example.com", "", false},
	{"https://", "", false},
	{"file://", "", false},
	{"file:///", "", false},
	{"file:///etc/passwd", "", false},
	{"data:text/html,a", "", false},
	{"about:blank", "", false},
	{"https://example.com/", "", false},
	{"https://example.com/path", "", false},
	{"https://example.com?q", "", false},
	{"https://example.com#f", "", false},
	{`https://example.com\`, "", false},
	{`https://example.com\.evil.com`, "", false},
	{"https://example.com@evil.com", "", false},
	{"https://evil.com@example.com", "", false},
	{"https://user:secret@example.com", "", false},
	{"https://@example.com", "", false},
	{"https://example.com:", "", false},
	{"https://example.com:443:443", "", false},
	{"https://example.com:0443", "", false},
	{"https://example.com:+443", "", false},
	{"https://example.com:-1", "", false},
	{"https://example.com:0", "", false},
	{"https://example.com:65979", "", false}, // 443 + 65536
	{"https://example.com:4294967739", "", false},
	{"https://example.com:https", "", false},
	{"https://example.com:*", "", false},
	{"https://example.com :443", "", false},
	{"https:// example.com", "", false},
	{"https://exam ple.com", "", false},
	{"https://example.com https://example.com", "", false}, // RFC 6454 7.1 lets a list stand; browsers send none
	{"https://example.com, https://example.com", "", false},
	{"https://example.com,https://evil.com", "", false},
	{"https://exam\tple.com", "", false},
	{"https://example.com\r\nX: y", "", false},
	{"https://example.com\n", "", false},
	{"https://example.com\x00", "", false},
	{"https://example.com\x00.evil.com", "", false},
	{"https://[::1", "[::1]", false},
	{"https://[::1]x", "[::1]", false},
	{"https://[]", "[]", false},
	{"https://[", "[", false},
	{"https://]", "]", false},
	{"https://[::1]]", "[::1]", false},
	{"https://a.example|https://a.example", "a.example", false},
	{"https://example.com|https://evil.com", "", false},
	{"https://example.com|", "", false},
	{"https://" + strings.Repeat("a.", 50_000) + "com", "", false},
	{"https://" + strings.Repeat("[", 50_000), "", false},

	// A Host that is none has no same origin.
	{"https://a b", "a b", false},
	{"https://a/c", "a/c", false},
	{"https://u@a", "u@a", false},
	{"file://", "[", false},
}

// longHost is the longest name that DNS has, with its trailing dot.
var longHost = strings.Repeat("a.", 127)

func TestSameOrigin(t *testing.T) {
	var policy OriginPolicy
	for _, test := range originTests {
		if test.host == "" {
			test.host = "example.com"
		}
		err := policy.Allow(strings.Split(test.origin, "|"), test.host, true)
		if (err == nil) != test.allow {
			t.Errorf("origin %.80q at host %.80q: got %v", test.origin, test.host, err)
		}
		checkOriginError(t, err)
	}
	for _, host := range []string{"", "[", "]", ":", ":80", "[]:80", "a b"} {
		if err := policy.Allow([]string{"https://example.com"}, host, true); err == nil {
			t.Errorf("host %q: got no error", host)
		}
	}
}

func checkOriginError(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	e, ok := errors.AsType[*HandshakeError](err)
	if !ok || e.Status != 403 || e.Fault != FaultOrigin || e.Section != "RFC 6455 10.2" {
		t.Errorf("got %#v", err)
	}
	if text := err.Error(); len(text) > 1024 || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		t.Errorf("the text is long or not escaped: %q", text)
	}
}

// Without TLS the same table holds with the other scheme and port.
func TestSameOriginWithoutTLS(t *testing.T) {
	var policy OriginPolicy
	for _, test := range []struct {
		origin, host string
		allow        bool
	}{
		{"http://example.com", "example.com", true},
		{"http://example.com:80", "example.com", true},
		{"http://example.com", "example.com:80", true},
		{"http://localhost:8080", "localhost:8080", true},
		{"https://example.com", "example.com", false},
		{"https://example.com:80", "example.com", false},
		{"http://example.com:443", "example.com", false},
		{"http://example.com", "example.com:443", false},
	} {
		if err := policy.Allow([]string{test.origin}, test.host, false); (err == nil) != test.allow {
			t.Errorf("origin %q at host %q: got %v", test.origin, test.host, err)
		}
	}
}

func TestMissingOrigin(t *testing.T) {
	if err := (&OriginPolicy{}).Allow(nil, "example.com", true); err != nil {
		t.Error(err)
	}
	strict := OriginPolicy{RequireOrigin: true, Patterns: []string{"*"}}
	checkOriginError(t, strict.Allow(nil, "example.com", true))
	if strict.Allow(nil, "example.com", true) == nil {
		t.Error("RequireOrigin lets a request without Origin through")
	}
	if err := strict.Allow([]string{"https://other.example"}, "example.com", true); err != nil {
		t.Error(err)
	}
}

func TestOriginPatterns(t *testing.T) {
	for _, test := range []struct {
		pattern string
		allow   []string
		refuse  []string
	}{
		{
			"https://app.example",
			[]string{"https://app.example", "https://app.example:443", "https://APP.example"},
			[]string{"http://app.example", "https://app.example:8443", "https://x.app.example", "https://app.example.", "https://xapp.example", "null"},
		}, {
			"HTTPS://App.Example:443",
			[]string{"https://app.example"},
			[]string{"https://app.example:80"},
		}, {
			"https://app.example:8443",
			[]string{"https://app.example:8443"},
			[]string{"https://app.example", "https://app.example:443", "http://app.example:8443"},
		}, {
			"https://app.example:*",
			[]string{"https://app.example", "https://app.example:1", "https://app.example:65535"},
			[]string{"http://app.example", "https://x.app.example:1", "https://app.example:", "https://app.example:*"},
		}, {
			"https://*.app.example",
			[]string{"https://a.app.example", "https://a.b.app.example", "https://A.App.Example:443"},
			[]string{
				"https://app.example", "https://.app.example", "https://evil-app.example", "https://evilapp.example",
				"https://a.app.example.evil.example", "https://a.app.example:8443", "http://a.app.example", "https://a.app.example.",
				"https://*.app.example", "https://evil.example/a.app.example", "https://evil.example#.app.example", "https://a..app.example",
			},
		}, {
			"https://*.app.example:*",
			[]string{"https://a.app.example", "https://a.app.example:8443"},
			[]string{"https://app.example:8443", "http://a.app.example:8443"},
		}, {
			"app.example", // the server's scheme
			[]string{"https://app.example"},
			[]string{"http://app.example", "https://app.example:80", "https://a.app.example"},
		}, {
			"app.example:3000",
			[]string{"https://app.example:3000"},
			[]string{"http://app.example:3000", "https://app.example"},
		}, {
			"*.app.example",
			[]string{"https://a.app.example"},
			[]string{"http://a.app.example", "https://app.example"},
		}, {
			"localhost:*",
			[]string{"https://localhost:3000", "https://localhost"},
			[]string{"http://localhost:3000", "https://localhost.evil.example:3000"},
		}, {
			"http://[::1]:3000",
			[]string{"http://[::1]:3000", "http://[0::1]:3000"},
			[]string{"http://[::1]", "http://[::2]:3000"},
		}, {
			"[::1]:*",
			[]string{"https://[::1]:3000", "https://[::1]"},
			[]string{"https://[::2]"},
		}, {
			"chrome-extension://abcdefgh",
			[]string{"chrome-extension://abcdefgh"},
			[]string{"chrome-extension://abcdefghi", "https://abcdefgh", "chrome-extension://abcdefgh:1"},
		}, {
			"null",
			[]string{"null"},
			[]string{"NULL", "https://null", "https://other.example", "", "file://"},
		}, {
			"file://",
			[]string{"file://"},
			[]string{"file:///", "file://host", "null", "https://other.example"},
		}, {
			"*",
			[]string{"https://other.example", "http://other.example:1", "null", "file://", "capacitor://localhost"},
			[]string{"", "garbage", "https://u@other.example", "https://other.example/", "https://other.example https://b.example", "NULL"},
		},
	} {
		policy := OriginPolicy{Patterns: []string{"https://unrelated.example", test.pattern}}
		if err := policy.Validate(); err != nil {
			t.Error(err)
		}
		for _, origin := range append(test.allow, "https://example.com") {
			if err := policy.Allow([]string{origin}, "example.com", true); err != nil {
				t.Errorf("pattern %q: %v", test.pattern, err)
			}
		}
		for _, origin := range test.refuse {
			if policy.Allow([]string{origin}, "example.com", true) == nil {
				t.Errorf("pattern %q allows %q", test.pattern, origin)
			}
		}
	}
}

func TestPublicOrigins(t *testing.T) {
	policy := OriginPolicy{
		PublicOrigins: []string{"https://example.com", "https://example.org:8443"},
		Patterns:      []string{"app.example", "http://old.example"},
	}
	if err := policy.Validate(); err != nil {
		t.Fatal(err)
	}
	for origin, allow := range map[string]bool{
		"https://example.com":      true,
		"https://example.org:8443": true,
		"https://app.example":      true, // the public scheme, though TLS ended at the proxy
		"http://old.example":       true,
		"http://app.example":       false,
		"http://example.com":       false,
		"https://example.org":      false,
		"http://backend:8080":      false, // what the request itself shows
		"https://backend:8080":     false,
	} {
		if err := policy.Allow([]string{origin}, "backend:8080", false); (err == nil) != allow {
			t.Errorf("origin %q: got %v", origin, err)
		}
	}
}

// The usual mistake behind a proxy is told from an attack.
func TestOriginBehindProxy(t *testing.T) {
	var policy OriginPolicy
	err := policy.Allow([]string{"https://example.com"}, "example.com", false)
	if err == nil || !strings.Contains(err.Error(), "PublicOrigins") {
		t.Errorf("got %v", err)
	}
	for _, err := range []error{
		policy.Allow([]string{"http://example.com"}, "example.com", true),
		policy.Allow([]string{"https://evil.example"}, "example.com", false),
		(&OriginPolicy{PublicOrigins: []string{"https://a.example"}}).Allow([]string{"https://example.com"}, "example.com", false),
	} {
		if err == nil || strings.Contains(err.Error(), "PublicOrigins") {
			t.Errorf("got %v", err)
		}
	}
}

func TestOriginPolicyValidate(t *testing.T) {
	for pattern, says := range map[string]string{
		"":                               "malformed",
		"https://":                       "malformed",
		"://example.com":                 "scheme",
		"ht tp://example.com":            "scheme",
		"1http://example.com":            "scheme",
		"wss://example.com":              "http or https",
		"WS://example.com":               "http or https",
		"https://example.com/":           "leave out the path",
		"example.com/app":                "leave out the path",
		"https://example.com?q":          "leave out the path",
		"https://example.com#f":          "leave out the path",
		`https://example.com\`:           "leave out the path",
		"https://user@example.com":       "user name",
		"https://*example.com":           "whole labels",
		"https://a.*.example.com":        "whole labels",
		"https://*.*.example.com":        "whole labels",
		"https://example.*":              "whole labels",
		"https://*":                      "whole labels",
		"*:8080":                         "whole labels",
		"*.":                             "malformed",
		"**":                             "whole labels",
		"https://*.127.0.0.1":            "no subdomains",
		"https://*.[::1]":                "no subdomains",
		"https://example.com:":           "malformed",
		"https://example.com:0":          "malformed",
		"https://example.com:080":        "malformed",
		"https://example.com:65536":      "malformed",
		"https://example.com:80:*":       "two ports",
		"https://b\u00fccher.example":    "punycode",
		"https://exam ple.com":           "malformed",
		"https://a..example.com":         "malformed",
		"https://[::1":                   "malformed",
		"https://[fe80::1%25eth0]":       "malformed",
		"https://example.com, other.com": "malformed",
		"null ":                          "malformed",
	} {
		policy := OriginPolicy{Patterns: []string{"https://fine.example", pattern}}
		err := policy.Validate()
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("pattern %q: got %v, want it to say %q", pattern, err, says)
		}
		for _, origin := range []string{"https://example.com", "https://a.example.com", "https://user@example.com", "null", ""} {
			if policy.Allow([]string{origin}, "other.example", true) == nil {
				t.Errorf("malformed pattern %q allows %q", pattern, origin)
			}
		}
	}
	for _, public := range []string{"*", "null", "example.com", "https://*.example.com", "https://example.com:*", "https://example.com/", "wss://example.com", ""} {
		if err := (&OriginPolicy{PublicOrigins: []string{public}}).Validate(); err == nil {
			t.Errorf("public origin %q passes", public)
		}
	}
	if err := (&OriginPolicy{}).Validate(); err != nil {
		t.Error(err)
	}
}

func TestOriginAllocs(t *testing.T) {
	testenv.NoRace(t)
	policy := OriginPolicy{Patterns: []string{"https://*.app.example:*", "[::1]", "null"}}
	for _, origin := range []string{"https://example.com:443", "https://a.app.example:8443", "https://[::1]", "null"} {
		values := []string{origin}
		if n := testing.AllocsPerRun(100, func() { policy.Allow(values, "example.com", true) }); n != 0 {
			t.Errorf("%v allocations to allow %q", n, origin)
		}
	}
}

// checkOrigin compares the policy with package net/url: what is the same origin
// has a URL of the same scheme, host and port as the server, and nothing else.
// A subdomain pattern allows only hosts that end in the domain.
func checkOrigin(t *testing.T, values []string, host string, secure bool) {
	t.Helper()
	var same OriginPolicy
	err := same.Allow(values, host, secure)
	checkOriginError(t, err)
	if err == nil {
		scheme, port := "http", "80"
		if secure {
			scheme, port = "https", "443"
		}
		server, page := parsed(t, scheme+"://"+host), parsed(t, values[0])
		if len(values) != 1 || page.Scheme != scheme || !sameURLHost(page, server) || portOr(page, port) != portOr(server, port) {
			t.Fatalf("origins %q are the same as host %q, TLS %v", values, host, secure)
		}
		checkBare(t, page)
	}
	wild := OriginPolicy{PublicOrigins: []string{"https://self.example"}, Patterns: []string{"https://*.app.example:*"}}
	if wild.Allow(values, host, secure) == nil && len(values) > 0 {
		page := parsed(t, values[0])
		name := strings.ToLower(page.Hostname())
		if len(values) != 1 || page.Scheme != "https" || name != "self.example" && !strings.HasSuffix(name, ".app.example") {
			t.Fatalf("origins %q match a pattern for subdomains of app.example", values)
		}
		checkBare(t, page)
	}
}

func parsed(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(trimBlanks(s))
	if err != nil {
		t.Fatalf("%q passed, but is no URL: %v", s, err)
	}
	return u
}

func checkBare(t *testing.T, u *url.URL) {
	t.Helper()
	if u.Host == "" || u.User != nil || u.Opaque != "" || u.Path != "" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		t.Fatalf("%q has more than an origin has", u)
	}
}

func sameURLHost(a, b *url.URL) bool {
	if strings.Contains(a.Host, "[") && strings.Contains(b.Host, "[") {
		return true // one address can be written in many ways
	}
	return strings.EqualFold(a.Hostname(), b.Hostname())
}

func portOr(u *url.URL, port string) string {
	if u.Port() != "" {
		return u.Port()
	}
	return port
}

func TestOriginPrefixesAndSplits(t *testing.T) {
	for _, test := range originTests {
		eachCut(test.origin, func(values []string) {
			checkOrigin(t, values, "example.com", true)
			checkOrigin(t, values, test.host, false)
			checkOrigin(t, []string{"https://example.com"}, values[0], true)
		})
	}
}

func FuzzOrigin(f *testing.F) {
	for _, test := range originTests {
		f.Add(test.origin, "example.com", true)
		f.Add(test.origin, test.host, false)
	}
	f.Fuzz(func(t *testing.T, origins, host string, secure bool) {
		checkOrigin(t, strings.Split(origins, "|"), host, secure)
	})
}

// A pattern that Validate passes allows the origin that it is, and none that
// only contains it.
func FuzzOriginPattern(f *testing.F) {
	for _, s := range []string{"https://example.com", "http://a.b:8080", "example.com", "[::1]:1", "*.example.com", "example.com:*", "x+y://z", "file://", "*", "null", "https://a/"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		policy := OriginPolicy{Patterns: []string{s}}
		if policy.Validate() != nil {
			policy.PublicOrigins = []string{""} // no same origin
			for _, origin := range []string{"https://other.example", "null", s} {
				if policy.Allow([]string{origin}, "example.com", true) == nil {
					t.Fatalf("invalid pattern %q allows %q", s, origin)
				}
			}
			return
		}
		if s == "*" || s == "null" || strings.Contains(s, "*") {
			return
		}
		origin := s
		if !strings.Contains(s, "://") {
			origin = "https://" + s
		}
		if err := policy.Allow([]string{origin}, "example.com", true); err != nil {
			t.Fatalf("pattern %q: %v", s, err)
		}
		if policy.Allow([]string{origin + ".evil.example"}, "example.com", true) == nil || policy.Allow([]string{origin + "@evil.example"}, "example.com", true) == nil {
			t.Fatalf("pattern %q allows what only begins with it", s)
		}
	})
}
