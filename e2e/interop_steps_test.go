package e2e

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/url"
)

// A step is what one side does on a connection. Behind its last one it waits
// for the other side to close. Programs in other languages are given steps in
// this form as JSON: testdata/interop.
type step struct {
	Do string `json:"do"` // send, receive, echo, ping, close, drop

	// Of send: the message is the octets in hex, so many times, in so many
	// fragments. With Ping there is a ping "between" behind the first, whose
	// pong is waited for.
	Type   string `json:"type,omitempty"` // text, binary
	Hex    string `json:"hex"`            // of ping too: its payload
	Times  int    `json:"times,omitempty"`
	Frames int    `json:"frames,omitempty"`
	Ping   bool   `json:"ping,omitempty"`

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

// payload returns the octets of a message or a ping.
func (s step) payload() []byte {
	p, err := hex.DecodeString(s.Hex)
	if err != nil {
		panic(err) // the tables are wrong
	}
	return bytes.Repeat(p, max(s.Times, 1))
}

// pingPayload returns the payload of ping, and of the one between fragments.
func (s step) pingPayload() []byte {
	if s.Do == "send" {
		return []byte("between")
	}
	return s.payload()
}

// pieces returns the octets of the fragments.
func (s step) pieces() (all [][]byte) {
	p, n := s.payload(), max(s.Frames, 1)
	for i := range n {
		all = append(all, p[len(p)*i/n:len(p)*(i+1)/n])
	}
	return all
}

// A sight is what one side has seen happen.
type sight struct {
	Saw string `json:"saw"` // message, pong, closed, answered, ended, error

	// Of a message. Fragmented is told by our side alone.
	Type       string `json:"type,omitempty"`
	Size       int    `json:"size,omitempty"`
	SHA256     string `json:"sha256,omitempty"`
	Fragmented bool   `json:"fragmented,omitempty"`

	Hex    string `json:"hex,omitempty"`    // of a pong
	Code   int    `json:"code,omitempty"`   // of closed, and of answered: what the Close frame said
	Reason string `json:"reason,omitempty"` // of closed
	Text   string `json:"text,omitempty"`   // of an error
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

// withSteps returns the URL that has a server play steps: its query is their
// JSON, and the name under which the server tells what it saw.
func withSteps(base, id string, steps []step) string {
	return base + "?" + url.Values{"id": {id}, "steps": {stepsJSON(steps)}}.Encode()
}

func stepsJSON(steps []step) string { return asJSON(append([]step{}, steps...)) }

func asJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // steps and sights have a form in JSON
	}
	return string(b)
}
