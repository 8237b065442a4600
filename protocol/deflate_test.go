package protocol

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// parseOne reads extensions as they stand in a header.
func parseOne(t testing.TB, value string) []Extension {
	t.Helper()
	list, err := ParseExtensions([]string{value}, MaxExtensionOffers)
	if err != nil {
		t.Fatalf("%s: %v", value, err)
	}
	return list
}

func writeExtensions(t testing.TB, list ...Extension) string {
	t.Helper()
	out, err := AppendExtensions(nil, list)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// direction writes a DeflateDirection as the tables below do: 15 with takeover,
// 15! without.
func (d DeflateDirection) String() string {
	if d.Takeover {
		return fmt.Sprint(d.WindowBits)
	}
	return fmt.Sprint(d.WindowBits, "!")
}

var (
	deflateFull      = &DeflateConfig{Send: DeflateTakeover, Receive: DeflateTakeover}
	deflateHistory   = &DeflateConfig{}
	deflateStateless = &DeflateConfig{Send: DeflateStateless, Receive: DeflateStateless}
	deflateSmall     = &DeflateConfig{Send: DeflateTakeover, Receive: DeflateTakeover, SendWindowBits: 10, ReceiveWindowBits: 9}
)

func deflateConfigs() map[string]*DeflateConfig {
	all := map[string]*DeflateConfig{"full": deflateFull, "history": deflateHistory, "stateless": deflateStateless, "small": deflateSmall}
	for _, send := range []DeflateTier{DeflateHistory, DeflateStateless, DeflateTakeover} {
		for _, receive := range []DeflateTier{DeflateHistory, DeflateStateless, DeflateTakeover} {
			for _, bits := range []int{0, 8, 11, 15} {
				all[fmt.Sprint(send, receive, bits)] = &DeflateConfig{Send: send, Receive: receive, SendWindowBits: bits, ReceiveWindowBits: bits}
			}
		}
	}
	return all
}

// What a server answers: every legal parameter is honoured and answered as the
// RFC has it (https://www.rfc-editor.org/rfc/rfc7692#section-7.1).
func TestDeflateAccept(t *testing.T) {
	const name = "permessage-deflate"
	for _, c := range []struct {
		cfg           *DeflateConfig
		offer, answer string // behind the name
		send, receive string
	}{
		{deflateFull, "", "", "15", "15"},
		{deflateFull, "; server_no_context_takeover", "; server_no_context_takeover", "15!", "15"},
		{deflateFull, "; client_no_context_takeover", "; client_no_context_takeover", "15", "15!"},
		{deflateFull, "; server_max_window_bits=10", "; server_max_window_bits=10", "10", "15"},
		{deflateFull, `; server_max_window_bits="10"`, "; server_max_window_bits=10", "10", "15"},
		{deflateFull, "; server_max_window_bits=15", "; server_max_window_bits=15", "15", "15"},
		{deflateFull, "; server_max_window_bits=8", "; server_max_window_bits=8", "8", "15"},
		{deflateFull, "; client_max_window_bits", "", "15", "15"},
		{deflateFull, "; client_max_window_bits=15", "; client_max_window_bits=15", "15", "15"},
		{deflateFull, "; client_max_window_bits=8", "; client_max_window_bits=8", "15", "8"},
		{deflateFull, "; client_max_window_bits=10; server_max_window_bits=9; client_no_context_takeover; server_no_context_takeover",
			"; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9; client_max_window_bits=10", "9!", "10!"},

		// What browsers offer, and what does not allow a window to be limited.
		{deflateHistory, "; client_max_window_bits", "; client_max_window_bits=12", "15", "12"},
		{deflateHistory, "", "; client_no_context_takeover", "15", "15!"},
		{deflateHistory, "; client_max_window_bits=9", "; client_max_window_bits=9", "15", "9"},
		{deflateHistory, "; client_no_context_takeover; client_max_window_bits", "; client_no_context_takeover", "15", "15!"},

		{deflateStateless, "; client_max_window_bits", "; server_no_context_takeover; client_no_context_takeover", "15!", "15!"},
		{deflateStateless, "; server_max_window_bits=9", "; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9", "9!", "15!"},

		// Smaller windows of our own are announced.
		{deflateSmall, "; client_max_window_bits", "; server_max_window_bits=10; client_max_window_bits=9", "10", "9"},
		{deflateSmall, "; client_max_window_bits=8; server_max_window_bits=9", "; server_max_window_bits=9; client_max_window_bits=8", "9", "8"},
		{deflateSmall, "; server_max_window_bits=15", "; client_no_context_takeover; server_max_window_bits=10", "10", "15!"},
	} {
		answer, agreed, ok := c.cfg.Accept(parseOne(t, name+c.offer))
		if !ok {
			t.Errorf("%s was declined", c.offer)
			continue
		}
		if got := writeExtensions(t, answer); got != name+c.answer {
			t.Errorf("%s: answered %s, want %s", c.offer, got, c.answer)
		}
		if agreed.Send.String() != c.send || agreed.Receive.String() != c.receive {
			t.Errorf("%s: agreed on %v and %v, want %s and %s", c.offer, agreed.Send, agreed.Receive, c.send, c.receive)
		}
	}
}

// illegalDeflate are parameters that neither an offer nor an answer may have.
var illegalDeflate = []string{
	"; server_max_window_bits", "; server_max_window_bits=7", "; server_max_window_bits=16", "; server_max_window_bits=08",
	"; server_max_window_bits=010", "; server_max_window_bits=+9", "; server_max_window_bits=9.0", "; server_max_window_bits=0x9",
	"; server_max_window_bits=-9", "; server_max_window_bits=115", `; server_max_window_bits="08"`, "; server_max_window_bits=x",
	"; server_max_window_bits=4294967305", "; server_max_window_bits=10; server_max_window_bits=10",
	"; client_max_window_bits=7", "; client_max_window_bits=16", "; client_max_window_bits=08", "; client_max_window_bits=0",
	"; client_max_window_bits=10; client_max_window_bits", "; client_max_window_bits; client_max_window_bits",
	"; server_no_context_takeover=1", "; server_no_context_takeover=true", `; server_no_context_takeover="10"`,
	"; server_no_context_takeover; server_no_context_takeover",
	"; client_no_context_takeover=0", "; client_no_context_takeover; client_no_context_takeover",
	"; unknown", "; unknown=1", "; Server_no_context_takeover", "; server_max_window_bit=10", "; mem_level=8",
}

// A server declines illegal offers and takes the next; none is an error.
func TestDeflateDecline(t *testing.T) {
	for _, illegal := range illegalDeflate {
		for name, cfg := range deflateConfigs() {
			offer := "permessage-deflate" + illegal
			if answer, _, ok := cfg.Accept(parseOne(t, offer)); ok {
				t.Errorf("%s: %s was answered %v", name, offer, answer)
			}
			for _, list := range []string{
				offer + ", permessage-deflate; server_max_window_bits=9",
				"x-other, " + offer + ", permessage-deflate; server_max_window_bits=9, permessage-deflate",
			} {
				if answer, agreed, ok := cfg.Accept(parseOne(t, list)); !ok || agreed.Send.WindowBits > 9 {
					t.Errorf("%s: %s was answered %v, %v", name, list, ok, answer)
				}
			}
		}
	}
	for _, other := range []string{"x-webkit-deflate-frame", "Permessage-Deflate", "permessage-bzip2; a"} {
		if _, _, ok := deflateFull.Accept(parseOne(t, other)); ok {
			t.Errorf("%s was accepted", other)
		}
	}
	if _, _, ok := (*DeflateConfig)(nil).Accept(parseOne(t, "permessage-deflate")); ok {
		t.Error("accepted without a config")
	}
}

func TestDeflateOffers(t *testing.T) {
	for _, c := range []struct {
		cfg  *DeflateConfig
		want string
	}{
		{nil, ""},
		{deflateFull, "permessage-deflate; client_max_window_bits"},
		{deflateHistory, "permessage-deflate; server_max_window_bits=12; client_max_window_bits, permessage-deflate; server_no_context_takeover; client_max_window_bits"},
		{deflateStateless, "permessage-deflate; server_no_context_takeover; client_no_context_takeover; client_max_window_bits"},
		{deflateSmall, "permessage-deflate; server_max_window_bits=9; client_max_window_bits=10, permessage-deflate; server_no_context_takeover; client_max_window_bits=10"},
	} {
		if got := writeExtensions(t, c.cfg.Offers()...); got != c.want {
			t.Errorf("offers %s, want %s", got, c.want)
		}
	}
}

// What a client makes of an answer.
func TestDeflateAgree(t *testing.T) {
	for _, c := range []struct {
		cfg           *DeflateConfig
		answer        string // behind the name
		send, receive string // "" for a failure
	}{
		{deflateFull, "", "15", "15"},
		{deflateFull, "; server_no_context_takeover", "15", "15!"}, // may come unasked
		{deflateFull, "; client_no_context_takeover", "15!", "15"},
		{deflateFull, "; server_max_window_bits=9", "15", "9"},
		{deflateFull, "; client_max_window_bits=9", "9", "15"},
		{deflateFull, "; client_max_window_bits=8", "8", "15"},
		{deflateFull, "; client_max_window_bits", "", ""}, // an answer has a value

		{deflateHistory, "; server_max_window_bits=12", "15", "12"},
		{deflateHistory, "; server_max_window_bits=8", "15", "8"},
		{deflateHistory, "; server_no_context_takeover", "15", "15!"},
		{deflateHistory, "; server_no_context_takeover; client_no_context_takeover", "15!", "15!"}, // of servers that know no windows
		{deflateHistory, "; server_no_context_takeover; server_max_window_bits=15", "15", "15!"},
		{deflateHistory, "", "", ""}, // grants neither of what was asked
		{deflateHistory, "; server_max_window_bits=13", "", ""},
		{deflateHistory, "; client_max_window_bits=10", "", ""},

		{deflateStateless, "; server_no_context_takeover", "15!", "15!"},
		{deflateStateless, "; server_no_context_takeover; client_max_window_bits=9", "9!", "15!"},
		{deflateStateless, "; client_no_context_takeover", "", ""},

		{deflateSmall, "; server_max_window_bits=9; client_max_window_bits=9", "9", "9"},
		{deflateSmall, "; server_max_window_bits=9", "10", "9"}, // we keep to our own limit
		{deflateSmall, "; server_max_window_bits=9; client_max_window_bits=11", "", ""},
	} {
		agreed, ok, err := c.cfg.Agree(parseOne(t, "x-other, permessage-deflate"+c.answer))
		if c.send == "" {
			wantDeflateFault(t, c.answer, ok, err)
			continue
		}
		if err != nil || !ok || agreed.Send.String() != c.send || agreed.Receive.String() != c.receive {
			t.Errorf("%q: agreed on %v and %v, %v, %v; want %s and %s", c.answer, agreed.Send, agreed.Receive, ok, err, c.send, c.receive)
		}
	}
	for _, illegal := range illegalDeflate {
		for _, cfg := range deflateConfigs() {
			_, ok, err := cfg.Agree(parseOne(t, "permessage-deflate"+illegal))
			wantDeflateFault(t, illegal, ok, err)
		}
	}
	_, ok, err := deflateFull.Agree(parseOne(t, "permessage-deflate, permessage-deflate"))
	wantDeflateFault(t, "twice", ok, err)
	_, ok, err = (*DeflateConfig)(nil).Agree(parseOne(t, "permessage-deflate"))
	wantDeflateFault(t, "unasked", ok, err)
	if agreed, ok, err := deflateFull.Agree(parseOne(t, "x-other")); ok || err != nil || agreed != (DeflateAgreement{}) {
		t.Errorf("without an answer: %v, %v, %v", agreed, ok, err)
	}
}

func wantDeflateFault(t *testing.T, what string, ok bool, err error) {
	t.Helper()
	var fault *HandshakeError
	if ok || !errors.As(err, &fault) || fault.Fault != FaultExtension || !strings.HasPrefix(fault.Section, "RFC 7692") {
		t.Errorf("%q: %v, %v", what, ok, err)
	}
}

// mirrored reports whether two ends understand an agreement alike: each end may
// bind itself to less than it must, and receives what the other may send.
func mirrored(client, server DeflateAgreement) bool {
	covers := func(receive, send DeflateDirection) bool {
		return send.WindowBits <= receive.WindowBits && (!send.Takeover || receive.Takeover)
	}
	return covers(client.Receive, server.Send) && covers(server.Receive, client.Send)
}

// Every client of ours and every server of ours agree.
func TestDeflateRoundTrip(t *testing.T) {
	all := deflateConfigs()
	for clientName, client := range all {
		for serverName, server := range all {
			offers := parseOne(t, writeExtensions(t, client.Offers()...))
			answer, serverAgreed, ok := server.Accept(offers)
			if !ok {
				t.Errorf("client %s, server %s: declined", clientName, serverName)
				continue
			}
			clientAgreed, ok, err := client.Agree(parseOne(t, writeExtensions(t, answer)))
			if !ok || err != nil || !mirrored(clientAgreed, serverAgreed) {
				t.Errorf("client %s, server %s: %v, %v; client %v, server %v", clientName, serverName, ok, err, clientAgreed, serverAgreed)
			}
			// Neither remembers more of what it receives than it is set to.
			for who, c := range map[*DeflateConfig]DeflateAgreement{client: clientAgreed, server: serverAgreed} {
				if c.Receive.Takeover && (who.Receive == DeflateStateless || c.Receive.WindowBits > who.receiveBits()) {
					t.Errorf("client %s, server %s: remembers %v", clientName, serverName, c.Receive)
				}
			}
		}
	}
}

// The handshakes take offers and answers as they are.
func TestDeflateHandshake(t *testing.T) {
	server := ServerHandshake{Extensions: func(offers []Extension) []Extension {
		answer, _, ok := deflateHistory.Accept(offers)
		if !ok {
			return nil
		}
		return []Extension{answer}
	}}
	r := RequestFromHeader(map[string][]string{
		"Upgrade": {"websocket"}, "Connection": {"Upgrade"}, "Sec-Websocket-Version": {"13"},
		"Sec-Websocket-Key":        {NewKey()},
		"Sec-Websocket-Extensions": {"permessage-deflate; server_max_window_bits=08", "permessage-deflate; client_max_window_bits"},
	})
	r.Method, r.ProtoMajor, r.ProtoMinor, r.Host = "GET", 1, 1, "example.com"
	response, err := server.Check(&r)
	if err != nil {
		t.Fatal(err)
	}
	if got := writeExtensions(t, response.Extensions...); got != "permessage-deflate; client_max_window_bits=12" {
		t.Errorf("answered %s", got)
	}
}

// An empty value spoils the offer that it stands in, and no other; an answer
// must not have one.
func TestDeflateEmptyValue(t *testing.T) {
	server := ServerHandshake{Extensions: func(offers []Extension) []Extension {
		answer, _, ok := deflateFull.Accept(offers)
		if !ok {
			return nil
		}
		return []Extension{answer}
	}}
	for offered, want := range map[string]string{
		"permessage-deflate; server_max_window_bits=":                                              "",
		`permessage-deflate; server_max_window_bits=""`:                                            "",
		`permessage-deflate; client_max_window_bits = "" ; x`:                                      "",
		"permessage-deflate; client_max_window_bits=, permessage-deflate":                          "permessage-deflate",
		"permessage-deflate; client_max_window_bits= ; x=, permessage-deflate; a=1, x; y=, x; z=4": "",
	} {
		r := RequestFromHeader(map[string][]string{
			"Upgrade": {"websocket"}, "Connection": {"Upgrade"}, "Sec-Websocket-Version": {"13"},
			"Sec-Websocket-Key": {NewKey()}, "Sec-Websocket-Extensions": {offered},
		})
		r.Method, r.ProtoMajor, r.ProtoMinor, r.Host = "GET", 1, 1, "example.com"
		response, err := server.Check(&r)
		if err != nil {
			t.Errorf("%s: %v", offered, err)
			continue
		}
		if got := writeExtensions(t, response.Extensions...); got != want {
			t.Errorf("%s was answered %q", offered, got)
		}
		client := ClientHandshake{Extensions: deflateFull.Offers(), Key: NewKey()}
		if _, e := client.agreeExtensions([]string{offered}); e == nil || e.Fault != FaultExtension {
			t.Errorf("a client took the answer %s: %v", offered, e)
		}
	}
}

func TestDeflateValidate(t *testing.T) {
	for name, c := range deflateConfigs() {
		if err := c.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for field, c := range map[string]DeflateConfig{
		"Send":              {Send: 3},
		"Receive":           {Receive: 200},
		"SendWindowBits":    {SendWindowBits: 7},
		"ReceiveWindowBits": {ReceiveWindowBits: 16},
		"Level":             {Level: 10},
	} {
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: %v", field, err)
		}
	}
}

// FuzzDeflateOffers holds Accept against the grammar: what is accepted can be
// written and is an answer that a client which made the offer takes.
func FuzzDeflateOffers(f *testing.F) {
	for _, illegal := range illegalDeflate {
		f.Add("permessage-deflate"+illegal, uint8(0))
	}
	f.Add("permessage-deflate; client_max_window_bits, permessage-deflate; server_max_window_bits=8", uint8(1))
	configs := []*DeflateConfig{deflateFull, deflateHistory, deflateStateless, deflateSmall}
	f.Fuzz(func(t *testing.T, value string, which uint8) {
		offers, err := ParseExtensions([]string{value}, MaxExtensionOffers)
		if err != nil {
			return
		}
		answer, agreed, ok := configs[int(which)%len(configs)].Accept(offers)
		if !ok {
			return
		}
		again := parseOne(t, writeExtensions(t, answer))
		if !reflect.DeepEqual(again, []Extension{answer}) {
			t.Fatalf("%v is read as %v", answer, again)
		}
		p, wrong := readDeflate(answer, true)
		if wrong != "" {
			t.Fatalf("%q: the answer %v %s", value, answer, wrong)
		}
		fits := false
		for _, offer := range offers {
			o, wrong := readDeflate(offer, false)
			fits = fits || offer.Name == DeflateName && wrong == "" && o.fits(p)
		}
		if !fits {
			t.Fatalf("%q: the answer %v fits no offer", value, answer)
		}
		if bits := agreed.Send.WindowBits; bits < 8 || bits > 15 || agreed.Receive.WindowBits < 8 || agreed.Receive.WindowBits > 15 {
			t.Fatalf("%q: agreed on %v", value, agreed)
		}
	})
}

// FuzzDeflateAnswer holds Agree to its documented errors.
func FuzzDeflateAnswer(f *testing.F) {
	for _, illegal := range illegalDeflate {
		f.Add("permessage-deflate"+illegal, uint8(0))
	}
	f.Add("permessage-deflate; server_no_context_takeover; client_max_window_bits=9", uint8(2))
	configs := []*DeflateConfig{deflateFull, deflateHistory, deflateStateless, deflateSmall}
	f.Fuzz(func(t *testing.T, value string, which uint8) {
		accepted, err := ParseExtensions([]string{value}, MaxExtensionOffers)
		if err != nil {
			return
		}
		c := configs[int(which)%len(configs)]
		agreed, ok, err := c.Agree(accepted)
		if err != nil {
			wantDeflateFault(t, value, ok, err)
			return
		}
		if ok && agreed.Receive.Takeover && agreed.Receive.WindowBits > c.receiveBits() {
			t.Fatalf("%q: agreed on %v", value, agreed)
		}
	})
}
