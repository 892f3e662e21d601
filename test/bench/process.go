// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// clockTicks is the kernel's unit of process times on Linux (USER_HZ).
const clockTicks = 100

// server is one running process of a system under test.
type server struct {
	name    string
	command *exec.Cmd
	output  bytes.Buffer
	exited  chan struct{}
}

func start(name string, program string, arguments ...string) (*server, error) {
	s := &server{name: name, command: exec.Command(program, arguments...), exited: make(chan struct{})} // #nosec G204 -- programs built by this benchmark
	s.command.Stdout, s.command.Stderr = &s.output, &s.output
	if err := s.command.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() {
		_ = s.command.Wait()
		close(s.exited)
	}()
	return s, nil
}

func (s *server) stop() {
	_ = s.command.Process.Signal(syscall.SIGTERM)
	timeout := time.NewTimer(10 * time.Second)
	defer timeout.Stop()
	select {
	case <-s.exited:
	case <-timeout.C:
		_ = s.command.Process.Kill()
		<-s.exited
	}
}

// cpu is the processor time the process has used, user and system.
func (s *server) cpu() (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.command.Process.Pid))
	if err != nil {
		return 0, fmt.Errorf("read processor time of %s: %w", s.name, err)
	}
	_, rest, ok := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	if !ok || len(fields) < 13 {
		return 0, fmt.Errorf("read processor time of %s: %q", s.name, text)
	}
	ticks := 0
	for _, field := range fields[11:13] {
		value, err := strconv.Atoi(field)
		if err != nil {
			return 0, fmt.Errorf("read processor time of %s: %w", s.name, err)
		}
		ticks += value
	}
	return time.Duration(ticks) * time.Second / clockTicks, nil
}

// system is all processes of one way to run the server, with where its SIP is.
type system struct {
	name    string
	servers []*server
	sip     string
	// admin are the addresses of the processes' /metrics.
	admin []string
}

func (s *system) stop() {
	for i := len(s.servers) - 1; i >= 0; i-- {
		s.servers[i].stop()
	}
}

func (s *system) cpu() (time.Duration, error) {
	var total time.Duration
	for _, server := range s.servers {
		used, err := server.cpu()
		if err != nil {
			return 0, err
		}
		total += used
	}
	return total, nil
}

// heap is the live heap of all processes, after a collection that the read of
// /debug/pprof/heap?gc=1 forces.
func (s *system) heap() (float64, error) {
	total := 0.0
	for _, address := range s.admin {
		if _, err := get("http://" + address + "/debug/pprof/heap?gc=1"); err != nil {
			return 0, err
		}
		text, err := get("http://" + address + "/metrics")
		if err != nil {
			return 0, err
		}
		value, err := metric(text, "go_memstats_heap_alloc_bytes")
		if err != nil {
			return 0, err
		}
		total += value
	}
	return total, nil
}

func metric(text, name string) (float64, error) {
	for line := range strings.Lines(text) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			return strconv.ParseFloat(strings.TrimSpace(value), 64)
		}
	}
	return 0, fmt.Errorf("no metric %s", name)
}

func get(url string) (string, error) {
	response, err := http.Get(url) // #nosec G107 -- loopback
	if err != nil {
		return "", fmt.Errorf("get %s: %w", url, err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("get %s: %s: %w", url, response.Status, errors.Join(err))
	}
	return string(text), nil
}

// waitListening waits until the address takes TCP connections.
func (s *system) waitListening(address string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	retry := time.NewTicker(50 * time.Millisecond)
	defer retry.Stop()
	for {
		connection, err := net.DialTimeout("tcp", address, time.Second)
		if err == nil {
			return connection.Close()
		}
		for _, server := range s.servers {
			select {
			case <-server.exited:
				return fmt.Errorf("%s ended: %s", server.name, server.output.String())
			default:
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s does not listen on %s: %w", s.name, address, err)
		case <-retry.C:
		}
	}
}

// build compiles the programs under test into a folder.
func build(folder string, packages map[string]string) error {
	for name, directory := range packages {
		command := exec.Command("go", "build", "-trimpath", "-o", filepath.Join(folder, name), ".") // #nosec G204 -- fixed arguments
		command.Dir = directory
		command.Env = append(os.Environ(), "CGO_ENABLED=0")
		if output, err := command.CombinedOutput(); err != nil {
			return fmt.Errorf("build %s: %w\n%s", name, err, output)
		}
	}
	return nil
}
