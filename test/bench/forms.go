// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"

	"offhook.dev/test/bench/process"
)

// errNoNATS says that the four processes cannot be run here.
var errNoNATS = errors.New("nats-server is not installed (Debian: apt-get install nats-server)")

// workplace is where programs, manifests and files of one run are.
type workplace struct{ folder string }

func (w workplace) program(name string) string { return filepath.Join(w.folder, "bin", name) }

func (w workplace) manifests() string { return filepath.Join(w.folder, "manifests") }

func prepare(p plan) (workplace, error) {
	folder, err := os.MkdirTemp("", "offhook-bench-")
	if err != nil {
		return workplace{}, fmt.Errorf("make folder: %w", err)
	}
	w := workplace{folder: folder}
	err = errors.Join(os.Mkdir(filepath.Join(folder, "bin"), 0o700), os.Mkdir(w.manifests(), 0o700))
	if err == nil {
		err = errors.Join(build(filepath.Join(folder, "bin")), writeManifests(w.manifests(), p.pairs))
	}
	if err != nil {
		w.remove()
	}
	return w, err
}

func (w workplace) remove() { _ = os.RemoveAll(w.folder) }

// start runs a form and waits until it serves.
func (w workplace) start(form string) (*system, error) {
	s := &system{name: form}
	var err error
	if s.sip, err = freeAddress(); err != nil {
		return nil, err
	}
	switch form {
	case formBaseline:
		err = s.run("", "baseline", w.program("baseline"), "-listen", s.sip)
	case formOne:
		err = w.startOne(s)
	case formFour:
		err = w.startFour(s)
	default:
		err = fmt.Errorf("form %q is none of baseline, one and four", form)
	}
	if err == nil {
		err = s.awaitListening(s.sip)
	}
	if err != nil {
		s.stop()
		return nil, err
	}
	s.limitTime()
	return s, nil
}

func (w workplace) startOne(s *system) error {
	admin, err := freeAddress()
	if err != nil {
		return err
	}
	return s.run(admin, "offhook", w.program("offhook"), "run", "--manifests", w.manifests(), "--sip", "tcp:"+s.sip,
		"--grpc", "", "--admin", admin, "--profiling", "--source-rate=-1", "--log-level", "warn")
}

func (w workplace) startFour(s *system) error {
	if _, err := exec.LookPath("nats-server"); err != nil {
		return errNoNATS
	}
	nats, err := freeAddress()
	if err != nil {
		return err
	}
	host, port, _ := net.SplitHostPort(nats)
	store := filepath.Join(w.folder, "nats")
	if err := s.run("", "nats-server", "nats-server", "-js", "-a", host, "-p", port, "-sd", store); err != nil {
		return err
	}
	if err := s.awaitListening(nats); err != nil {
		return err
	}
	key := filepath.Join(w.folder, "key")
	if err := os.WriteFile(key, []byte("an unsecret key for a benchmark!"), 0o600); err != nil {
		return fmt.Errorf("write key: %w", err)
	}
	apply := exec.Command(w.program("offhook"), "apply", "--nats", "nats://"+nats, "--manifests", w.manifests(), "--key-file", key) // #nosec G204 -- built by this benchmark
	if output, err := apply.CombinedOutput(); err != nil {
		return fmt.Errorf("apply manifests: %w\n%s", err, output)
	}
	for _, service := range []struct{ name, kind, settings string }{
		{"phone-control", "PhoneControlConfig", "sip: {listen: \"127.0.0.1:0\"}"},
		{"monitor", "MonitorConfig", ""},
		{"csta-session", "CSTASessionConfig", ""},
		{"sip-edge", "SIPEdgeConfig", "sip: {listen: [\"tcp:" + s.sip + "\"], internalListen: \"127.0.0.1:0\"}\n" +
			"limits: {requestsPerSecond: 0, requestBurst: 0}\nsessions: {onDrain: bye}"},
	} {
		admin, err := freeAddress()
		if err != nil {
			return err
		}
		config := filepath.Join(w.folder, service.name+".yaml")
		text := fmt.Sprintf(`apiVersion: offhook.dev/v1alpha1
kind: %s
replica: %s-0
nats: {url: "nats://%s"}
admin: {listen: %q, profiling: true}
log: {level: warn}
drain: {delay: 0s, timeout: 8s}
targets: {keyFile: %q}
%s
`, service.kind, service.name, nats, admin, key, service.settings)
		if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
			return fmt.Errorf("write configuration: %w", err)
		}
		if err := s.run(admin, service.name, w.program(service.name), "--config", config); err != nil {
			return err
		}
	}
	return nil
}

// run starts a process of the system and, where it has an admin listener, waits
// until it is ready.
func (s *system) run(admin, name, program string, arguments ...string) error {
	started, err := process.Start(name, program, arguments...)
	if err != nil {
		return err
	}
	s.servers = append(s.servers, &server{started, admin})
	if admin == "" {
		return nil
	}
	return s.awaitReady(s.servers[len(s.servers)-1])
}

// freeAddress is a loopback address with a port that was free just now.
func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	return listener.Addr().String(), listener.Close()
}
