package websocket

import (
	"bytes"
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
)

// clientTrace calls the hooks that a caller of Dial has put into its context.
// Those of name resolution and of connecting are called by package net.
type clientTrace struct{ httptrace.ClientTrace }

func traceOf(ctx context.Context) *clientTrace {
	if t := httptrace.ContextClientTrace(ctx); t != nil {
		return &clientTrace{*t}
	}
	return new(clientTrace)
}

func (t *clientTrace) getConn(address string) {
	if t.GetConn != nil {
		t.GetConn(address)
	}
}

func (t *clientTrace) gotConn(nc net.Conn) {
	if t.GotConn != nil {
		t.GotConn(httptrace.GotConnInfo{Conn: nc})
	}
}

func (t *clientTrace) tlsStart() {
	if t.TLSHandshakeStart != nil {
		t.TLSHandshakeStart()
	}
}

func (t *clientTrace) tlsDone(state tls.ConnectionState, err error) {
	if t.TLSHandshakeDone != nil {
		t.TLSHandshakeDone(state, err)
	}
}

// wrote tells of the request.
func (t *clientTrace) wrote(head []byte, err error) {
	if err == nil {
		t.wroteFields(head)
		if t.WroteHeaders != nil {
			t.WroteHeaders()
		}
	}
	if t.WroteRequest != nil {
		t.WroteRequest(httptrace.WroteRequestInfo{Err: err})
	}
}

func (t *clientTrace) wroteFields(head []byte) {
	if t.WroteHeaderField == nil {
		return
	}
	lines := bytes.Split(bytes.TrimSuffix(head, []byte("\r\n\r\n")), []byte("\r\n"))
	for _, line := range lines[1:] {
		name, value, _ := bytes.Cut(line, []byte(": "))
		t.WroteHeaderField(string(name), []string{string(value)})
	}
}

func (t *clientTrace) firstByte() {
	if t.GotFirstResponseByte != nil {
		t.GotFirstResponseByte()
	}
}

func (t *clientTrace) informed(r *http.Response) error {
	switch {
	case r.StatusCode == http.StatusContinue && t.Got100Continue != nil:
		t.Got100Continue()
	case t.Got1xxResponse != nil:
		return t.Got1xxResponse(r.StatusCode, textproto.MIMEHeader(r.Header))
	}
	return nil
}
