package websocket

import (
	"context"
	"encoding/json"
)

// Codec turns values into messages and back for WriteJSON and ReadJSON. It must
// be safe for concurrent use.
type Codec interface {
	// Marshal returns v as a message, in memory of its own.
	Marshal(v any) ([]byte, error)
	// Unmarshal reads data into what v points to. It must not keep data.
	Unmarshal(data []byte, v any) error
}

type stdJSON struct{}

func (stdJSON) Marshal(v any) ([]byte, error)      { return json.Marshal(v) }
func (stdJSON) Unmarshal(data []byte, v any) error { return json.Unmarshal(data, v) }

// ReadJSON reads the next message and unmarshals it into v. Errors are those of
// [Conn.Read] and of the codec; behind one of the codec the connection is good.
func (c *Conn) ReadJSON(ctx context.Context, v any) error {
	_, p, err := c.Read(ctx)
	if err != nil {
		return err
	}
	return c.set.codec.Unmarshal(p, v)
}

// WriteJSON marshals v and writes it as a text message. Errors are those of the
// codec and of [Conn.Write].
func (c *Conn) WriteJSON(ctx context.Context, v any) error {
	p, err := c.set.codec.Marshal(v)
	if err != nil {
		return err
	}
	return c.Write(ctx, Text, p)
}
