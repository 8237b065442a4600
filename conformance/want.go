package conformance

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// A want says what a server may make of an opening handshake, and how good that
// is.
type want struct {
	upgraded Verdict // it answers 101
	refused  Verdict // it answers something else, but one of these:
	statuses []int   // that tell what is wrong
	plain    bool    // any status will do, since the request is an ordinary one
	dropped  Verdict // it ends the connection without an answer
	versions bool    // the refusal tells the versions that the server speaks
	served   Verdict // what stands behind a refused request is answered too
	closes   bool    // the connection cannot go on
	because  string  // it is no more than not strict
}

// upgrades: the request is right, and must be understood.
func upgrades() want { return want{refused: Failed, dropped: Failed} }

// refuses: the request is no opening handshake, and the server must say so:
// https://www.rfc-editor.org/rfc/rfc6455#section-4.2.1
func refuses(statuses ...int) want {
	return want{upgraded: Failed, refused: NonStrict, statuses: statuses, dropped: Failed, served: NonStrict}
}

// refusesOctets: the request is not even HTTP, and need not be answered:
// https://www.rfc-editor.org/rfc/rfc9112#section-2.2
func refusesOctets(statuses ...int) want {
	w := refuses(statuses...)
	w.dropped = NonStrict
	return w
}

// free: the server may do either, and does it right.
func free() want { return want{} }

// lenient: to upgrade is no fault, but not strict.
func (w want) lenient(because string) want {
	w.upgraded, w.because = NonStrict, because
	return w
}

// refusable: to refuse is no fault, but not strict.
func (w want) refusable(because string) want {
	w.refused, w.dropped, w.because = NonStrict, NonStrict, because
	return w
}

// droppable: the transport may break before the answer is read.
func (w want) droppable() want { w.dropped = OK; return w }

// whole: what stands behind the head belongs to the request, and is no other.
func (w want) whole() want { w.served = Failed; return w }

// ends: nobody knows where another request would begin.
func (w want) ends() want { w.closes, w.served = true, Failed; return w }

func (w want) String() string {
	var texts []string
	for _, status := range w.statuses {
		texts = append(texts, fmt.Sprint(status))
	}
	with := ""
	if len(texts) > 0 {
		with = " with " + strings.Join(texts, " or ")
	}
	s := "refuses" + with
	switch {
	case w.plain:
		s = "answers, but does not upgrade"
	case w.upgraded == OK && w.refused == OK:
		s = "upgrades and then works, or refuses"
	case w.upgraded == OK:
		s = "upgrades, and then works"
	}
	if w.versions {
		s += ", and tells its version"
	}
	if w.closes {
		s += ", and ends the connection"
	}
	if w.because != "" {
		s += "; else it is not strict: " + w.because
	}
	return s
}

// judge gives the verdict on a refusal.
func (w want) judge(status int) (Verdict, string) {
	fault := status >= 500 && status != http.StatusNotImplemented && status != http.StatusHTTPVersionNotSupported
	switch {
	case slices.Contains(w.statuses, status):
		return OK, ""
	case (w.plain || w.refused == OK) && !fault:
		return OK, ""
	case w.plain || w.refused == OK:
		return NonStrict, fmt.Sprintf("the server answers %d, as if the fault were its own", status)
	case len(w.statuses) == 0:
		return w.refused, w.why(fmt.Sprintf("the server refuses with %d", status))
	}
	return w.refused, fmt.Sprintf("the server refuses with %d, which does not tell what is wrong as %d would", status, w.statuses[0])
}

// why adds to what a server has done why that is no more than not strict, if it
// is that it did not upgrade.
func (w want) why(done string) string {
	if w.because == "" || w.upgraded != OK {
		return done
	}
	return done + ": " + w.because
}
