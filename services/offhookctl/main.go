// SPDX-License-Identifier: Apache-2.0

// Command offhookctl is a CSTA application for the command line: it watches
// and controls lines over SIP like any other application, and shows the
// administrator the server's sessions over gRPC.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"offhook.dev/services/offhookctl/command"
	"offhook.dev/services/process"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first signal ends the session; with the handler gone a second one kills.
	context.AfterFunc(ctx, stop)
	os.Exit(command.Main(os.Args[1:], process.Version, &command.Environment{
		Context: ctx, In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
	}))
}
