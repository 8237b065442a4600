package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// A machine says where the figures come from.
type machine struct {
	CPU    string `json:"cpu"`
	Cores  int    `json:"cores"`
	Kernel string `json:"kernel"`
	OS     string `json:"os"`
	Arch   string `json:"arch"`
	Go     string `json:"go"`
	Date   string `json:"date"`
	// Load is the load average of the last minute before the run: what else
	// the machine was doing. Figures from a busy machine are worth little.
	Load float64 `json:"load"`
}

func thisMachine(now time.Time) machine {
	info, _ := os.ReadFile("/proc/cpuinfo")
	load, _ := os.ReadFile("/proc/loadavg")
	kernel, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	return machine{
		CPU:    parseCPU(string(info)),
		Cores:  runtime.NumCPU(),
		Kernel: strings.TrimSpace(string(kernel)),
		OS:     runtime.GOOS,
		Arch:   runtime.GOARCH,
		Go:     runtime.Version(),
		Date:   now.UTC().Format(time.DateOnly),
		Load:   parseLoad(string(load)),
	}
}

// busy is the load average above which the run begins with a warning.
const busy = 0.5

// warning says that the machine is busy, or nothing.
func (m machine) warning() string {
	if m.Load <= busy {
		return ""
	}
	return fmt.Sprintf("warning: the load average is %.2f; other work on this machine disturbs the figures\n", m.Load)
}

// parseLoad finds the average of the last minute in the text of /proc/loadavg.
func parseLoad(text string) float64 {
	first, _, _ := strings.Cut(text, " ")
	load, err := strconv.ParseFloat(first, 64)
	if err != nil {
		return 0
	}
	return load
}

// parseCPU finds the model in the text of /proc/cpuinfo.
func parseCPU(info string) string {
	for line := range strings.Lines(info) {
		if k, v, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(k) == "model name" {
			return strings.TrimSpace(v)
		}
	}
	return "unknown"
}
