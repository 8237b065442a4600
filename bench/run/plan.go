package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"
)

// A job is one measurement to make.
type job struct {
	program  program
	scenario scenario
	round    int
}

func (j job) String() string {
	if j.scenario.Against != "" {
		return fmt.Sprintf("%s, client %s of %s", j.scenario.Name, j.program.name, j.scenario.Against)
	}
	return fmt.Sprintf("%s, server %s", j.scenario.Name, j.program.name)
}

// plan lists the measurements: a scenario after the other, its rounds
// interleaved over the programs, every second round in reverse, so that a
// machine that slows down slows down all alike.
func plan(list []program, scs []scenario, rounds int) []job {
	var jobs []job
	for _, sc := range scs {
		for round := range rounds {
			order := slices.Clone(list)
			if round%2 == 1 {
				slices.Reverse(order)
			}
			for _, p := range order {
				if p.can(sc) {
					jobs = append(jobs, job{p, sc, round})
				}
			}
		}
	}
	return jobs
}

// total estimates how long the jobs take.
func total(jobs []job, t timing) time.Duration {
	var sum time.Duration
	for _, j := range jobs {
		sum += j.scenario.takes(t)
	}
	return sum
}

// run makes the measurements, with a line of progress each. A measurement that
// fails is recorded and does not end the run.
func run(ctx context.Context, b toolbox, jobs []job, t timing, progress io.Writer) ([]entry, error) {
	var entries []entry
	for i, j := range jobs {
		if err := ctx.Err(); err != nil {
			return entries, err
		}
		fmt.Fprintf(progress, "[%d/%d] %s, round %d: ", i+1, len(jobs), j, j.round+1)
		got, err := b.measure(ctx, j.program, j.scenario, t)
		e := entry{Scenario: j.scenario.Name, Against: j.scenario.Against, Program: j.program.name, Round: j.round + 1, sample: got}
		if err != nil {
			e.Failed = err.Error()
		}
		entries = append(entries, e)
		fmt.Fprintln(progress, e)
	}
	return entries, nil
}
