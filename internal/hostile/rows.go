package hostile

import (
	"slices"

	"github.com/duplexws/duplex/internal/rawpeer"
)

// Rows returns the table.
func Rows() []Row {
	return slices.Concat(
		requestRows(), bodyRows(), listRows(), sizeRows(), syntaxRows(), originRows(), applicationRows(), fieldRows(),
		headerRows(), lengthRows(), fragmentRows(), floodRows(), truncatedRows(), randomRows(),
		textRows(), closeRows(), apiRows(),
	)
}

// accepted is the answer to a handshake behind which the peer closes.
func accepted(header ...string) Want {
	return Want{Status: 101, Header: header, Close: 1000}
}

// refused is the answer to a handshake that the server refuses. net/http closes
// behind it without reading on, so that what is glued on may cause a reset.
func refused(status int, label string, header ...string) Want {
	return Want{Status: status, Refused: label, MayReset: true, Header: append(header, "Connection: close", "!Sec-WebSocket-Accept", "!Sec-WebSocket-Protocol", "!Sec-WebSocket-Extensions")}
}

// notServed is the answer of net/http itself to what it takes for no request.
func notServed(status int) Want {
	return Want{Status: status, MayReset: true, Header: []string{"!Sec-WebSocket-Accept"}}
}

// goodbye is a Close frame, for rows whose input is no reason to close.
var goodbye = rawpeer.Octets(rawpeer.Close(1000, ""))

// request is a row about the handshake alone.
func request(n int, name string, r Request, w Want) Row {
	row := Row{N: n, Name: name, Request: r, Want: w}
	if !w.KeepAlive {
		row.Frames = goodbye
	}
	return row
}

// frames is a row about frames behind a good handshake.
func frames(n int, name string, w Want, f ...rawpeer.Frame) Row {
	w.Status = 101
	return Row{N: n, Name: name, Frames: rawpeer.Octets(f...), Want: w}
}

// closed is what comes of frames that close the connection.
func closed(code int, events ...rawpeer.Event) Want { return Want{Close: code, Events: events} }

// with returns the row with settings of the server.
func (r Row) with(s Settings) Row { r.Server = s; return r }

// hidden returns the row with what net/http makes of it.
func (r Row) hidden(w Want) Row { r.HiddenByNetHTTP = &w; return r }

// dangling returns the row as one that nothing can be glued to.
func (r Row) dangling() Row { r.Dangling = true; return r }
