package protocol

import (
	"reflect"
	"strings"
	"testing"

	"github.com/duplexws/duplex/internal/testenv"
)

func ext(name string, params ...string) Extension {
	e := Extension{Name: name}
	for _, p := range params {
		key, value, _ := strings.Cut(p, "=")
		e.Params = append(e.Params, Param{key, value})
	}
	return e
}

var extensionTests = []struct {
	values string // fields, separated by |
	want   []Extension
}{
	{"permessage-deflate", []Extension{ext("permessage-deflate")}},
	{"permessage-deflate; client_max_window_bits", []Extension{ext("permessage-deflate", "client_max_window_bits")}},
	{"a; b=1; c=\"2\", d", []Extension{ext("a", "b=1", "c=2"), ext("d")}},
	{"a ; b = 1 ;c\t=\t\"2\" ,d", []Extension{ext("a", "b=1", "c=2"), ext("d")}}, // RFC 6455 4.3, implied *LWS
	{"a|b; c", []Extension{ext("a"), ext("b", "c")}},
	{"a; x=1, a; x=2, a", []Extension{ext("a", "x=1"), ext("a", "x=2"), ext("a")}},
	{"a; x; x=1; x", []Extension{ext("a", "x", "x=1", "x")}}, // for the extension to judge
	{`a; b="\1\0"`, []Extension{ext("a", "b=10")}},
	{"A; B=C", []Extension{ext("A", "B=C")}},
	{", ,a,,b,", []Extension{ext("a"), ext("b")}},
	{"__proto__; constructor=toString", []Extension{ext("__proto__", "constructor=toString")}},
	{"a" + strings.Repeat(";p", MaxExtensionParams), []Extension{ext("a", strings.Split(strings.Repeat("p", MaxExtensionParams), "")...)}},

	{"", nil},
	{" ", nil},
	{",", nil},
	{"|", nil},
	{";", nil},
	{"a;", nil},
	{"a;;b", nil},
	{"a; =1", nil},
	{"a; b=", nil},
	{"a; b=,c", nil},
	{"a; b=1=2", nil},
	{"a b", nil},
	{"a; b c", nil},
	{"a=1", nil},
	{`"a"`, nil},
	{`a; "b"`, nil},
	{`a; b="`, nil},
	{`a; b="1`, nil},
	{`a; b=""`, nil},
	{`a; b="1 2"`, nil},
	{`a; b="1,2"`, nil},
	{`a; b="1"2`, nil},
	{`a; b="1\`, nil},
	{`a; b="\`, nil},
	{"a; b=\"" + strings.Repeat(`\`, 10_000), nil},
	{"a; b=\"" + strings.Repeat(`\a`, 10_000), nil},
	{"a; b=\u00e4", nil},
	{"a\r\nX: y", nil},
	{"a\x00", nil},
	{"a|;", nil},
	{"a" + strings.Repeat(";p", MaxExtensionParams+1), nil},
}

func TestParseExtensions(t *testing.T) {
	for _, test := range extensionTests {
		got, err := ParseExtensions(strings.Split(test.values, "|"), MaxExtensionOffers)
		if (err != nil) != (test.want == nil) || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%.80q: got %v, %v, want %v", test.values, got, err, test.want)
		}
	}
	if got, err := ParseExtensions(nil, MaxExtensionOffers); got != nil || err != nil {
		t.Errorf("no field: got %v, %v", got, err)
	}
}

// Whatever lies behind the last offer that is considered must be well formed,
// but is not kept.
func TestParseExtensionsMax(t *testing.T) {
	offers := strings.Repeat("a; b=1, ", 1000)
	for _, most := range []int{0, 1, MaxExtensionOffers, 2000} {
		got, err := ParseExtensions([]string{offers}, most)
		if err != nil || len(got) != min(most, 1000) {
			t.Errorf("at most %d: got %d, %v", most, len(got), err)
		}
		if _, err := ParseExtensions([]string{offers + "a; b="}, most); err == nil {
			t.Errorf("at most %d: a malformed end passes", most)
		}
	}
}

func TestParseExtensionsAllocs(t *testing.T) {
	testenv.NoRace(t)
	hostile := []string{strings.Repeat(`a; b="1"; c=2, `, 1000), strings.Repeat("x,", 1000)}
	if n := testing.AllocsPerRun(100, func() { ParseExtensions(hostile, 0) }); n != 0 {
		t.Errorf("%v allocations for a list of which nothing is kept", n)
	}
}

func TestAppendExtensions(t *testing.T) {
	got, err := AppendExtensions([]byte("x: "), []Extension{ext("a", "b=1", "c"), ext("d")})
	if err != nil || string(got) != "x: a; b=1; c, d" {
		t.Errorf("got %q, %v", got, err)
	}
	for _, bad := range []Extension{
		ext(""), ext("a b"), ext("a,b"), ext("a;b"), ext("a\r\nX: y"), ext("\u00e4"),
		ext("a", ""), ext("a", "b c"), ext("a", "b=\r\n"), ext("a", "b=1,2"), ext("a", "b=1;2"), ext("a", `b="1"`), ext("a", "b=\u00e4"),
	} {
		got, err := AppendExtensions([]byte("x: "), []Extension{ext("ok"), bad})
		if err == nil || string(got) != "x: " {
			t.Errorf("%q: got %q, %v", bad, got, err)
		}
	}
}

// checkExtensions demands that what is accepted is written and read again as
// the same.
func checkExtensions(t *testing.T, values []string) {
	t.Helper()
	list, err := ParseExtensions(values, MaxExtensionOffers)
	if err != nil {
		if list != nil {
			t.Fatalf("%q: a list beside error %v", values, err)
		}
		return
	}
	if len(list) > MaxExtensionOffers {
		t.Fatalf("%q: %d extensions", values, len(list))
	}
	written, err := AppendExtensions(nil, list)
	if err != nil {
		t.Fatalf("%q: read as %v, which cannot be written: %v", values, list, err)
	}
	if len(list) == 0 {
		return
	}
	again, err := ParseExtensions([]string{string(written)}, MaxExtensionOffers)
	if err != nil || !reflect.DeepEqual(list, again) {
		t.Fatalf("%q: read as %v, written as %q, read again as %v, %v", values, list, written, again, err)
	}
}

func TestExtensionsPrefixesAndSplits(t *testing.T) {
	for _, test := range extensionTests {
		eachCut(test.values, func(values []string) { checkExtensions(t, values) })
	}
}

func FuzzExtensions(f *testing.F) {
	for _, test := range extensionTests {
		f.Add(test.values)
	}
	f.Fuzz(func(t *testing.T, values string) { checkExtensions(t, strings.Split(values, "|")) })
}

// eachCut calls f with every prefix of s and with s cut in two fields at every
// place, for the first octets of s.
func eachCut(s string, f func(values []string)) {
	for i := range min(len(s), 100) + 1 {
		f([]string{s[:i]})
		f([]string{s[:i], s[i:]})
	}
}
