package reconnect

import (
	"context"
	"math"
	"time"
)

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
