package eventloop

import (
	"github.com/duplexws/duplex/internal/poll"
	"github.com/duplexws/duplex/protocol"
)

// topics are those of one loop. A message is encoded once, gathered with the
// others of its topic, and at the end of the turn the same octets are written to
// every subscriber, in one write each.
//
// A subscription is a number in both directions, so that a connection with one
// costs 20 octets and no pointer.
type topics struct {
	named    map[string]uint32
	list     []topic
	free     []uint32
	subs     []subscription // 0 is none
	freeSubs []uint32
	dirty    []uint32 // have something gathered
}

type topic struct {
	name     string // "" if it is free
	subs     []uint32
	gathered []byte // frames
	frames   []published
	skips    []skip
}

// subscription is a connection's in a topic.
type subscription struct {
	slot  uint32
	topic uint32
	next  uint32 // of the connection
	at    uint32 // in topic.subs
	from  uint32 // what of topic.gathered it is yet to be sent
}

// skip is what one connection is not sent, since it is what it published.
type skip struct {
	slot     uint32
	from, to uint32
}

// mostGathered is how much is gathered for a topic before it is sent in the midst
// of a turn.
const mostGathered = 64 << 10

// Subscribe makes the connection get what is published to a topic from now on.
// It reports false if it did already, if the connection has ended, or if the
// name is empty.
func (c Conn) Subscribe(name string) bool {
	s := c.slot()
	if s == nil || s.state != stateOpen || name == "" {
		return false
	}
	return c.loop.topics.subscribe(s, name)
}

// Unsubscribe is the opposite. What was published before is still sent. It
// reports false if the connection was not subscribed.
func (c Conn) Unsubscribe(name string) bool {
	s := c.slot()
	if s == nil {
		return false
	}
	n, ok := c.loop.topics.named[name]
	if !ok {
		return false
	}
	i := c.loop.topics.of(s, n)
	if i == 0 {
		return false
	}
	c.loop.catchUp(s)
	c.loop.topics.remove(s, i)
	return true
}

// Publish sends a message to all other subscribers of a topic that are
// connections of this loop; [Server.Publish] reaches those of all loops. It goes
// out at the end of the turn, in order with the topic's other messages and with
// what is written to the connection.
//
// Errors: protocol.ErrNotText and protocol.ErrOpcode; ErrClosed for the zero Conn.
func (c Conn) Publish(name string, t MessageType, p []byte) error {
	if c.loop == nil {
		return ErrClosed
	}
	return c.loop.publishFrom(c.id.slot(), name, t, p)
}

// Publish sends a message to all subscribers of a topic that are connections of
// this loop. It belongs to the loop, as most methods of a [Conn] do.
//
// Errors: protocol.ErrNotText and protocol.ErrOpcode.
func (l *Loop) Publish(name string, t MessageType, p []byte) error {
	return l.publishFrom(0, name, t, p)
}

// Publish sends a message to all subscribers of a topic, on all loops. It may be
// called from any goroutine; messages of one goroutine arrive in order.
//
// Errors: protocol.ErrNotText and protocol.ErrOpcode; ErrOverloaded if a loop
// cannot keep up, whose connections do not get it; ErrClosed if the server has
// ended.
func (s *Server) Publish(name string, t MessageType, p []byte) (err error) {
	if err := checkMessage(t, p); err != nil {
		return err
	}
	h := protocol.NewHeader(s.set.cfg, t&^Uncompressed, true, false, len(p))
	frame := h.AppendPayload(append(make([]byte, 0, maxHeader+len(p)), h.Bytes()...), p)
	for _, l := range s.loops {
		if e := l.inbox.publish(name, frame, len(h.Bytes()), t); e != nil {
			err = e
		}
	}
	return err
}

func checkMessage(t MessageType, p []byte) error {
	switch {
	case !(t &^ Uncompressed).Data():
		return protocol.ErrOpcode
	case t&^Uncompressed == Text && !protocol.ValidText(p):
		return protocol.ErrNotText
	}
	return nil
}

// publishFrom gathers a message that the connection in a slot, if any, is not
// sent.
func (l *Loop) publishFrom(slot uint32, name string, t MessageType, p []byte) error {
	if err := checkMessage(t, p); err != nil {
		return err
	}
	n, ok := l.topics.named[name]
	if !ok {
		return nil // nobody listens
	}
	g := &l.topics.list[n]
	from := uint32(len(g.gathered))
	h := protocol.NewHeader(l.set.cfg, t&^Uncompressed, true, false, len(p))
	g.gathered = h.AppendPayload(append(g.gathered, h.Bytes()...), p)
	if slot != 0 {
		g.skips = append(g.skips, skip{slot, from, uint32(len(g.gathered))})
	}
	l.gathered(n, from, len(h.Bytes()), t)
	return nil
}

// publishFrame gathers a message that was encoded elsewhere, of which head octets
// are the header.
func (l *Loop) publishFrame(name string, frame []byte, head int, t MessageType) {
	if n, ok := l.topics.named[name]; ok {
		g := &l.topics.list[n]
		from := uint32(len(g.gathered))
		g.gathered = append(g.gathered, frame...)
		l.gathered(n, from, head, t)
	}
}

// gathered notes that a topic has one message more.
func (l *Loop) gathered(n, from uint32, head int, t MessageType) {
	g := &l.topics.list[n]
	g.frames = append(g.frames, published{from, from + uint32(head), uint32(len(g.gathered)), t})
	if from == 0 {
		l.topics.dirty = append(l.topics.dirty, n)
	}
	if len(g.gathered) >= mostGathered {
		l.distribute(g)
	}
}

