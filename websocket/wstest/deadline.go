package wstest

import (
	"sync"
	"time"
)

// A deadline is one that calls on a net.Conn wait for. The lock of its
// condition guards it.
type deadline struct {
	passed bool
	timer  *time.Timer
	set    int // times that it was set: an old timer has nothing to say
}

// arm sets d, and wakes who waits on changed when it passes. A deadline of zero
// never does.
func (d *deadline) arm(changed *sync.Cond, at time.Time) {
	d.stop()
	if at.IsZero() {
		return
	}
	wait := time.Until(at)
	if wait <= 0 {
		d.passed = true
		changed.Broadcast()
		return
	}
	set := d.set
	d.timer = time.AfterFunc(wait, func() {
		changed.L.Lock()
		defer changed.L.Unlock()
		if d.set == set {
			d.passed = true
			changed.Broadcast()
		}
	})
}

func (d *deadline) stop() {
	d.set++
	d.passed = false
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
}
