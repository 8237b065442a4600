package wstest

// ErrReset is the error of a connection that was reset. It is the one of the
// system too: errors.Is(ErrReset, syscall.ECONNRESET).
var ErrReset error = &systemError{"connection reset by peer", reset}

// errRefused is the error of who dials a listener that is closed.
var errRefused error = &systemError{"connection refused", refused}

// A systemError is one that the network of a system has its own errors for:
// code that looks for those finds them. Its text is the same everywhere.
type systemError struct {
	text string
	as   []error
}

func (e *systemError) Error() string { return e.text }

func (e *systemError) Unwrap() []error { return e.as }
