package protocol

import (
	"slices"
	"strings"
	"testing"
)

// names reads a list of tokens.
func names(values ...string) (found []string, ok bool) {
	list := newHeaderList(values)
	for list.next() {
		if name := list.token(); !list.malformed {
			found = append(found, name)
		}
	}
	return found, !list.malformed
}

func TestHeaderList(t *testing.T) {
	for _, test := range []struct {
		values string // fields, separated by |
		want   string // tokens, separated by spaces; "!" if malformed
	}{
		{"a", "a"},
		{"a,b", "a b"},
		{" \ta \t,\t b ", "a b"},
		{"a|b", "a b"},
		{"a,|,b", "a b"},
		{",, a ,,, b ,", "a b"}, // RFC 9110 5.6.1.2
		{"", ""},
		{" , ,\t", ""},
		{"|", ""},
		{"a b", "!"},
		{"a|b c", "!"},
		{"a;b", "!"},
		{"a,\"b\"", "!"},
		{"a\r\n", "!"},
		{"a\x00", "!"},
		{"\u00e4", "!"},
		{"a,\xff", "!"},
		{"a=b", "!"},
		{"a\\,b", "!"},
		{"a\vb", "!"},
		{"!#$%&'*+-.^_`~09azAZ", "!#$%&'*+-.^_`~09azAZ"},
	} {
		found, ok := names(strings.Split(test.values, "|")...)
		got := strings.Join(found, " ")
		if !ok {
			got = "!"
		}
		if got != test.want {
			t.Errorf("%q: got %q, want %q", test.values, got, test.want)
		}
	}
	if found, ok := names(); len(found) > 0 || !ok {
		t.Errorf("no field: got %q, %v", found, ok)
	}
}

// A list means the same whether its elements stand in one field or in several.
func TestHeaderListSplitAtCommas(t *testing.T) {
	const whole = "a, b ,,c,\td"
	want, _ := names(whole)
	for i, c := range []byte(whole) {
		if c != ',' {
			continue
		}
		for _, values := range [][]string{{whole[:i], whole[i+1:]}, {whole[:i+1], whole[i+1:]}, {whole[:i], whole[i:]}} {
			if got, ok := names(values...); !ok || !slices.Equal(got, want) {
				t.Errorf("%q: got %q, %v", values, got, ok)
			}
		}
	}
}

func TestHeaderListValue(t *testing.T) {
	for _, test := range []struct{ in, want, rest string }{
		{`a`, "a", ""},
		{` a;b`, "a", ";b"},
		{`"a"`, "a", ""},
		{` "a" `, "a", " "},
		{`"a";b`, "a", ";b"},
		{`"\a"`, "a", ""},
		{`"a\bc\d",`, "abcd", ","},
		{`""`, "!", ""},
		{`"`, "!", ""},
		{`"a`, "!", ""},
		{`"a\`, "!", ""},
		{`"a\"`, "!", ""},
		{`"\""`, "!", ""},
		{`"\\"`, "!", ""},
		{`"a b"`, "!", ""},
		{`"a,b"`, "!", ""},
		{`" a"`, "!", ""},
		{"\"\u00e4\"", "!", ""},
		{``, "!", ""},
		{`=`, "!", ""},
		{`'a'`, "'a'", ""}, // a single quote may stand in a token
	} {
		list := headerList{rest: test.in}
		got := list.value()
		if list.malformed {
			if test.want != "!" {
				t.Errorf("%q is malformed, want %q", test.in, test.want)
			}
			continue
		}
		if got != test.want || list.rest != test.rest {
			t.Errorf("%q: got %q before %q, want %q before %q", test.in, got, list.rest, test.want, test.rest)
		}
	}
}

// The octets that may stand in a token, from the text of RFC 9110 5.6.2.
func TestIsToken(t *testing.T) {
	for c := range 256 {
		visible := c > ' ' && c < 0x7f
		want := visible && !strings.ContainsRune("\"(),/:;<=>?@[\\]{}", rune(c))
		if got := isToken(string([]byte{byte(c)})); got != want {
			t.Errorf("octet %#x: got %v", c, got)
		}
	}
	if isToken("") {
		t.Error("the empty string is no token")
	}
}

func TestExcerpt(t *testing.T) {
	if got := excerpt("a\r\n\x1b\xff"); got != `"a\r\n\x1b\xff"` {
		t.Errorf("got %s", got)
	}
	if got := excerpt(strings.Repeat("\x00", 1<<20)); len(got) > 300 || !strings.HasSuffix(got, `"...`) {
		t.Errorf("got %d octets", len(got))
	}
}
