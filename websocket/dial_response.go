package websocket

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// RefusedError is what a server, or a proxy on the way, said: it answered the
// opening handshake with a status other than that of success. Of a SOCKS proxy
// Status is what an HTTP proxy would have answered, and Body what it said.
type RefusedError struct {
	Status int
	Header http.Header
	Body   []byte // the first 64 KiB of it
	Proxy  string // host:port of the proxy that refused, "" for the server
}

func (e *RefusedError) Error() string {
	var b strings.Builder
	b.WriteString("websocket: opening handshake: the ")
	if e.Proxy != "" {
		fmt.Fprintf(&b, "proxy %s", e.Proxy)
	} else {
		b.WriteString("server")
	}
	fmt.Fprintf(&b, " answered with status %d", e.Status)
	if text := http.StatusText(e.Status); text != "" {
		b.WriteString(" " + text)
	}
	switch {
	case e.Proxy != "" && (e.Status == http.StatusProxyAuthRequired || e.Status == http.StatusUnauthorized):
		b.WriteString(" (user name and password stand in the URL of the proxy)")
	case e.isRedirect():
		fmt.Fprintf(&b, " to %.200q (see option MaxRedirects)", withoutSecrets(e.Header.Get("Location")))
	case len(e.Body) > 0:
		fmt.Fprintf(&b, ": %.200q", e.Body)
	}
	return b.String()
}

// withoutSecrets is a URL without user, query and fragment.
func withoutSecrets(location string) string {
	u, err := url.Parse(location)
	if err != nil {
		return "a malformed Location"
	}
	u.User, u.RawQuery, u.Fragment, u.RawFragment = nil, "", "", ""
	return u.String()
}

// isRedirect reports whether the server sends the client elsewhere.
func (e *RefusedError) isRedirect() bool {
	switch e.Status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return e.Proxy == "" && e.Header.Get("Location") != ""
	}
	return false
}

const (
	// maxResponseHead bounds the head of a response, with all informational
	// responses in front of it.
	maxResponseHead = 64 << 10
	// maxRefusalBody is how much of a refusal's body is kept.
	maxRefusalBody = 64 << 10
)

// responseReader reads the response to a request.
type responseReader struct {
	limit *io.LimitedReader
	br    *bufio.Reader
}

func newResponseReader(r io.Reader) *responseReader {
	limit := &io.LimitedReader{R: r, N: maxResponseHead}
	return &responseReader{limit, bufio.NewReader(limit)}
}

// read reads the head of the final response. Informational ones go to
// informed, which may be nil.
func (r *responseReader) read(request *http.Request, informed func(*http.Response) error) (*http.Response, error) {
	for {
		response, err := http.ReadResponse(r.br, request)
		switch {
		case err != nil && r.limit.N == 0 && r.br.Buffered() == 0:
			return nil, fmt.Errorf("the head of the response is longer than %d octets", maxResponseHead)
		case err != nil:
			return nil, err
		case response.ProtoMajor != 1:
			return nil, fmt.Errorf("the response is HTTP/%d, to a request of HTTP/1.1", response.ProtoMajor)
		case response.StatusCode/100 != 1 || response.StatusCode == http.StatusSwitchingProtocols:
			return response, nil
		}
		if informed != nil {
			if err := informed(response); err != nil {
				return nil, err
			}
		}
	}
}

// body reads the body of a refusal, as far as it comes.
func (r *responseReader) body(response *http.Response) []byte {
	r.limit.N = 2 * maxRefusalBody // for chunked coding
	p, _ := io.ReadAll(io.LimitReader(response.Body, maxRefusalBody))
	return p
}
