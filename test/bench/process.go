// SPDX-License-Identifier: Apache-2.0

package main

import (
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
	"time"

	"offhook.dev/test/bench/process"
)

// server is one running process of a system under test.
type server struct {
	*process.Process
	// admin is the address of /readyz, /metrics and profiles; empty: none.
	admin string
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
			server.Kill()
		}
	})
}

func (s *system) stop() {
	if s.overdue != nil {
		s.overdue.Stop()
	}
	for _, v := range slices.Backward(s.servers) {
		v.Stop()
	}
}

func (s *system) cpu() (time.Duration, error) {
	var total time.Duration
	for _, server := range s.servers {
		used, err := server.CPU()
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
	return s.await(server.Name+" to be ready", func() error {
		_, err := get("http://" + server.admin + "/readyz")
		return err
	})
}

// await asks until there is no error, as process.Await does.
func (s *system) await(what string, ask func() error) error {
	processes := make([]*process.Process, len(s.servers))
	for i, server := range s.servers {
		processes[i] = server.Process
	}
	return process.Await(what, ask, processes...)
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
