package conformance

import (
	"bufio"
	"fmt"
	"io"
	"net/http/httputil"
	"regexp"
	"strconv"
	"strings"
)

// A response is the head of what a server answers.
type response struct {
	octets string // as it came
	minor  int    // of the version of HTTP
	status int
	fields [][2]string // names and values
}

// mostHead bounds the head of a response, and mostBody what is read of a body.
const (
	mostHead = 64 << 10
	mostBody = 1 << 20
)

var statusLine = regexp.MustCompile(`^HTTP/1\.([01]) ([1-9][0-9]{2}) [^\x00-\x08\x0a-\x1f\x7f]*$`)

// readResponse reads a head, strictly. Its errors are violations and those of
// the transport: io.EOF if nothing came at all.
func readResponse(r *bufio.Reader) (*response, error) {
	head := new(response)
	for {
		line, err := r.ReadSlice('\n') // the buffer bounds a line
		head.octets += string(line)
		switch {
		case err == io.EOF && head.octets == "":
			return head, io.EOF
		case err == bufio.ErrBufferFull || len(head.octets) > mostHead:
			return head, malformed("the head of the response is longer than this suite reads")
		case err != nil:
			return head, cutShort(err)
		}
		text, ok := strings.CutSuffix(string(line), "\r\n")
		switch {
		case !ok:
			return head, malformed("a line of the response does not end in CRLF: %q", line)
		case head.status == 0:
			err = head.begin(text)
		case text == "":
			return head, nil
		default:
			err = head.add(text)
		}
		if err != nil {
			return head, err
		}
	}
}

func malformed(format string, args ...any) error {
	return &violation{fmt.Sprintf(format, args...), "RFC 9112"}
}

func (h *response) begin(line string) error {
	parts := statusLine.FindStringSubmatch(line)
	if parts == nil {
		return malformed("the response begins with %.100q", line)
	}
	h.minor, _ = strconv.Atoi(parts[1])
	h.status, _ = strconv.Atoi(parts[2])
	return nil
}

func (h *response) add(line string) error {
	name, value, ok := strings.Cut(line, ":")
	value = strings.Trim(value, " \t")
	if !ok || !isToken(name) || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
		return malformed("the response has a malformed field %.100q", line)
	}
	h.fields = append(h.fields, [2]string{name, value})
	return nil
}

// values are those of all fields of a name.
func (h *response) values(name string) (values []string) {
	for _, f := range h.fields {
		if strings.EqualFold(f[0], name) {
			values = append(values, f[1])
		}
	}
	return values
}

// has reports whether a field has a token in its list, whatever the case.
func (h *response) has(name, token string) bool {
	for item := range strings.SplitSeq(strings.Join(h.values(name), ","), ",") {
		if strings.EqualFold(strings.Trim(item, " \t"), token) {
			return true
		}
	}
	return false
}

// body reads the body of an answer to a method, see
// https://www.rfc-editor.org/rfc/rfc9112#section-6.3. Whole says that its end
// was not that of the transport.
func (h *response) body(r *bufio.Reader, method string) (octets string, whole bool, err error) {
	var b []byte
	length := h.values("Content-Length")
	switch {
	case method == "HEAD" || h.status == 204 || h.status == 304:
		return "", true, nil
	case h.has("Transfer-Encoding", "chunked"):
		b, err = io.ReadAll(io.LimitReader(httputil.NewChunkedReader(r), mostBody))
		for line := "-"; err == nil && strings.TrimRight(line, "\r\n") != ""; { // the trailer
			line, err = r.ReadString('\n')
		}
		return string(b), true, err
	case len(length) > 0:
		n, wrong := strconv.ParseUint(length[0], 10, 31)
		if wrong != nil || len(length) > 1 {
			return "", true, malformed("the response has Content-Length %q", length)
		}
		b, err = io.ReadAll(io.LimitReader(r, min(int64(n), mostBody)))
		if err == nil && len(b) < min(int(n), mostBody) {
			err = io.ErrUnexpectedEOF
		}
		return string(b), true, err
	}
	b, err = io.ReadAll(io.LimitReader(r, mostBody))
	return string(b), false, err
}
