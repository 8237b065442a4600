package reconnect

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/duplexws/duplex/websocket"
)

// causes are the rows of the table in docs/reconnect.md.
var causes = []struct {
	what string
	errs []error
	want string
}{
	{"name not found", dns(net.DNSError{Err: "no such host", IsNotFound: true}), "retry"},
	{"name server in trouble", dns(net.DNSError{Err: "server misbehaving", IsTemporary: true}, net.DNSError{Err: "timeout", IsTimeout: true}), "retry"},
	{"connection refused", dialing(syscall.ECONNREFUSED), "retry"},
	{"host or network unreachable", dialing(syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.ENETDOWN), "retry"},
	{"connection reset", dialing(syscall.ECONNRESET, io.ErrUnexpectedEOF), "retry"},
	{"timeout", dialing(os.ErrDeadlineExceeded, syscall.ETIMEDOUT, context.DeadlineExceeded), "retry"},
	{"unknown error", []error{errors.New("no idea"), context.Canceled}, "retry"},

	{"certificate of an unknown authority", certificate(x509.UnknownAuthorityError{}), "fail"},
	{"certificate of another host", certificate(x509.HostnameError{Certificate: new(x509.Certificate), Host: "a"}), "fail"},
	{"certificate expired or otherwise invalid", certificate(x509.CertificateInvalidError{Cert: new(x509.Certificate), Reason: x509.Expired}, x509.SystemRootsError{}, x509.UnhandledCriticalExtension{}), "fail"},
	{"alert of the server", alerts(tls.AlertError(40), tls.AlertError(42)), "fail"},
	{"alert internal_error", alerts(tls.AlertError(80)), "retry"},
	{"no TLS where wss expects it", []error{tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}}, "fail"},

	{"malformed URL, header or sub-protocol", malformed(), "fail"},
	{"error of Final", []error{Final(syscall.ECONNREFUSED), fmt.Errorf("prepare: %w", Final(io.EOF))}, "fail"},
	{"answer that breaks the protocol", []error{&websocket.HandshakeError{Status: 101, Reason: "wrong key"}}, "fail"},

	{"2xx", statuses(200, 204), "fail"},
	{"3xx", statuses(301, 302, 304, 307, 308), "fail"},
	{"400, 403, 404, 405, 410, 426, other 4xx", statuses(400, 403, 404, 405, 406, 409, 410, 418, 422, 426, 431, 451), "fail"},
	{"401", statuses(401), "renew"},
	{"407", statuses(407), "fail"},
	{"408, 421, 425, 429", statuses(408, 421, 425, 429), "retry"},
	{"5xx", statuses(500, 502, 503, 504, 507, 511, 520, 599), "retry"},
	{"501, 505", statuses(501, 505), "fail"},
	{"other statuses", statuses(0, 100, 102, 600, 999), "fail"},

	{"1000", closes(1000), "done"},
	{"1001", closes(1001), "retry"},
	{"1002, 1003, 1007", closes(1002, 1003, 1007), "fail"},
	{"1005", closes(1005), "retry"},
	{"1008", closes(1008), "fail"},
	{"1009", closes(1009), "fail"},
	{"1010", closes(1010), "fail"},
	{"1011, 1014", closes(1011, 1014), "retry"},
	{"1012", closes(1012), "retry after 5s to 30s"},
	{"1013", closes(1013), "retry after 30s to 1m30s"},
	{"3000", closes(3000), "renew"},
	{"3003", closes(3003), "fail"},
	{"3008, other 3xxx", closes(3008, 3001, 3999), "retry"},
	{"4xxx", closes(4000, 4321, 4999), "retry"},

	{"1006", []error{fmt.Errorf("%w: %w", websocket.ErrAbnormal, io.ErrUnexpectedEOF), fmt.Errorf("%w: %w", websocket.ErrAbnormal, syscall.ECONNRESET)}, "retry"},
	{"no Pong", []error{websocket.ErrPongTimeout}, "retry"},
	{"peer does not read", []error{websocket.ErrWriteTimeout, websocket.ErrSlowConsumer}, "retry"},
	{"no answer to our Close frame", []error{websocket.ErrCloseTimeout}, "retry"},
	{"closed by CloseNow", []error{websocket.ErrClosed}, "retry"},
	{"left open by the body", []error{ErrLeft}, "retry"},
	{"server broke a rule", broken(1002, 1007, 1008), "retry"},
	{"message larger than MaxMessage", broken(1009), "fail"},
}

func dns(errs ...net.DNSError) (all []error) {
	for _, e := range errs {
		all = append(all, dialing(&e)...)
	}
	return all
}

func dialing(errs ...error) (all []error) {
	for _, err := range errs {
		all = append(all, fmt.Errorf("websocket: cannot connect to example.com:80: %w", &net.OpError{Op: "dial", Net: "tcp", Err: err}))
	}
	return all
}

func certificate(errs ...error) (all []error) {
	for _, err := range errs {
		all = append(all, err, fmt.Errorf("TLS: %w", &tls.CertificateVerificationError{Err: err}))
	}
	return all
}

func alerts(alerts ...tls.AlertError) (all []error) {
	for _, a := range alerts {
		all = append(all, fmt.Errorf("TLS: %w", &net.OpError{Op: "remote error", Err: a}))
	}
	return all
}

func statuses(codes ...int) (all []error) {
	for _, code := range codes {
		all = append(all, &websocket.RefusedError{Status: code}, fmt.Errorf("via: %w", &websocket.RefusedError{Status: code, Proxy: "proxy:8080"}))
	}
	return all
}

func closes(codes ...websocket.StatusCode) (all []error) {
	for _, code := range codes {
		all = append(all, &websocket.CloseError{Code: code, Reason: "because"})
	}
	return all
}

