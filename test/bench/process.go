// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
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
	output  bytes.Buffer // of a process that has exited
	exited  chan struct{}
	// admin is the address of /readyz, /metrics and profiles; empty: none.
	admin string
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
	// overdue ends the processes, and with them everything that waits for
	// their answers.
	overdue *time.Timer
}

// longest is how long a system may run.
const longest = 4 * time.Minute

func (s *system) limitTime() {
	s.overdue = time.AfterFunc(longest, func() {
		for _, server := range s.servers {
			_ = server.command.Process.Kill()
		}
	})
}

func (s *system) stop() {
	if s.overdue != nil {
		s.overdue.Stop()
	}
	for _, v := range slices.Backward(s.servers) {
		v.stop()
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

// heap is the live heap of all Go processes with an admin listener, after two
// collections, which empty the pools, that reads of /debug/pprof/heap?gc=1 force.
func (s *system) heap() (float64, error) {
	total := 0.0
	for _, server := range s.servers {
		if server.admin == "" {
			continue
		}
		for range 2 {
			if _, err := get("http://" + server.admin + "/debug/pprof/heap?gc=1"); err != nil {
				return 0, err
			}
		}
		text, err := get("http://" + server.admin + "/metrics")
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
		return "", errors.Join(fmt.Errorf("get %s: %s", url, response.Status), err)
	}
	return string(text), nil
}

// awaitListening waits until an address takes TCP connections.
func (s *system) awaitListening(address string) error {
	return s.await(address+" to listen", func() error {
		connection, err := net.DialTimeout("tcp", address, time.Second)
		if err != nil {
			return err
		}
		return connection.Close()
	})
}

// awaitReady waits until a process says that it is ready.
func (s *system) awaitReady(server *server) error {
	return s.await(server.name+" to be ready", func() error {
		_, err := get("http://" + server.admin + "/readyz")
		return err
	})
}

// await asks until there is no error, for half a minute at most.
func (s *system) await(what string, ask func() error) error {
	timeout := time.NewTimer(30 * time.Second)
	defer timeout.Stop()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		err := ask()
		if err == nil {
			return nil
		}
		for _, server := range s.servers {
			select {
			case <-server.exited:
				return fmt.Errorf("%s ended: %s", server.name, server.output.String())
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

// programs are what is measured, by the folders of their modules and packages.
var programs = []struct{ name, module, path string }{
	{"baseline", "test", "./bench/baseline"},
	{"offhook", "offhook", "."},
	{"sip-edge", "services", "./sip-edge"},
	{"csta-session", "services", "./csta-session"},
	{"monitor", "services", "./monitor"},
	{"phone-control", "services", "./phone-control"},
}

// build compiles the programs, as a release does, into a folder.
func build(folder string) error {
	root, err := repositoryRoot()
	if err != nil {
		return err
	}
	for _, program := range programs {
		command := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", filepath.Join(folder, program.name), program.path) // #nosec G204 -- fixed arguments
		command.Dir = filepath.Join(root, program.module)
		command.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-buildvcs=false")
		if output, err := command.CombinedOutput(); err != nil {
			return fmt.Errorf("build %s: %w\n%s", program.name, err, output)
		}
	}
	return nil
}

func repositoryRoot() (string, error) {
	folder, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find the repository: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "offhook", "go.mod")); err == nil {
			return folder, nil
		}
		if folder == filepath.Dir(folder) {
			return "", errors.New("find the repository: no folder above has offhook/go.mod")
		}
		folder = filepath.Dir(folder)
	}
}
