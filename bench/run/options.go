package main

import (
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// options is what the flags say.
type options struct {
	contests []contest
	against  []program // the echo servers of the clients
	rounds   int
	timing   timing
	out      string
}

// selection is what to compare, by name.
type selection struct {
	servers, clients, against, scenarios, base string
	idleConns                                  int
}

func parseFlags(args []string) (options, error) {
	var o options
	var sel selection
	fs := flag.NewFlagSet("run", flag.ContinueOnError)
	fs.StringVar(&sel.servers, "servers", "duplex,gorilla,coder,gobwas,gobwasbatch,gws,rawecho", "servers to compare, of "+known(servers)+"; alone: no clients")
	fs.StringVar(&sel.clients, "clients", "duplex,duplex-into,gorilla,coder,gobwas,gobwasbatch,gws", "clients to compare, of "+known(clients)+"; alone: no servers")
	fs.StringVar(&sel.against, "against", "loopraw,loop", "echo servers to compare the clients with")
	fs.StringVar(&sel.scenarios, "scenarios", "a,b,c,d,e,idle,rate", "scenarios to run")
	fs.IntVar(&o.rounds, "rounds", 3, "measurements of each program in each scenario")
	fs.Float64Var(&o.timing.Secs, "secs", 4, "seconds measured; the CPU clock of servers ticks in 10 ms")
	fs.Float64Var(&o.timing.Warm, "warm", 0.7, "seconds of warm-up")
	fs.Float64Var(&o.timing.Settle, "settle", 3, "seconds between the last echo and the look at idle memory")
	fs.IntVar(&sel.idleConns, "idle-conns", 10_000, "idle connections")
	quick := fs.Bool("quick", false, "three minutes: one short round, clients of one server, 2000 idle connections")
	fs.StringVar(&sel.base, "base", "", "program to compare with (the first one)")
	fs.StringVar(&o.out, "out", "latest", "name of the file in results/")
	if err := fs.Parse(args); err != nil {
		return o, err
	}
	if *quick {
		o.rounds, sel.idleConns, sel.against = 1, 2000, "loopraw"
		o.timing = timing{Secs: 1.5, Warm: 0.3, Settle: 1}
	}
	sel.narrow(fs)
	if err := o.choose(sel); err != nil {
		return o, err
	}
	return o, o.check()
}

func known(list []program) string { return strings.Join(names(list), ",") }

// narrow leaves clients out when only servers were asked for, and the other
// way round.
func (sel *selection) narrow(fs *flag.FlagSet) {
	asked := map[string]bool{}
	fs.Visit(func(f *flag.Flag) { asked[f.Name] = true })
	switch {
	case asked["servers"] && !asked["clients"]:
		sel.clients = ""
	case asked["clients"] && !asked["servers"]:
		sel.servers = ""
	}
}

// choose sets up the contests.
func (o *options) choose(sel selection) error {
	scs, err := pickScenarios(strings.Split(sel.scenarios, ","), sel.idleConns)
	if err != nil {
		return err
	}
	based := sel.base == ""
	add := func(all []program, chosen string, scs []scenario) error {
		if chosen == "" || len(scs) == 0 {
			return nil
		}
		list, err := pickPrograms(all, strings.Split(chosen, ","))
		if err != nil {
			return err
		}
		based = based || slices.Contains(names(list), sel.base)
		o.contests = append(o.contests, newContest(list, scs, sel.base))
		return nil
	}
	if err := add(servers, sel.servers, scs); err != nil {
		return err
	}
	if o.against, err = pickPrograms(servers, strings.Split(sel.against, ",")); err != nil {
		return err
	}
	for _, s := range o.against {
		if s.raw {
			return fmt.Errorf("-against %s: it does not speak WebSocket", s.name)
		}
		if err := add(clients, sel.clients, against(scs, s)); err != nil {
			return err
		}
	}
	if !based {
		return fmt.Errorf("-base %q is not among the programs compared", sel.base)
	}
	return nil
}

// check refuses options that cannot be run.
func (o *options) check() error {
	if o.rounds < 1 || o.timing.Secs <= 0 || o.timing.Warm < 0 || o.timing.Settle < 0 {
		return errors.New("rounds and seconds must be positive")
	}
	if len(jobs(o.contests, 1)) == 0 {
		return errors.New("there is nothing to measure: clients are measured in a to e")
	}
	if o.out != filepath.Base(o.out) {
		return fmt.Errorf("-out %q is not a plain name", o.out)
	}
	return nil
}

// programs is all that has to be built.
func (o *options) programs() []program {
	list := slices.Clone(o.against)
	for _, c := range o.contests {
		list = append(list, c.programs...)
	}
	return list
}
