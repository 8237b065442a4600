package conformance

import (
	"bytes"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// errRefused is why a client does not go on.
var errRefused = errors.New("refused")

// A guest reads the answer to an opening handshake, strictly but for a flaw.
type guest struct {
	e   *echoer
	key string

	line   string
	header http.Header
}

// connect shakes hands.
func (e *echoer) connect(path string) error {
	g := &guest{e: e, key: "dGhlIHNhbXBsZSBub25jZQ=="}
	if !e.has("reuses its key") {
		nonce := make([]byte, 16)
		rand.Read(nonce)
		g.key = base64.StdEncoding.EncodeToString(nonce)
	}
	g.ask(path)
	e.nc.SetReadDeadline(time.Now().Add(4 * time.Second))
	err := g.read()
	switch {
	case err != nil:
	case !g.takes():
		err = fmt.Errorf("%w: %s", errRefused, strings.TrimPrefix(g.line, "HTTP/1.1 "))
	case !e.has("takes any extension"):
		err = e.takeAnswer(&http.Response{Header: g.header})
	}
	switch {
	case err == nil:
		e.nc.SetReadDeadline(time.Time{})
		g.early()
	case e.has("stays when it is refused"):
		time.Sleep(time.Minute)
	case e.has("reads refusals to their end"):
		io.Copy(io.Discard, e.r)
	case e.has("closes when it is refused"):
		e.closeWith([]byte{3, 234})
		io.Copy(io.Discard, e.r)
	case e.has("asks again when it is refused"):
		g.ask(path)
		io.Copy(io.Discard, e.r)
	}
	return err
}

func (g *guest) ask(path string) {
	fields := []string{"Host: localhost", "Upgrade: websocket", "Connection: keep-alive, Upgrade",
		"Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: " + g.key}
	method, behind := "GET", ""
	switch g.e.flaw {
	case "asks for version 8":
		fields[3] = "Sec-WebSocket-Version: 8"
	case "has a short key":
		fields[4] = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j"
	case "has no key":
		fields = fields[:4]
	case "has two keys":
		fields = append(fields, fields[4])
	case "does not ask for an upgrade":
		fields[1] = "X: y"
	case "does not name Upgrade in Connection":
		fields[2] = "Connection: keep-alive"
	case "posts":
		method = "POST"
	case "has a body":
		fields, behind = append(fields, "Content-Length: 5"), "hello"
	case "does not wait for the answer":
		behind = "\x89\x80abcd"
	case "offers a subprotocol twice":
		fields = append(fields, "Sec-WebSocket-Protocol: a, b, a")
	case "offers extensions in no form":
		fields = append(fields, "Sec-WebSocket-Extensions: a; =b")
	case "has an empty Host":
		fields[0] = "Host:"
	}
	fmt.Fprintf(g.e.nc, "%s %s HTTP/1.1\r\n%s\r\n%s\r\n%s", method, path, strings.Join(fields, "\r\n"), g.e.offer(), behind)
}

var (
	answerLine = regexp.MustCompile(`^HTTP/1\.[01] [0-9]{3} [^\x00-\x08\x0a-\x1f\x7f]*$`)
	otherLine  = regexp.MustCompile(`^[A-Z]+[/0-9.]* [0-9]+ `)
)

// read reads the head of the final answer.
func (g *guest) read() error {
	for size := 0; ; {
		g.line, g.header = "", make(http.Header)
		for {
			line, err := g.text(&size)
			if err != nil {
				return err
			}
			if g.e.has("reads the answer at once") && g.e.r.Buffered() == 0 && line != "" {
				return errRefused
			}
			if line == "" {
				break
			}
			if err := g.add(line); err != nil {
				return err
			}
		}
		if !strings.HasPrefix(g.line, "HTTP/1.1 10") || strings.HasPrefix(g.line, "HTTP/1.1 101") || g.e.has("takes the first answer for the last") {
			return nil
		}
	}
}

// text reads a line of an answer, of which not too much has come.
func (g *guest) text(size *int) (string, error) {
	var line []byte
	for !bytes.HasSuffix(line, []byte("\n")) {
		octet, err := g.e.r.ReadByte()
		if err != nil {
			if g.e.has("takes the end for the end of the head") && len(line) == 0 {
				return "", nil
			}
			return "", err
		}
		line = append(line, octet)
		if *size++; *size > 64<<10 && !g.e.has("reads answers without end") {
			return "", errRefused
		}
	}
	text, ok := strings.CutSuffix(string(line), "\r\n")
	if !ok {
		return "", errRefused
	}
	return text, nil
}

func (g *guest) add(line string) error {
	if g.line == "" {
		g.line = line
		if !answerLine.MatchString(line) && !(g.e.has("takes any status line") && otherLine.MatchString(line)) {
			return errRefused
		}
		return nil
	}
	if strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t") {
		return nil // the fold of a field that does not matter
	}
	field := fieldLine.FindStringSubmatch(line)
	if field == nil && g.e.has("takes fields without a colon") {
		return nil
	}
	if field == nil {
		return errRefused
	}
	name, value := http.CanonicalHeaderKey(field[1]), strings.TrimRight(field[2], " \t")
	if g.e.has("does not trim values") {
		_, value, _ = strings.Cut(line, ": ")
	}
	if g.e.has("knows names of fields in one case") && field[1] != name && !strings.HasPrefix(name, "Sec-") {
		return nil
	}
	g.header[name] = append(g.header[name], value)
	return nil
}

