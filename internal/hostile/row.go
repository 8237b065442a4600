package hostile

import (
	"time"

	"github.com/duplexws/duplex/internal/rawpeer"
)

// A Row is one input and what has to come of it.
type Row struct {
	N    int    // of the hazard; rows of one hazard share it
	Name string // says what is wrong with the input

	Server  Settings
	Request Request // the zero value is a good handshake
	Raw     string  // in place of Request, octets that are no request
	Frames  []byte  // behind the handshake; behind a refused one they are glued on

	HalfClose bool  // the peer ends its half of the transport behind it all
	Dangling  bool  // the input ends in the middle, so nothing can be glued on
	Once      bool  // other deliveries would add nothing
	PlainTLS  bool  // goes to the TLS port without TLS
	GlueAt    []int // also deliver so many octets of Frames with the handshake, the rest behind the 101

	Want Want
	// HiddenByNetHTTP is what comes of the input instead where net/http reads
	// the request and does not let the server see what is wrong with it.
	HiddenByNetHTTP *Want
}

// Want is what a peer must see, up to the end of the transport, which the
// server ends first.
type Want struct {
	Status  int             // of the HTTP response; 0: there must be none
	Header  []string        // "Name: value" must stand there once, "!Name" not at all
	Refused string          // the label under which the server counts a refusal of its own
	Events  []rawpeer.Event // messages and Pongs, in order
	Close   int             // the code of the Close frame; NoCode, NoClose

	Local     int  // the code of the error that the handler's read returned, if not 0
	AnyEvents bool // Events are not looked at
	KeepAlive bool // the answer is no refusal of a handshake: the peer ends the connection
	MayReset  bool // the input is too long to be drained, or net/http answers: a reset may end it
	AnyEnd    bool // Close is not looked at

	unread bool // the refusal may be counted for no run
}

// beforeRead are the labels of what is refused before the request is read.
var beforeRead = []string{"syntax", "method", "target", "http_version", "header", "host", "body", "expect"}

// What Close is when no Close frame with a code must come.
const (
	NoClose = 0  // no Close frame
	NoCode  = -1 // a Close frame without a code
)

// Settings are what a row needs of the server. Zero is the server's default.
type Settings struct {
	App App

	MaxMessage      int64
	MaxFragments    int
	MaxControlRate  int
	AssemblyTimeout time.Duration
	CloseTimeout    time.Duration

	Subprotocols       []string
	SelectSubprotocol  string // what the application chooses, right or wrong
	Header             []string
	Origins            []string
	PublicOrigins      []string
	RequireOrigin      bool
	Refuse             int // the application answers so itself, and has the connection closed
	WaitsForDisconnect bool
}

// App is what the application behind a handshake does.
type App uint8

const (
	// Echo sends every message back.
	Echo App = iota
	// Closer waits for a message and closes with 4001.
	Closer
	// JSON reads each message as JSON, answers "ok", and closes with 1008
	// when it is none.
	JSON
	// Misuser waits for a message, tries to close in ways that are not
	// allowed, and sends "refused" for each that was refused. Then it echoes.
	Misuser
)

// MisuserTries is how often a Misuser tries.
const MisuserTries = 5
