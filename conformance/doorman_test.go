package conformance

import (
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A doorman reads the opening handshake of a client, strictly but for a flaw.
type doorman struct {
	e *echoer

	method, target, version string
	header                  http.Header
}

// A refused is why, and the fields that the answer has.
type refused struct {
	status int
	fields []string
}

func (r *refused) Error() string { return http.StatusText(r.status) }

func refuse(status int, fields ...string) error { return &refused{status, fields} }

// accept answers opening handshakes until one has succeeded, or the connection
// cannot go on.
func (e *echoer) accept() bool {
	if !e.has("waits for ever") {
		e.nc.SetReadDeadline(time.Now().Add(5 * time.Second))
	}
	for {
		d := &doorman{e: e}
		err := d.read()
		if err == nil {
			err = d.judge()
		}
		if err == nil {
			e.nc.SetReadDeadline(time.Time{})
			return d.welcome()
		}
		if err == io.EOF && e.has("stays when its client has left") {
			time.Sleep(time.Minute)
		}
		r, ok := err.(*refused)
		if ok && e.has("upgrades whatever comes") {
			return d.welcome()
		}
		if !ok || e.has("hangs up instead of refusing") {
			return false
		}
		if e.has("stands still instead of refusing") {
			io.Copy(io.Discard, e.r)
			return false
		}
		if !e.has("serves what is behind a refusal") {
			r.fields = append(r.fields, "Connection: close")
		}
		fmt.Fprintf(e.nc, "HTTP/1.1 %d %s\r\nContent-Length: 0\r\n%s\r\n\r\n", r.status, r, strings.Join(r.fields, "\r\n"))
		if !e.has("serves what is behind a refusal") {
			if half, ok := e.nc.(interface{ CloseWrite() error }); ok {
				half.CloseWrite()
			}
			io.Copy(io.Discard, e.r)
			return false
		}
	}
}

// The grammar of HTTP.
var (
	requestLine = regexp.MustCompile(`^([!#$%&'*+\-.^_|~0-9A-Za-z]+) ([!-~]+) HTTP/([0-9])\.([0-9])$`)
	fieldLine   = regexp.MustCompile(`^([!#$%&'*+\-.^_|~0-9A-Za-z]+):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*)$`)
	spacedLine  = regexp.MustCompile(`^([!#$%&'*+\-.^_|~0-9A-Za-z]+)[ \t]*:[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*)$`)
	oneHost     = regexp.MustCompile(`^[0-9A-Za-z.:\-\[\]]+$`)
	oneToken    = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+"
	oneOffer    = oneToken + `(?:[ \t]*;[ \t]*` + oneToken + `(?:=(?:` + oneToken + `|"(?:\\.|[^"\\])*"))?)*`
	offerList   = regexp.MustCompile(`^[ \t,]*` + oneOffer + `(?:[ \t]*,[ \t,]*` + oneOffer + `)*[ \t,]*$`)
)

// lines reads the lines of a head.
func (d *doorman) lines() (lines []string, err error) {
	size := 0
	for {
		line, err := d.e.r.ReadString('\n')
		if size += len(line); err != nil {
			return nil, err
		}
		if (size > 16<<10 || len(lines) > 2000) && !d.e.has("takes any number of fields") {
			return nil, refuse(431)
		}
		text, ok := strings.CutSuffix(line, "\r\n")
		switch {
		case !ok:
			return nil, refuse(400)
		case text != "":
			lines = append(lines, text)
		case len(lines) > 0:
			return lines, nil
		}
		if d.e.has("reads a head at once") && d.e.r.Buffered() == 0 {
			return nil, refuse(400)
		}
	}
}

// read reads a request.
func (d *doorman) read() error {
	lines, err := d.lines()
	if err != nil {
		return err
	}
	parts := requestLine.FindStringSubmatch(lines[0])
	if parts == nil {
		return refuse(400)
	}
	d.method, d.target, d.version = parts[1], parts[2], parts[3]+"."+parts[4]
	d.header = make(http.Header)
	for _, line := range lines[1:] {
		grammar := fieldLine
		if d.e.has("skips white space in front of a colon") {
			grammar = spacedLine
		}
		field := grammar.FindStringSubmatch(line)
		if field == nil {
			return refuse(400)
		}
		value := strings.TrimRight(field[2], " \t")
		if d.e.has("does not trim values") {
			_, value, _ = strings.Cut(line, ": ")
		}
		name := http.CanonicalHeaderKey(field[1])
		if d.e.has("knows names of fields in one case") && field[1] != name && !strings.HasPrefix(name, "Sec-") {
			continue
		}
		d.header[name] = append(d.header[name], value)
	}
	return d.body()
}

// body reads what belongs to the request.
func (d *doorman) body() error {
	lengths := d.header["Content-Length"]
	if d.e.has("takes the last of two lengths") && len(lengths) > 0 {
		lengths = lengths[len(lengths)-1:]
	}
	if len(d.header["Transfer-Encoding"]) > 0 && !d.e.has("overlooks Transfer-Encoding") {
		return refuse(501)
	}
	if len(lengths) == 0 || d.e.has("takes a body for frames") {
		return nil
	}
	n, err := strconv.ParseUint(lengths[0], 10, 16)
	if d.e.has("reads lengths as integers") && err != nil {
		var signed int
		signed, err = strconv.Atoi(lengths[0])
		n = uint64(max(signed, 0))
	}
	if err != nil || slices.ContainsFunc(lengths, func(s string) bool { return s != lengths[0] }) {
		return refuse(400)
	}
	if n > 0 && !d.e.has("reads a body and goes on", "overlooks Transfer-Encoding", "takes the last of two lengths", "reads lengths as integers") {
		return refuse(400)
	}
	_, err = io.CopyN(io.Discard, d.e.r, int64(n))
	return err
}

func (d *doorman) list(name string) []string {
	items := strings.Split(strings.ToLower(strings.Join(d.header[name], ",")), ",")
	for i, item := range items {
		items[i] = strings.Trim(item, " \t")
	}
	return items
}

// judge is what RFC 6455 demands, in its section 4.2.1.
func (d *doorman) judge() error {
	has := d.e.has
	hosts, keys, versions := d.header["Host"], d.header["Sec-Websocket-Key"], d.header["Sec-Websocket-Version"]
	if has("takes the first of two Hosts") && len(hosts) > 1 {
		hosts = hosts[:1]
	}
	if has("takes the first of two keys") && len(keys) > 1 {
		keys = keys[:1]
	}
	upgrade := slices.Contains(d.list("Upgrade"), "websocket") ||
		has("finds websocket anywhere") && strings.Contains(d.header.Get("Upgrade"), "websocket")
	if has("knows websocket in lower case alone") {
		upgrade = d.header.Get("Upgrade") == "websocket"
	}
	connection := slices.Contains(d.list("Connection"), "upgrade")
	if has("knows Connection: Upgrade alone") {
		connection = d.header.Get("Connection") == "Upgrade"
	}
	allow, to := []string{"Allow: GET"}, []string{"Upgrade: websocket"}
	if has("answers 405 without Allow") {
		allow = nil
	}
	if has("answers 426 without Upgrade") {
		to = nil
	}
	switch {
	case d.version == "1.0" && !has("accepts HTTP/1.0"), d.version != "1.1" && has("refuses HTTP/1.2"):
		return refuse(400)
	case d.version[0] != '1' && d.version != "1.0":
		return refuse(505)
	case d.method != "GET" && !has("accepts any method") && !(d.method == "POST" && has("accepts POST")) && !(d.method == "get" && has("accepts methods in lower case")):
		return refuse(405, allow...)
	case !d.path() && !has("takes any target"):
		return refuse(400)
	case (len(hosts) != 1 || !oneHost.MatchString(hosts[0])) && !has("does not need Host"):
		return refuse(400)
	case !upgrade && !has("does not need Upgrade"), !connection && !has("does not need Connection"):
		return refuse(426, to...)
	case len(keys) != 1 && !has("does not need a key"), len(keys) == 1 && keys[0] == "",
		len(keys) == 1 && !has("never decodes the key") && !sixteen(keys[0]):
		return refuse(400)
	}
	return d.judgeRest(versions, to)
}

func (d *doorman) judgeRest(versions, to []string) error {
	right := len(versions) == 1 && versions[0] == "13"
	switch {
	case right, d.e.has("ignores the version"):
	case d.e.has("reads the beginning of the version") && strings.HasPrefix(strings.Join(versions, ""), "13"):
	case d.e.has("does not tell its version"):
		return refuse(426, to...)
	case d.e.has("answers a wrong version with 400"):
		return refuse(400, "Sec-WebSocket-Version: 13")
	default:
		return refuse(426, append(to, "Sec-WebSocket-Version: 13")...)
	}
	offers, asked := d.header["Sec-Websocket-Extensions"]
	if asked && !offerList.MatchString(strings.Join(offers, ",")) && !d.e.has("accepts every extension", "takes empty values") ||
		d.e.has("refuses unknown extensions") && strings.HasPrefix(strings.Join(offers, ","), "x") {
		return refuse(400)
	}
	return nil
}

// path reports whether the target is one that the server has.
func (d *doorman) path() bool {
	u, err := url.ParseRequestURI(d.target)
	return err == nil && !strings.ContainsAny(d.target, "#") && strings.HasPrefix(u.Path, "/") &&
		(u.Host == "" || !d.e.has("knows no absolute form"))
}

func sixteen(key string) bool {
	nonce, err := base64.StdEncoding.DecodeString(key)
	return err == nil && len(nonce) == 16
}

// welcome answers a handshake that is right, and reports whether the connection
// is open.
func (d *doorman) welcome() bool {
	key := d.header.Get("Sec-WebSocket-Key")
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	response := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
		base64.StdEncoding.EncodeToString(sum[:]) + "\r\n"
	replace := func(from, to string) { response = strings.Replace(response, from, to, 1) }
	switch d.e.flaw {
	case "answers 200":
		response = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"
	case "answers another key":
		replace("Accept: ", "Accept: x")
	case "answers without Sec-WebSocket-Accept":
		replace("Sec-WebSocket-Accept", "X-Accept")
	case "answers without Upgrade":
		replace("Upgrade: websocket\r\n", "")
	case "answers without Connection":
		replace("Connection: Upgrade\r\n", "")
	case "answers in HTTP/1.0":
		replace("HTTP/1.1", "HTTP/1.0")
	case "answers two protocols":
		replace("websocket", "websocket, h2c")
	case "chooses a subprotocol unasked":
		response += "Sec-WebSocket-Protocol: chat\r\n"
	case "chooses what was offered":
		if list := d.header.Get("Sec-WebSocket-Protocol"); list != "" {
			response += "Sec-WebSocket-Protocol: " + list + "\r\n"
		}
	case "accepts an extension unasked":
		response += "Sec-WebSocket-Extensions: permessage-deflate\r\n"
	case "accepts every extension":
		if list := d.header.Get("Sec-WebSocket-Extensions"); list != "" {
			response += "Sec-WebSocket-Extensions: " + list + "\r\n"
		}
	case "tells the length of nothing":
		response += "Content-Length: 0\r\n"
	case "unescapes the query":
		if query, err := url.QueryUnescape(d.target); err == nil {
			response += "X-Path: " + strings.ReplaceAll(query, "\x00", "") + "\r\n"
		}
	case "hangs up":
		return false
	}
	answer, err := d.e.answerOffer(d.header["Sec-Websocket-Extensions"])
	if err != nil {
		io.WriteString(d.e.nc, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
		return false
	}
	response += answer + "\r\n"
	if d.e.has("ends lines in LF") {
		response = strings.ReplaceAll(response, "\r\n", "\n")
	}
	if d.header.Get("Expect") != "" && d.e.has("answers 100 too late") {
		response += "HTTP/1.1 100 Continue\r\n\r\n"
	}
	_, err = io.WriteString(d.e.nc, response)
	d.early()
	return err == nil && d.e.flaw != "answers 200"
}

// early is what flaws do with octets that have come along with the request.
func (d *doorman) early() {
	n := d.e.r.Buffered()
	octets, _ := d.e.r.Peek(n)
	octets = bytes.Clone(octets)
	switch {
	case d.e.has("drops early frames"):
		d.e.r.Discard(n)
	case d.e.has("loses a part of early frames"):
		d.e.r.Discard(max(0, n-100) / 206 * 206)
	case d.e.has("takes early frames twice"):
		d.e.r.Reset(io.MultiReader(bytes.NewReader(octets), bytes.NewReader(octets), d.e.nc))
	case d.e.has("serves what is behind a handshake") && bytes.HasPrefix(octets, []byte("GET ")):
		io.WriteString(d.e.nc, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
	}
}