func broken(codes ...websocket.StatusCode) (all []error) {
	for _, code := range codes {
		all = append(all, &websocket.ProtocolError{Code: code, Reason: "broken"})
	}
	return all
}

func (v Verdict) text() string {
	text := v.Action.String()
	if v.After > 0 {
		text += fmt.Sprintf(" after %v to %v", v.After, v.After+v.Jitter)
	}
	return text
}

func TestClassify(t *testing.T) {
	for _, c := range causes {
		for _, err := range c.errs {
			if got := Classify(err).text(); got != c.want {
				t.Errorf("%s: %v: %s, want %s", c.what, err, got, c.want)
			}
		}
	}
}

// TestClassifyIsDocumented holds the table of docs/reconnect.md.
func TestClassifyIsDocumented(t *testing.T) {
	documented := table(t, "What is retried")
	for _, c := range causes {
		if documented[c.what] != c.want {
			t.Errorf("%s: the page says %q, the code %q", c.what, documented[c.what], c.want)
		}
		delete(documented, c.what)
	}
	for what, want := range documented {
		t.Errorf("no test of the row %q: %s", what, want)
	}
}

// TestDefaultsAreDocumented holds the table of defaults.
func TestDefaultsAreDocumented(t *testing.T) {
	o := (*Options)(nil).withDefaults()
	none := map[bool]string{true: "none"}
	b := NewBudget(0, 0)
	got := table(t, "How long it waits")
	want := map[string]string{
		"MinBackoff":    o.MinBackoff.String(),
		"MaxBackoff":    o.MaxBackoff.String(),
		"StableAfter":   o.StableAfter.String(),
		"MaxAttempts":   none[o.MaxAttempts == 0],
		"GiveUpAfter":   none[o.GiveUpAfter == 0],
		"Budget: rate":  fmt.Sprint(int(time.Second / b.interval)),
		"Budget: burst": fmt.Sprint(int(b.burst / b.interval)),
		"MaxRetryAfter": MaxRetryAfter.String(),
	}
	if !maps.Equal(got, want) {
		t.Errorf("the page says\n%v, the code\n%v", got, want)
	}
}

// table returns the first two columns of the table of a section.
func table(t *testing.T, heading string) map[string]string {
	t.Helper()
	page, err := os.ReadFile("../docs/reconnect.md")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(page), "\r\n", "\n")
	_, section, _ := strings.Cut(text, "\n## "+heading+"\n")
	section, _, _ = strings.Cut(section, "\n## ")
	rows := make(map[string]string)
	_, section, _ = strings.Cut(section, "|---|---|---|\n")
	for line := range strings.Lines(section) {
		if cells := strings.Split(line, "|"); len(cells) == 5 {
			rows[strings.TrimSpace(strings.ReplaceAll(cells[1], "`", ""))] = strings.TrimSpace(cells[2])
		}
	}
	return rows
}

// malformed are errors of Dial for what it cannot ask for.
func malformed() (errs []error) {
	for _, c := range []struct {
		url string
		o   websocket.DialOptions
	}{
		{"ftp://example.com", websocket.DialOptions{}},
		{"ws://", websocket.DialOptions{}},
		{"ws://a b", websocket.DialOptions{}},
		{"/path", websocket.DialOptions{}},
		{"ws://a/#b", websocket.DialOptions{}},
		{"ws://a/", websocket.DialOptions{Header: http.Header{"X": {"a\nb"}}}},
		{"ws://a/", websocket.DialOptions{Subprotocols: []string{"a b"}}},
	} {
		_, err := websocket.Dial(context.Background(), c.url, &c.o)
		errs = append(errs, err)
	}
	return errs
}

func TestFinal(t *testing.T) {
	if err := Final(nil); err != nil {
		t.Errorf("of nil: %v", err)
	}
	if err := Final(io.EOF); !errors.Is(err, io.EOF) || err.Error() != io.EOF.Error() || Classify(err).Action != Fail {
		t.Error(err)
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	date := func(d time.Duration) string { return now.Add(d).Format(http.TimeFormat) }
	for _, c := range []struct {
		value, date string
		want        time.Duration
	}{
		{"", "", 0},
		{"0", "", 0},
		{"7", "", 7 * time.Second},
		{" 120 ", "", 2 * time.Minute},
		{"300", "", MaxRetryAfter},
		{"301", "", MaxRetryAfter},
		{"86400", "", MaxRetryAfter},
		{"99999999999999999999999999", "", MaxRetryAfter},
		{"-1", "", 0},
		{"+5", "", 0},
		{"1.5", "", 0},
		{"5 s", "", 0},
		{"soon", "", 0},
		{date(time.Minute), "", time.Minute},
		{date(-time.Minute), "", 0},
		{date(time.Hour), "", MaxRetryAfter},
		{"Wednesday, 02-Jan-30 03:04:35 GMT", "", 30 * time.Second},
		{"Wed Jan  2 03:04:35 2030", "", 30 * time.Second},
		// Our clock is an hour wrong.
		{date(time.Hour + time.Minute), date(time.Hour), time.Minute},
		{date(time.Minute), "today", time.Minute},
	} {
		h := http.Header{"Retry-After": {c.value}, "Date": {c.date}}
		if got := retryAfter(h, now); got != c.want {
			t.Errorf("%q at %q: %v, want %v", c.value, c.date, got, c.want)
		}
	}
	refused := &websocket.RefusedError{Status: 503, Header: http.Header{"Retry-After": {"60"}}}
	if got := Classify(refused); got != (Verdict{After: time.Minute, Jitter: 30 * time.Second}) {
		t.Errorf("%+v", got)
	}
	refused.Status = 403
	if got := Classify(refused); got != (Verdict{Action: Fail}) {
		t.Errorf("what cannot be retried: %+v", got)
	}
}
