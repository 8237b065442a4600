package migrate_test

import (
	"slices"
	"strings"
	"testing"

	gorilla "github.com/gorilla/websocket"
)

// The pages say how the libraries differ. These are rows of their tables that a
// peer on the wire can show to be true.
var differences = []struct {
	gorilla, coder claim
	probes         []probe
}{
	{
		claim{"message limit", "none", "1 MiB; [all defaults](../defaults.md)"},
		claim{"message limit", "32 KiB", "1 MiB; [all defaults](../defaults.md)"},
		[]probe{
			{"32 KiB", sends(gorilla.BinaryMessage, strings.Repeat("x", 32<<10)), "read", "read", "read"},
			{"more than 32 KiB", sends(gorilla.BinaryMessage, strings.Repeat("x", 32<<10+1)), "read", "1009", "read"},
			{"1 MiB", sends(gorilla.BinaryMessage, strings.Repeat("x", 1<<20)), "read", "1009", "read"},
			{"more than 1 MiB", sends(gorilla.BinaryMessage, strings.Repeat("x", 1<<20+1)), "read", "1009", "1009"},
		},
	},
	{
		claim{"UTF-8 of text", "not looked at", "checked as it arrives (1007), and in what you send (an error, nothing is sent)"},
		claim{"UTF-8 of text", "not looked at", "checked as it arrives (1007), and in what you send (an error, nothing is sent)"},
		[]probe{{"text that is no UTF-8", sends(gorilla.TextMessage, "\xff"), "read", "read", "1007"}},
	},
	{
		claim{"origin, by default", "host and port as in Host", "scheme too. A missing Origin is allowed in both"},
		claim{"origin, by default", "host and port as in Host", "scheme too. A missing Origin is allowed in both"},
		[]probe{
			{"host differs", origin("http://elsewhere.example"), "403", "403", "403"},
			{"scheme differs", origin("https://HOST"), "101", "101", "403"},
			{"none", origin(""), "101", "101", "101"},
		},
	},
	{
		claim{},
		claim{"`AcceptOptions.Subprotocols`", "`AcceptOptions.Subprotocols`", "the server's order decides, in both; upper and lower case differ here. `AcceptOptions.SelectSubprotocol` decides instead"},
		[]probe{{"sub-protocol in another case", subprotocol, "", "CHAT", ""}},
	},
	{
		claim{"headers in the ResponseWriter", "not sent", "sent with the response"},
		claim{"headers in the ResponseWriter", "sent with the response", "sent with the response"},
		[]probe{{"cookie", cookie, "", "a=b", "a=b"}},
	},
	{
		claim{"end of a deadline", "the connection is corrupt for good", "the call ends, the connection stays. A write that was partly out is finished, and says `PartialWriteError`"},
		claim{"end of a context", "closes the connection", "ends the call. A write that was partly out is finished, and says `PartialWriteError`"},
		[]probe{{"read on", deadline, "dead", "dead", "alive"}},
	},
	{
		claim{"end without a Close frame", "`CloseError` with 1006", "`ErrAbnormal`; `CloseStatus` is 1006 for it too"},
		claim{"end without a Close frame", "`io.EOF`, wrapped", "`ErrAbnormal`, which wraps `io.ErrUnexpectedEOF` or the error of the transport"},
		[]probe{{"the transport ends", transportEnds, "1006", "EOF", "1006"}},
	},
	{
		claim{"`Conn.WriteJSON` `WriteJSON`", "`Conn.WriteJSON`", "without the newline that gorilla appends"},
		claim{"`wsjson.Write`", "`Conn.WriteJSON`", "without the newline that wsjson appends"},
		[]probe{{"a number", writtenJSON, "1\n", "1\n", "1"}},
	},
	{
		claim{"a message that is no JSON", "the connection stays; what follows the first value is ignored", "the connection stays; what follows is an error"},
		claim{"a message that is no JSON", "the connection is closed with 1007", "the connection stays"},
		[]probe{
			{"half a value", sendsNoJSON("{"), "alive", "1007", "alive"},
			{"two values", sendsNoJSON("1 2"), "read", "1007", "alive"},
		},
	},
	{
		claim{},
		claim{"use of a closed Conn", "`net.ErrClosed`", "why it ended: `ErrClosed`, or the peer's `CloseError`. `Conn.Err` says it too"},
		[]probe{{"closed by itself", closed, "other", "net.ErrClosed", "ErrClosed"}},
	},
	{
		claim{"URL with a user name", "refused", "Basic auth"},
		claim{"URL with a user name", "Basic auth", "Basic auth"},
		[]probe{{"Authorization", userName, "", "Basic YTpi", "Basic YTpi"}},
	},
	{
		claim{"redirects", "not followed", "not followed, unless `DialOptions.MaxRedirects` says so"},
		claim{"redirects", "followed, ten", "none, unless `DialOptions.MaxRedirects` says so, and nothing secret goes to another origin"},
		[]probe{{"the last status", redirect, "302", "101", "302"}},
	},
}

// A claim is a row of a page's tables: what, theirs and ours, or theirs, ours
// and how it differs. The zero claim is none.
type claim [3]string

// A probe tries the same with each library and says what comes of it.
type probe struct {
	name                   string
	try                    func(t *testing.T, l library) string
	gorilla, coder, duplex string
}

func TestDifferences(t *testing.T) {
	for _, d := range differences {
		for _, p := range d.probes {
			t.Run(d.coder[0]+"/"+p.name, func(t *testing.T) {
				for i, want := range []string{p.gorilla, p.coder, p.duplex} {
					l := libraries[i]
					if got := p.try(t, l); got != want {
						t.Errorf("%s: %q, want %q", l.name, got, want)
					}
				}
			})
		}
	}
}

// The pages say what the probes show, so neither changes without the other.
func TestPagesClaimDifferences(t *testing.T) {
	claims := map[string][]claim{"gorilla": allClaims(page(t, "gorilla")), "coder": allClaims(page(t, "coder"))}
	for _, d := range differences {
		for name, want := range map[string]claim{"gorilla": d.gorilla, "coder": d.coder} {
			if want != (claim{}) && !slices.Contains(claims[name], want) {
				t.Errorf("%s.md has no row %q", name, want)
			}
		}
	}
}

// allClaims returns the rows of all tables of a page.
func allClaims(text string) (all []claim) {
	for line := range strings.SplitSeq(text, "\n") {
		if cells := strings.Split(line, "|"); len(cells) == 5 {
			all = append(all, claim{strings.TrimSpace(cells[1]), strings.TrimSpace(cells[2]), strings.TrimSpace(cells[3])})
		}
	}
	return all
}
