package http1

// Response is the head of a response. As a [Request] it is made to be used
// again.
type Response struct {
	Minor  int    // of HTTP/1.Minor
	Status int    // 100 to 999
	Phrase string // behind the status; "" for none

	Fields
}

// Parse reads the head of the final response at the start of p. Informational
// responses in front of it are read and skipped
// (https://www.rfc-editor.org/rfc/rfc9110#section-15.2), except for 101, behind
// which HTTP ends. All else is as it is in [Request.Parse]; n counts what was
// skipped.
func (r *Response) Parse(p []byte, at *Progress, limits *Limits) (n int, err error) {
	l := limits.withDefaults(DefaultResponseHead)
	for {
		n, e := r.parse(p, at, &l)
		switch {
		case e != nil:
			e.Status = 0
			return 0, e
		case n == 0:
			return 0, nil
		case r.Status/100 != 1 || r.Status == 101:
			*at = Progress{}
			return n, nil
		}
		*at = Progress{base: uint32(n)}
	}
}

// parse reads one head, and returns where it ends.
func (r *Response) parse(p []byte, at *Progress, limits *Limits) (int, *Error) {
	r.Fields.reset()
	*r = Response{Fields: r.Fields}
	l := begin(p, at, limits.Head)
	if at.line == 0 {
		line, ok, e := l.next(len(l.p), anyText)
		if e != nil {
			return 0, e
		}
		if !ok {
			return 0, l.tooLong()
		}
		if e := r.readLine(line); e != nil {
			return 0, e
		}
	}
	if e := r.Fields.read(&l, limits.Fields); e != nil || !l.whole() {
		return 0, e
	}
	return int(at.base + at.line), nil
}

// readLine reads the status line
// (https://www.rfc-editor.org/rfc/rfc9112#section-4). Without a phrase the space
// in front of it may be missing: some servers leave it out.
func (r *Response) readLine(line string) *Error {
	const version, status = len("HTTP/1.1"), len("HTTP/1.1 101")
	if len(line) < status || line[version] != ' ' || len(line) > status && line[status] != ' ' {
		return syntax("RFC 9112 4", "the status line is malformed: "+excerpt(line))
	}
	major, minor, ok := readVersion(line[:version])
	if !ok {
		return syntax("RFC 9112 2.3", "the status line does not begin with a version of HTTP: "+excerpt(line))
	}
	if major != 1 {
		return refusal(0, FaultHTTPVersion, "RFC 9112 2.3", "the response is not HTTP/1: "+excerpt(line))
	}
	for _, c := range []byte(line[version+1 : status]) {
		if !isDigit(c) {
			return syntax("RFC 9112 4", "the status line is malformed: "+excerpt(line))
		}
		r.Status = 10*r.Status + int(c-'0')
	}
	if r.Status < 100 {
		return syntax("RFC 9110 15", "the status is out of range: "+excerpt(line))
	}
	r.Minor, r.Phrase = minor, line[min(status+1, len(line)):]
	return nil
}
