package main

import "slices"

// median returns the middle value, the mean of the two middle ones of an even
// number, and 0 of none.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	v := slices.Sorted(slices.Values(values))
	half := len(v) / 2
	if len(v)%2 == 1 {
		return v[half]
	}
	return (v[half-1] + v[half]) / 2
}

// medians returns the median of each figure on its own.
func medians(samples []sample) sample {
	of := func(figure func(sample) float64) float64 {
		var values []float64
		for _, s := range samples {
			values = append(values, figure(s))
		}
		return median(values)
	}
	return sample{
		PerSecond: of(func(s sample) float64 { return s.PerSecond }),
		CPU:       of(func(s sample) float64 { return s.CPU }),
		P50:       of(func(s sample) float64 { return s.P50 }),
		P99:       of(func(s sample) float64 { return s.P99 }),
		Bytes:     of(func(s sample) float64 { return s.Bytes }),
		Kept:      of(func(s sample) float64 { return s.Kept }),
		Sent:      of(func(s sample) float64 { return s.Sent }),
		Received:  of(func(s sample) float64 { return s.Received }),
	}
}

// cost is the figure that is compared.
func (sc scenario) cost(s sample) float64 {
	switch sc.kind {
	case zipIdle:
		return s.Kept
	case idle:
		return s.Bytes
	}
	return s.CPU
}

// summarize sorts the entries into blocks, in the order of scs and list, and
// compares every program with the base.
func summarize(entries []entry, scs []scenario, list []program, base string) []block {
	var blocks []block
	for _, sc := range scs {
		b := block{scenario: sc, Base: base}
		for _, p := range list {
			if sum, ok := collect(entries, sc, p.name); ok {
				b.Programs = append(b.Programs, sum)
			}
		}
		compare(&b)
		b.BestPeer = bestPeer(&b, list)
		blocks = append(blocks, b)
	}
	return blocks
}

// collect takes the medians of one program in one scenario.
func collect(entries []entry, sc scenario, name string) (sum summary, ok bool) {
	sum.Program = name
	var good []sample
	for _, e := range entries {
		if e.Scenario != sc.Name || e.Against != sc.Against || e.Program != name {
			continue
		}
		ok = true
		if e.Failed != "" {
			sum.Failed++
		} else {
			good = append(good, e.sample)
		}
	}
	sum.sample = medians(good)
	return sum, ok
}

func compare(b *block) {
	i := slices.IndexFunc(b.Programs, func(s summary) bool { return s.Program == b.Base })
	if i < 0 || b.cost(b.Programs[i].sample) <= 0 {
		return
	}
	unit := b.cost(b.Programs[i].sample)
	for i := range b.Programs {
		b.Programs[i].Ratio = b.cost(b.Programs[i].sample) / unit
	}
}

// bestPeer returns the smallest ratio of a peer that is not the base itself.
func bestPeer(b *block, list []program) (best float64) {
	for _, s := range b.Programs {
		isPeer := slices.ContainsFunc(list, func(p program) bool { return p.peer && p.name == s.Program })
		if isPeer && s.Program != b.Base && s.Ratio > 0 && (best == 0 || s.Ratio < best) {
			best = s.Ratio
		}
	}
	return best
}
