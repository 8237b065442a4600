package hostile

import "strings"

// applicationRows: what the server's own settings get wrong, or a request
// makes of them.
func applicationRows() (rows []Row) {
	add := func(name string, s Settings, w Want, fields ...string) {
		w.Header = append(w.Header, "!Injected")
		rows = append(rows, request(27, name, handshake().with(fields...), w).with(s))
	}
	failed := refused(500, "server")
	add("line end in a field of the application's", Settings{Header: []string{"X: a\r\nInjected: b"}}, failed)
	add("line end in the name of a field", Settings{Header: []string{"X\r\nInjected: b"}}, failed)
	add("bare LF in a field", Settings{Header: []string{"X: a\nInjected: b"}}, failed)
	add("NUL in a field", Settings{Header: []string{"X: a\x00b"}}, failed)
	add("a field of the handshake's own", Settings{Header: []string{"Sec-WebSocket-Accept: x"}}, failed)
	add("a field that announces a body", Settings{Header: []string{"Content-Length: 5"}}, failed)
	add("line end in a subprotocol", Settings{Subprotocols: []string{"chat\r\nInjected: b"}}, failed, "Sec-WebSocket-Protocol: chat")
	add("subprotocol that is no token", Settings{Subprotocols: []string{"a b"}}, failed)
	add("chosen subprotocol that was not offered", Settings{SelectSubprotocol: "other"}, failed, "Sec-WebSocket-Protocol: chat")
	add("chosen subprotocol with a line end", Settings{SelectSubprotocol: "chat\r\nInjected: b"}, failed, "Sec-WebSocket-Protocol: chat")
	add("nothing is chosen where nothing was offered", Settings{SelectSubprotocol: "other"}, accepted("!Sec-WebSocket-Protocol"))
	add("malformed origin pattern", Settings{Origins: []string{"https://a/b"}}, failed)
	add("fields as they should be", Settings{Header: []string{"X-A: b", "Set-Cookie: c=d", "Set-Cookie: e=f"}}, accepted("X-A: b", "Set-Cookie: c=d", "Set-Cookie: e=f"))
	return rows
}

// fieldRows: every field of the handshake missing, empty, doubled, of octets
// beyond ASCII, and longer than anybody needs. A server that indexes into what
// may not be there crashes here.
func fieldRows() (rows []Row) {
	h := handshake()
	long := strings.Repeat("a", 4<<10)
	odd := "\xff\xc3\xa4"
	for _, f := range []struct {
		name, value, label                       string
		missing, empty, doubled, beyond, tooLong int
	}{
		{"Upgrade", "websocket", "upgrade", 426, 426, 101, 400, 426},
		{"Connection", "Upgrade", "connection", 400, 400, 101, 400, 400},
		{"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==", "key", 400, 400, 400, 400, 400},
		{"Sec-WebSocket-Version", "13", "version", 426, 426, 426, 426, 426},
		{"Sec-WebSocket-Protocol", "chat", "subprotocol", 101, 400, 400, 400, 101},
		{"Sec-WebSocket-Extensions", "x-a", "extension", 101, 400, 101, 400, 101},
		{"Origin", "{scheme}://server.example", "origin", 101, 403, 403, 403, 403},
	} {
		add := func(how string, status int, r Request) {
			w := accepted()
			if status != 101 {
				w = refused(status, f.label)
			}
			rows = append(rows, request(0, f.name+" "+how, r, w))
		}
		line := f.name + ": "
		add("missing", f.missing, h.without(f.name))
		add("empty", f.empty, h.set(f.name, line))
		add("doubled", f.doubled, h.set(f.name, line+f.value, line+f.value))
		add("beyond ASCII", f.beyond, h.set(f.name, line+odd))
		add("of 4 KiB", f.tooLong, h.set(f.name, line+long))
		add("in a strange case", 101, h.set(f.name, strings.ToUpper(f.name[:4])+strings.ToLower(f.name[4:])+": "+f.value))
	}
	return rows
}
