package reconnect

import (
	"context"
	"fmt"
	"math"
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

// inTime returns the context of what GiveUpAfter bounds.
func (l *loop) inTime() (context.Context, context.CancelFunc) {
	if l.o.GiveUpAfter <= 0 {
		return l.ctx, func() {}
	}
	return context.WithDeadlineCause(l.ctx, l.outage.Add(l.o.GiveUpAfter), tooLate{})
}

// tooLate is the cause of a context that GiveUpAfter has ended.
type tooLate struct{}

func (tooLate) Error() string { return "GiveUpAfter has passed" }

func (tooLate) Unwrap() error { return ErrGaveUp }

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

// wait waits between attempts.
func (l *loop) wait(v Verdict) error {
	wait := l.backoff(v)
	if l.o.MaxAttempts > 0 && l.failures >= l.o.MaxAttempts ||
		l.o.GiveUpAfter > 0 && wait >= l.o.GiveUpAfter-time.Since(l.outage) {
		return l.gaveUp()
	}
	l.report(Waiting, wait, l.err)
	return l.sleep(wait, v.After)
}

// backoff draws a wait: what the server asked for, and full jitter on top.
func (l *loop) backoff(v Verdict) time.Duration {
	bound := min(l.o.MinBackoff, l.o.MaxBackoff)
	for range l.failures - 1 {
		if bound > l.o.MaxBackoff/2 {
			bound = l.o.MaxBackoff
			break
		}
		bound *= 2
	}
	bound = min(max(bound, v.Jitter), forever)
	after := min(max(v.After, 0), forever)
	return after + time.Duration(l.random(int64(bound)+1))
}

// forever is a time of which two make a Duration.
const forever = time.Duration(math.MaxInt64 / 2)

// drain drops what was sent to RetryNow before the wait: what the channel holds,
// and what a sender has waited with. It takes no more than that, so that it ends
// whatever others do with the channel.
func (l *loop) drain() {
	for range len(l.o.RetryNow) + 1 {
		select {
		case <-l.o.RetryNow:
		default:
			return
		}
	}
}

// sleep sleeps for d, which RetryNow cuts down to floor.
func (l *loop) sleep(d, floor time.Duration) error {
	l.drain()
	now := l.o.RetryNow
	began := time.Now()
	timer := time.NewTimer(d)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
			return nil
		case <-l.ctx.Done():
			return context.Cause(l.ctx)
		case _, sent := <-now:
			now = nil
			if sent { // a closed channel says nothing
				timer.Reset(max(0, floor-time.Since(began)))
			}
		}
	}
}

func (l *loop) gaveUp() error {
	if l.err == nil { // the budget alone took all the time
		return fmt.Errorf("%w: no attempt within %v", ErrGaveUp, l.o.GiveUpAfter)
	}
	return fmt.Errorf("%w: %d failures in %v: %w", ErrGaveUp, l.failures, time.Since(l.outage).Round(time.Millisecond), l.err)
}

// report tells of the attempt under way, or, for Waiting, of the next.
func (l *loop) report(p Phase, wait time.Duration, err error) {
	l.o.OnState(State{Phase: p, Attempt: l.failures + 1, Wait: wait, Err: err})
}
