package reconnect

import (
	"context"
	"fmt"
	"time"
)

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

func (l *loop) gaveUp() error {
	if l.err == nil { // the budget alone took all the time
		return fmt.Errorf("%w: no attempt within %v", ErrGaveUp, l.o.GiveUpAfter)
	}
	return fmt.Errorf("%w: %d failures in %v: %w", ErrGaveUp, l.failures, time.Since(l.outage).Round(time.Millisecond), l.err)
}
