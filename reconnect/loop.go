package reconnect

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/duplexws/duplex/websocket"
)

// loop is one use of a sequence.
type loop struct {
	ctx    context.Context
	url    string
	o      Options
	budget *Budget
	random func(n int64) int64 // uniform in [0, n)

	err      error     // why the last attempt failed or its connection ended
	outage   time.Time // when the body was done with the last stable connection, or the loop began
	failures int       // since then
	renewed  bool      // refused credentials have been renewed since then
	renew    bool      // they were refused, and Prepare has not succeeded since
	late     bool      // GiveUpAfter ended the last attempt
}

func newLoop(ctx context.Context, url string, o *Options) *loop {
	return &loop{ctx: ctx, url: url, o: o.withDefaults(), random: rand.Int64N}
}

func (l *loop) run(yield func(*websocket.Conn, error) bool) {
	var err error
	defer func() { l.report(Ended, 0, err) }()
	if l.budget = l.o.Budget; l.budget == nil {
		origin := originOf(l.url)
		l.budget = origins.join(origin)
		defer origins.leave(origin)
	}
	l.outage = time.Now()
	if err = l.connections(yield); err != nil {
		yield(nil, err)
	}
}

// connections yields connections, and returns the error to end with.
func (l *loop) connections(yield func(*websocket.Conn, error) bool) error {
	for {
		if err := l.queue(); err != nil {
			return err
		}
		if !l.attempt(yield) {
			return nil
		}
		if l.ctx.Err() != nil {
			return context.Cause(l.ctx)
		}
		if l.late {
			return l.gaveUp()
		}
		v := l.judge()
		switch v.Action {
		case Fail:
			return l.err
		case Done:
			return nil
		}
		if err := l.wait(v); err != nil {
			return err
		}
	}
}

// queue waits for the budget.
func (l *loop) queue() error {
	if l.ctx.Err() != nil {
		return context.Cause(l.ctx)
	}
	turn := l.budget.ask()
	if turn == nil {
		return nil
	}
	l.report(Queued, 0, l.err)
	ctx, cancel := l.inTime()
	defer cancel()
	switch err := turn.wait(ctx); {
	case err == nil:
		return nil
	case l.ctx.Err() != nil:
		return context.Cause(l.ctx)
	default:
		return l.gaveUp()
	}
}

// attempt makes one attempt. It reports whether to go on, and leaves in l.err why
// the attempt failed or the connection has ended.
func (l *loop) attempt(yield func(*websocket.Conn, error) bool) (again bool) {
	conn, err := l.dial()
	if err != nil {
		l.err = err
		l.failures++
		return true
	}
	return l.lend(conn, yield)
}

func (l *loop) dial() (*websocket.Conn, error) {
	l.report(Connecting, 0, nil)
	ctx, cancel := l.inTime()
	defer cancel()
	conn, err := l.prepareAndDial(ctx)
	l.late = err != nil && ctx.Err() != nil
	return conn, err
}

func (l *loop) prepareAndDial(ctx context.Context) (*websocket.Conn, error) {
	a := &Attempt{URL: l.url, Options: clone(l.o.Dial), Number: l.failures + 1, Err: l.err, Renew: l.renew}
	if l.o.Prepare != nil {
		if err := l.o.Prepare(ctx, a); err != nil {
			return nil, err
		}
	}
	l.renew = false
	return l.o.DialFunc(ctx, a.URL, a.Options)
}

// lend yields conn and closes it afterwards. It reports whether the body wants
// another one.
func (l *loop) lend(conn *websocket.Conn, yield func(*websocket.Conn, error) bool) (again bool) {
	defer conn.CloseNow() // in a panic too
	l.report(Connected, 0, nil)
	life := lifeOf(conn)
	if !yield(conn, nil) {
		conn.Close(l.ctx, websocket.StatusNormalClosure, "")
		return false
	}
	if life() >= l.o.StableAfter {
		l.outage, l.failures, l.renewed = time.Now(), 0, false
	} else {
		l.failures++
	}
	if l.err = conn.Err(); l.err == nil {
		l.err = ErrLeft
	}
	conn.Close(l.ctx, websocket.StatusGoingAway, "")
	return true
}

// lifeOf returns a function that says how long conn has lived from now on. That is
// not how long the body takes, which may work on when conn has ended. A goroutine
// waits for that end, which comes with CloseNow at the latest.
func lifeOf(conn *websocket.Conn) func() time.Duration {
	began := time.Now()
	ended := make(chan time.Duration, 1)
	go func() {
		<-conn.Done()
		ended <- time.Since(began)
	}()
	return func() time.Duration {
		select {
		case life := <-ended:
			return life
		default:
			return time.Since(began)
		}
	}
}

// judge says what to do about l.err.
func (l *loop) judge() Verdict {
	v := l.o.Classify(l.err)
	if v.Action == Renew {
		v.Action = Retry
		if l.o.Prepare == nil || l.renewed {
			v.Action = Fail
		}
		l.renewed, l.renew = true, true
	}
	return v
}

// report tells of the attempt under way, or, for Waiting, of the next.
func (l *loop) report(p Phase, wait time.Duration, err error) {
	l.o.OnState(State{Phase: p, Attempt: l.failures + 1, Wait: wait, Err: err})
}
