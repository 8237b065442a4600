package protocol

// CloseState is where a connection stands in the closing handshake
// (https://www.rfc-editor.org/rfc/rfc6455#section-7).
type CloseState uint8

const (
	// Open: data may flow both ways.
	Open CloseState = iota
	// CloseSent: our Close frame has gone out first; the peer's is awaited.
	// Nothing more may be sent, but messages still arrive
	// (https://www.rfc-editor.org/rfc/rfc6455#section-7.1.2).
	CloseSent
	// CloseReceived: the peer's Close frame came first; ours is owed
	// (https://www.rfc-editor.org/rfc/rfc6455#section-5.5.1).
	CloseReceived
	// CloseDone: both Close frames have passed; the transport is to be ended,
	// by the server first
	// (https://www.rfc-editor.org/rfc/rfc6455#section-7.1.1).
	CloseDone
	// CloseFailed: the peer broke the protocol or a limit; nothing it sends
	// counts any more
	// (https://www.rfc-editor.org/rfc/rfc6455#section-7.1.7).
	CloseFailed
	// Ended: the transport is gone.
	Ended
	closeStates
)

func (s CloseState) String() string {
	return [...]string{"open", "close sent", "close received", "close done", "failed", "ended"}[s]
}

// CloseTrigger is something that moves the closing handshake.
type CloseTrigger uint8

const (
	// WeClose: we want to send a Close frame, or the reply that is owed.
	WeClose CloseTrigger = iota
	// PeerCloses: the peer's Close frame has come.
	PeerCloses
	// WeFail: In reported Failed.
	WeFail
	// TransportEnds: no more octets will come: the peer ended the transport,
	// or it broke.
	TransportEnds
	// TimeUp: the deadline of the closing handshake has passed.
	TimeUp
	closeTriggers
)

// CloseAction is what the driver has to do, a set of bits.
type CloseAction uint8

const (
	// SendClose: the Close frame goes out.
	SendClose CloseAction = 1 << iota
	// OweClose: the reply to the peer's Close frame is owed.
	OweClose
	// EndTransport: once everything is written, a server ends its half of the
	// transport and drops what still comes until the peer ends its own or the
	// deadline passes; a client waits for the server to do so
	// (https://www.rfc-editor.org/rfc/rfc6455#section-7.1.1).
	EndTransport
	// Abort: the transport is closed at once, both ways.
	Abort
)

type closeStep struct {
	next CloseState
	act  CloseAction
}

// closeTable is the whole of the closing handshake: what each trigger does in
// each state.
var closeTable = [closeStates][closeTriggers]closeStep{
	Open: {
		WeClose:       {CloseSent, SendClose},
		PeerCloses:    {CloseReceived, OweClose},
		WeFail:        {CloseFailed, SendClose | EndTransport},
		TransportEnds: {Ended, Abort},
		TimeUp:        {Open, 0},
	},
	CloseSent: {
		WeClose:       {CloseSent, 0},
		PeerCloses:    {CloseDone, EndTransport},
		WeFail:        {CloseFailed, EndTransport},
		TransportEnds: {Ended, Abort},
		TimeUp:        {Ended, Abort},
	},
	CloseReceived: {
		WeClose:       {CloseDone, SendClose | EndTransport},
		PeerCloses:    {CloseReceived, 0},
		WeFail:        {CloseReceived, 0},
		TransportEnds: {CloseReceived, 0}, // the reply can still go out: the peer may have closed one half
		TimeUp:        {Ended, Abort},
	},
	CloseDone: {
		WeClose:       {CloseDone, 0},
		PeerCloses:    {CloseDone, 0},
		WeFail:        {CloseDone, 0},
		TransportEnds: {Ended, Abort},
		TimeUp:        {Ended, Abort},
	},
	CloseFailed: {
		WeClose:       {CloseFailed, 0},
		PeerCloses:    {CloseFailed, 0},
		WeFail:        {CloseFailed, 0},
		TransportEnds: {Ended, Abort},
		TimeUp:        {Ended, Abort},
	},
	Ended: {
		WeClose:       {Ended, 0},
		PeerCloses:    {Ended, 0},
		WeFail:        {Ended, 0},
		TransportEnds: {Ended, 0},
		TimeUp:        {Ended, 0},
	},
}
