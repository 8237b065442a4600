package main

import "slices"

// A contest is what is compared with each other: servers under wsload, or
// clients of one echo server.
type contest struct {
	programs  []program
	scenarios []scenario
	base      string
}

// newContest compares with base, or with the first program if base is "" or
// not among them.
func newContest(list []program, scs []scenario, base string) contest {
	if !slices.Contains(names(list), base) {
		base = list[0].name
	}
	return contest{list, scs, base}
}

// jobs lists the measurements of all contests.
func jobs(contests []contest, rounds int) (all []job) {
	for _, c := range contests {
		all = append(all, plan(c.programs, c.scenarios, rounds)...)
	}
	return all
}

// summaries sorts the entries into the blocks of all contests.
func summaries(entries []entry, contests []contest) (all []block) {
	for _, c := range contests {
		all = append(all, summarize(entries, c.scenarios, c.programs, c.base)...)
	}
	return all
}

func names(list []program) (all []string) {
	for _, p := range list {
		all = append(all, p.name)
	}
	return all
}
