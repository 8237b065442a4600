package e2e

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"testing"

	"github.com/lxzan/gws"
)

func startGWS(t *testing.T, cert *certificate) agent { return newGoAgent(t, cert, gwsLibrary{}) }

// gwsDiffers: it ends the transport behind its Close frame, without waiting for
// the answer. It answers the codes below 1016 with 1000, and tells of a Close
// frame without a code as 0. It cannot send one, nor a ping between fragments.
func gwsDiffers(s *scenario) {
	for i, see := range s.theySee {
		switch {
		case see.Saw == "answered":
			s.theySee[i] = ended()
		case see.Code == 1005:
			s.theySee[i].Code = 0
		}
	}
	for i, see := range s.weSee {
		if see.Saw == "answered" && see.Code < 1016 && see.Code != 1005 {
			s.weSee[i].Code = 1000
		}
	}
	switch {
	case slices.ContainsFunc(s.theirs, func(s step) bool { return s.Code == 1005 }):
		s.cannot = "cannot send a Close frame without a code"
	case slices.ContainsFunc(s.theirs, func(s step) bool { return s.Ping }):
		s.cannot = "cannot send a ping between fragments: WriteFile holds the lock"
	}
}

type gwsLibrary struct{}

func (gwsLibrary) dial(_ context.Context, url string, config *tls.Config, deflate json.RawMessage) (player, error) {
	p := &gwsPlayer{inbox: newInbox()}
	c, _, err := gws.NewClient(gwsHandler{inbox: p.inbox}, &gws.ClientOption{
		Addr: url, TlsConfig: config, CheckUtf8Enabled: true, PermessageDeflate: gwsDeflate(deflate),
	})
	if err != nil {
		return nil, err
	}
	p.c = c
	go c.ReadLoop()
	return p, nil
}

func (gwsLibrary) handler(f func(*http.Request, player)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := &gwsPlayer{inbox: newInbox()}
		c, err := gws.NewUpgrader(gwsHandler{inbox: p.inbox}, &gws.ServerOption{
			CheckUtf8Enabled: true, PermessageDeflate: gwsDeflate(deflateOf(r)),
		}).Upgrade(w, r)
		if err != nil {
			return
		}
		p.c = c
		go c.ReadLoop()
		f(r, p)
	})
}

// gwsDeflate has one compressor: each connection has an Upgrader of its own.
func gwsDeflate(deflate json.RawMessage) gws.PermessageDeflate {
	p := options[deflateParams](deflate)
	if p == nil {
		return gws.PermessageDeflate{}
	}
	return gws.PermessageDeflate{
		Enabled:               true,
		PoolSize:              1,
		ServerContextTakeover: !p.ServerNoTakeover,
		ClientContextTakeover: !p.ClientNoTakeover,
		ServerMaxWindowBits:   cmp.Or(p.ServerBits, 15),
		ClientMaxWindowBits:   cmp.Or(p.ClientBits, 15),
	}
}

type gwsHandler struct {
	gws.BuiltinEventHandler
	*inbox
}

// OnPing answers, which gws leaves to its user.
func (h gwsHandler) OnPing(c *gws.Conn, payload []byte) { _ = c.WritePong(payload) }

func (h gwsHandler) OnPong(_ *gws.Conn, payload []byte) { h.ponged(payload) }

func (h gwsHandler) OnMessage(_ *gws.Conn, m *gws.Message) {
	h.put(map[gws.Opcode]string{gws.OpcodeText: "text", gws.OpcodeBinary: "binary"}[m.Opcode], bytes.Clone(m.Bytes()))
	_ = m.Close() // returns the pooled buffer
}

func (h gwsHandler) OnClose(_ *gws.Conn, err error) {
	var c *gws.CloseError
	switch {
	case errors.As(err, &c):
		err = &closeError{int(c.Code), string(c.Reason)}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		err = errEnded
	}
	h.finish(err)
}

type gwsPlayer struct {
	*inbox
	c *gws.Conn
}

func (p *gwsPlayer) send(m outgoing, _ func() error) error {
	op := gws.OpcodeText
	if m.typ == "binary" {
		op = gws.OpcodeBinary
	}
	if len(m.pieces) == 1 {
		return p.c.WriteMessage(op, m.pieces[0])
	}
	return p.c.WriteFile(op, bytes.NewReader(slices.Concat(m.pieces...))) // fragments of 128 KiB
}

func (p *gwsPlayer) ping(payload []byte) (sight, error) {
	if err := p.c.WritePing(payload); err != nil {
		return sight{}, err
	}
	return ponged(p.pong())
}

// close may find its window taken away behind the Close frame: the reader
// reclaims it when the answer is faster than the writer.
func (p *gwsPlayer) close(code int, reason string) (seen sight) {
	defer func() {
		if recover() != nil {
			seen = ended()
		}
	}()
	if err := p.c.WriteClose(uint16(code), []byte(reason)); err != nil {
		return failed(err)
	}
	return ended()
}

func (p *gwsPlayer) drop() { _ = p.c.NetConn().Close() }

func (p *gwsPlayer) end() {
	p.drop()
	p.inbox.end()
}
