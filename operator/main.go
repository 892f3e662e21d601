// SPDX-License-Identifier: Apache-2.0

// Command operator gives the data plane the configuration that the objects of
// its namespace say, and tells in their status what became of them.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"offhook.dev/operator/internal/command"
)

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	return command.Run(ctx, command.Outside{
		Arguments: os.Args[1:], Environment: os.Getenv, Stdout: os.Stdout, Stderr: os.Stderr,
	})
}
