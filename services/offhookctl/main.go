// SPDX-License-Identifier: Apache-2.0

// Command offhookctl is a CSTA application for the command line: it watches
// and controls lines over SIP like any other application, and shows the
// administrator the server's sessions over gRPC.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"offhook.dev/services/offhookctl/command"
	"offhook.dev/services/process"
)

func main() {
	os.Exit(run(os.Args[1:]))
}

func run(arguments []string) int {
	var cli command.CLI
	parser, err := kong.New(&cli,
		kong.Name("offhookctl"),
		kong.Description("Watch and control phone lines through a CSTA server."),
		kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Vars{"version": process.Version},
	)
	if err != nil {
		fmt.Fprintln(os.Stderr, "offhookctl:", err)
		return command.ExitUsage
	}
	parsed, err := parser.Parse(arguments)
	if err != nil {
		fmt.Fprintf(os.Stderr, "offhookctl: %v\nsee offhookctl --help\n", err)
		return command.ExitUsage
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	environment := &command.Environment{Context: ctx, Out: os.Stdout, Err: os.Stderr, Model: parser.Model}
	if err := parsed.Run(&cli.Connection, environment); err != nil {
		if ctx.Err() != nil && errors.Is(err, context.Canceled) {
			return command.ExitInterrupted
		}
		fmt.Fprintln(os.Stderr, "offhookctl:", command.Explain(err))
		return command.ExitCode(err)
	}
	return command.ExitOK
}
