// Command duplex debugs and serves WebSocket. Run "duplex help".
package main

import (
	"os"

	"github.com/duplexws/duplex/cmd/duplex/internal/cli"
)

func main() {
	os.Exit(app().Run(os.Args[1:], cli.Env{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}))
}

// app is the table of commands, in the order in which help shows them.
func app() *cli.App {
	return &cli.App{
		Name:    "duplex",
		Summary: "WebSocket, whole: serve it, look at it, try it out",
		Commands: []*cli.Command{
			serveCommand(),
			echoCommand(),
			checkCommand(),
			versionCommand(),
		},
		Notes: "To begin, run 'duplex serve' and open the console that it names.",
	}
}
