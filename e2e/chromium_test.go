package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/duplexws/duplex/internal/testenv"
)

// patience is how long a page may take for anything.
const patience = 20 * time.Second

// chromium starts a browser and returns the context in which its tabs are made.
func chromium(t *testing.T) context.Context {
	t.Helper()
	path := testenv.Tool(t, "the console is driven in a real browser", "chromium", "chromium-browser", "google-chrome")
	ctx, cancel := chromedp.NewExecAllocator(context.Background(),
		chromedp.ExecPath(path),
		chromedp.UserDataDir(t.TempDir()),
		chromedp.Headless,
		chromedp.NoSandbox,
		chromedp.DisableGPU,
		chromedp.NoFirstRun,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.Flag("ignore-certificate-errors", true), // of --tls-self-signed
		chromedp.WindowSize(1280, 860),
	)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("cannot start %s: %v", path, err)
	}
	return ctx
}

// A page is a tab in which a test acts, and which must not complain.
type page struct {
	t       *testing.T
	ctx     context.Context
	console func() (chromedp.ConsoleMessage, error, bool)
}

// open opens a tab. When the test ends, what the page complained about on its
// console fails it.
func open(t *testing.T, browser context.Context, url string) *page {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser)
	t.Cleanup(cancel)
	p := &page{t: t, ctx: ctx}
	next, stop := iter.Pull2(chromedp.Console(ctx))
	p.console = next
	t.Cleanup(stop)
	t.Cleanup(func() {
		for _, c := range p.complaints() {
			t.Errorf("the page complains: %s", c)
		}
	})
	p.run(chromedp.Navigate(url))
	return p
}

// complaints returns the errors and warnings that stand on the console since
// the last call. Messages come in order, so those before a mark have all come
// when the mark has.
func (p *page) complaints() (texts []string) {
	p.t.Helper()
	const mark = "all has been read"
	eval[string](p, "console.debug("+quote(mark)+"), ''")
	for {
		m, err, ok := p.console()
		if err != nil || !ok {
			p.t.Fatalf("the console cannot be read: %v", err)
		}
		switch m.Type {
		case chromedp.ConsoleDebug:
			if m.Text == mark {
				return texts
			}
		case chromedp.ConsoleError, chromedp.ConsoleWarning, chromedp.ConsoleException:
			texts = append(texts, fmt.Sprintf("%v (%s)", m, m.URL))
		}
	}
}

func (p *page) run(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		p.t.Fatal(err)
	}
}

// value returns the value of an action.
func value[T any](p *page, a chromedp.Action[T]) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, a)
	if err != nil {
		p.t.Fatal(err)
	}
	return v
}

// eval returns the value of an expression of JavaScript.
func eval[T any](p *page, expression string) T {
	p.t.Helper()
	return value(p, chromedp.Evaluate[T](expression))
}

// until waits until an expression of JavaScript is true.
func (p *page) until(expression string) {
	p.t.Helper()
	for deadline := time.Now().Add(patience); !eval[bool](p, expression); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			p.t.Fatalf("never true: %s\nthe page says:\n%s", expression, eval[string](p, "document.body.innerText"))
		}
	}
}

// untilText waits until the element with an id contains text.
func (p *page) untilText(id, text string) {
	p.t.Helper()
	p.until(fmt.Sprintf("document.getElementById(%s).textContent.includes(%s)", quote(id), quote(text)))
}

// set gives a field a value at once.
func (p *page) set(id, value string) {
	p.t.Helper()
	eval[string](p, fmt.Sprintf("document.getElementById(%s).value = %s, ''", quote(id), quote(value)))
}

func (p *page) click(selector string) {
	p.t.Helper()
	p.run(chromedp.Click(chromedp.CSS(selector)))
}

// enter presses Enter in a field, as a keyboard does: where the page handles
// the key, nothing is typed.
func (p *page) enter(id string) {
	p.t.Helper()
	eval[string](p, fmt.Sprintf("document.getElementById(%s).focus(), ''", quote(id)))
	p.run(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		key := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: "Enter", Code: "Enter", Text: "\r", WindowsVirtualKeyCode: 13}
		if _, err := cdp.Call(ctx, t, input.DispatchKeyEvent, key); err != nil {
			return err
		}
		key.Type, key.Text = input.DispatchKeyEventTypeKeyUp, ""
		_, err := cdp.Call(ctx, t, input.DispatchKeyEvent, key)
		return err
	}))
}

// look makes the page as light or dark, and as wide, as a screen may be.
func (p *page) look(scheme string, width, height int64) {
	p.t.Helper()
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme},
		{Name: "prefers-reduced-motion", Value: "reduce"}, // a picture catches no change under way
	}}
	p.run(
		chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, media)
			return err
		}),
		chromedp.EmulateViewport(width, height),
	)
}

// shot writes a picture: of what is seen, or of the whole page.
func (p *page) shot(dir, name string, whole bool) {
	p.t.Helper()
	take := chromedp.CaptureScreenshot()
	if whole {
		take = chromedp.FullScreenshot(100)
	}
	if err := os.WriteFile(filepath.Join(dir, name), value(p, take), 0o644); err != nil {
		p.t.Fatal(err)
	}
}

// quote returns s as a literal of JavaScript.
func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string has a form in JSON
	}
	return string(b)
}
