package websocket

import (
	"context"
	"errors"
	"net/http"

	"github.com/duplexws/duplex/protocol"
)

// Handler returns an http.Handler that accepts a WebSocket connection and calls
// f for it, with default options.
//
// f runs on a goroutine of its own, behind ServeHTTP, which returns at once: an
// idle connection keeps neither the stack that net/http has grown nor the
// request. Its context has the values of the request's, and ends with the
// connection. When f returns, the connection is closed: with 1000 for nil; with
// the code of a [*CloseError]; with 1011 for any other error, whose text stays
// here, and for a panic, which is logged and costs no other connection.
func Handler(f func(ctx context.Context, c *Conn) error) http.Handler {
	return defaultAccept.Handler(f)
}

// Handler is the function Handler with these options.
func (o *AcceptOptions) Handler(f func(ctx context.Context, c *Conn) error) http.Handler {
	s := o.resolve()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		base := s.base(r)
		c, err := accept(w, r, s)
		if err != nil {
			var refused *HandshakeError
			if !errors.As(err, &refused) {
				s.log.Error("websocket: cannot accept", "err", err)
			}
			return
		}
		c.base = base
		c.start()
		go c.serve(f)
	})
}

// serve runs the handler of a connection to its end. An idle connection waits
// inside it, so its frame is small.
func (c *Conn) serve(f func(ctx context.Context, c *Conn) error) {
	err := errPanicked
	defer c.served(&err)
	err = f((*connContext)(c), c)
}

var errPanicked = errors.New("websocket: handler panicked")

// served closes the connection as the end of its handler asks for. The close
// deadline bounds it.
func (c *Conn) served(result *error) {
	code, reason := StatusInternalError, ""
	var closed *CloseError
	switch err := *result; {
	case err == errPanicked:
		v := recover()
		if v == nil { // the handler has ended its goroutine
			v = "runtime.Goexit"
		}
		c.panicked(v)
	case err == nil:
		code = StatusNormalClosure
	case errors.As(err, &closed):
		code = StatusNormalClosure
		if closed.Code.Valid() {
			code, reason = closed.Code, closed.Reason
		}
	default:
		c.set.log.Debug("websocket: handler returned an error", "err", err)
	}
	err := c.Close(context.Background(), code, reason)
	if errors.Is(err, protocol.ErrCloseReason) {
		c.Close(context.Background(), code, "")
	}
}
