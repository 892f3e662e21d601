// SPDX-License-Identifier: Apache-2.0

package command

import (
	"context"
	"fmt"
	"io"
	"log/slog"

	"github.com/alecthomas/kong"

	"offhook.dev/operator/internal/config"
	"offhook.dev/services/process"
)

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// Outside is what the process gets from the operating system.
type Outside struct {
	Arguments      []string
	Environment    func(string) string
	Stdout, Stderr io.Writer
}

type flags struct {
	Config      string `help:"Configuration file (YAML)." type:"path" placeholder:"FILE"`
	LogLevel    string `help:"Log level in place of the one in the file: debug, info, warn or error." placeholder:"LEVEL"`
	Version     bool   `help:"Print the version and end."`
	PrintConfig bool   `help:"Print the configuration in force, passwords masked, and end."`
	Release     bool   `help:"Let go of all targets, so that they can be deleted without an operator, and end. For an uninstallation."`
}

// Run runs the operator until the context ends and returns its exit code: 0
// when it was asked to end, 1 on a failure or lost leadership, 2 on wrong flags
// or configuration.
func Run(ctx context.Context, outside Outside) int {
	fail := func(code int, err error) int {
		fmt.Fprintf(outside.Stderr, "operator: %v\n", err)
		return code
	}
	var given flags
	ended := -1
	parser, err := kong.New(&given, kong.Name("operator"), kong.Description("Gives the data plane the configuration that a namespace's objects say."),
		kong.Writers(outside.Stdout, outside.Stderr), kong.Exit(func(code int) { ended = code }))
	if err != nil {
		return fail(exitFailed, err)
	}
	_, err = parser.Parse(outside.Arguments)
	switch {
	case ended >= 0:
		return ended
	case err != nil:
		return fail(exitUsage, fmt.Errorf("%w; --help lists the flags", err))
	case given.Version:
		fmt.Fprintf(outside.Stdout, "operator %s\n", process.Version)
		return exitOK
	}
	read, err := load(&given, outside.Environment)
	if err != nil {
		return fail(exitUsage, err)
	}
	if given.PrintConfig {
		text, err := read.Print()
		if err != nil {
			return fail(exitFailed, err)
		}
		fmt.Fprint(outside.Stdout, text)
		return exitOK
	}
	level, err := read.LogLevel()
	if err != nil {
		return fail(exitUsage, err)
	}
	if read.Namespace == "" {
		return fail(exitUsage, fmt.Errorf("namespace: set POD_NAMESPACE, or namespace in the configuration"))
	}
	logger := slog.New(slog.NewJSONHandler(outside.Stderr, &slog.HandlerOptions{Level: level})).With("service", "operator")
	work := operate
	if given.Release {
		work = release
	}
	if err := work(ctx, read, outside.Environment, logger); err != nil {
		return fail(exitFailed, err)
	}
	return exitOK
}

func load(given *flags, environment func(string) string) (*config.Config, error) {
	file := given.Config
	if file == "" {
		file = environment("OFFHOOK_CONFIG")
	}
	read, err := config.Load(file, environment)
	if err != nil {
		return nil, err //nolint:wrapcheck // it says what it did
	}
	level := given.LogLevel
	if level == "" {
		level = environment("OFFHOOK_LOG_LEVEL")
	}
	if level != "" {
		read.Log.Level = level
	}
	return read, nil
}
