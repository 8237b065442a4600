package conformance

import (
	"fmt"
	"time"
)

// A Verdict judges what the peer has sent in a case.
type Verdict uint8

// The verdicts. Only Failed is a fault; NonStrict is right by the RFC, but less
// than a good endpoint does.
const (
	OK Verdict = iota
	NonStrict
	Informational // the case has no right or wrong
	Unimplemented // the case needs an extension that was not negotiated
	Failed
)

func (v Verdict) String() string {
	return [...]string{"OK", "NON-STRICT", "INFORMATIONAL", "UNIMPLEMENTED", "FAILED"}[v]
}

// A CloseVerdict judges how the connection was closed. The first fault in the
// order of the constants counts.
type CloseVerdict uint8

// The verdicts on closing.
const (
	CloseOK            CloseVerdict = iota
	CloseInformational              // the case has no right or wrong
	CloseNoHandshake                // the opening handshake, or the login, did not succeed
	CloseWrongSide                  // the wrong side began it
	CloseUnclean                    // one Close frame was missing, or both
	CloseWrongCode                  // the peer closed with a code that does not tell what happened
	CloseNotDropped                 // the suite had to end the transport, which is the server's to do
)

func (v CloseVerdict) String() string {
	return [...]string{"OK", "INFORMATIONAL", "NO HANDSHAKE", "WRONG SIDE", "UNCLEAN", "WRONG CODE", "NOT DROPPED"}[v]
}

// A Result is what came of one case.
type Result struct {
	Case    Case
	Verdict Verdict
	Close   CloseVerdict
	Reason  string // what was wrong or remarkable, "" if nothing was

	PeerCode  uint16 // of the peer's Close frame, 0 if there was none or it had no code
	SuiteCode uint16 // the same of the suite's

	Started  time.Time
	Duration time.Duration

	Log     []Entry // the wire, both ways, in the order of time
	Omitted int     // how many entries are missing in the middle of Log
}

// Passed reports whether nothing was wrong; strict counts NonStrict as wrong
// too.
func (r *Result) Passed(strict bool) bool {
	return r.Verdict != Failed && r.Close <= CloseInformational && (!strict || r.Verdict != NonStrict)
}

func (r *Result) String() string {
	s := fmt.Sprintf("%s: %v", r.Case.ID, r.Verdict)
	if r.Close > CloseInformational {
		s += fmt.Sprintf(", close %v", r.Close)
	}
	if r.Reason != "" {
		s += ": " + r.Reason
	}
	return s
}

// A Summary counts results.
type Summary struct {
	Total, OK, NonStrict, Informational, Unimplemented int

	Failed      int // by what the peer sent
	CloseFailed int // by how it closed, and by nothing else
}

// Summarize counts results.
func Summarize(results []*Result) (s Summary) {
	for _, r := range results {
		s.Total++
		switch {
		case r.Verdict == Failed:
			s.Failed++
		case !r.Passed(false):
			s.CloseFailed++
		case r.Verdict == OK:
			s.OK++
		case r.Verdict == NonStrict:
			s.NonStrict++
		case r.Verdict == Informational:
			s.Informational++
		case r.Verdict == Unimplemented:
			s.Unimplemented++
		}
	}
	return s
}

func (s Summary) String() string {
	return fmt.Sprintf("%d cases: %d OK, %d NON-STRICT, %d INFORMATIONAL, %d UNIMPLEMENTED, %d FAILED, %d closed wrong",
		s.Total, s.OK, s.NonStrict, s.Informational, s.Unimplemented, s.Failed, s.CloseFailed)
}
