// SPDX-License-Identifier: Apache-2.0

// Package process runs the programs that benchmarks measure, and reads what they
// cost. It needs Linux.
package process

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// clockTicks is the kernel's unit of process times on Linux (USER_HZ).
const clockTicks = 100

// Process is a program that runs.
type Process struct {
	// Name for messages.
	Name string

	command *exec.Cmd
	output  bytes.Buffer // of a process that has exited
	exited  chan struct{}
}

// Start starts a program of the benchmark; Stop ends it.
func Start(name, program string, arguments ...string) (*Process, error) {
	p := &Process{Name: name, command: exec.Command(program, arguments...), exited: make(chan struct{})} // #nosec G204 -- programs built by a benchmark
	p.command.Stdout, p.command.Stderr = &p.output, &p.output
	if err := p.command.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() { // ends with the process, which Stop awaits
		_ = p.command.Wait()
		close(p.exited)
	}()
	return p, nil
}

// Stop ends the process, by force if it takes too long.
func (p *Process) Stop() {
	_ = p.command.Process.Signal(syscall.SIGTERM)
	timeout := time.NewTimer(10 * time.Second)
	defer timeout.Stop()
	select {
	case <-p.exited:
	case <-timeout.C:
		p.Kill()
		<-p.exited
	}
}

// Kill ends the process at once, without waiting.
func (p *Process) Kill() { _ = p.command.Process.Kill() }

// CPU is the processor time that the process has used, user and system.
func (p *Process) CPU() (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.command.Process.Pid))
	if err != nil {
		return 0, fmt.Errorf("read processor time of %s: %w", p.Name, err)
	}
	_, rest, ok := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	if !ok || len(fields) < 13 {
		return 0, fmt.Errorf("read processor time of %s: %q", p.Name, text)
	}
	ticks := 0
	for _, field := range fields[11:13] {
		value, err := strconv.Atoi(field)
		if err != nil {
			return 0, fmt.Errorf("read processor time of %s: %w", p.Name, err)
		}
		ticks += value
	}
	return time.Duration(ticks) * time.Second / clockTicks, nil
}

// Memory is what the process has resident, and the most that it has had, in
// bytes.
func (p *Process) Memory() (now, most uint64, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.command.Process.Pid))
	if err != nil {
		return 0, 0, fmt.Errorf("read memory of %s: %w", p.Name, err)
	}
	found := make(map[string]uint64)
	for line := range strings.Lines(string(text)) {
		name, rest, _ := strings.Cut(line, ":")
		if kilo, isKilo := strings.CutSuffix(strings.TrimSpace(rest), " kB"); isKilo {
			if found[name], err = strconv.ParseUint(kilo, 10, 64); err != nil {
				return 0, 0, fmt.Errorf("read memory of %s: %w", p.Name, err)
			}
		}
	}
	if found["VmRSS"] == 0 || found["VmHWM"] == 0 {
		return 0, 0, errors.New("read memory of " + p.Name + ": it is not told")
	}
	return found["VmRSS"] << 10, found["VmHWM"] << 10, nil
}

// Await asks until there is no error, for half a minute at most and as long as
// all processes run.
func Await(what string, ask func() error, processes ...*Process) error {
	timeout := time.NewTimer(30 * time.Second)
	defer timeout.Stop()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		err := ask()
		if err == nil {
			return nil
		}
		for _, p := range processes {
			select {
			case <-p.exited:
				return fmt.Errorf("%s ended: %s", p.Name, p.output.String())
			default:
			}
		}
		select {
		case <-timeout.C:
			return fmt.Errorf("wait for %s: %w", what, err)
		case <-again.C:
		}
	}
}
