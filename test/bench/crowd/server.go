// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"offhook.dev/offhook/skinnyphone/crowd"
)

// clockTicks is the kernel's unit of process times on Linux (USER_HZ).
const clockTicks = 100

// server is offhook as a process.
type server struct {
	command *exec.Cmd
	output  bytes.Buffer // of a process that has exited
	exited  chan struct{}
	skinny  string
}

// start starts the server and waits until it is ready.
func start(ctx context.Context, program, manifests string) (*server, error) {
	addresses, err := free(4)
	if err != nil {
		return nil, err
	}
	s := &server{exited: make(chan struct{}), skinny: addresses[0]}
	s.command = exec.Command(program, "run", "--manifests", manifests, "--skinny", s.skinny, //nolint:noctx // stop ends it
		"--sip", "udp:"+addresses[1]+",tcp:"+addresses[1], "--admin", addresses[2], "--grpc", addresses[3], "--log-level", "warn")
	s.command.Stdout, s.command.Stderr = &s.output, &s.output
	if err := s.command.Start(); err != nil {
		return nil, fmt.Errorf("start offhook: %w", err)
	}
	go func() { // ends with the process; stop awaits it
		_ = s.command.Wait()
		close(s.exited)
	}()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		if s.ready(ctx, addresses[2]) {
			return s, nil
		}
		select {
		case <-again.C:
		case <-s.exited:
			return nil, fmt.Errorf("offhook has ended:\n%s", s.output.String())
		}
	}
}

func (s *server) ready(ctx context.Context, admin string) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+admin+"/readyz", nil)
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	_ = response.Body.Close()
	return response.StatusCode == http.StatusOK
}

func (s *server) stop() {
	_ = s.command.Process.Signal(syscall.SIGTERM)
	<-s.exited
}

// free are loopback addresses that nobody listens at.
func free(n int) ([]string, error) {
	var addresses []string
	for range n {
		listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // at once
		if err != nil {
			return nil, fmt.Errorf("find a free port: %w", err)
		}
		defer func() { _ = listener.Close() }()
		addresses = append(addresses, listener.Addr().String())
	}
	return addresses, nil
}

// measured is what a crowd saw, and what it cost.
type measured struct {
	result *crowd.Result
	took   time.Duration
	cpu    time.Duration
	// memory at the end, in bytes.
	memory uint64
}

// load is the processor time per time, in percent of one core.
func (m *measured) load() float64 { return 100 * float64(m.cpu) / float64(m.took) }

// fault tells what must not be.
func (m *measured) fault(idle *measured) error {
	r := m.result
	switch {
	case len(r.Lost)+len(idle.result.Lost) > 0:
		return fmt.Errorf("registrations were lost: %v %v", idle.result.Lost, r.Lost)
	case r.Failed > 0:
		return fmt.Errorf("%d calls failed: %v", r.Failed, r.Errors)
	case len(r.Faults) > 0:
		return fmt.Errorf("phones could not obey: %v", r.Faults)
	case r.Connected+r.Skipped != r.Offered:
		return fmt.Errorf("of %d calls %d were connected", r.Offered, r.Connected)
	}
	return nil
}

// measure runs a crowd. The memory is the most that the process has had.
func (s *server) measure(run func() (*crowd.Result, error)) (*measured, error) {
	before, err := s.cpu()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	result, err := run()
	if err != nil {
		return nil, fmt.Errorf("run the crowd: %w", err)
	}
	m := &measured{result: result, took: time.Since(began)}
	after, err := s.cpu()
	if err != nil {
		return nil, err
	}
	m.cpu = after - before
	m.memory, err = s.field("VmHWM")
	return m, err
}

// memory that the process has resident.
func (s *server) memory() (uint64, error) { return s.field("VmRSS") }

func (s *server) field(name string) (uint64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.command.Process.Pid))
	if err != nil {
		return 0, fmt.Errorf("read memory of offhook: %w", err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			kilo, err := strconv.ParseUint(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			return kilo << 10, err
		}
	}
	return 0, errors.New("read memory of offhook: there is no " + name)
}

// cpu is the processor time that the process has used, user and system.
func (s *server) cpu() (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.command.Process.Pid))
	if err != nil {
		return 0, fmt.Errorf("read processor time of offhook: %w", err)
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0, fmt.Errorf("read processor time of offhook: %q", text)
	}
	ticks := 0
	for _, field := range fields[11:13] {
		value, err := strconv.Atoi(field)
		if err != nil {
			return 0, fmt.Errorf("read processor time of offhook: %w", err)
		}
		ticks += value
	}
	return time.Duration(ticks) * time.Second / clockTicks, nil
}
