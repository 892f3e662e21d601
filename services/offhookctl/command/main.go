// SPDX-License-Identifier: Apache-2.0

package command

import (
	"context"
	"errors"
	"fmt"

	"github.com/alecthomas/kong"
)

// Main does what the arguments say and returns the exit code. --help and
// --version end the process.
func Main(arguments []string, version string, env *Environment) int {
	var cli CLI
	parser, err := kong.New(&cli,
		kong.Name("offhookctl"),
		kong.Description("Watch and control phone lines through a CSTA server."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Vars{"version": version},
	)
	if err != nil {
		_, _ = fmt.Fprintln(env.Err, "offhookctl:", err)
		return ExitUsage
	}
	parsed, err := parser.Parse(arguments)
	if err != nil {
		_, _ = fmt.Fprintf(env.Err, "offhookctl: %v\nsee offhookctl --help\n", err)
		return ExitUsage
	}
	env.Model = parser.Model
	if err := parsed.Run(&cli.Connection, env); err != nil {
		if env.Context.Err() != nil && errors.Is(err, context.Canceled) {
			return ExitInterrupted
		}
		_, _ = fmt.Fprintln(env.Err, "offhookctl:", Explain(err))
		return ExitCode(err)
	}
	return ExitOK
}
