package reconnect

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/duplexws/duplex/websocket"
)

// MaxRetryAfter caps what is heeded of a Retry-After field: a server or a proxy
// that says "in a day" by mistake should not be obeyed for a day.
const MaxRetryAfter = 5 * time.Minute

// classifyRefusal judges an HTTP status, be it the server's or a proxy's
// (https://www.rfc-editor.org/rfc/rfc9110#section-15).
func classifyRefusal(e *websocket.RefusedError, now time.Time) Verdict {
	switch e.Status {
	case http.StatusUnauthorized:
		return Verdict{Action: Renew}
	case http.StatusNotImplemented, http.StatusHTTPVersionNotSupported:
		return Verdict{Action: Fail}
	case http.StatusRequestTimeout, http.StatusMisdirectedRequest, http.StatusTooEarly, http.StatusTooManyRequests:
	default:
		if e.Status/100 != 5 {
			return Verdict{Action: Fail}
		}
	}
	after := retryAfter(e.Header, now)
	return Verdict{After: after, Jitter: after / 2}
}

// retryAfter reads Retry-After, which is a number of seconds or a date
// (https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3). A date is compared
// with the server's clock if it tells that, since ours may be wrong.
func retryAfter(h http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if isNumber(value) {
		seconds, err := strconv.ParseUint(value, 10, 32)
		if err != nil { // more than that
			return MaxRetryAfter
		}
		return min(time.Duration(seconds)*time.Second, MaxRetryAfter)
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	return min(max(at.Sub(now), 0), MaxRetryAfter)
}

func isNumber(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
