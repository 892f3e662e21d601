// SPDX-License-Identifier: Apache-2.0

// Command bench measures Offhook as its users run it, as one process and as four
// services on an external NATS server, against a bare SIP server that answers
// the same requests with a canned body. The primary figure is the processor
// time of all server processes per request: it says the same on a busy machine
// as on an idle one. Everything is bounded in count and time, on loopback
// addresses and free ports; docs/performance.md says what the figures mean.
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
)

func main() {
	p := full
	quick := flag.Bool("quick", false, "smoke run: the same scenario, small and once")
	rounds := flag.Int("rounds", 0, "rounds in place of the plan's")
	requests := flag.Int("requests", 0, "requests per round and form in place of the plan's")
	forms := flag.String("forms", strings.Join(p.forms, ","), "forms to run, of baseline, one and four")
	parts := flag.String("parts", strings.Join(p.parts, ","), "parts to measure, of info, calls, idle and events")
	flag.StringVar(&p.profiles, "profiles", "", "folder to write processor profiles of the first round's parts to; they cost some time themselves")
	flag.Parse()
	if *quick {
		profiles := p.profiles
		p = smoke
		p.profiles = profiles
	}
	if *rounds > 0 {
		p.rounds = *rounds
	}
	if *requests > 0 {
		p.requests = *requests
	}
	p.forms, p.parts = strings.Split(*forms, ","), strings.Split(*parts, ",")
	measured, err := run(p, os.Stderr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	measured.print(os.Stdout)
	if failed := measured.failures(); len(failed) > 0 {
		fmt.Fprintln(os.Stderr, "bench: "+strings.Join(failed, "\nbench: "))
		os.Exit(1)
	}
}
