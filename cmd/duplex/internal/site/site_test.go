package site

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

func serve(t *testing.T, method, path string, fields ...string) *httptest.ResponseRecorder {
	t.Helper()
	mux := http.NewServeMux()
	Register(mux, "v1.2.3")
	r := httptest.NewRequest(method, path, nil)
	for _, f := range fields {
		name, value, _ := strings.Cut(f, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	return w
}

func TestPagesAreSecured(t *testing.T) {
	for _, path := range []string{"/", "/console", "/assets/console.js", "/healthz", "/nothing"} {
		h := serve(t, "GET", path).Header()
		csp := h.Get("Content-Security-Policy")
		for _, part := range []string{"default-src 'none'", "connect-src 'self' ws: wss:", "frame-ancestors 'none'"} {
			if !strings.Contains(csp, part) {
				t.Errorf("%s: the policy %q lacks %q", path, csp, part)
			}
		}
		if strings.Contains(csp, "unsafe") {
			t.Errorf("%s: the policy is unsafe: %q", path, csp)
		}
		if h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s may be sniffed", path)
		}
	}
}

// What the pages refer to exists here, and nothing of it lies elsewhere.
func TestReferencesResolve(t *testing.T) {
	reference := regexp.MustCompile(`(?:href|src)="([^"]+)"|from "\./([^"]+)"|new URL\("([^"]+)"`)
	found := 0
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		for _, m := range reference.FindAllStringSubmatch(string(b), -1) {
			to := m[1]
			switch {
			case strings.HasPrefix(to, "#"), strings.HasPrefix(to, "data:"):
				continue
			case to == "":
				to = "/assets/" + m[2] + m[3]
			}
			found++
			if w := serve(t, "GET", to); w.Code != 200 {
				t.Errorf("%s refers to %s: %d", name, to, w.Code)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found < 10 {
		t.Errorf("only %d references were found", found)
	}
}

// The policy forbids scripts and styles inside a page: they would silently not
// run.
func TestNothingInline(t *testing.T) {
	for _, path := range []string{"/", "/console"} {
		page := serve(t, "GET", path).Body.String()
		for _, m := range regexp.MustCompile(`<script[^>]*>[^<]|<style|\sstyle="|\son\w+="`).FindAllString(page, -1) {
			t.Errorf("%s has %q", path, m)
		}
		if !strings.Contains(page, "v1.2.3") {
			t.Errorf("%s does not show the version", path)
		}
	}
}

func TestTypesAndCaching(t *testing.T) {
	for path, want := range map[string]string{
		"/":                   "text/html; charset=utf-8",
		"/console":            "text/html; charset=utf-8",
		"/assets/base.css":    "text/css; charset=utf-8",
		"/assets/console.js":  "text/javascript; charset=utf-8",
		"/assets/socket.js":   "text/javascript; charset=utf-8",
		"/assets/console.css": "text/css; charset=utf-8",
	} {
		w := serve(t, "GET", path)
		if got := w.Header().Get("Content-Type"); got != want || w.Code != 200 {
			t.Errorf("%s: %d, type %q, want %q", path, w.Code, got, want)
		}
		etag := w.Header().Get("ETag")
		if again := serve(t, "GET", path, "If-None-Match: "+etag); again.Code != 304 || again.Body.Len() != 0 {
			t.Errorf("%s: %d and %d octets to whoever has it", path, again.Code, again.Body.Len())
		}
		if stale := serve(t, "GET", path, `If-None-Match: "old"`); stale.Code != 200 {
			t.Errorf("%s: %d to whoever has another version", path, stale.Code)
		}
	}
}

func TestMethods(t *testing.T) {
	for _, path := range []string{"/", "/console", "/healthz", "/assets/base.css"} {
		if w := serve(t, "HEAD", path); w.Code != 200 {
			t.Errorf("HEAD %s: %d", path, w.Code)
		}
		if w := serve(t, "POST", path); w.Code != 405 || w.Header().Get("Allow") != "GET, HEAD" {
			t.Errorf("POST %s: %d, Allow %q", path, w.Code, w.Header().Get("Allow"))
		}
	}
	for _, path := range []string{"/assets/", "/assets/none.js", "/assets/../site.go", "/pages/home.html", "/Console"} {
		if w := serve(t, "GET", path); w.Code != 404 && w.Code != 307 && w.Code != 301 {
			t.Errorf("GET %s: %d", path, w.Code)
		}
	}
}
