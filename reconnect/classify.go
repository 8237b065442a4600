package reconnect

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"time"

	"github.com/duplexws/duplex/websocket"
)

// A Verdict says what to do about an attempt that failed or a connection that
// ended. The zero value is to try again after the backoff.
type Verdict struct {
	Action Action
	After  time.Duration // wait at least so long; for Retry and Renew
	Jitter time.Duration // and at random up to so much longer, or as the backoff says if that is more
}

// Action is what a [Verdict] says to do.
type Action uint8

// The actions.
const (
	// Retry: try again after the backoff.
	Retry Action = iota
	// Renew: the credentials were refused. Try again once with what
	// Options.Prepare renews; without it, or if they are refused again before
	// there was a stable connection, Fail.
	Renew
	// Fail: end the sequence with the error.
	Fail
	// Done: end the sequence without an error.
	Done
)

// String returns the name in lower case.
func (a Action) String() string {
	switch a {
	case Retry:
		return "retry"
	case Renew:
		return "renew"
	case Fail:
		return "fail"
	case Done:
		return "done"
	}
	return "unknown"
}

// Classify is the judgement that [Options].Classify replaces; an application's
// own asks it about what it has no opinion of. What it does not know, it
// retries: a client that tries in vain is better than one that is gone.
//
//	no address, refused, reset, timeout, unknown  Retry
//	TLS: certificate, alert, no TLS               Fail, but for the alert internal_error
//	malformed URL, HandshakeError, Final          Fail
//	status 401                                    Renew
//	status 408, 421, 425, 429, 5xx                Retry, not before Retry-After
//	status 501, 505, and all others               Fail
//	close 1000                                    Done
//	close 1001, 1005, 1011, 1014                  Retry
//	close 1012                                    Retry after 5 to 30 s
//	close 1013                                    Retry after 30 to 90 s
//	close 1002, 1003, 1007, 1008, 1009, 1010      Fail
//	close 3000                                    Renew
//	close 3003                                    Fail
//	close 3001 to 4999 otherwise                  Retry
//	connection broken, silent or left             Retry
//	server broke a rule                           Retry, but a message too big: Fail
//
// docs/reconnect.md gives the reason of each.
func Classify(err error) Verdict {
	if final := (*finalError)(nil); errors.As(err, &final) || errors.Is(err, websocket.ErrMalformedRequest) {
		return Verdict{Action: Fail}
	}
	if closed := (*websocket.CloseError)(nil); errors.As(err, &closed) {
		return classifyClose(closed.Code)
	}
	if broken := (*websocket.ProtocolError)(nil); errors.As(err, &broken) {
		return failIf(broken.Code == websocket.StatusMessageTooBig)
	}
	if refused := (*websocket.RefusedError)(nil); errors.As(err, &refused) {
		return classifyRefusal(refused, time.Now())
	}
	if handshake := (*websocket.HandshakeError)(nil); errors.As(err, &handshake) {
		return Verdict{Action: Fail}
	}
	return failIf(isTLS(err))
}

func failIf(fail bool) Verdict {
	if fail {
		return Verdict{Action: Fail}
	}
	return Verdict{}
}

// The codes of the registry that package websocket has no name for
// (https://www.iana.org/assignments/websocket/websocket.xhtml#close-code-number).
const (
	statusUnauthorized websocket.StatusCode = 3000
	statusForbidden    websocket.StatusCode = 3003
)

func classifyClose(code websocket.StatusCode) Verdict {
	switch code {
	case websocket.StatusNormalClosure:
		return Verdict{Action: Done}
	case websocket.StatusServiceRestart:
		// "a randomized delay of 5 - 30 seconds", says its registration
		// (https://www.ietf.org/mail-archive/web/hybi/current/msg09670.html).
		return Verdict{After: 5 * time.Second, Jitter: 25 * time.Second}
	case websocket.StatusTryAgainLater:
		return Verdict{After: 30 * time.Second, Jitter: time.Minute}
	case websocket.StatusProtocolError, websocket.StatusUnsupportedData, websocket.StatusInvalidPayload,
		websocket.StatusPolicyViolation, websocket.StatusMessageTooBig, websocket.StatusMandatoryExtension,
		statusForbidden:
		return Verdict{Action: Fail}
	case statusUnauthorized:
		return Verdict{Action: Renew}
	}
	return Verdict{}
}

// isTLS reports whether TLS failed in a way that needs a human being.
func isTLS(err error) bool {
	var (
		verification *tls.CertificateVerificationError
		authority    x509.UnknownAuthorityError
		host         x509.HostnameError
		invalid      x509.CertificateInvalidError
		roots        x509.SystemRootsError
		extension    x509.UnhandledCriticalExtension
		record       tls.RecordHeaderError
		alert        *net.OpError
	)
	switch {
	case errors.As(err, &verification), errors.As(err, &authority), errors.As(err, &host), errors.As(err, &invalid),
		errors.As(err, &roots), errors.As(err, &extension), errors.As(err, &record):
		return true
	case errors.As(err, &alert) && alert.Op == "remote error": // as crypto/tls calls an alert
		return alert.Err.Error() != internalError.Error()
	}
	return false
}

// internalError is the alert internal_error, which a server in trouble sends
// (https://www.rfc-editor.org/rfc/rfc8446#section-6.2).
const internalError tls.AlertError = 80

// Final returns an error that [Classify] judges to be final: with it,
// Options.Prepare says that there will be no credentials any more. It wraps err
// and has its text. Final(nil) is nil.
func Final(err error) error {
	if err == nil {
		return nil
	}
	return &finalError{err}
}

type finalError struct{ err error }

func (e *finalError) Error() string { return e.err.Error() }

func (e *finalError) Unwrap() error { return e.err }
