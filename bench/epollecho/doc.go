// Package epollecho is the transport of the two echo loops, bench/loop and
// bench/loopraw: sockets, epoll, the opening handshake, gathering and sending.
// The loops differ in nothing but their Handler, which turns octets received
// into replies; so the difference in their cost is the cost of that.
//
// It is Linux only, one locked thread, and trusts its peer no more than an
// echo under load has to.
package epollecho
