// SPDX-License-Identifier: Apache-2.0

package process

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// Version of the binary, set by the linker.
var Version = "dev"

// Exit codes of Main.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// Main runs a process and returns its exit code: 0 after a complete
// drain, 1 on a failure, an incomplete drain or a second signal, 2 on wrong
// flags or configuration.
//
//	func main() { os.Exit(process.Main(spec)) }
func Main[C Configuration](spec Spec[C]) int {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	defer signal.Stop(signals)
	defer KeepHeapRoom(HeapRoom)()
	return run(context.Background(), &spec, outside{
		arguments: os.Args[1:], environment: os.Getenv, signals: signals, stdout: os.Stdout, stderr: os.Stderr,
	})
}

// outside is what a process gets from the operating system.
type outside struct {
	arguments      []string
	environment    func(string) string
	signals        <-chan os.Signal
	stdout, stderr io.Writer
}

type flags struct {
	Config      string `help:"Configuration file (YAML)." type:"path" placeholder:"FILE"`
	LogLevel    string `help:"Log level in place of the one in the file: debug, info, warn or error." placeholder:"LEVEL"`
	Version     bool   `help:"Print the version and end."`
	PrintConfig bool   `help:"Print the configuration in force, passwords masked, and end."`
}

func run[C Configuration](ctx context.Context, spec *Spec[C], out outside) int {
	fail := func(code int, err error) int {
		fmt.Fprintf(out.stderr, "%s: %v\n", spec.Name, err)
		return code
	}
	var given flags
	ended := -1
	parser, err := kong.New(&given, kong.Name(spec.Name), kong.Description(spec.Summary),
		kong.Writers(out.stdout, out.stderr), kong.Exit(func(code int) { ended = code }))
	if err != nil {
		return fail(exitFailed, err)
	}
	_, err = parser.Parse(out.arguments)
	switch {
	case ended >= 0:
		return ended
	case err != nil:
		return fail(exitUsage, fmt.Errorf("%w; --help lists the flags", err))
	case given.Version:
		fmt.Fprintf(out.stdout, "%s %s\n", spec.Name, Version)
		return exitOK
	}
	if given.Config == "" {
		given.Config = out.environment("OFFHOOK_CONFIG")
	}
	config, err := load(spec, given.Config)
	if err != nil {
		return fail(exitUsage, err)
	}
	if given.LogLevel == "" {
		given.LogLevel = out.environment("OFFHOOK_LOG_LEVEL")
	}
	if given.LogLevel != "" {
		if _, err := logLevel(given.LogLevel); err != nil {
			return fail(exitUsage, fmt.Errorf("--log-level: %w", err))
		}
		config.Base().Log.Level = given.LogLevel
	}
	if given.PrintConfig {
		text, err := printable(config)
		if err != nil {
			return fail(exitFailed, err)
		}
		fmt.Fprint(out.stdout, text)
		return exitOK
	}
	if err := serve(ctx, spec, config, out); err != nil {
		return fail(exitFailed, err)
	}
	return exitOK
}
