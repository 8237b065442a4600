// Package rawpeer is the plain end of a connection in tests of a server: it
// builds frames octet by octet, right or wrong, and reports what comes back. It
// shares no code with the implementation that it judges.
package rawpeer
