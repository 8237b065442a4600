package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A person's way through the console, in a real browser against the real
// binary.
func TestConsole(t *testing.T) {
	bin := build(t)
	for _, b := range browsers {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			consoleInBrowser(t, b.start(t), bin)
		})
	}
}

func consoleInBrowser(t *testing.T, browser browser, bin string) {
	server := start(t, bin, "serve", "--addr", "127.0.0.1:0")

	t.Run("complaints", func(t *testing.T) { complaintsAreHeard(t, open(t, browser, server.url+"/console")) })
	t.Run("echo", func(t *testing.T) { consoleEchoes(t, connected(t, browser, server)) })
	t.Run("close", func(t *testing.T) { consoleCloses(t, connected(t, browser, server)) })
	t.Run("mistakes", func(t *testing.T) { consoleExplains(t, connected(t, browser, server)) })
	t.Run("refused", func(t *testing.T) { consoleTellsOfRefusal(t, browser, server) })
	t.Run("flood", func(t *testing.T) { consoleIsBounded(t, connected(t, browser, server)) })
	t.Run("home", func(t *testing.T) { homeLeadsToConsole(t, browser, server) })
	t.Run("pictures", func(t *testing.T) { consolePictures(t, connected(t, browser, server)) })
	t.Run("tls", func(t *testing.T) {
		secure := start(t, bin, "serve", "--addr", "127.0.0.1:0", "--tls-self-signed")
		p := connected(t, browser, secure)
		if url := eval[string](p, "document.getElementById('url').value"); !strings.HasPrefix(url, "wss://") {
			t.Errorf("the console of https offers %s", url)
		}
		echoText(p, "over TLS")
	})
	t.Run("drain", func(t *testing.T) {
		p := connected(t, browser, server)
		server.terminate()
		p.untilText("state-detail", "1001")
		wantText(p, "state-name", "Closed")
		wantText(p, "state-detail", "clean")
		wantText(p, "state-detail", "server is shutting down")
		server.wantExit(0)
	})
}

// complaintsAreHeard shows that what goes wrong in a page would fail its test.
func complaintsAreHeard(t *testing.T, p *page) {
	for script, want := range map[string]string{
		"console.error('an error'), ''":                             "an error",
		"console.warn('a warning'), ''":                             "a warning",
		"setTimeout(() => { throw new Error('an exception') }), ''": "an exception",
		"Promise.reject(new Error('a rejection')), ''":              "a rejection",
		"new Image().src = 'https://127.0.0.1:9/', ''":              "Content",
	} {
		eval[string](p, script)
		var all []string
		for deadline := time.Now().Add(patience); len(all) == 0 && time.Now().Before(deadline); {
			all = append(all, p.complaints()...)
		}
		if len(all) != 1 || !strings.Contains(all[0], want) {
			t.Errorf("%s: the complaints are %q", script, all)
		}
	}
}

// connected opens the console and connects to the URL that it offers.
func connected(t *testing.T, browser browser, server *process) *page {
	t.Helper()
	p := open(t, browser, server.url+"/console")
	p.click("#toggle")
	p.untilText("state-name", "Connected")
	return p
}

// wantText fails unless the element with an id contains text by now.
func wantText(p *page, id, text string) {
	p.t.Helper()
	if got := eval[string](p, fmt.Sprintf("document.getElementById(%s).textContent", quote(id))); !strings.Contains(got, text) {
		p.t.Errorf("#%s says %q, want %q", id, got, text)
	}
}

// lastReceived is the last message of the log that was received.
const lastReceived = "[...document.querySelectorAll('#log .received')].at(-1)"

// untilReceived waits for the n-th message of the connection.
func untilReceived(p *page, n int) {
	p.t.Helper()
	p.until(fmt.Sprintf("document.getElementById('received').firstChild.data.trim() == '%d'", n))
	p.until(fmt.Sprintf("document.querySelectorAll('#log .received').length >= %d", min(n, 1)))
}

