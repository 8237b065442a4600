package http1

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// A difference is a refusal of what net/http reads, by the beginning of its
// reason, and why it is refused all the same.
type difference struct{ reason, why string }

var requestDifferences = []difference{
	{"a line ends in LF without CR", "RFC 9112 2.2 allows it, but what is a line for one recipient is none for the next"},
	{"a line begins with white space", "RFC 9112 5.2: a server must refuse folded lines or unfold them"},
	{"the request line has an octet beyond ASCII", "RFC 3986 2: no URI has one"},
	{"the request line must be method, target and version", "RFC 9112 3: net/http reads CONNECT without a target"},
	{"the method has more than", "a limit: no method that is registered has as much"},
	{"the version must be HTTP/1.1", "the server of net/http refuses it behind ReadRequest"},
	{"the target has more than", "a limit"},
	{"the target has an octet that must be percent-encoded, or a fragment", "RFC 9112 3.2: no form has a fragment, which would belong to the path here"},
	{"the target must be a path or a URI of http or https", "RFC 9112 3.2.4, and no other URI leads to this server"},
	{"the host of the target is malformed", "RFC 9110 4.2.4: a user name in a URI misleads; percent-encoded octets would have to be undone"},
	{"the target of CONNECT must be host and port", "RFC 9110 9.3.6; net/http reads paths for the sake of net/rpc"},
	{"white space stands between a name and its colon", "RFC 9112 5.1; the server of net/http refuses it behind ReadRequest"},
	{"the name of a field must be a token", "RFC 9110 5.1; the server of net/http refuses it behind ReadRequest"},
	{"the head has more than", "a limit"},
	{"Host is missing", "RFC 9112 3.2; the server of net/http refuses it behind ReadRequest"},
	{"Host is malformed", "RFC 9112 3.2; the server of net/http refuses most of it behind ReadRequest"},
	{"Content-Length stands beside Transfer-Encoding", "RFC 9112 6.1 allows to refuse it: it is how requests are smuggled"},
	{"Content-Length stands more than once", "RFC 9112 6.3 allows to refuse it, even if the values are the same"},
	{"Transfer-Encoding stands in a request of HTTP/1.0", "RFC 9112 6.1: the framing is faulty; net/http does not look at it"},
	{"nothing but 100-continue can be expected", "RFC 9110 10.1.1; the server of net/http refuses it behind ReadRequest"},
}

var responseDifferences = []difference{
	{"a line ends in LF without CR", "RFC 9112 2.2 allows it, but what is a line for one recipient is none for the next"},
	{"a line begins with white space", "RFC 9112 5.2: a client may unfold lines; no server that speaks WebSocket sends them"},
	{"a control octet stands in the head", "RFC 9110 5.5"},
	{"a CR stands without LF", "RFC 9112 2.2; net/http leaves it in the phrase"},
	{"the response is not HTTP/1", "a response in HTTP/1 syntax that says it is something else"},
	{"the status is out of range", "RFC 9110 15"},
	{"the status line is malformed", "RFC 9112 4: a status has three digits, and one space stands in front of it"},
	{"white space stands between a name and its colon", "RFC 9112 5.1"},
	{"the name of a field must be a token", "RFC 9110 5.1"},
	{"the head has more than", "a limit"},
}

// documented reports whether a refusal is one of the differences.
func documented(list []difference, err error) bool {
	var e *Error
	return errors.As(err, &e) && slices.ContainsFunc(list, func(d difference) bool { return strings.HasPrefix(e.Reason, d.reason) })
}

