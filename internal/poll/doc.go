// Package poll is what an event loop stands on: one goroutine, the poller's
// owner, that learns which of many transports are ready and moves their octets
// without ever blocking in one of them.
//
// Three networks share the seam, and pass one suite of tests:
//
//   - [System] is the operating system's: epoll by raw system calls on 64-bit
//     Linux. Elsewhere it is the portable one.
//   - [Portable] stands on package net alone: a goroutine for each transport is
//     parked in Read and announces to the same owner what it was given.
//   - [Fake] is in memory, deterministic and without a clock of its own: for
//     tests of whole loops, fuzzing, and more transports than a process has
//     descriptors.
//
// # Terminology
//
//   - handle: a transport or listener, as the network names it. A handle is
//     reused as soon as it is closed, as descriptors are.
//   - token: what the owner calls it. Events carry tokens and never handles, so
//     that an owner whose tokens are not reused never takes the event of a
//     transport that has been closed for one of its successor.
//   - announce: to report that a transport is ready, once.
//
// # Announcing
//
// Input is announced once: the next announcement comes when more has arrived.
// So the owner reads until a Read returns ErrAgain, an error, or less than it
// had room for; if the event had [Ended] set, only until ErrAgain or an error.
// An owner that stops earlier remembers by itself to go on.
//
// Room for output is announced only between [Poller.WatchWrite] with true and
// with false.
//
// # Concurrency
//
// A Poller belongs to one goroutine; only Wake may be called by others. A Network
// may be used by all. A handle may pass from one owner to another between Accept
// and Add.
package poll
