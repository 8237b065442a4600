package http1

import (
	"strconv"
	"strings"
)

// judgeBody reads what is said about a body, and refuses what could be read in
// two ways: where a request ends for one recipient and not for the next, a
// second request can be hidden
// (https://www.rfc-editor.org/rfc/rfc9112#section-11.2).
func (r *Request) judgeBody() *Error {
	lengths, codings := r.Values("Content-Length"), r.Values("Transfer-Encoding")
	switch {
	case len(lengths) == 0 && len(codings) == 0:
		return nil
	case len(lengths) > 0 && len(codings) > 0:
		return refusal(400, FaultBody, "RFC 9112 6.1", "Content-Length stands beside Transfer-Encoding")
	case len(lengths) > 1:
		return refusal(400, FaultBody, "RFC 9112 6.3", "Content-Length stands more than once")
	case len(lengths) == 1:
		return r.readLength(lengths[0])
	case r.Minor == 0:
		return refusal(400, FaultBody, "RFC 9112 6.1", "Transfer-Encoding stands in a request of HTTP/1.0")
	case len(codings) > 1 || !strings.EqualFold(codings[0], "chunked"):
		return refusal(501, FaultBody, "RFC 9112 6.1", "no other transfer coding than chunked is known: "+excerpt(strings.Join(codings, ", ")))
	}
	r.Chunked = true
	return nil
}

// readLength reads a Content-Length, which is of digits alone
// (https://www.rfc-editor.org/rfc/rfc9110#section-8.6).
func (r *Request) readLength(s string) *Error {
	n, err := strconv.ParseUint(s, 10, 63)
	if err != nil {
		return refusal(400, FaultBody, "RFC 9110 8.6", "Content-Length must be a number of octets: "+excerpt(s))
	}
	r.ContentLength = int64(n)
	return nil
}
