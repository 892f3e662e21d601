// SPDX-License-Identifier: Apache-2.0

// Command crowd measures a server with many Skinny phones: it starts offhook as
// a process of its own, registers the phones, lets them be for a while, and has
// them call one another. It reports what was lost, and the server's memory and
// processor time.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"offhook.dev/offhook/skinnyphone/crowd"
)

func main() {
	var o options
	flag.IntVar(&o.phones, "phones", 2000, "phones, each with a line of its own")
	flag.Float64Var(&o.rate, "rate", 50, "calls a second")
	flag.DurationVar(&o.duration, "duration", time.Minute, "how long they call")
	flag.DurationVar(&o.idle, "idle", 30*time.Second, "how long they only keep alive before that")
	flag.Parse()
	if err := o.run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

type options struct {
	phones         int
	rate           float64
	duration, idle time.Duration
}

func (o options) run(ctx context.Context, out io.Writer) error {
	folder, err := os.MkdirTemp("", "offhook-crowd-")
	if err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	members, err := o.write(filepath.Join(folder, "hall.yaml"))
	if err != nil {
		return err
	}
	program := filepath.Join(folder, "offhook")
	build := exec.CommandContext(ctx, "go", "build", "-o", program, "offhook.dev/offhook") // #nosec G204 -- of this repository
	if text, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build offhook: %w\n%s", err, text)
	}
	s, err := start(ctx, program, folder)
	if err != nil {
		return err
	}
	defer s.Stop()
	empty, _, err := s.Memory()
	if err != nil {
		return err
	}
	// Once to see what phones cost that only keep alive, once with calls.
	idle, err := s.measure(func() (*crowd.Result, error) {
		return crowd.Run(ctx, crowd.Options{Server: s.skinny, Members: members, Duration: o.idle})
	})
	if err != nil {
		return err
	}
	busy, err := s.measure(func() (*crowd.Result, error) {
		return crowd.Run(ctx, crowd.Options{Server: s.skinny, Members: members, Rate: o.rate, Duration: o.duration})
	})
	if err != nil {
		return err
	}
	o.print(out, empty, idle, busy)
	return busy.fault(idle)
}

// write writes a target with a line for each phone.
func (o options) write(path string) ([]crowd.Member, error) {
	var text strings.Builder
	text.WriteString("apiVersion: cti.offhook.dev/v1alpha1\nkind: CMETarget\nmetadata: {name: hall}\nspec:\n" +
		"  sip: {domains: [\"*\"]}\n  driver: {type: skinny}\n  limits: {calls: 10000}\n")
	members := make([]crowd.Member, o.phones)
	for i := range members {
		members[i] = crowd.Member{DeviceName: fmt.Sprintf("SEP%012X", i+1), Number: fmt.Sprint(20000 + i)}
		fmt.Fprintf(&text, "---\napiVersion: cti.offhook.dev/v1alpha1\nkind: Line\nmetadata: {name: line-%s}\nspec:\n"+
			"  {target: hall, number: %q, devices: [{name: desk, skinny: {mac: %s}}]}\n", members[i].Number, members[i].Number, members[i].DeviceName)
	}
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		return nil, fmt.Errorf("write manifests: %w", err)
	}
	return members, nil
}

func (o options) print(out io.Writer, empty uint64, idle, busy *measured) {
	const kilo = 1024
	_, _ = fmt.Fprintf(out, "%d Skinny phones at one process\n", o.phones)
	_, _ = fmt.Fprintf(out, "  registered in       %v\n", idle.result.Registering.Round(time.Millisecond))
	_, _ = fmt.Fprintf(out, "  memory per phone    %.1f kB (%d MB before, %d MB at most with phones idle, %d MB with calls)\n",
		float64(idle.memory-min(idle.memory, empty))/kilo/float64(o.phones), empty>>20, idle.memory>>20, busy.memory>>20)
	_, _ = fmt.Fprintf(out, "  processor, idle     %.2f %% of one core, registering included (%d keepalives answered)\n", idle.load(), idle.result.KeepAlives)
	_, _ = fmt.Fprintf(out, "  processor, calls    %.2f %% of one core, registering included\n", busy.load())
	r := busy.result
	_, _ = fmt.Fprintf(out, "  calls               %d offered, %d connected, %d failed, %d without two idle phones\n", r.Offered, r.Connected, r.Failed, r.Skipped)
	_, _ = fmt.Fprintf(out, "  set up in           %v at the median, %v for 99 of 100\n", r.Percentile(50).Round(100*time.Microsecond), r.Percentile(99).Round(100*time.Microsecond))
	_, _ = fmt.Fprintf(out, "  registrations lost  %d\n", len(idle.result.Lost)+len(r.Lost))
}
