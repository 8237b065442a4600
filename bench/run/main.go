package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
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
	tools, err := build(ctx, dir, o.programs())
	if err != nil {
		return err
	}
	return o.run(ctx, tools, m)
}

func (o options) run(ctx context.Context, tools toolbox, m machine) error {
	jobs := jobs(o.contests, o.rounds)
	fmt.Printf("%d measurements, about %s\n", len(jobs), total(jobs, o.timing).Round(time.Second))
	entries, err := run(ctx, tools, jobs, o.timing, os.Stdout)
	if err != nil {
		return err
	}
	r := results{
		Machine: m,
		Timing:  o.timing,
		Rounds:  o.rounds,
		Blocks:  summaries(entries, o.contests),
		Entries: entries,
	}
	writeTables(os.Stdout, r.Blocks)
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