func echoText(p *page, text string) {
	p.t.Helper()
	p.set("text", text)
	p.enter("text")
	p.until(lastReceived + "?.querySelector('.body')?.textContent == " + quote(text))
}

func consoleEchoes(t *testing.T, p *page) {
	const greeting = "Grüße, 世界 👋\nsecond line"
	echoText(p, greeting)
	about := eval[string](p, lastReceived+".querySelector('.about').innerText")
	for _, want := range []string{"received text", fmt.Sprintf("%d\u00a0B", len(greeting)), "round trip", "ms"} {
		if !strings.Contains(about, want) {
			t.Errorf("the message is described as %q, without %q", about, want)
		}
	}
	if when := eval[string](p, lastReceived+".querySelector('time').textContent"); len(when) != len("12:34:56.789") {
		t.Errorf("the time of the message is %q", when)
	}
	wantText(p, "rtt", "ms")
	wantText(p, "rtt-average", "ms")

	p.click("#send input[value=hex]")
	p.set("hex", "0xDE, ad beef\n00")
	p.click("#send-button")
	untilReceived(p, 2)
	p.until(lastReceived + ".querySelector('.about').textContent.includes('binary')")
	if dump := eval[string](p, lastReceived+".querySelector('.body').textContent"); !strings.HasPrefix(dump, "0000  de ad be ef 00 ") {
		t.Errorf("the octets are shown as %q", dump)
	}

	file := filepath.Join(t.TempDir(), "file.bin")
	if err := os.WriteFile(file, make([]byte, 100_000), 0o600); err != nil {
		t.Fatal(err)
	}
	p.click("#send input[value=file]")
	p.upload("#file", file)
	p.click("#send-button")
	untilReceived(p, 3)
	p.until(lastReceived + ".textContent.includes('of 100,000 octets')")

	p.click("#send input[value=text]")
	p.set("text", strings.Repeat("x", 1<<20))
	p.click("#send-button")
	untilReceived(p, 4)
	p.until(lastReceived + ".textContent.includes('of 1,048,576 octets')")
	if n := eval[int](p, lastReceived+".querySelector('.body').textContent.length"); n != 2048 {
		t.Errorf("%d characters of it are shown, want 2048", n)
	}

	p.set("text", "")
	p.click("#send-button")
	untilReceived(p, 5)

	p.click("#clear")
	if n := eval[int](p, "document.querySelectorAll('#log li').length"); n != 0 {
		t.Errorf("%d entries after Clear", n)
	}
	p.click("#toggle")
	p.untilText("state-detail", "1000")
}

func consoleCloses(t *testing.T, p *page) {
	p.set("code", "4001")
	p.set("reason", "done – ✓")
	p.click("#close-button")
	p.untilText("state-name", "Closed")
	for _, want := range []string{"4001", ", clean"} {
		wantText(p, "state-detail", want)
		wantText(p, "live", want)
	}
	p.until("[...document.querySelectorAll('#log .event')].at(-1).textContent.includes('Closed: 4001')")
	p.until("[...document.querySelectorAll('#log .event')].at(-2).textContent.includes('Closing with 4001, “done – ✓”')")
	if eval[bool](p, "document.getElementById('url').disabled") {
		t.Error("the URL cannot be edited after the close")
	}
	p.click("#toggle") // it connects anew
	p.untilText("state-name", "Connected")
}

