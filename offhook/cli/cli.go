// SPDX-License-Identifier: Apache-2.0

// Package cli has the commands of offhook.
package cli

import (
	"context"
	"io"
	"log/slog"

	"github.com/alecthomas/kong"
)

// CLI is the command line.
type CLI struct {
	Run   Run   `cmd:"" help:"Run all services in this process."`
	Check Check `cmd:"" help:"Check a folder of manifests and say what is wrong."`
	Apply Apply `cmd:"" help:"Publish a folder of manifests to separate services through NATS."`
	Phone Phone `cmd:"" help:"Be a software phone."`
	Probe Probe `cmd:"" help:"Test an installation: two phones, an application and a call."`

	Version kong.VersionFlag `help:"Print the version and exit."`
}

// Environment is where a command runs.
type Environment struct {
	Context  context.Context //nolint:containedctx // kong's Run takes values, not a context
	In       io.Reader
	Out, Err io.Writer
}

func logger(out io.Writer, level string) *slog.Logger {
	var threshold slog.Level
	if threshold.UnmarshalText([]byte(level)) != nil {
		threshold = slog.LevelInfo
	}
	return slog.New(slog.NewJSONHandler(out, &slog.HandlerOptions{Level: threshold}))
}
