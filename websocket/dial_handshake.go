package websocket

import (
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/duplexws/duplex/protocol"
)

// handshake does the client's half of the opening handshake over nc.
func (a *attempt) handshake(nc net.Conn, h *protocol.ClientHandshake, head []byte, trace *clientTrace) (*Conn, error) {
	trace.gotConn(nc)
	_, err := nc.Write(head)
	trace.wrote(head, err)
	if err != nil {
		return nil, fmt.Errorf("cannot send it: %w", err)
	}
	r := newResponseReader(nc)
	if _, err := r.br.Peek(1); err == nil {
		trace.firstByte()
	}
	response, err := r.read(&http.Request{Method: http.MethodGet}, trace.informed)
	if err != nil {
		return nil, fmt.Errorf("cannot read the response: %w", err)
	}
	a.heard(response)
	if response.StatusCode != http.StatusSwitchingProtocols {
		refused := &RefusedError{Status: response.StatusCode, Header: response.Header}
		if !a.follows || !refused.isRedirect() {
			refused.Body = r.body(response)
		}
		return nil, refused
	}
	result, err := check(h, response)
	if err != nil {
		return nil, err
	}
	agreed, deflates, err := a.set.deflate.Agree(result.Extensions)
	if err != nil {
		return nil, err
	}
	c := newConn(a.set, nc, result.Subprotocol)
	if deflates {
		c.useDeflate(agreed)
	}
	c.received(r.br)
	return c, nil
}

func (a *attempt) request() protocol.ClientHandshake {
	header := a.header
	cookies := slices.Clip(header["Cookie"])
	if a.o.Jar != nil {
		for _, c := range a.o.Jar.Cookies(a.base) {
			if pair := (&http.Cookie{Name: c.Name, Value: c.Value, Quoted: c.Quoted}).String(); pair != "" {
				cookies = append(cookies, pair)
			}
		}
	}
	if len(cookies) > 0 {
		header = header.Clone()
		header["Cookie"] = []string{strings.Join(cookies, "; ")} // there may be one field only
	}
	return protocol.ClientHandshake{Host: a.host, Target: a.url.Target, Key: protocol.NewKey(),
		Origin: a.origin, Subprotocols: a.o.Subprotocols, Extensions: a.set.deflate.Offers(), Header: headerFields(header)}
}

// heard tells the application of a response.
func (a *attempt) heard(response *http.Response) {
	if a.o.Jar != nil {
		if cookies := response.Cookies(); len(cookies) > 0 {
			a.o.Jar.SetCookies(a.base, cookies)
		}
	}
	if a.o.OnResponse != nil {
		told, asked := *response, *a.base
		told.Body, told.Header = http.NoBody, response.Header.Clone() // the original is yet to be judged
		told.Request = &http.Request{Method: http.MethodGet, URL: &asked}
		a.o.OnResponse(&told)
	}
}

// check judges a response that switches protocols.
func check(h *protocol.ClientHandshake, response *http.Response) (protocol.HandshakeResult, error) {
	r := protocol.ResponseFromHeader(response.Header)
	r.Status, r.ProtoMajor, r.ProtoMinor = response.StatusCode, response.ProtoMajor, response.ProtoMinor
	return h.Check(&r)
}