// Each difference is one: there is a head that net/http reads and that is
// refused for it.
func TestDifferencesExist(t *testing.T) {
	seen := make(map[string]bool)
	look := func(kind string, h head, list []difference, err, theirs error) {
		if err == nil || theirs != nil {
			return
		}
		if !documented(list, err) {
			t.Errorf("%s: net/http reads this, and it is not documented why we refuse it: %v", h.name, err)
		}
		for _, d := range list {
			seen[kind+d.reason] = seen[kind+d.reason] || strings.HasPrefix(err.Error(), d.reason)
		}
	}
	for _, h := range badRequests {
		_, err := new(Request).Parse([]byte(h.octets), new(Progress), nil)
		_, theirs := http.ReadRequest(bufio.NewReader(strings.NewReader(h.octets)))
		look("request", h, requestDifferences, err, theirs)
	}
	for _, h := range badResponses {
		_, err := new(Response).Parse([]byte(h.octets), new(Progress), nil)
		_, theirs := readFinal(bufio.NewReader(strings.NewReader(h.octets)))
		look("response", h, responseDifferences, err, theirs)
	}
	for kind, list := range map[string][]difference{"request": requestDifferences, "response": responseDifferences} {
		for _, d := range list {
			if !seen[kind+d.reason] {
				t.Errorf("%s: no head shows that net/http reads what is refused with %q (%s)", kind, d.reason, d.why)
			}
		}
	}
}

func seed(f *testing.F, heads ...head) {
	for _, h := range heads {
		if len(h.octets) < 20_000 {
			f.Add([]byte(h.octets))
		}
	}
}

// FuzzRequest holds Parse against net/http, and whole heads against pieces.
func FuzzRequest(f *testing.F) {
	seed(f, slices.Concat(goodRequests, badRequests)...)
	f.Add(browserRequest)
	f.Fuzz(func(t *testing.T, p []byte) {
		var r, again Request
		n, err := r.Parse(p, new(Progress), nil)
		samePieces(t, p, n, err, func(p []byte, at *Progress) (int, error) { return again.Parse(p, at, nil) })
		in := bufio.NewReader(bytes.NewReader(p))
		theirs, theirErr := http.ReadRequest(in)
		switch {
		case err != nil:
			if theirErr == nil && !documented(requestDifferences, err) {
				t.Fatalf("net/http reads this, and it is not documented why we refuse it: %v", err)
			}
		case n == 0:
			if theirErr == nil {
				t.Fatal("net/http reads what is incomplete")
			}
		case theirErr != nil:
			// It looks into Trailer, which is about the body.
			if !r.Chunked || r.Values("Trailer") == nil {
				t.Fatalf("net/http does not read this: %v", theirErr)
			}
		default:
			compareRequests(t, &r, theirs)
			if rest, _ := io.ReadAll(in); !r.HasBody() && !bytes.Equal(rest, p[n:]) {
				t.Fatalf("the head has %d octets of %d, net/http leaves %d", n, len(p), len(rest))
			}
		}
	})
}

// FuzzResponse does the same for responses.
func FuzzResponse(f *testing.F) {
	seed(f, slices.Concat(goodResponses, badResponses)...)
	f.Add(serverResponse)
	f.Fuzz(func(t *testing.T, p []byte) {
		var r, again Response
		n, err := r.Parse(p, new(Progress), nil)
		samePieces(t, p, n, err, func(p []byte, at *Progress) (int, error) { return again.Parse(p, at, nil) })
		in := bufio.NewReader(bytes.NewReader(p))
		theirs, theirErr := readFinal(in)
		switch {
		case err != nil:
			if theirErr == nil && !documented(responseDifferences, err) {
				t.Fatalf("net/http reads this, and it is not documented why we refuse it: %v", err)
			}
		case n == 0:
			if theirErr == nil {
				t.Fatal("net/http reads what is incomplete")
			}
		case theirErr != nil:
			if !aboutBody(&r.Fields) {
				t.Fatalf("net/http does not read this: %v", theirErr)
			}
		default:
			phrase := strings.TrimPrefix(strings.TrimPrefix(theirs.Status, fmt.Sprint(theirs.StatusCode)), " ")
			if theirs.StatusCode != r.Status || theirs.ProtoMajor != 1 || theirs.ProtoMinor != r.Minor || phrase != r.Phrase {
				t.Fatalf("got %s, net/http %d.%d %q", showResponse(&r), theirs.ProtoMajor, theirs.ProtoMinor, theirs.Status)
			}
			compareFields(t, &r.Fields, theirs.Header, len(theirs.TransferEncoding) > 0)
		}
	})
}

