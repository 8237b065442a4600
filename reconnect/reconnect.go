package reconnect

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"slices"
	"time"

	"github.com/duplexws/duplex/websocket"
)

// Options are the settings of [Dial]. In every field the zero value is the
// default. They must not be changed while a loop uses them; many loops may use
// the same.
type Options struct {
	// Dial is for each connection. Nil: the defaults of websocket.Dial.
	Dial *websocket.DialOptions
	// DialFunc makes a connection, and bounds its own time. Nil: websocket.Dial.
	DialFunc func(ctx context.Context, url string, o *websocket.DialOptions) (*websocket.Conn, error)
	// Prepare is called before each attempt, which it may change: here
	// credentials are renewed. It bounds its own time. Its error counts as a
	// failed attempt and is judged by Classify; see [Final]. Nil: nothing is
	// changed.
	Prepare func(ctx context.Context, a *Attempt) error

	// MinBackoff bounds the wait behind a stable connection and behind the first
	// failure; the bound doubles with every further one. Default 1 s.
	MinBackoff time.Duration
	// MaxBackoff is where the doubling ends; a MinBackoff beyond is cut down to
	// it. Default 30 s, or MinBackoff if that is more.
	MaxBackoff time.Duration
	// StableAfter is how long a connection has to live to count as success:
	// behind it the backoff, MaxAttempts and GiveUpAfter begin anew. What the
	// body takes beyond the end of the connection does not count, as far as it
	// was noticed: see [websocket.Conn.Done]. Default 30 s.
	StableAfter time.Duration
	// MaxAttempts is how many attempts may fail in a row until the sequence
	// ends with [ErrGaveUp]; an unstable connection is such a failure. Default:
	// no bound.
	MaxAttempts int
	// GiveUpAfter is how long the loop goes on without a stable connection.
	// When the next attempt would come later, the sequence ends with
	// [ErrGaveUp]; an attempt under way, Prepare included, is cancelled with that
	// cause. A connection is not. Default: no bound.
	GiveUpAfter time.Duration
	// Budget bounds the attempts of all loops that share it. Nil: that of the
	// process for the origin of the URL, of 10 attempts a second and 50 at
	// once. Tests in synctest bubbles bring their own, or they share that one
	// with bubbles before them, at what is the same time.
	Budget *Budget

	// Classify judges why an attempt failed or a connection ended. It is not
	// asked when ctx has ended. Nil: [Classify].
	Classify func(err error) Verdict
	// OnState is told of every change, by the goroutine of the loop, so it must
	// be quick. Nil: nobody is.
	OnState func(State)
	// RetryNow ends the wait between attempts when a value is received from it:
	// the network is back, say, or the user has pressed a button. It does not
	// shorten what the server asked for, nor the wait for the Budget. Values
	// sent at other times are dropped, at the latest when the next wait begins:
	// those in the channel, and one that is being sent. A value wakes one loop, so
	// each has a channel of its own. One of capacity 1 whose sender does not wait
	// is best.
	RetryNow <-chan struct{}
}

// The defaults of [Options].
const (
	DefaultMinBackoff  = time.Second
	DefaultMaxBackoff  = 30 * time.Second
	DefaultStableAfter = 30 * time.Second
)

// An Attempt is what Options.Prepare may change. It and what it points to are
// made anew for each attempt, but for what Options.Dial holds behind pointers
// and interfaces, such as Jar and Hooks.
type Attempt struct {
	URL     string
	Options *websocket.DialOptions // never nil
	Number  int                    // 1 for the first since the last stable connection
	Err     error                  // why the last attempt failed or its connection ended; nil at first

	// Renew says that the credentials have been refused, as Classify judged, and
	// that Prepare has not succeeded since: those kept from before will not do.
	Renew bool
}

// ErrGaveUp says that MaxAttempts or GiveUpAfter ended the sequence. The error
// wraps the last failure too.
var ErrGaveUp = errors.New("reconnect: gave up")

// ErrLeft is what [Classify] is asked about when the loop's body went on to the
// next connection while its own was open.
var ErrLeft = errors.New("reconnect: the loop's body has left an open connection")

// Dial returns a sequence of connections to a ws or wss URL, each made when the
// one before has ended. See the package's documentation for what ends a
// connection, and what ends the sequence. A sequence may be used more than
// once, and concurrently; each use starts anew.
func Dial(ctx context.Context, url string, o *Options) iter.Seq2[*websocket.Conn, error] {
	return func(yield func(*websocket.Conn, error) bool) {
		newLoop(ctx, url, o).run(yield)
	}
}

func (o *Options) withDefaults() Options {
	if o == nil {
		o = new(Options)
	}
	d := *o
	if d.Dial == nil {
		d.Dial = new(websocket.DialOptions)
	}
	if d.DialFunc == nil {
		d.DialFunc = websocket.Dial
	}
	if d.Classify == nil {
		d.Classify = Classify
	}
	if d.OnState == nil {
		d.OnState = func(State) {}
	}
	setDefault(&d.MinBackoff, DefaultMinBackoff)
	setDefault(&d.MaxBackoff, max(DefaultMaxBackoff, d.MinBackoff))
	setDefault(&d.StableAfter, DefaultStableAfter)
	return d
}

func setDefault(d *time.Duration, value time.Duration) {
	if *d <= 0 {
		*d = value
	}
}

// clone copies what Prepare is likely to change.
func clone(o *websocket.DialOptions) *websocket.DialOptions {
	c := *o
	c.Header = o.Header.Clone()
	if c.Header == nil {
		c.Header = make(http.Header)
	}
	c.Subprotocols = slices.Clone(o.Subprotocols)
	c.TLSConfig = o.TLSConfig.Clone()
	c.ProxyHeader = o.ProxyHeader.Clone()
	c.ProxyTLSConfig = o.ProxyTLSConfig.Clone()
	return &c
}
