package e2e

import (
	"cmp"

	"github.com/duplexws/duplex/websocket"
)

// deflatingPeers are those that compress. What they do otherwise than a set says
// stands with each.
var deflatingPeers = []deflatingPeer{
	{peer: peer{"node", startNode, nil}, tells: true},
	{peer: peer{"python", startPython, nil}, deflates: pythonDeflates, tells: true},
	{peer: peer{"gorilla", startGorilla, nil}, deflates: gorillaDeflates},
	{peer: peer{"coder", startCoder, coderDiffers}, deflates: coderDeflates},
	{peer: peer{"gws", startGWS, gwsDiffers}, deflates: gwsDeflates},
	{peer: peer{"chromium", pageIn(startChromium), nil}, deflates: chromiumDeflates, pageOnly: true},
	{peer: peer{"firefox", pageIn(startFirefox), nil}, deflates: firefoxDeflates, pageOnly: true},
}

// pythonDeflates: it agrees to windows of 8 bits, and breaks off when zlib
// refuses them.
func pythonDeflates(s *deflateSet) {
	if s.asksFor(8) {
		s.cannot = "agrees to a window of 8 bits, which zlib then refuses"
	}
}

// gorillaDeflates: it knows no takeover and no windows. It takes our second offer,
// and minds no window of ours that it did not ask for.
func gorillaDeflates(s *deflateSet) {
	if s.theirs != (deflateParams{}) && !s.always {
		s.cannot = "cannot be configured"
	}
	a := agreement{noTakeover(cmp.Or(s.ours.SendWindowBits, 15)), noTakeover(15)}
	s.weServe, s.theyServe = a, a
}

// chromiumDeflates: pages have no say in it.
func chromiumDeflates(s *deflateSet) {
	if s.theirs != (deflateParams{}) {
		s.cannot = "cannot be configured"
	}
}

// firefoxDeflates: like coder it knows no windows of what it sends.
func firefoxDeflates(s *deflateSet) {
	chromiumDeflates(s)
	coderDeflates(s)
}

// coderDeflates: it knows takeover, but no windows of what it sends.
func coderDeflates(s *deflateSet) {
	if s.theirs != (deflateParams{}) && !s.always {
		s.cannot = "cannot be configured"
	}
	if s.weServe.receive != takeover(15) {
		s.weServe.receive, s.theyServe.receive = noTakeover(15), noTakeover(15)
	}
}

// gwsDeflates: with takeover the payloads of its pings and pongs get into its
// history, to which the other side's inflater has nothing to compare. As a
// server it takes all offers for one, and so gives up takeover with our second.
func gwsDeflates(s *deflateSet) {
	s.unpinged = remembers(s.weServe.receive) || remembers(s.theyServe.receive)
	if s.ours.Receive == websocket.DeflateHistory || s.ours.ReceiveWindowBits > 0 && s.ours.ReceiveWindowBits < 15 {
		s.theyServe.receive = noTakeover(cmp.Or(s.theirs.ServerBits, 15))
	}
}

// asksFor reports whether a set has a window of so many bits.
func (s *deflateSet) asksFor(bits int) bool {
	return s.ours.SendWindowBits == bits || s.ours.ReceiveWindowBits == bits || s.theirs.ServerBits == bits || s.theirs.ClientBits == bits
}
