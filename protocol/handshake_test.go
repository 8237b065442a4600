package protocol

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/duplexws/duplex/internal/testenv"
)

// The example of RFC 6455 1.3.
const (
	sampleKey    = "dGhlIHNhbXBsZSBub25jZQ=="
	sampleAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
)

func TestAcceptKey(t *testing.T) {
	if got := AcceptKey(sampleKey); got != sampleAccept {
		t.Errorf("got %q", got)
	}
	// The key that RFC 6455 4.1 prints for the octets 1 to 16.
	if got := AcceptKey("AQIDBAUGBwgJCgsMDQ4PEC=="); got != "OfS0wDaT5NoxF2gqm7Zj2YtetzM=" {
		t.Errorf("got %q", got)
	}
}

func TestAcceptKeyAllocs(t *testing.T) {
	testenv.NoRace(t)
	if n := testing.AllocsPerRun(100, func() { AcceptKey(sampleKey) }); n > 1 {
		t.Errorf("%v allocations", n)
	}
}

func TestNewKey(t *testing.T) {
	seen := make(map[string]bool)
	for range 1000 {
		key := NewKey()
		if octets, err := base64.StdEncoding.DecodeString(key); err != nil || len(octets) != 16 || !isKey(key) {
			t.Fatalf("got %q", key)
		}
		if seen[key] {
			t.Fatalf("%q came twice", key)
		}
		seen[key] = true
	}
}

func TestIsKey(t *testing.T) {
	for key, want := range map[string]bool{
		sampleKey:                      true,
		"AAAAAAAAAAAAAAAAAAAAAA==":     true,
		"////////////////////+w==":     true,
		"AQIDBAUGBwgJCgsMDQ4PEC==":     true, // printed in RFC 6455 4.1, with bits behind the last octet
		"":                             false,
		"AAAAAAAAAAAAAAAAAAAAAA":       false, // no padding
		"AAAAAAAAAAAAAAAAAAAAAA=":      false,
		"AAAAAAAAAAAAAAAAAAAAAA===":    false,
		"AAAAAAAAAAAAAAAAAAAA":         false, // 15 octets
		"AAAAAAAAAAAAAAAAAAAAAAA=":     false, // 17 octets
		"AAAAAAAAAAAAAAAAAAAAAAAA":     false, // 18 octets
		"____________________-w==":     false, // the alphabet of URLs
		"AAAAAAAAAAAAAAAAAAAA AA==":    false,
		"AAAAAAAAAAAAAAAAAAA\nAA==":    false,
		"AAAAAAAAAAAAAAAAAAAAAA==\r\n": false,
		"AAAAAAAAAAAAAAAAAAAA\r\n==":   false,
		"AAAAAAAAAAAAAAAAAAAAA\u00e4":  false,
		"=======================A":     false,
		"========================":     false,
		strings.Repeat("A", 1<<20):     false,
	} {
		if isKey(key) != want {
			t.Errorf("%.80q: got %v", key, !want)
		}
	}
}
