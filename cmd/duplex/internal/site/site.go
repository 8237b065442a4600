// Package site is what a browser sees of "duplex serve": its pages, which are
// built into the binary and need no network, and the health check.
package site

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"time"
)

//go:embed pages assets
var files embed.FS

// Register adds the site to mux. version is shown on its pages.
func Register(mux *http.ServeMux, version string) {
	for route, page := range map[string]string{
		"/{$}":     "home.html",
		"/console": "console.html",
	} {
		mux.Handle(route, secured(readOnly(render(page, version))))
	}
	names, err := fs.Glob(files, "assets/*")
	if err != nil {
		panic(err) // the pattern is malformed
	}
	for _, name := range names {
		mux.Handle("/"+name, secured(readOnly(static(name))))
	}
	mux.Handle("/healthz", secured(readOnly(http.HandlerFunc(healthz))))
	mux.Handle("/", secured(http.HandlerFunc(nothing)))
}

// healthz says that the process serves.
func healthz(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	fmt.Fprintln(w, "ok")
}

func nothing(w http.ResponseWriter, r *http.Request) {
	http.Error(w, "404 Not Found: nothing is here; / lists what is", http.StatusNotFound)
}

// policy lets a page load what this server serves and nothing else, and connect
// to any WebSocket server, which is what the console is for.
const policy = "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"connect-src 'self' ws: wss:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// secured sets the header fields that keep a page to itself.
func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

// readOnly answers methods that would change something with 405. The mux does
// not where "/" takes the rest.
func readOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "405 Method Not Allowed", http.StatusMethodNotAllowed)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// render returns a handler for a page inside the layout. The pages are parts of
// the program: that they render is shown by a test.
func render(page, version string) http.Handler {
	t := template.Must(template.ParseFS(files, "pages/layout.html", "pages/"+page))
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, "layout.html", struct{ Version string }{version}); err != nil {
		panic(err)
	}
	return content("page.html", b.Bytes())
}

// static returns a handler for a file.
func static(name string) http.Handler {
	b, err := files.ReadFile(name)
	if err != nil {
		panic(err) // it was listed
	}
	return content(name, b)
}

// types are set here because what the system says of them differs, and a module
// of another type than this does not run.
var types = map[string]string{
	".html": "text/html; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".svg":  "image/svg+xml",
}

// content returns a handler that serves b, and 304 to whoever has it.
func content(name string, b []byte) http.Handler {
	kind := types[path.Ext(name)]
	if kind == "" {
		panic("no content type for " + name)
	}
	sum := sha256.Sum256(b)
	etag := `"` + hex.EncodeToString(sum[:12]) + `"`
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Type", kind)
		h.Set("ETag", etag)
		h.Set("Cache-Control", "no-cache")
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(b))
	})
}
