package house

import (
	"fmt"
	"go/ast"
	"slices"
	"testing"
)

// passive are the packages that only compute: called by whoever holds the
// connection, told the time, handed the bytes.
var passive = []string{"protocol", "internal/mask", "internal/utf8", "internal/deflate", "internal/http1", "hub/wire"}

func TestCoreOnlyComputes(t *testing.T) {
	check(t, onlyComputes, packages())
	checkSpecimens(t, onlyComputes, []specimen{
		{"protocol", `import "sync"; var p sync.Pool`, ""},
		{"protocol", `import "sync"; var mu sync.Mutex`, "sync.Mutex"},
		{"protocol", `import s "sync"; type T struct{ s.RWMutex }`, "sync.RWMutex"},
		{"internal/mask", `import "sync"; var once = sync.OnceFunc(nil)`, "sync.OnceFunc"},
		{"protocol", `import "time"; var d time.Duration = time.Second`, ""},
		{"protocol", `import "time"; var now = time.Now`, "time.Now"},
		{"protocol", `import "time"; func f(t time.Time) { time.Since(t) }`, "time.Since"},
		{"protocol", `func f() { go f() }`, "starts a goroutine"},
		{"protocol", `func f(c chan int) { select { case <-c: } }`, "waits on a channel"},
		{"websocket", `import ("sync"; "time"); var mu sync.Mutex; func f() { go f(); time.Now() }`, ""},
	})
}

func onlyComputes(p *pkg) (broken []string) {
	if !slices.Contains(passive, p.path) {
		return nil
	}
	complain := func(n ast.Node, what string) {
		broken = append(broken, fmt.Sprintf("%s: package %s only computes, but %s", at(n), p.path, what))
	}
	for _, f := range p.files {
		f.uses(func(n ast.Node, from, name string) {
			switch {
			case from == "sync" && name != "Pool":
				complain(n, "uses sync."+name+": its caller holds the lock")
			case from == "time" && slices.Contains(clocks, name):
				complain(n, "uses time."+name+": its caller passes the time in")
			}
		})
		ast.Inspect(f.ast, func(n ast.Node) bool {
			switch n.(type) {
			case *ast.GoStmt:
				complain(n, "starts a goroutine")
			case *ast.SelectStmt, *ast.ChanType:
				complain(n, "waits on a channel")
			}
			return true
		})
	}
	return broken
}

// clocks are the functions of package time that read a clock or wait for one.
var clocks = []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "NewTimer", "NewTicker", "Tick"}
