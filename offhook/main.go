// SPDX-License-Identifier: Apache-2.0

// Command offhook runs the whole CSTA server in one process, with an embedded
// NATS server, from a folder of manifests. It also checks and publishes
// manifests for separate services, and is a software phone.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"offhook.dev/offhook/cli"
	"offhook.dev/services/process"
)

func main() {
	os.Exit(run(os.Args[1:]))
}

func run(arguments []string) int {
	var commands cli.CLI
	parser, err := kong.New(&commands,
		kong.Name("offhook"),
		kong.Description("An open CSTA server: applications monitor and control SIP phones."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Vars{"version": process.Version},
	)
	if err != nil {
		fmt.Fprintln(os.Stderr, "offhook:", err)
		return 2
	}
	parsed, err := parser.Parse(arguments)
	if err != nil {
		fmt.Fprintf(os.Stderr, "offhook: %v\nsee offhook --help\n", err)
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first signal drains; with the handler gone a second one kills.
	context.AfterFunc(ctx, stop)
	defer stop()
	environment := &cli.Environment{Context: ctx, In: os.Stdin, Out: os.Stdout, Err: os.Stderr}
	if err := parsed.Run(environment); err != nil && !(ctx.Err() != nil && errors.Is(err, context.Canceled)) {
		fmt.Fprintln(os.Stderr, "offhook:", err)
		return 1
	}
	return 0
}
