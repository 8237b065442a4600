package house

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"
)

// A row says what the packages of one kind may import directly, and why no
// more. The tests of a package may import more.
type row struct {
	paths  []string // relative to the module
	ours   []string // packages of this module, relative to it
	others []string // modules of others
	noStd  []string // what of the standard library is refused, with all below it
	only   map[string]string
	reason string
}

// directions is the table "Direction of imports" of docs/architecture.md.
var directions = []row{
	{
		paths:  []string{"internal/mask", "internal/utf8"},
		others: []string{"github.com/segmentio/asm", "golang.org/x/sys"},
		noStd:  transports,
		reason: codec,
	},
	{
		paths:  []string{"internal/deflate"},
		ours:   []string{"internal/pool"},
		others: []string{"github.com/klauspost/compress"},
		noStd:  transports,
		reason: codec,
	},
	{
		paths:  []string{"protocol"},
		ours:   []string{"internal/mask", "internal/utf8", "internal/deflate", "internal/pool"},
		noStd:  transports,
		reason: "the core does no I/O and knows no clock, so that every driver can stand on it and every test is a table of bytes",
	},
	{
		paths:  []string{"internal/wheel", "internal/pool"},
		noStd:  transports,
		reason: "both drivers and the hub stand on it, so it knows none of them",
	},
	{
		paths:  []string{"internal/poll", "internal/http1", "internal/socks5"},
		reason: "the drivers' tools know nothing of WebSocket",
	},
	{
		paths:  []string{"internal/testenv"},
		ours:   []string{"internal/pool"},
		reason: "tests of every package use it, so it can use none of them",
	},
	{
		paths:  []string{"internal/rawpeer"},
		reason: "what judges the implementation shares no code with it",
	},
	{
		paths:  []string{"internal/hostile"},
		ours:   []string{"internal/rawpeer", "internal/testenv"},
		reason: "what judges the implementation shares no code with it",
	},
	{
		paths:  []string{"internal/house"},
		reason: "it reads the other packages as text",
	},
	{
		paths:  []string{"websocket"},
		ours:   []string{"protocol", "internal/wheel", "internal/pool", "internal/socks5"},
		reason: "a driver moves bytes between a transport and the core; it knows neither the other driver nor the hub",
	},
	{
		paths:  []string{"websocket/wstest"},
		ours:   []string{"websocket", "internal/rawpeer"},
		reason: "users' test kit offers what users themselves could write on websocket, and its scripted peer shares no code with it",
	},
	{
		paths:  []string{"eventloop"},
		ours:   []string{"protocol", "internal/poll", "internal/http1", "internal/wheel", "internal/pool"},
		only:   map[string]string{"net/http": "eventloop/http.go"},
		reason: "a driver moves bytes between a transport and the core; it knows neither the other driver nor the hub, and net/http in one place",
	},
	{
		paths:  []string{"reconnect"},
		ours:   []string{"websocket"},
		reason: "a client that survives uses the connection as any user does",
	},
	{
		paths:  []string{"hub/wire"},
		reason: "the hub's protocol can be implemented from its page alone",
	},
	{
		paths:  []string{"hub"},
		ours:   []string{"hub/wire", "internal/wheel"},
		noStd:  []string{"net"},
		reason: "the hub knows nothing of sockets: hub/hubwebsocket, hub/hubeventloop and hub/hubhttp join the two sides",
	},
	{
		paths:  []string{"hub/client"},
		ours:   []string{"websocket", "reconnect", "hub/wire"},
		reason: "the client shares with the hub only the protocol between them",
	},
	{
		paths:  []string{"hub/brokertest"},
		ours:   []string{"hub"},
		reason: "a broker is judged by the hub's interface alone",
	},
	{paths: []string{"hub/hubwebsocket"}, ours: []string{"hub", "hub/wire", "websocket"}, reason: glue},
	{paths: []string{"hub/hubeventloop"}, ours: []string{"hub", "hub/wire", "eventloop"}, reason: glue},
	{paths: []string{"hub/hubhttp"}, ours: []string{"hub", "hub/wire"}, reason: glue},
	{
		paths:  []string{"conformance"},
		reason: "a suite that used the code under test to judge it would prove nothing",
	},
	{
		paths:  []string{"conformance/report"},
		ours:   []string{"conformance"},
		reason: "it shows what the suite found, and judges nothing",
	},
}

