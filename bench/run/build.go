package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A toolbox is a folder with the programs built.
type toolbox string

func (b toolbox) path(name string) string { return filepath.Join(string(b), name) }

func (b toolbox) wsload() string { return b.path("wsload") }

// program is where the server's program lies.
func (b toolbox) program(s server) string {
	if s.dir == "" {
		return b.path(s.name)
	}
	return b.path(filepath.Base(s.dir) + "-server")
}

// build builds the load generator and the servers into dir. It runs in bench/.
func build(ctx context.Context, dir string, list []server) (toolbox, error) {
	b := toolbox(dir)
	done := map[string]bool{}
	if err := compileC(ctx, "wsload", b.wsload()); err != nil {
		return b, err
	}
	for _, s := range list {
		to := b.program(s)
		if done[to] {
			continue
		}
		done[to] = true
		err := error(nil)
		if s.dir == "" {
			err = compileC(ctx, s.name, to)
		} else {
			err = compileGo(ctx, s.dir, to)
		}
		if err != nil {
			return b, fmt.Errorf("server %s: %w", s.name, err)
		}
	}
	return b, nil
}

func compileC(ctx context.Context, name, to string) error {
	return tool(ctx, ".", "cc", "-O2", "-o", to, filepath.Join("wsload", name+".c"))
}

// compileGo builds in the package's own folder, since it may be another module.
func compileGo(ctx context.Context, dir, to string) error {
	if _, err := os.Stat(dir); err != nil {
		return err
	}
	return tool(ctx, dir, "go", "build", "-o", to, ".")
}

func tool(ctx context.Context, dir, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args, " "), err, out)
	}
	return nil
}
