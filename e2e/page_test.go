package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// patience is how long a page may take for anything.
const patience = 20 * time.Second

// A browser opens tabs.
type browser interface {
	open(ctx context.Context) (tab, error)
	// refusal is part of what the browser itself says on the console when a
	// WebSocket handshake is refused.
	refusal() string
	// picture returns the name of the file for a picture.
	picture(name string) string
}

// browsers are those that the pages are tested in.
var browsers = []struct {
	name  string
	start func(t *testing.T) browser
}{
	{"chromium", startChromium},
	{"firefox", startFirefox},
}

// A tab is a page of a browser, driven from outside.
type tab interface {
	navigate(ctx context.Context, url string) error
	// eval returns the value of a script as JSON: a string, a number or a
	// boolean.
	eval(ctx context.Context, script string) (json.RawMessage, error)
	// click clicks on an element with the mouse.
	click(ctx context.Context, selector string) error
	// pressEnter presses and releases the key.
	pressEnter(ctx context.Context) error
	upload(ctx context.Context, selector, file string) error
	// look makes the page so wide and high, and light or dark. It returns false
	// where the browser cannot.
	look(ctx context.Context, scheme string, width, height int64) (bool, error)
	// screenshot returns a PNG: of what is seen, or of the whole page.
	screenshot(ctx context.Context, whole bool) ([]byte, error)
	// console waits for the next entry on the console of the page.
	console(ctx context.Context) (consoleEntry, error)
	close()
}

// A consoleEntry is what stands on a console.
type consoleEntry struct {
	text  string
	where string
	debug bool
	bad   bool // an error, a warning or an exception
}

// A page is a tab in which a test acts, and which must not complain.
type page struct {
	t   *testing.T
	tab tab
	browser
}

// open opens a tab. When the test ends, what the page complained about on its
// console fails it.
func open(t *testing.T, b browser, url string) *page {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	tab, err := b.open(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tab.close)
	p := &page{t: t, tab: tab, browser: b}
	t.Cleanup(func() {
		for _, c := range p.complaints() {
			t.Errorf("the page complains: %s", c)
		}
	})
	p.do(func(ctx context.Context) error { return tab.navigate(ctx, url) })
	return p
}

// do fails the test unless f succeeds within patience.
func (p *page) do(f func(ctx context.Context) error) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := f(ctx); err != nil {
		p.t.Fatal(err)
	}
}

// complaints returns the errors and warnings that stand on the console since
// the last call. Messages come in order, so those before a mark have all come
// when the mark has.
func (p *page) complaints() (texts []string) {
	p.t.Helper()
	const mark = "all has been read"
	eval[string](p, "console.debug("+quote(mark)+"), ''")
	p.do(func(ctx context.Context) error {
		for {
			e, err := p.tab.console(ctx)
			switch {
			case err != nil:
				return fmt.Errorf("the console cannot be read: %w", err)
			case e.debug && e.text == mark:
				return nil
			case e.bad:
				texts = append(texts, fmt.Sprintf("%s (%s)", e.text, e.where))
			}
		}
	})
	return texts
}

// eval returns the value of an expression of JavaScript.
func eval[T any](p *page, expression string) (v T) {
	p.t.Helper()
	p.do(func(ctx context.Context) error {
		raw, err := p.tab.eval(ctx, expression)
		if err != nil {
			return fmt.Errorf("%s: %w", expression, err)
		}
		return json.Unmarshal(raw, &v)
	})
	return v
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
	p.do(func(ctx context.Context) error { return p.tab.click(ctx, selector) })
}

// enter presses Enter in a field, as a keyboard does: where the page handles
// the key, nothing is typed.
func (p *page) enter(id string) {
	p.t.Helper()
	eval[string](p, fmt.Sprintf("document.getElementById(%s).focus(), ''", quote(id)))
	p.do(p.tab.pressEnter)
}

// upload chooses a file in a field.
func (p *page) upload(selector, file string) {
	p.t.Helper()
	p.do(func(ctx context.Context) error { return p.tab.upload(ctx, selector, file) })
}

// look makes the page as light or dark, and as wide, as a screen may be. It
// returns false where the browser cannot.
func (p *page) look(scheme string, width, height int64) (can bool) {
	p.t.Helper()
	p.do(func(ctx context.Context) (err error) {
		can, err = p.tab.look(ctx, scheme, width, height)
		return err
	})
	return can
}

// shot writes a picture: of what is seen, or of the whole page.
func (p *page) shot(dir, name string, whole bool) {
	p.t.Helper()
	p.do(func(ctx context.Context) error {
		png, err := p.tab.screenshot(ctx, whole)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, p.picture(name)), png, 0o644)
	})
}

// quote returns s as a literal of JavaScript.
func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string has a form in JSON
	}
	return string(b)
}