// readFinal reads the final response as a client of net/http does.
func readFinal(in *bufio.Reader) (*http.Response, error) {
	for {
		response, err := http.ReadResponse(in, nil)
		if err != nil || response.StatusCode/100 != 1 || response.StatusCode == 101 {
			return response, err
		}
	}
}

// aboutBody reports whether there are fields that are about the body, which is
// not ours to look at in a response.
func aboutBody(f *Fields) bool {
	return f.Values("Content-Length") != nil || f.Values("Transfer-Encoding") != nil || f.Values("Trailer") != nil
}

// samePieces cuts p once, at a place that depends on it, and octet by octet.
func samePieces(t *testing.T, p []byte, n int, err error, parse func(p []byte, at *Progress) (int, error)) {
	t.Helper()
	read := func(cuts ...int) (int, error) {
		var at Progress
		for _, cut := range cuts {
			if n, err := parse(p[:cut:cut], &at); n > 0 || err != nil {
				return n, err
			}
		}
		return 0, nil
	}
	same := func(n2 int, err2 error) bool {
		return n2 == n && (err == nil) == (err2 == nil) && (err == nil || showError(err) == showError(err2))
	}
	var every []int
	half := len(p)
	for i := range p {
		every = append(every, i+1)
		half ^= int(p[i]) << (i % 8)
	}
	if n2, err2 := read(every...); !same(n2, err2) {
		t.Fatalf("octet by octet %d, %v; whole %d, %v", n2, err2, n, err)
	}
	if half %= len(p) + 1; len(p) > 0 {
		if n2, err2 := read(half, len(p)); !same(n2, err2) {
			t.Fatalf("cut at %d %d, %v; whole %d, %v", half, n2, err2, n, err)
		}
	}
}

// compareRequests demands that both say the same.
func compareRequests(t *testing.T, r *Request, theirs *http.Request) {
	t.Helper()
	path, length := theirs.URL.Path, r.ContentLength
	if path == "" && r.Method != "CONNECT" {
		path = "/"
	}
	if r.Chunked {
		length = -1
	}
	for what, pair := range map[string][2]any{
		"method":  {r.Method, theirs.Method},
		"target":  {r.Target, theirs.RequestURI},
		"path":    {r.Path, path},
		"query":   {r.Query, theirs.URL.RawQuery},
		"major":   {1, theirs.ProtoMajor},
		"minor":   {r.Minor, theirs.ProtoMinor},
		"host":    {r.Host, theirs.Host},
		"length":  {length, theirs.ContentLength},
		"chunked": {r.Chunked, slices.Equal(theirs.TransferEncoding, []string{"chunked"})},
	} {
		if pair[0] != pair[1] {
			t.Fatalf("%s: got %#v, net/http %#v", what, pair[0], pair[1])
		}
	}
	compareFields(t, &r.Fields, theirs.Header, r.Chunked)
}

// compareFields demands the same values of the same names, but for what
// net/http takes out of the header or puts into it.
func compareFields(t *testing.T, f *Fields, theirs http.Header, chunked bool) {
	t.Helper()
	ours := make(http.Header)
	for name, value := range f.All() {
		ours.Add(name, value)
		if !slices.Contains(f.Values(name), value) {
			t.Fatalf("%q is not among the values of %s", value, name)
		}
	}
	for name, values := range ours {
		if !slices.Equal(f.Values(name), values) {
			t.Fatalf("%s: got %q in order, but %q by name", name, values, f.Values(name))
		}
	}
	if chunked {
		ours.Del("Content-Length")
		ours.Del("Trailer")
	}
	if pragma := ours["Pragma"]; len(pragma) > 0 && pragma[0] == "no-cache" && ours["Cache-Control"] == nil {
		ours["Cache-Control"] = []string{"no-cache"}
	}
	for _, name := range []string{"Host", "Transfer-Encoding"} {
		ours.Del(name)
		theirs.Del(name)
	}
	if !reflect.DeepEqual(ours, theirs) {
		t.Fatalf("got      %q\nnet/http %q", ours, theirs)
	}
}
