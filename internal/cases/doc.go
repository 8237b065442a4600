// Package cases is a catalogue of conformance cases for WebSocket endpoints
// that echo: groups 1 to 7, 9 and 10 of the numbering that is in use
// everywhere. Each case is data: what is sent, in which pieces, and what must
// come back; [Play] runs one against an endpoint and gives the verdict.
//
// It is strict where that numbering knows a lesser degree: invalid text must
// fail at its first impossible octet, and messages in front of a fault must be
// echoed. The content of what comes back is compared in every case.
package cases