// distributeAll sends what was gathered in the turn.
func (l *Loop) distributeAll() {
	for _, n := range l.topics.dirty {
		g := &l.topics.list[n]
		l.distribute(g)
		if len(g.subs) == 0 && g.name != "" {
			l.topics.forget(n)
		}
	}
	l.topics.dirty = l.topics.dirty[:0]
}

// distribute sends what a topic has gathered. It calls no callbacks: those that
// fail are looked after at the end of the turn.
func (l *Loop) distribute(g *topic) {
	for _, i := range g.subs {
		sub := &l.topics.subs[i]
		s := l.slots.at(sub.slot)
		if l.sendVariant(s, g, sub) {
			continue
		}
		if len(g.skips) == 0 && s.x == nil && s != l.cork.owner && s.state == stateOpen && s.out.Sendable() {
			l.sendShared(s, g.gathered[sub.from:])
		} else {
			l.sendGathered(s, g, sub)
		}
		sub.from = 0
	}
	l.stats.MessagesOut += uint64(len(g.frames) * len(g.subs))
	g.frames, g.skips = g.frames[:0], g.skips[:0]
	clear(l.variants)
	if g.gathered = g.gathered[:0]; cap(g.gathered) > 4*mostGathered {
		g.gathered = nil
	}
}

// sendShared is the short way, for a connection for which nothing waits.
func (l *Loop) sendShared(s *slot, p []byte) {
	if len(p) == 0 {
		return
	}
	n, err := l.poller.Write(s.handle, p)
	if err != nil && err != poll.ErrAgain {
		l.broken(s, err)
		return
	}
	l.stats.BytesOut += uint64(n)
	if n < len(p) {
		l.slots.more(s).box.append(p[n:])
		l.block(s)
	}
}

// sendGathered sends a subscriber what it is yet to be sent, but for what it
// published itself.
func (l *Loop) sendGathered(s *slot, g *topic, sub *subscription) {
	if s.state != stateOpen || !s.out.Sendable() {
		return
	}
	from := sub.from
	for _, k := range g.skips {
		if k.slot == sub.slot && k.from >= from {
			l.putBounded(s, g.gathered[from:k.from])
			from = k.to
		}
	}
	l.putBounded(s, g.gathered[from:])
}

// putBounded is put within the bounds of the queue.
func (l *Loop) putBounded(s *slot, frames []byte) {
	switch {
	case len(frames) == 0:
	case l.isFull(s):
		l.overflow(s)
	default:
		l.put(s, frames)
	}
}

// catchUp sends a connection what its topics have gathered, so that what is
// written to it comes behind that.
func (l *Loop) catchUp(s *slot) {
	for i := s.sub; i != 0; {
		sub := &l.topics.subs[i]
		if g := &l.topics.list[sub.topic]; len(g.gathered) > int(sub.from) {
			l.sendGathered(s, g, sub)
			sub.from = uint32(len(g.gathered))
		}
		i = sub.next
	}
}

// subscribe adds a connection to a topic, which it makes if there is none.
func (t *topics) subscribe(s *slot, name string) bool {
	n, ok := t.named[name]
	if !ok {
		n = t.add(name)
	} else if t.of(s, n) != 0 {
		return false
	}
	if len(t.subs) == 0 {
		t.subs = append(t.subs, subscription{}) // 0 is none
	}
	i := uint32(len(t.subs))
	if k := len(t.freeSubs); k > 0 {
		i, t.freeSubs = t.freeSubs[k-1], t.freeSubs[:k-1]
	} else {
		t.subs = append(t.subs, subscription{})
	}
	g := &t.list[n]
	t.subs[i] = subscription{slot: s.id.slot(), topic: n, next: s.sub, at: uint32(len(g.subs)), from: uint32(len(g.gathered))}
	g.subs = append(g.subs, i)
	s.sub = i
	return true
}

func (t *topics) add(name string) (n uint32) {
	if t.named == nil {
		t.named = make(map[string]uint32)
	}
	if k := len(t.free); k > 0 {
		n, t.free = t.free[k-1], t.free[:k-1]
	} else {
		n = uint32(len(t.list))
		t.list = append(t.list, topic{})
	}
	t.list[n].name = name
	t.named[name] = n
	return n
}

// of returns the subscription of a connection to a topic, 0 if there is none.
func (t *topics) of(s *slot, n uint32) uint32 {
	i := s.sub
	for i != 0 && t.subs[i].topic != n {
		i = t.subs[i].next
	}
	return i
}

// remove ends a subscription, and the topic with its last one.
func (t *topics) remove(s *slot, i uint32) {
	sub := t.subs[i]
	link := &s.sub
	for *link != i {
		link = &t.subs[*link].next
	}
	*link = sub.next

	g := &t.list[sub.topic]
	last := g.subs[len(g.subs)-1]
	g.subs[sub.at] = last
	t.subs[last].at = sub.at
	g.subs = g.subs[:len(g.subs)-1]
	t.subs[i] = subscription{}
	t.freeSubs = append(t.freeSubs, i)
	if len(g.subs) == 0 && len(g.gathered) == 0 {
		t.forget(sub.topic)
	}
}

func (t *topics) forget(n uint32) {
	delete(t.named, t.list[n].name)
	t.list[n] = topic{}
	t.free = append(t.free, n)
}

// removeAll ends all subscriptions of a connection.
func (t *topics) removeAll(s *slot) {
	for s.sub != 0 {
		t.remove(s, s.sub)
	}
}
