// Package wheel has the two coarse clocks that many connections share: timers
// for deadlines of seconds and hours, and a sweep for work put off by 100 us.
// Both belong to a [Clock], which a process makes once.
//
// # Terminology
//
//   - tick: the granularity of timers, [Tick]. Tick n begins n*Tick after the clock was made.
//   - slot: a list of the timers that are due in one span of ticks.
//   - turn: one pass of the wheel, on a goroutine that lives as long as the pass.
//   - sweep: one pass over the members added by [Clock.Sweep].
//
// # Cost
//
// The wheel is hierarchical: seven levels of 64 slots, where a slot of one
// level spans a whole level below. A timer moves down a level when its slot
// begins, so it is touched at most seven times however far its deadline is
// (once or twice for one of 25 s); nothing is ever scanned in vain. Arm and
// Stop are O(1), allocate nothing, and hold the clock's one mutex for a list
// operation. A turn holds it for one timer fired or 64 moved at a time.
//
// The clock sleeps until the first slot that holds something. Stopping or
// moving the earliest timer leaves that sleep as it is: at most one wake in
// vain for each sleep, instead of a system timer reset for each message.
//
// # Stalls
//
// When a whole process stood still (SIGSTOP, a suspended machine, starvation),
// every deadline passed at once while the input that would have moved it lies
// ready in the sockets. A turn that runs more than 500 ms late therefore fires
// nothing: the clock stays silent for [Grace], so that readers come first, and
// what is due then and has not been moved fires. The turn that follows a grace
// period always fires, so that starvation that goes on delays timers without
// ever holding them for good. A target that blocks the clock's goroutine for
// that long counts as a stall too.
//
// # Limitations
//
// Clocks are monotonic: steps of the wall clock do not matter. Whether time
// goes on while a machine is suspended is the operating system's choice.
// A Clock made outside a testing/synctest bubble does not work inside; make
// one for each bubble. Deadlines beyond 292 years are kept as that.
package wheel
