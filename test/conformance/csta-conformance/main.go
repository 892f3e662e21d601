// SPDX-License-Identifier: Apache-2.0

// Command csta-conformance checks a CSTA server over SIP and prints one line for
// each check. It exits with 0 where all that the server offers conforms, 1 where
// something does not, and 2 where nothing could be checked.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"offhook.dev/csta"
	"offhook.dev/test/conformance"
)

type arguments struct {
	Server   string   `arg:"" help:"host:port of the CSTA server."`
	UDP      bool     `help:"Use UDP in place of TCP." name:"udp"`
	Domain   string   `help:"Domain of the addresses in From and To; the server's host where left out."`
	User     string   `required:"" help:"CTI user."`
	Password string   `env:"CSTA_PASSWORD" help:"Password of the user; better by CSTA_PASSWORD."`
	Lines    []string `required:"" help:"Lines with idle phones, two to four: 1001,1002,1003."`
	Edition  int      `default:"3" help:"Edition of ECMA-323, 2 to 6."`
}

func main() { os.Exit(run(os.Stdout)) }

func run(report io.Writer) int {
	var given arguments
	kong.Parse(&given, kong.Description("Checks a CSTA server over SIP. Calls are made between the lines given."))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	transport := "tcp"
	if given.UDP {
		transport = "udp"
	}
	counts := make(map[conformance.Outcome]int)
	err := conformance.RunChecks(ctx, conformance.Server{
		Address: given.Server, Transport: transport, Domain: given.Domain, User: given.User, Password: given.Password,
		Lines: given.Lines, Edition: csta.Edition(given.Edition),
	}, func(result conformance.Result) {
		counts[result.Outcome]++
		_, _ = fmt.Fprintf(report, "%-12s %-28s %s\n", result.Outcome, result.Name, result.Source)
		if result.Err != nil {
			_, _ = fmt.Fprintf(report, "%13s%s\n", "", strings.ReplaceAll(result.Err.Error(), "\n", "\n             "))
		}
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, "csta-conformance:", err)
		return 2
	}
	_, _ = fmt.Fprintf(report, "%d conform, %d do not, %d are not offered\n",
		counts[conformance.Passed], counts[conformance.Failed], counts[conformance.NotOffered])
	if counts[conformance.Failed] > 0 {
		return 1
	}
	return 0
}
