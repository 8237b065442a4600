package rawpeer

import (
	"bufio"
	"io"
	"strconv"
	"strings"
)

// A Response is the head of an HTTP response as it stood on the wire.
type Response struct {
	Status int
	Fields []string // lines, "Name: value"
}

// ReadResponse reads the head of a response. If the transport ends in front of
// it, the error is io.EOF.
func ReadResponse(r *bufio.Reader) (*Response, error) {
	if _, err := r.Peek(1); err != nil {
		return nil, err
	}
	line, err := headLine(r)
	if err != nil {
		return nil, err
	}
	version, rest, _ := strings.Cut(line, " ")
	code, _, _ := strings.Cut(rest, " ")
	status, err := strconv.Atoi(code)
	if version != "HTTP/1.1" && version != "HTTP/1.0" || err != nil || len(code) != 3 {
		return nil, broken("status line %q", line)
	}
	resp := &Response{Status: status}
	for {
		line, err := headLine(r)
		if err != nil || line == "" {
			return resp, err
		}
		if name, _, ok := strings.Cut(line, ": "); !ok || name == "" || strings.ContainsAny(name, " \t") || strings.ContainsAny(line, "\r\x00") {
			return resp, broken("header line %q", line)
		}
		resp.Fields = append(resp.Fields, line)
	}
}

// headLine reads a line that ends in CRLF.
func headLine(r *bufio.Reader) (string, error) {
	line, err := r.ReadString('\n')
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return "", err
	}
	line, ok := strings.CutSuffix(line, "\r\n")
	if !ok {
		return "", broken("line %q does not end in CRLF", line)
	}
	return line, nil
}

// Values returns the values of the fields of a name.
func (resp *Response) Values(name string) (values []string) {
	for _, line := range resp.Fields {
		n, v, _ := strings.Cut(line, ": ")
		if strings.EqualFold(n, name) {
			values = append(values, v)
		}
	}
	return values
}

// Body reads the body behind the head: as long as Content-Length says, or to
// the end of the transport.
func (resp *Response) Body(r *bufio.Reader) (string, error) {
	var body io.Reader = r
	lengths := resp.Values("Content-Length")
	n := -1
	if len(lengths) == 1 {
		var err error
		if n, err = strconv.Atoi(lengths[0]); err != nil || n < 0 {
			return "", broken("Content-Length %q", lengths[0])
		}
		body = io.LimitReader(r, int64(n))
	}
	if len(lengths) > 1 || len(resp.Values("Transfer-Encoding")) > 0 {
		return "", broken("Content-Length %q, Transfer-Encoding %q", lengths, resp.Values("Transfer-Encoding"))
	}
	p, err := io.ReadAll(body)
	if err == nil && n > len(p) {
		err = io.ErrUnexpectedEOF
	}
	return string(p), err
}
