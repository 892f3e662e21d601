// SPDX-License-Identifier: Apache-2.0

// Package e2e tests Offhook from end to end: the built programs, real SIP phones
// (baresip) that tests use as people do, and CSTA applications. What is asserted
// is what applications and phones report, not what services think.
package e2e

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"offhook.dev/test/e2e/baresip"
	"offhook.dev/test/e2e/system"
)

// binaries are built once for all tests; nil where nothing can run.
var binaries *system.Binaries

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(runAll(m))
}

func runAll(m *testing.M) int {
	if baresip.Installed() && !testing.Short() {
		built, err := system.Build()
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer built.Remove()
		binaries = built
	}
	return m.Run()
}

// forEachForm runs a test against both forms of the system.
func forEachForm(t *testing.T, test func(t *testing.T, form system.Form)) {
	for _, form := range []system.Form{system.OneProcess, system.FourProcesses} {
		t.Run(string(form), func(t *testing.T) {
			if testing.Short() {
				t.Skip("-short: no child processes")
			}
			if binaries == nil {
				t.Skip("baresip is not installed (Debian package baresip-core)")
			}
			if form == system.FourProcesses && !system.NATSServerInstalled() {
				t.Skip("nats-server is not installed (Debian package nats-server)")
			}
			test(t, form)
		})
	}
}
