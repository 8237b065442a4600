package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := bench(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "run:", err)
		os.Exit(1)
	}
}

// options is what the flags say.
type options struct {
	servers   []server
	scenarios []scenario
	rounds    int
	timing    timing
	base, out string
}

func parseFlags(args []string) (options, error) {
	var o options
	fs := flag.NewFlagSet("run", flag.ContinueOnError)
	names := fs.String("servers", "duplex,gorilla,coder,gobwas,gobwasbatch,gws,rawecho", "servers to compare, of "+known())
	scs := fs.String("scenarios", "a,b,c,d,e,idle,rate", "scenarios to run")
	fs.IntVar(&o.rounds, "rounds", 3, "measurements of each server in each scenario")
	fs.Float64Var(&o.timing.Secs, "secs", 4, "seconds measured; the CPU clock ticks in 10 ms")
	fs.Float64Var(&o.timing.Warm, "warm", 0.7, "seconds of warm-up")
	fs.Float64Var(&o.timing.Settle, "settle", 3, "seconds between the last echo and the look at idle memory")
	idleConns := fs.Int("idle-conns", 10_000, "idle connections")
	quick := fs.Bool("quick", false, "two minutes: one short round, 2000 idle connections")
	fs.StringVar(&o.base, "base", "", "server to compare with (the first one)")
	fs.StringVar(&o.out, "out", "latest", "name of the file in results/")
	if err := fs.Parse(args); err != nil {
		return o, err
	}
	if *quick {
		o.rounds, *idleConns = 1, 2000
		o.timing = timing{Secs: 1.5, Warm: 0.3, Settle: 1}
	}
	var err error
	if o.servers, err = pickServers(strings.Split(*names, ",")); err != nil {
		return o, err
	}
	if o.scenarios, err = pickScenarios(strings.Split(*scs, ","), *idleConns); err != nil {
		return o, err
	}
	return o, o.check()
}

func known() string {
	var names []string
	for _, s := range servers {
		names = append(names, s.name)
	}
	return strings.Join(names, ",")
}

// check completes the options and refuses those that cannot be run.
func (o *options) check() error {
	if o.base == "" {
		o.base = o.servers[0].name
	}
	if !slices.ContainsFunc(o.servers, func(s server) bool { return s.name == o.base }) {
		return fmt.Errorf("-base %q is not among the servers", o.base)
	}
	if o.rounds < 1 || o.timing.Secs <= 0 || o.timing.Warm < 0 || o.timing.Settle < 0 {
		return errors.New("rounds and seconds must be positive")
	}
	if o.out != filepath.Base(o.out) {
		return fmt.Errorf("-out %q is not a plain name", o.out)
	}
	return nil
}

// checkMachine refuses a machine on which the figures would mean nothing.
func checkMachine(cores int, look func(string) (string, error)) error {
	if cores < 2 {
		return fmt.Errorf("measuring needs 2 cores, one for the server and one for the load; this machine offers %d", cores)
	}
	for _, name := range []string{"cc", "taskset"} {
		if _, err := look(name); err != nil {
			return fmt.Errorf("measuring needs %s: %w", name, err)
		}
	}
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		return fmt.Errorf("measuring needs Linux: %w", err)
	}
	return nil
}

func bench(ctx context.Context, args []string) error {
	o, err := parseFlags(args)
	if err != nil {
		return err
	}
	if err := checkMachine(runtime.NumCPU(), exec.LookPath); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "duplex-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	m := thisMachine(time.Now()) // before building is part of the load
	fmt.Print(m.warning())
	fmt.Println("building")
	tools, err := build(ctx, dir, o.servers)
	if err != nil {
		return err
	}
	return o.run(ctx, tools, m)
}

func (o options) run(ctx context.Context, tools toolbox, m machine) error {
	jobs := plan(o.servers, o.scenarios, o.rounds)
	fmt.Printf("%d measurements, about %s\n", len(jobs), total(jobs, o.timing).Round(time.Second))
	entries, err := run(ctx, tools, jobs, o.timing, os.Stdout)
	if err != nil {
		return err
	}
	r := results{
		Machine: m,
		Timing:  o.timing,
		Rounds:  o.rounds,
		Base:    o.base,
		Blocks:  summarize(entries, o.scenarios, o.servers, o.base),
		Entries: entries,
	}
	writeTables(os.Stdout, r.Blocks, o.base)
	path, err := r.write("results", o.out)
	if err != nil {
		return err
	}
	fmt.Println("\nwritten:", path)
	if failed := countFailed(entries); failed > 0 {
		return fmt.Errorf("%d of %d measurements failed", failed, len(entries))
	}
	return nil
}

func countFailed(entries []entry) (n int) {
	for _, e := range entries {
		if e.Failed != "" {
			n++
		}
	}
	return n
}