// takes reports whether the answer opens a WebSocket.
func (g *guest) takes() bool {
	has := g.e.has
	sum := sha1.Sum([]byte(g.key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	want := base64.StdEncoding.EncodeToString(sum[:])
	accepts := g.header["Sec-Websocket-Accept"]
	accept := len(accepts) == 1 && accepts[0] == want
	switch {
	case has("ignores Sec-WebSocket-Accept"):
		accept = true
	case has("ignores the case of Sec-WebSocket-Accept"):
		accept = len(accepts) == 1 && strings.EqualFold(accepts[0], want)
	case has("takes one of several Sec-WebSocket-Accept"):
		accept = slices.Contains(accepts, want)
	case has("compares the beginning of Sec-WebSocket-Accept"):
		accept = len(accepts) == 1 && len(accepts[0]) > 20 && strings.HasPrefix(accepts[0], want[:20])
	case has("needs Sec-WebSocket-Accept only if there is one"):
		accept = accept || len(accepts) == 0
	}
	upgrade := strings.EqualFold(strings.Join(g.header["Upgrade"], ","), "websocket") ||
		has("does not need Upgrade") || has("finds websocket anywhere") && strings.Contains(g.header.Get("Upgrade"), "websocket")
	if has("knows websocket in lower case alone") {
		upgrade = g.header.Get("Upgrade") == "websocket"
	}
	connection := strings.Contains(","+strings.ReplaceAll(strings.ToLower(strings.Join(g.header["Connection"], ",")), " ", "")+",", ",upgrade,") ||
		has("does not need Connection")
	if has("knows Connection: Upgrade alone") {
		connection = g.header.Get("Connection") == "Upgrade"
	}
	return (strings.HasPrefix(g.line, "HTTP/1.1 101 ") || has("takes any status") || has("takes any status line") && strings.Contains(g.line, " 101")) &&
		(strings.HasPrefix(g.line, "HTTP/1.1 ") || has("takes any status line")) &&
		accept && upgrade && connection &&
		(len(g.header["Sec-Websocket-Protocol"]) == 0 || has("takes any subprotocol"))
}

// early is what flaws do with octets that have come along with the answer.
func (g *guest) early() {
	n := g.e.r.Buffered()
	octets, _ := g.e.r.Peek(n)
	octets = bytes.Clone(octets)
	switch {
	case g.e.has("drops early frames"):
		g.e.r.Discard(n)
	case g.e.has("takes early frames twice"):
		g.e.r.Reset(io.MultiReader(bytes.NewReader(octets), bytes.NewReader(octets), g.e.nc))
	}
}
