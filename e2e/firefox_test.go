package e2e

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/duplexws/duplex/internal/testenv"
)

// firefox is the browser, driven by WebDriver BiDi.
type firefox struct {
	bidi *bidi

	mu   sync.Mutex
	tabs map[string]*firefoxTab // by the name of their browsing context
}

// firefoxPrefs keep the browser to this machine: what is no loopback goes to a
// proxy that is not there. The rest fixes what a page asks of its surroundings.
const firefoxPrefs = `
user_pref("network.proxy.type", 1);
user_pref("network.proxy.http", "127.0.0.1");
user_pref("network.proxy.http_port", 9);
user_pref("network.proxy.ssl", "127.0.0.1");
user_pref("network.proxy.ssl_port", 9);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("toolkit.telemetry.enabled", false);
user_pref("app.update.disabledForTesting", true);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("browser.startup.page", 0);
user_pref("layout.css.prefers-color-scheme.content-override", 1);
user_pref("ui.prefersReducedMotion", 1);
`

func startFirefox(t *testing.T) browser {
	t.Helper()
	path := testenv.Tool(t, "the console is driven in a real browser", "firefox-esr", "firefox")
	home := t.TempDir()
	profile := filepath.Join(home, "profile")
	if err := os.Mkdir(profile, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(profile, "user.js"), []byte(firefoxPrefs), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "--headless", "--no-remote", "--profile", profile, "--remote-debugging-port=0", "--width=1280", "--height=860")
	cmd.Env = append(withoutProxies(os.Environ()), "HOME="+home, "MOZ_CRASHREPORTER_DISABLE=1")
	f := &firefox{tabs: make(map[string]*firefoxTab)}
	ctx, cancel := context.WithTimeout(context.Background(), 3*patience)
	defer cancel()
	var err error
	if f.bidi, err = dialBidi(ctx, startBrowser(t, cmd)+"/session", f.event); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.quit)
	for _, command := range []struct {
		method string
		params params
	}{
		{"session.new", params{"capabilities": params{"alwaysMatch": params{"acceptInsecureCerts": true}}}}, // of --tls-self-signed
		{"session.subscribe", params{"events": []string{"log.entryAdded"}}},
	} {
		if err := f.bidi.call(ctx, command.method, command.params, nil); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

// startBrowser starts a process and waits until it says where it listens for
// BiDi. When the test has ended it waits for the process, and at last kills it.
func startBrowser(t *testing.T, cmd *exec.Cmd) (url string) {
	t.Helper()
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	patient := time.AfterFunc(3*patience, func() { cmd.Process.Kill() })
	log, read := new(lockedBuffer), make(chan struct{})
	t.Cleanup(func() {
		timer := time.AfterFunc(patience, func() { cmd.Process.Kill() })
		defer timer.Stop()
		<-read
		cmd.Wait()
	})
	lines := bufio.NewReader(stderr)
	for {
		line, err := lines.ReadString('\n')
		io.WriteString(log, line)
		if found := regexp.MustCompile(`WebDriver BiDi listening on (ws://\S+)`).FindStringSubmatch(line); found != nil {
			url = found[1]
			break
		}
		if err != nil {
			close(read)
			t.Fatalf("%s says nothing of BiDi: %v\n%s", cmd.Path, err, log)
		}
	}
	patient.Stop()
	go func() {
		defer close(read)
		io.Copy(io.Discard, lines)
	}()
	return url
}

// quit asks the browser to end.
func (f *firefox) quit() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	f.bidi.call(ctx, "browser.close", params{}, nil)
	f.bidi.close()
}

func (*firefox) refusal() string            { return "establish a connection to the server at ws" }
func (*firefox) picture(name string) string { return "firefox-" + name }

func (f *firefox) open(ctx context.Context) (tab, error) {
	var created struct {
		Context string `json:"context"`
	}
	if err := f.bidi.call(ctx, "browsingContext.create", params{"type": "tab"}, &created); err != nil {
		return nil, err
	}
	return f.tab(created.Context), nil
}

// tab returns the tab that is a browsing context.
func (f *firefox) tab(name string) *firefoxTab {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.tabs[name] == nil {
		f.tabs[name] = &firefoxTab{f.bidi, name, make(chan consoleEntry, 1000)}
	}
	return f.tabs[name]
}

// event takes entries of the console.
func (f *firefox) event(method string, p json.RawMessage) {
	var entry struct {
		Type, Level, Text string
		Source            struct{ Context string }
		StackTrace        struct{ CallFrames []struct{ URL string } }
	}
	if method != "log.entryAdded" || json.Unmarshal(p, &entry) != nil {
		return
	}
	e := consoleEntry{text: entry.Text, debug: entry.Level == "debug", bad: entry.Level == "error" || entry.Level == "warn"}
	if frames := entry.StackTrace.CallFrames; len(frames) > 0 {
		e.where = frames[0].URL
	}
	select {
	case f.tab(entry.Source.Context).entries <- e:
	default: // the mark of complaints is never the thousandth
	}
}

