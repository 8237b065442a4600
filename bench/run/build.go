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

func (b toolbox) zipload() string { return b.path("zipload") }

// program is where a program lies.
func (b toolbox) program(p program) string { return b.path(p.file()) }

// build builds the load generators and the programs into dir. It runs in bench/.
func build(ctx context.Context, dir string, list []program) (toolbox, error) {
	b := toolbox(dir)
	done := map[string]bool{}
	if err := compileC(ctx, "wsload", b.wsload()); err != nil {
		return b, err
	}
	if err := compileGo(ctx, "./zipload", b.zipload()); err != nil {
		return b, err
	}
	for _, p := range list {
		to := b.program(p)
		if done[to] {
			continue
		}
		done[to] = true
		err := error(nil)
		if p.dir == "" {
			err = compileC(ctx, p.name, to)
		} else {
			err = compileGo(ctx, p.dir, to)
		}
		if err != nil {
			return b, fmt.Errorf("%s: %w", p.name, err)
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
