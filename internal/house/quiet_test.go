package house

import (
	"fmt"
	"go/ast"
	"slices"
	"testing"
)

// A library does only what it is asked for: whoever links it keeps the signals,
// the default mux, the exit status, the log and the goroutines of the process.
func TestLibraryTakesNothingOfTheProcess(t *testing.T) {
	check(t, takesNothing, packages())
	checkSpecimens(t, takesNothing, []specimen{
		{"websocket", `import "os/signal"; func F() { signal.Notify(nil) }`, "signal.Notify"},
		{"websocket", `import "net/http"; func F() { http.HandleFunc("/", nil) }`, "http.HandleFunc"},
		{"websocket", `import "net/http"; var mux = http.DefaultServeMux`, "http.DefaultServeMux"},
		{"websocket", `import "net/http"; var mux = http.NewServeMux()`, ""},
		{"websocket", `import "os"; func F() { os.Exit(1) }`, "os.Exit"},
		{"websocket", `import "log"; func F() { log.Print() }`, "log.Print"},
		{"websocket", `import "log"; type O struct { L *log.Logger }`, ""},
		{"websocket", `import "log/slog"; func F() { slog.Info("") }`, "slog.Info"},
		{"websocket", `import "log/slog"; func F(l *slog.Logger) { l.Info("", slog.Int("n", 1)) }`, ""},
		{"websocket", `import "fmt"; func F() { fmt.Println() }`, "fmt.Println"},
		{"websocket", `import "fmt"; func F() error { return fmt.Errorf("") }`, ""},
		{"internal/testenv", `import "os"; func F() { os.Exit(1) }`, ""},
	})
}

func TestImportStartsNothing(t *testing.T) {
	check(t, startsNothing, packages())
	checkSpecimens(t, startsNothing, []specimen{
		{"websocket", `func init() { go f() }; func f() {}`, "goroutine"},
		{"websocket", `func init() { f() }; func f() { g() }; func g() { go g() }`, "goroutine"},
		{"websocket", `var x = f(); func f() int { go f(); return 0 }`, "goroutine"},
		{"websocket", `var x = func() int { go f(); return 0 }(); func f() {}`, "goroutine"},
		{"websocket", `import "time"; func init() { time.AfterFunc(1, nil) }`, "timer"},
		{"websocket", `func init() { f() }; func f() {}; func G() { go f() }`, ""},
		{"websocket", `var x = func() { go f() }; func f() {}`, ""},
	})
}

func takesNothing(p *pkg) (broken []string) {
	if p.path == "internal/testenv" {
		return nil // it ends the process of a test
	}
	for _, f := range p.files {
		f.uses(func(n ast.Node, from, name string) {
			if slices.Contains(theProcess[from], name) {
				broken = append(broken, fmt.Sprintf("%s: %s.%s takes what belongs to the program", at(n), from, name))
			}
		})
	}
	return broken
}

var theProcess = map[string][]string{
	"os/signal": {"Notify", "NotifyContext", "Ignore", "Reset", "Stop"},
	"net/http":  {"Handle", "HandleFunc", "DefaultServeMux", "DefaultClient", "DefaultTransport"},
	"os":        {"Exit", "Stdin", "Stdout", "Stderr", "Setenv", "Unsetenv", "Chdir"},
	"log": {"Print", "Printf", "Println", "Fatal", "Fatalf", "Fatalln", "Panic", "Panicf", "Panicln",
		"Default", "SetOutput", "SetFlags", "SetPrefix", "Output"},
	"log/slog": {"Debug", "DebugContext", "Info", "InfoContext", "Warn", "WarnContext", "Error", "ErrorContext",
		"Log", "LogAttrs", "Default", "SetDefault", "With"},
	"fmt":           {"Print", "Printf", "Println", "Scan", "Scanf", "Scanln"},
	"runtime/debug": {"SetGCPercent", "SetMemoryLimit", "SetMaxStack", "SetMaxThreads", "SetPanicOnFault", "FreeOSMemory"},
	"runtime":       {"GOMAXPROCS", "GC"},
}

// startsNothing follows the calls of functions of the same package from what
// runs when the package is imported.
func startsNothing(p *pkg) (broken []string) {
	functions := make(map[string]*ast.FuncDecl)
	var roots []ast.Node
	for _, f := range p.files {
		for _, decl := range f.ast.Decls {
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				switch {
				case decl.Recv != nil || decl.Body == nil:
				case decl.Name.Name == "init":
					roots = append(roots, decl.Body)
				default:
					functions[decl.Name.Name] = decl
				}
			case *ast.GenDecl:
				roots = append(roots, decl)
			}
		}
	}
	seen := make(map[string]bool)
	var follow func(ast.Node)
	follow = func(from ast.Node) {
		inspectRun(from, func(n ast.Node) {
			switch n := n.(type) {
			case *ast.GoStmt:
				broken = append(broken, fmt.Sprintf("%s: importing %s starts a goroutine", at(n), p.path))
			case *ast.CallExpr:
				switch called := n.Fun.(type) {
				case *ast.Ident:
					if f := functions[called.Name]; f != nil && !seen[called.Name] {
						seen[called.Name] = true
						follow(f.Body)
					}
				case *ast.SelectorExpr:
					if x, ok := called.X.(*ast.Ident); ok && x.Name == "time" && slices.Contains(clockStarters, called.Sel.Name) {
						broken = append(broken, fmt.Sprintf("%s: importing %s starts a timer", at(n), p.path))
					}
				}
			}
		})
	}
	for _, r := range roots {
		follow(r)
	}
	return broken
}

var clockStarters = []string{"AfterFunc", "NewTimer", "NewTicker", "Tick", "After"}

// inspectRun visits what runs when from runs: not the bodies of function
// literals that are only made.
func inspectRun(from ast.Node, visit func(ast.Node)) {
	ast.Inspect(from, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.CallExpr:
			if lit, ok := n.Fun.(*ast.FuncLit); ok {
				inspectRun(lit.Body, visit)
			}
		}
		if n != nil {
			visit(n)
		}
		return true
	})
}
