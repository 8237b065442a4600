package websocket

import (
	"fmt"
	"net"
	"net/http"

	"github.com/duplexws/duplex/protocol"
)

// handshake does the client's half of the opening handshake over nc.
func (a *attempt) handshake(nc net.Conn, trace *clientTrace) (*Conn, error) {
	h := a.request()
	head, err := h.AppendHTTP1(nil)
	if err != nil {
		return nil, err
	}
	trace.gotConn(nc)
	_, err = nc.Write(head)
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
		return nil, r.refusal(response, "")
	}
	agreed, err := check(&h, response)
	if err != nil {
		return nil, err
	}
	c := newConn(a.set, nc, agreed.Subprotocol)
	c.received(r.br)
	return c, nil
}

func (a *attempt) request() protocol.ClientHandshake {
	header := a.header.Clone()
	origin := header.Get("Origin")
	header.Del("Origin")
	if a.o.Jar != nil {
		for _, cookie := range a.o.Jar.Cookies(a.base) {
			appendCookie(header, cookie)
		}
	}
	return protocol.ClientHandshake{Host: a.host, Target: a.url.Target, Key: protocol.NewKey(),
		Origin: origin, Subprotocols: a.o.Subprotocols, Header: headerFields(header)}
}

// appendCookie keeps to one Cookie field, the only number that is allowed.
func appendCookie(header http.Header, cookie *http.Cookie) {
	pair := (&http.Cookie{Name: cookie.Name, Value: cookie.Value, Quoted: cookie.Quoted}).String()
	if given := header.Get("Cookie"); given != "" {
		pair = given + "; " + pair
	}
	header.Set("Cookie", pair)
}

// heard tells the application of a response.
func (a *attempt) heard(response *http.Response) {
	if a.o.Jar != nil {
		if cookies := response.Cookies(); len(cookies) > 0 {
			a.o.Jar.SetCookies(a.base, cookies)
		}
	}
	if a.o.OnResponse != nil {
		told := *response
		told.Body = http.NoBody
		a.o.OnResponse(&told)
	}
}

// check judges a response that switches protocols.
func check(h *protocol.ClientHandshake, response *http.Response) (protocol.HandshakeResult, error) {
	r := protocol.ResponseFromHeader(response.Header)
	r.Status, r.ProtoMajor, r.ProtoMinor = response.StatusCode, response.ProtoMajor, response.ProtoMinor
	return h.Check(&r)
}
