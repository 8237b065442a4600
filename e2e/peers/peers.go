package main

import "path/filepath"

// peers are whom this program knows, in the order of the table. Debian's Python
// has Debian's packages, whatever else is in PATH.
func peers() []peer {
	return []peer{
		newPeer("gorilla", "github.com/gorilla/websocket", gorilla{}),
		newPeer("gorilla with UTF-8 checked", "github.com/gorilla/websocket", gorilla{validates: true}),
		newPeer("coder", "github.com/coder/websocket", coder{}),
		newPeer("gobwas", "github.com/gobwas/ws", gobwas{}),
		newPeer("gws", "github.com/lxzan/gws", gwsLibrary{}),
		newPeer("gws with its options", "github.com/lxzan/gws", gwsLibrary{options: true}),
		newProgram("ws on Node", filepath.Join("peers", "peer.mjs"), "node", "nodejs"),
		newProgram("websockets for Python", filepath.Join("peers", "peer.py"), "/usr/bin/python3", "python3"),
	}
}
