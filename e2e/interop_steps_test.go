package e2e

import (
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
)

// A step is what one side does on a connection. Behind its last one it waits
// for the other side to close. Programs in other languages are given steps in
// this form as JSON: testdata/interop.
type step struct {
	Do string `json:"do"` // send, receive, echo, ping, close, drop; deflate and remember, see deflateProbe

	// Of send: the message is the octets in hex, so many times, and so many of
	// noise behind them, in so many fragments. With Ping there is a ping
	// "between" behind the first, whose pong is waited for. With Raw it is not
	// compressed, where the implementation leaves that to its user.
	Type   string `json:"type,omitempty"` // text, binary
	Hex    string `json:"hex,omitempty"`  // of ping too: its payload
	Times  int    `json:"times,omitempty"`
	Noise  int    `json:"noise,omitempty"`
	Frames int    `json:"frames,omitempty"`
	Ping   bool   `json:"ping,omitempty"`
	Raw    bool   `json:"raw,omitempty"`

	// Of close. 1005 is a Close frame without a status code.
	Code   int    `json:"code,omitempty"`
	Reason string `json:"reason,omitempty"`
}

var (
	receives = step{Do: "receive"} // one message
	echoes   = step{Do: "echo"}    // every message, until the other side closes
	drops    = step{Do: "drop"}    // the transport, without a Close frame
)

func text(s string) step   { return step{Do: "send", Type: "text", Hex: hex.EncodeToString([]byte(s))} }
func binary(h string) step { return step{Do: "send", Type: "binary", Hex: h} }
func pings(h string) step  { return step{Do: "ping", Hex: h} }
func closes(code int, reason string) step {
	return step{Do: "close", Code: code, Reason: reason}
}

func (s step) times(n int) step     { s.Times = n; return s }
func (s step) fragments(n int) step { s.Frames = n; return s }
func (s step) pinging() step        { s.Ping = true; return s }
func (s step) noise(n int) step     { s.Noise = n; return s }
func (s step) raw() step            { s.Raw = true; return s }

// payload returns the octets of a message or a ping.
func (s step) payload() []byte {
	p, err := hex.DecodeString(s.Hex)
	if err != nil {
		panic(err) // the tables are wrong
	}
	return append(bytes.Repeat(p, max(s.Times, 1)), noise(s.Noise)...)
}

// noise returns octets that do not get shorter, the same in every language: the
// SHA-256 of "0", of "1", and so on.
func noise(n int) (p []byte) {
	for i := 0; len(p) < n; i++ {
		sum := sha256.Sum256([]byte(strconv.Itoa(i)))
		p = append(p, sum[:]...)
	}
	return p[:n]
}

// pingPayload returns the payload of ping, and of the one between fragments.
func (s step) pingPayload() []byte {
	if s.Do == "send" {
		return []byte("between")
	}
	return s.payload()
}

// outgoing returns the message of send.
func (s step) outgoing() outgoing {
	m := outgoing{typ: s.Type, raw: s.Raw}
	p, n := s.payload(), max(s.Frames, 1)
	for i := range n {
		m.pieces = append(m.pieces, p[len(p)*i/n:len(p)*(i+1)/n])
	}
	return m
}

// A sight is what one side has seen happen.
type sight struct {
	Saw string `json:"saw"` // message, pong, closed, answered, ended, error, deflate, remembered

	// Of a message. Fragmented is told by our side alone.
	Type       string `json:"type,omitempty"`
	Size       int    `json:"size,omitempty"`
	SHA256     string `json:"sha256,omitempty"`
	Fragmented bool   `json:"fragmented,omitempty"`

	Hex    string `json:"hex,omitempty"`    // of a pong
	Code   int    `json:"code,omitempty"`   // of closed, and of answered: what the Close frame said
	Reason string `json:"reason,omitempty"` // of closed
	Text   string `json:"text,omitempty"`   // of an error, deflate and remembered
}

func message(typ string, p []byte) sight {
	sum := sha256.Sum256(p)
	return sight{Saw: "message", Type: typ, Size: len(p), SHA256: hex.EncodeToString(sum[:])}
}

func (s step) seen() sight { return message(s.Type, s.payload()) }

func (s sight) inFragments() sight { s.Fragmented = true; return s }

// pong is the answer to a ping, "" where the implementation chooses the payload
// and compares it.
func pong(h string) sight { return sight{Saw: "pong", Hex: h} }

// closed is a Close frame of the other side, which closed first.
func closed(code int, reason string) sight { return sight{Saw: "closed", Code: code, Reason: reason} }

// answered is the other side's answer to a Close frame. Some repeat the reason,
// others do not.
func answered(code int) sight { return sight{Saw: "answered", Code: code} }

// ended is the end of the transport without a Close frame of the other side, or
// where none was waited for.
func ended() sight { return sight{Saw: "ended"} }

func failed(err error) sight { return sight{Saw: "error", Text: err.Error()} }

// A part is what one side does, and how it compresses: see deflateParams, or
// websocket.DeflateOptions of ours. Nil is the implementation's default.
type part struct {
	steps   []step
	deflate json.RawMessage
}

func plays(steps []step) part { return part{steps: steps} }

// withPart returns the URL that has a server play a part: its query has the name
// under which the server tells what it saw, the options, and the steps, packed,
// since servers bound the length of a URL.
func withPart(base, id string, p part) string {
	query := url.Values{"id": {id}, "steps": {packed(stepsJSON(p.steps))}}
	if p.deflate != nil {
		query.Set("deflate", string(p.deflate))
	}
	return base + "?" + query.Encode()
}

// packed is zlib's form of a text, in base64.
func packed(text string) string {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	io.WriteString(z, text)
	z.Close()
	return base64.StdEncoding.EncodeToString(b.Bytes())
}

// stepsOf returns the steps in the query of a request.
func stepsOf(r *http.Request) (steps []step, err error) {
	b, err := base64.StdEncoding.DecodeString(r.URL.Query().Get("steps"))
	if err != nil {
		return nil, err
	}
	z, err := zlib.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	return steps, json.NewDecoder(z).Decode(&steps)
}

func stepsJSON(steps []step) string { return asJSON(append([]step{}, steps...)) }

func asJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // steps and sights have a form in JSON
	}
	return string(b)
}
