package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strconv"
)

// A sample is what one measurement found. Fields that its scenario does not
// measure are 0.
type sample struct {
	PerSecond float64 `json:"per_second"`
	CPU       float64 `json:"cpu_us"` // of the program compared, per message or handshake
	P50       float64 `json:"p50_us"`
	P99       float64 `json:"p99_us"`
	Bytes     float64 `json:"bytes_per_conn"`
	Kept      float64 `json:"kept_per_conn,omitempty"` // of Bytes, what a collection leaves
	Sent      float64 `json:"wire_sent,omitempty"`     // to the server, a frame
	Received  float64 `json:"wire_received,omitempty"` // from the server
}

// report is the part of wsload's line, and of zipload's, that matters here.
type report struct {
	PerSecond float64 `json:"msgs_per_s"`
	CPU       float64 `json:"server_cpu_per_m"` // seconds a million, so microseconds each
	Latency   struct {
		P50 float64 `json:"p50"`
		P99 float64 `json:"p99"`
	} `json:"lat_us"`
	Messages uint64  `json:"msgs"`
	Sent     float64 `json:"wire_sent"`
	Received float64 `json:"wire_received"`
	Alive    int     `json:"alive"`
	Errors   uint64  `json:"errors"`
	Note     string  `json:"note"`
}

func parseReport(line []byte) (report, error) {
	var r report
	if err := json.Unmarshal(line, &r); err != nil {
		return r, fmt.Errorf("the load generator said %q: %w", line, err)
	}
	if r.Errors > 0 {
		return r, fmt.Errorf("the load generator counted %d errors, the first: %q", r.Errors, r.Note)
	}
	return r, nil
}

// measure runs one program through one scenario.
func (b toolbox) measure(ctx context.Context, p program, sc scenario, t timing) (sample, error) {
	if sc.Against != "" {
		return b.measureClient(ctx, p, sc, t)
	}
	return b.measureServer(ctx, p, sc, t)
}

func (b toolbox) measureServer(ctx context.Context, s program, sc scenario, t timing) (sample, error) {
	p, err := start(ctx, b.program(s), s.command(sc.kind))
	if err != nil {
		return sample{}, err
	}
	defer p.stop()
	cmd := b.loader(ctx, p, s, sc, t)
	if sc.kind.ofMemory() {
		return measureIdle(p, cmd, sc, t)
	}
	r, err := load(cmd)
	if err == nil && r.Messages == 0 {
		err = fmt.Errorf("not one %s went through", sc.unit())
	}
	if err != nil {
		return sample{}, err
	}
	return sample{PerSecond: r.PerSecond, CPU: r.CPU, P50: r.Latency.P50, P99: r.Latency.P99, Sent: r.Sent, Received: r.Received}, nil
}

// loader is the load generator of a scenario, aimed at p, which runs s.
func (b toolbox) loader(ctx context.Context, p *process, s program, sc scenario, t timing) *exec.Cmd {
	args := append([]string{b.wsload()}, sc.loadArgs(t, s.raw)...)
	if sc.kind.zips() {
		args = append([]string{b.zipload()}, sc.zipArgs(t)...)
	}
	args = append(args, "-p", p.port, "-P", strconv.Itoa(p.pid()))
	cmd := exec.CommandContext(ctx, "taskset", append([]string{"-c", loadCore}, args...)...)
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	return cmd
}

// load runs a load generator to its end.
func load(cmd *exec.Cmd) (report, error) {
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if len(out) == 0 && err != nil {
		return report{}, fmt.Errorf("the load generator: %w: %s", err, bytes.TrimSpace(stderr.Bytes()))
	}
	return parseReport(out)
}
