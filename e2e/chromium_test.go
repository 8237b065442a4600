package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"github.com/duplexws/duplex/internal/testenv"
)

// chromium is the browser, driven by the DevTools protocol.
type chromium struct{ ctx context.Context }

func startChromium(t *testing.T) browser {
	t.Helper()
	path := testenv.Tool(t, "the console is driven in a real browser", "chromium", "chromium-browser", "google-chrome")
	dir := shortTempDir(t)
	ctx, cancel := chromedp.NewExecAllocator(context.Background(),
		chromedp.ExecPath(path),
		chromedp.UserDataDir(dir),
		chromedp.NoInheritEnv,
		chromedp.Env(append(withoutProxies(os.Environ()), "TMPDIR="+dir)...),
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
	return &chromium{ctx}
}

func (*chromium) refusal() string            { return "WebSocket connection to" }
func (*chromium) picture(name string) string { return name }

func (c *chromium) open(context.Context) (tab, error) {
	ctx, cancel := chromedp.NewContext(c.ctx)
	next, stop := iter.Pull2(chromedp.Console(ctx))
	return &chromiumTab{ctx, next, func() { stop(); cancel() }}, nil
}

type chromiumTab struct {
	ctx  context.Context // of chromedp: it stands for the tab
	next func() (chromedp.ConsoleMessage, error, bool)
	end  func()
}

func (c *chromiumTab) close() { c.end() }

// within returns the tab's context, with the end of another.
func (c *chromiumTab) within(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, _ := ctx.Deadline()
	return context.WithDeadline(c.ctx, deadline)
}

func (c *chromiumTab) run(ctx context.Context, actions ...chromedp.Action[chromedp.Void]) error {
	ctx, cancel := c.within(ctx)
	defer cancel()
	return chromedp.Do(ctx, actions...)
}

func (c *chromiumTab) navigate(ctx context.Context, url string) error {
	return c.run(ctx, chromedp.Navigate(url))
}

func (c *chromiumTab) eval(ctx context.Context, script string) (json.RawMessage, error) {
	ctx, cancel := c.within(ctx)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[any](script))
	if err != nil {
		return nil, err
	}
	return json.Marshal(v)
}

func (c *chromiumTab) click(ctx context.Context, selector string) error {
	return c.run(ctx, chromedp.Click(chromedp.CSS(selector)))
}

func (c *chromiumTab) pressEnter(ctx context.Context) error {
	return c.run(ctx, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		key := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: "Enter", Code: "Enter", Text: "\r", WindowsVirtualKeyCode: 13}
		if _, err := cdp.Call(ctx, t, input.DispatchKeyEvent, key); err != nil {
			return err
		}
		key.Type, key.Text = input.DispatchKeyEventTypeKeyUp, ""
		_, err := cdp.Call(ctx, t, input.DispatchKeyEvent, key)
		return err
	}))
}

func (c *chromiumTab) upload(ctx context.Context, selector, file string) error {
	return c.run(ctx, chromedp.SetUploadFiles(chromedp.CSS(selector), []string{file}))
}

func (c *chromiumTab) look(ctx context.Context, scheme string, width, height int64) (bool, error) {
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme},
		{Name: "prefers-reduced-motion", Value: "reduce"}, // a picture catches no change under way
	}}
	return true, c.run(ctx,
		chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, media)
			return err
		}),
		chromedp.EmulateViewport(width, height),
	)
}

func (c *chromiumTab) screenshot(ctx context.Context, whole bool) ([]byte, error) {
	ctx, cancel := c.within(ctx)
	defer cancel()
	take := chromedp.CaptureScreenshot()
	if whole {
		take = chromedp.FullScreenshot(100)
	}
	return chromedp.Run(ctx, take)
}

// console does not know of ctx: the mark that is waited for has been evaluated.
func (c *chromiumTab) console(context.Context) (consoleEntry, error) {
	m, err, ok := c.next()
	if err == nil && !ok {
		err = errors.New("the page is gone")
	}
	if err != nil {
		return consoleEntry{}, err
	}
	e := consoleEntry{where: m.URL}
	switch m.Type {
	case chromedp.ConsoleDebug:
		e.debug, e.text = true, m.Text
	case chromedp.ConsoleError, chromedp.ConsoleWarning, chromedp.ConsoleException:
		e.bad, e.text = true, fmt.Sprint(m)
	}
	return e, nil
}