// transports is what package protocol never imports, nor what it stands on.
var transports = []string{"net", "crypto/tls", "context", "os", "syscall"}

// values lie below package net and are only types: they do no I/O.
var values = []string{"net/netip", "net/url"}

const codec = "a codec works on bytes in memory, so that the sans-I/O core can stand on it"

const glue = "it joins the hub to one transport and does nothing else"

func TestImportDirection(t *testing.T) {
	check(t, importDirection, packages())
	checkSpecimens(t, importDirection, []specimen{
		{"protocol", `import ("bytes"; "` + module + `/internal/mask")`, ""},
		{"protocol", `import "net/http"`, "the core does no I/O"},
		{"protocol", `import "context"`, "the core does no I/O"},
		{"protocol", `import "net/netip"`, ""},
		{"protocol", `import "net/textproto"`, "imports net/textproto"},
		{"protocol", `import "` + module + `/internal/wheel"`, "imports internal/wheel"},
		{"protocol", `import "github.com/segmentio/asm/utf8"`, "imports github.com/segmentio/asm/utf8"},
		{"internal/utf8", `import "github.com/segmentio/asm/utf8"`, ""},
		{"internal/deflate", `import "github.com/klauspost/compress/flate"`, ""},
		{"protocol", `import "github.com/klauspost/compress/flate"`, "imports github.com/klauspost/compress/flate"},
		{"internal/utf8", `import "` + module + `/protocol"`, "imports protocol"},
		{"websocket", `import ("net/http"; "` + module + `/protocol")`, ""},
		{"websocket", `import "` + module + `/eventloop"`, "neither the other driver nor the hub"},
		{"websocket", `import "golang.org/x/net/http2"`, "imports golang.org/x/net/http2"},
		{"websocket", `import "C"`, "imports C"},
		{"eventloop", `import "net/http"`, "only eventloop/http.go"},
		{"hub", `import "net/http"`, "the hub knows nothing of sockets"},
		{"conformance", `import "` + module + `/protocol"`, "would prove nothing"},
		{"anew", `import "bytes"`, "has no row"},
	})
}

func importDirection(p *pkg) (broken []string) {
	i := slices.IndexFunc(directions, func(r row) bool { return slices.Contains(r.paths, p.path) })
	if i < 0 {
		return []string{fmt.Sprintf("package %s has no row in the table of import directions", p.path)}
	}
	r := directions[i]
	for _, f := range p.files {
		for _, spec := range f.ast.Imports {
			to := strings.TrimPrefix(importPath(spec), module+"/")
			if r.allows(to, strings.HasPrefix(importPath(spec), module+"/")) {
				if where := r.only[to]; where != "" && where != f.path {
					broken = append(broken, fmt.Sprintf("%s: only %s may import %s: %s", at(spec), where, to, r.reason))
				}
				continue
			}
			broken = append(broken, fmt.Sprintf("%s: package %s imports %s: %s", at(spec), p.path, to, r.reason))
		}
	}
	return broken
}

func (r row) allows(to string, ours bool) bool {
	first, _, _ := strings.Cut(to, "/")
	switch {
	case ours:
		return slices.Contains(r.ours, to)
	case strings.Contains(first, "."):
		return within(to, r.others)
	default:
		return to != "C" && (slices.Contains(values, to) || !within(to, r.noStd))
	}
}

// within reports whether name is one of roots or lies below one.
func within(name string, roots []string) bool {
	for ; name != "."; name = path.Dir(name) {
		if slices.Contains(roots, name) {
			return true
		}
	}
	return false
}