type firefoxTab struct {
	bidi    *bidi
	context string
	entries chan consoleEntry
}

// call does a command on the tab.
func (f *firefoxTab) call(ctx context.Context, method string, p params, result any) error {
	p["context"] = f.context
	return f.bidi.call(ctx, method, p, result)
}

func (f *firefoxTab) close() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	f.call(ctx, "browsingContext.close", params{}, nil)
}

func (f *firefoxTab) navigate(ctx context.Context, url string) error {
	return f.call(ctx, "browsingContext.navigate", params{"url": url, "wait": "complete"}, nil)
}

func (f *firefoxTab) eval(ctx context.Context, script string) (json.RawMessage, error) {
	var evaluated struct {
		Result struct {
			Value json.RawMessage `json:"value"`
		} `json:"result"`
		ExceptionDetails struct {
			Text string `json:"text"`
		} `json:"exceptionDetails"`
	}
	err := f.bidi.call(ctx, "script.evaluate", params{"expression": script, "target": params{"context": f.context}, "awaitPromise": false}, &evaluated)
	if err == nil && evaluated.ExceptionDetails.Text != "" {
		err = errScript(evaluated.ExceptionDetails.Text)
	}
	return evaluated.Result.Value, err
}

// errScript is what a script threw.
type errScript string

func (e errScript) Error() string { return string(e) }

// find returns a reference to an element, which it scrolls into view.
func (f *firefoxTab) find(ctx context.Context, selector string) (params, error) {
	script := "document.querySelector(" + quote(selector) + ").scrollIntoView({block: 'nearest', behavior: 'instant'})"
	if _, err := f.eval(ctx, script); err != nil {
		return nil, err
	}
	var located struct {
		Nodes []struct {
			SharedID string `json:"sharedId"`
		} `json:"nodes"`
	}
	err := f.call(ctx, "browsingContext.locateNodes", params{"locator": params{"type": "css", "value": selector}, "maxNodeCount": 1}, &located)
	if err != nil {
		return nil, err
	}
	return params{"sharedId": located.Nodes[0].SharedID}, nil
}

// act has a device do things.
func (f *firefoxTab) act(ctx context.Context, device string, things ...params) error {
	source := params{"type": device, "id": device, "actions": things}
	return f.call(ctx, "input.performActions", params{"actions": []params{source}}, nil)
}

func (f *firefoxTab) click(ctx context.Context, selector string) error {
	element, err := f.find(ctx, selector)
	if err != nil {
		return err
	}
	return f.act(ctx, "pointer",
		params{"type": "pointerMove", "x": 0, "y": 0, "origin": params{"type": "element", "element": element}},
		params{"type": "pointerDown", "button": 0},
		params{"type": "pointerUp", "button": 0},
	)
}

func (f *firefoxTab) pressEnter(ctx context.Context) error {
	const enter = "\uE006" // https://www.w3.org/TR/webdriver2/#keyboard-actions
	return f.act(ctx, "key", params{"type": "keyDown", "value": enter}, params{"type": "keyUp", "value": enter})
}

func (f *firefoxTab) upload(ctx context.Context, selector, file string) error {
	element, err := f.find(ctx, selector)
	if err != nil {
		return err
	}
	return f.call(ctx, "input.setFiles", params{"element": element, "files": []string{file}}, nil)
}

// look cannot change the scheme: firefoxPrefs set it once.
func (f *firefoxTab) look(ctx context.Context, scheme string, width, height int64) (bool, error) {
	if scheme != "light" {
		return false, nil
	}
	return true, f.call(ctx, "browsingContext.setViewport", params{"viewport": params{"width": width, "height": height}}, nil)
}

func (f *firefoxTab) screenshot(ctx context.Context, whole bool) ([]byte, error) {
	origin := "viewport"
	if whole {
		origin = "document"
	}
	var captured struct {
		Data string `json:"data"`
	}
	if err := f.call(ctx, "browsingContext.captureScreenshot", params{"origin": origin}, &captured); err != nil {
		return nil, err
	}
	return base64.StdEncoding.DecodeString(captured.Data)
}

func (f *firefoxTab) console(ctx context.Context) (consoleEntry, error) {
	select {
	case e := <-f.entries:
		return e, nil
	case <-ctx.Done():
		return consoleEntry{}, context.Cause(ctx)
	}
}