func consoleExplains(t *testing.T, p *page) {
	for _, code := range []string{"", "1001", "2999", "5000", "12x", "3000.5"} {
		p.set("code", code)
		p.click("#close-button")
		wantText(p, "close-problem", "3000 to 4999")
		if eval[string](p, "document.activeElement.id") != "code" {
			t.Errorf("code %q: the field is not focused", code)
		}
	}
	p.set("code", "3000")
	p.set("reason", strings.Repeat("é", 62))
	p.click("#close-button")
	wantText(p, "close-problem", "124 octets")

	p.click("#send input[value=hex]")
	p.set("hex", "abc")
	p.click("#send-button")
	wantText(p, "send-problem", "odd number")
	p.set("hex", "zz")
	p.enter("hex")
	wantText(p, "send-problem", "“z” is no hex digit")
	p.click("#send input[value=file]")
	p.click("#send-button")
	wantText(p, "send-problem", "Choose a file")
	wantText(p, "state-name", "Connected")

	p.click("#toggle")
	p.untilText("state-name", "Closed")
	for url, want := range map[string]string{
		"":                        "Enter a URL",
		"ftp://127.0.0.1/":        "ws:// or wss://",
		"ws://[::1/":              "no URL",
		"ws://127.0.0.1:99999999": "no URL",
	} {
		p.set("url", url)
		p.click("#toggle")
		wantText(p, "url-problem", want)
	}
	p.set("url", "/echo")
	p.set("protocols", "a, a")
	p.click("#toggle")
	p.untilText("url-problem", "sub-protocol")
	p.set("protocols", "chat.v2 chat.v1")
	p.click("#toggle")
	p.untilText("state-detail", "sub-protocol chat.v2")
}

func consoleTellsOfRefusal(t *testing.T, browser browser, server *process) {
	p := open(t, browser, server.url+"/console")
	p.set("url", "/healthz")
	p.enter("url")
	p.untilText("state-name", "Connection failed")
	wantText(p, "state-detail", "refused")
	if c := p.complaints(); len(c) != 1 || !strings.Contains(c[0], browser.refusal()) {
		t.Errorf("the page complains %q; the browser itself says why it did not connect, and nobody else anything", c)
	}
}

func consoleIsBounded(t *testing.T, p *page) {
	const burst = 700
	eval[string](p, fmt.Sprintf(`
		for (let i = 1; i <= %d; i++) {
			document.getElementById("text").value = "message " + i;
			document.getElementById("send").requestSubmit();
		}
		""`, burst))
	untilReceived(p, burst)
	p.untilText("count", "newest 500 of 1,402") // each both ways, and two events
	if n := eval[int](p, "document.querySelectorAll('#log li').length"); n != 500 {
		t.Errorf("%d entries are kept, want 500", n)
	}
	p.until(lastReceived + ".textContent.includes('message 700')")
	p.until("(s => s.scrollHeight - s.scrollTop - s.clientHeight < 2)(document.getElementById('scroll'))")
}

func homeLeadsToConsole(t *testing.T, browser browser, server *process) {
	p := open(t, browser, server.url+"/")
	p.look("light", 1280, 860)
	p.shot(screenshots(t), "home.png", true)
	p.click("a.button")
	p.until("location.pathname == '/console' && document.readyState == 'complete'")
}

func consolePictures(t *testing.T, p *page) {
	dir := screenshots(t)
	p.look("light", 1280, 860)
	echoText(p, "Hello, Duplex")
	echoText(p, `{"type":"subscribe","channel":"news","since":1042}`)
	p.click("#send input[value=hex]")
	p.set("hex", "de ad be ef 00 01 02 03 48 65 6c 6c 6f 2c 20 44 75 70 6c 65 78 ff")
	p.click("#send-button")
	untilReceived(p, 3)
	p.click("#send input[value=text]")
	echoText(p, "Grüße an alle")
	for _, v := range []struct {
		name, scheme  string
		width, height int64
	}{
		{"console.png", "light", 1280, 860},
		{"console-dark.png", "dark", 1280, 860},
		{"console-phone.png", "light", 390, 844},
		{"console-phone-dark.png", "dark", 390, 844},
		{"console-tablet.png", "light", 800, 1000},
	} {
		if !p.look(v.scheme, v.width, v.height) {
			t.Logf("%s: the browser cannot be made to look so", v.name)
			continue
		}
		p.shot(dir, v.name, v.width < 1000)
		if over := eval[int](p, "document.documentElement.scrollWidth - innerWidth"); over > 0 {
			t.Errorf("%s: the page is %d px wider than the screen", v.name, over)
		}
	}
}
