package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/duplexws/duplex/cmd/duplex/internal/cli"
)

func versionCommand() *cli.Command {
	return &cli.Command{
		Name:    "version",
		Summary: "say which version this is",
		Help:    "Prints the version, the Go release and the platform that it was built with and for, and the commit where that is known.",
		Run: func(env *cli.Env) error {
			info, _ := debug.ReadBuildInfo()
			_, err := fmt.Fprintln(env.Stdout, "duplex "+describe(info))
			return err
		},
	}
}

// version is the version alone, such as "v1.2.3" or "(devel)".
func version(info *debug.BuildInfo) string {
	if info == nil || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}

// describe is the version and what is known of its making.
func describe(info *debug.BuildInfo) string {
	made := []string{runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH}
	if info != nil {
		set := make(map[string]string)
		for _, s := range info.Settings {
			set[s.Key] = s.Value
		}
		if commit := set["vcs.revision"]; commit != "" {
			made = append(made, "commit "+commit[:min(12, len(commit))])
		}
		if when := set["vcs.time"]; when != "" {
			made = append(made, when)
		}
		if set["vcs.modified"] == "true" {
			made = append(made, "with changes")
		}
	}
	return version(info) + " (" + strings.Join(made, ", ") + ")"
}
