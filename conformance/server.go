package conformance

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// RunServer judges the server at a ws or wss URL, which must send every message
// back. It returns the results in the order of the cases. Its error says that
// the judging itself could not be done: a URL that is none, patterns that fit
// no case, a server that cannot be reached for the first case, or a context
// that ended; with a context that ended, it returns the results that there are.
// A nil opts is the default of all options.
func RunServer(ctx context.Context, address string, opts *Options) ([]*Result, error) {
	if opts == nil {
		opts = new(Options)
	}
	target, err := parseURL(address)
	if err != nil {
		return nil, err
	}
	cases, err := opts.casesFor(Servers)
	if err != nil {
		return nil, err
	}
	nc, err := opts.transport(ctx, target)
	if err != nil {
		return nil, fmt.Errorf("conformance: %w", err)
	}
	nc.Close()

	own := *opts
	own.roll = new(roll)
	results := make([]*Result, len(cases))
	var progress sync.Mutex
	todo := make(chan int)
	var workers sync.WaitGroup
	for range min(opts.parallel(), len(cases)) {
		workers.Go(func() {
			for i := range todo {
				ctx, visit := own.roll.begin(ctx, cases[i].ID)
				r := own.judgeServer(ctx, &cases[i], target)
				own.roll.end(visit)
				if ctx.Err() != nil {
					continue // what it found is how we ended it
				}
				results[i] = r
				if opts.Progress != nil {
					progress.Lock()
					opts.Progress(r)
					progress.Unlock()
				}
			}
		})
	}
	for i := range cases {
		todo <- i
	}
	close(todo)
	workers.Wait()
	return slices.DeleteFunc(results, func(r *Result) bool { return r == nil }), ctx.Err()
}

func parseURL(address string) (*url.URL, error) {
	target, err := url.Parse(address)
	switch {
	case err != nil:
		return nil, fmt.Errorf("conformance: %w", err)
	case target.Scheme != "ws" && target.Scheme != "wss", target.Host == "", target.Fragment != "":
		return nil, fmt.Errorf("conformance: %q is no ws or wss URL", address)
	}
	return target, nil
}

// judgeServer plays a case over a connection of its own.
func (o *Options) judgeServer(ctx context.Context, c *Case, target *url.URL) *Result {
	log := &wireLog{start: time.Now()}
	if c.probe != nil {
		result := o.probe(ctx, c, target, log)
		result.finish(log)
		return result
	}
	nc, r, agreed, err := o.open(ctx, c, target, log)
	var result *Result
	if v, ok := c.refused(err); ok {
		result = &Result{Case: *c, Verdict: v, Reason: err.Error(), Started: log.start}
	} else if err != nil {
		result = notOpened(c, log, err)
	} else {
		p := newPlayer(c, nc, agreed, false, o, log)
		p.site = &site{ctx, target, o}
		result = p.run(ctx, r)
	}
	result.finish(log)
	return result
}

// notOpened is the result of a case that the opening handshake has ended.
func notOpened(c *Case, log *wireLog, err error) *Result {
	return &Result{Case: *c, Verdict: Failed, Close: CloseNoHandshake, Reason: err.Error(), Started: log.start}
}

func (r *Result) finish(log *wireLog) {
	r.Duration = time.Since(log.start)
	r.Log, r.Omitted = log.taken()
}

// open makes a transport and shakes hands.
func (o *Options) open(ctx context.Context, c *Case, target *url.URL, log *wireLog) (net.Conn, *bufio.Reader, *params, error) {
	nc, err := o.transport(ctx, target)
	if err != nil {
		return nil, nil, nil, err
	}
	stop := context.AfterFunc(ctx, func() { nc.Close() })
	defer stop()
	nc.SetDeadline(time.Now().Add(o.timeout()))
	r, agreed, err := shakeHands(nc, target, o.Header, c, log)
	if err != nil {
		nc.Close()
		return nil, nil, nil, err
	}
	nc.SetDeadline(time.Time{})
	return nc, r, agreed, nil
}

// hostPort is where the server listens.
func hostPort(target *url.URL) string {
	port := target.Port()
	if port == "" {
		port = map[string]string{"ws": "80", "wss": "443"}[target.Scheme]
	}
	return net.JoinHostPort(target.Hostname(), port)
}

// transport connects to the server, with TLS for wss.
func (o *Options) transport(ctx context.Context, target *url.URL) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, o.timeout())
	defer cancel()
	nc, err := o.dial(ctx, hostPort(target))
	if err != nil || target.Scheme == "ws" {
		return nc, err
	}
	config := o.TLSConfig.Clone()
	if config == nil {
		config = new(tls.Config)
	}
	if config.ServerName == "" {
		config.ServerName = target.Hostname()
	}
	config.NextProtos = []string{"http/1.1"}
	secure := tls.Client(nc, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		nc.Close()
		return nil, err
	}
	return secure, nil
}

// shakeHands sends the request for an upgrade and checks the response. The
// reader that it returns has what came behind it.
func shakeHands(nc net.Conn, target *url.URL, further http.Header, c *Case, log *wireLog) (*bufio.Reader, *params, error) {
	key := newKey()
	var b strings.Builder
	fmt.Fprintf(&b, "GET %s HTTP/1.1\r\nHost: %s\r\n", target.RequestURI(), target.Host)
	// Upgrade has a token of any case; servers that take one only exist.
	b.WriteString("Upgrade: WebSocket\r\nConnection: Upgrade\r\nPragma: no-cache\r\nCache-Control: no-cache\r\n")
	fmt.Fprintf(&b, "Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n", key)
	for _, field := range c.offered() {
		fmt.Fprintf(&b, "Sec-WebSocket-Extensions: %s\r\n", field)
	}
	further.Write(&b)
	b.WriteString("\r\n")
	log.note(Suite, "%s", b.String())
	if _, err := nc.Write([]byte(b.String())); err != nil {
		return nil, nil, err
	}
	r := bufio.NewReader(nc)
	response, err := http.ReadResponse(r, &http.Request{Method: http.MethodGet})
	if err != nil {
		return nil, nil, fmt.Errorf("no response to the opening handshake: %w", err)
	}
	log.note(Peer, "%s", responseHead(response))
	if err := checkResponse(response, key); err != nil {
		return nil, nil, err
	}
	agreed, err := accepted(response.Header.Values("Sec-WebSocket-Extensions"), c.offers, c.exact)
	return r, agreed, err
}

func responseHead(r *http.Response) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\r\n", r.Proto, r.Status)
	r.Header.Write(&b)
	return b.String()
}

// checkResponse is strict: https://www.rfc-editor.org/rfc/rfc6455#section-4.1
func checkResponse(r *http.Response, key string) error {
	switch {
	case r.StatusCode != http.StatusSwitchingProtocols:
		return &refusal{r.StatusCode, r.Status}
	case !hasToken(r.Header, "Upgrade", "websocket"):
		return errors.New("the response has no Upgrade: websocket")
	case !hasToken(r.Header, "Connection", "upgrade"):
		return errors.New("the response has no Connection: Upgrade")
	case !slices.Equal(r.Header.Values("Sec-WebSocket-Accept"), []string{acceptKey(key)}):
		return fmt.Errorf("the response has Sec-WebSocket-Accept: %q, wanted %q", r.Header.Values("Sec-WebSocket-Accept"), acceptKey(key))
	case r.Header.Get("Sec-WebSocket-Protocol") != "":
		return fmt.Errorf("the response has a subprotocol that nobody offered: %q", r.Header.Get("Sec-WebSocket-Protocol"))
	}
	return nil
}
