// SPDX-License-Identifier: Apache-2.0

package system

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// Form is how Offhook is run.
type Form string

// Forms of the system.
const (
	// OneProcess is `offhook run`.
	OneProcess Form = "one process"
	// FourProcesses are the service binaries, nats-server and `offhook apply`.
	FourProcesses Form = "four processes"
)

// System is a running Offhook.
type System struct {
	// Network has further addresses for phones, from IP(11) on.
	Network Network
	// SIP is the host:port for phones and applications, UDP and TCP.
	SIP string
	// Skinny is the host:port for Skinny phones: with four processes, the edge's.
	Skinny string
	// Domain is the host of SIP.
	Domain string
	// GRPC is the administrator's host:port.
	GRPC string

	manifests string
	applier   *child // which reads the manifests
	services  map[string]*service
}

// service is one of four processes, which can be started again.
type service struct {
	*child
	run func(t *testing.T) *child
}

// Host numbers in the network.
const (
	hostSIP = 1 + iota
	hostNATS
	hostSession
	hostMonitor
	hostPhoneControl
)

// Start runs Offhook until the test ends, with the manifests, file name to
// text, and waits until it is ready. ${DOMAIN} in a manifest is the host of SIP.
func Start(t *testing.T, binaries *Binaries, form Form, manifests map[string]string) *System {
	t.Helper()
	network := NewNetwork(t)
	s := &System{Network: network, Domain: network.IP(hostSIP), SIP: network.IP(hostSIP) + ":5060", Skinny: network.IP(hostSIP) + ":2000", manifests: t.TempDir()}
	for name, text := range manifests {
		s.write(t, name, text)
	}
	if form == OneProcess {
		s.startOne(t, binaries)
	} else {
		s.startFour(t, binaries)
	}
	return s
}

func (s *System) startOne(t *testing.T, binaries *Binaries) {
	t.Helper()
	admin := s.Network.IP(hostSIP) + ":8080"
	s.GRPC = s.Network.IP(hostSIP) + ":9090"
	s.applier = start(t, "offhook", binaries.Path("offhook"), "run", "--manifests", s.manifests,
		"--sip", "udp:"+s.SIP+",tcp:"+s.SIP, "--skinny", s.Skinny, "--grpc", s.GRPC, "--admin", admin)
	awaitReady(t, s.applier, admin)
}

// NATSServerInstalled says whether FourProcesses can run on this machine.
func NATSServerInstalled() bool {
	_, err := exec.LookPath("nats-server")
	return err == nil
}

func (s *System) startFour(t *testing.T, binaries *Binaries) {
	t.Helper()
	folder := t.TempDir()
	natsHost := s.Network.IP(hostNATS)
	nats := start(t, "nats-server", "nats-server", "-js", "-a", natsHost, "-p", "4222", "-sd", filepath.Join(folder, "nats"))
	nats.stopSignal = os.Interrupt // its exit code after SIGTERM is 1
	nats.await(t, 0, "Server is ready")
	url := "nats://" + natsHost + ":4222"
	keyFile := filepath.Join(folder, "key")
	writeFile(t, keyFile, "0123456789abcdef0123456789abcdef")

	s.applier = start(t, "offhook apply", binaries.Path("offhook"), "apply", "--nats", url, "--manifests", s.manifests, "--key-file", keyFile, "--watch")
	s.applier.await(t, 0, "configuration published")

	s.services = make(map[string]*service)
	for _, each := range []struct {
		name, kind string
		host       int
		settings   string
	}{
		{"phone-control", "PhoneControlConfig", hostPhoneControl, fmt.Sprintf("sip: {listen: \"%[1]s:5070\"}\nskinny: {listen: \"%[1]s:2000\"}\n", s.Network.IP(hostPhoneControl))},
		{"monitor", "MonitorConfig", hostMonitor, ""},
		{"csta-session", "CSTASessionConfig", hostSession, ""},
		{"sip-edge", "SIPEdgeConfig", hostSIP, fmt.Sprintf("sip:\n  listen: [\"udp:%s\", \"tcp:%s\"]\n  internalListen: \"%s:5070\"\n  flowTokenKeyFile: %q\ndigest: {nonceKeyFile: %q}\nskinny: {listen: %q}\n",
			s.SIP, s.SIP, s.Domain, keyFile, keyFile, s.Skinny)},
	} {
		host := s.Network.IP(each.host)
		config := filepath.Join(folder, each.name+".yaml")
		writeFile(t, config, fmt.Sprintf(`apiVersion: offhook.dev/v1alpha1
kind: %s
replica: %s-0
nats: {url: %q}
grpc: {listen: "%s:9090"}
admin: {listen: "%s:8080"}
drain: {delay: 0s, timeout: 20s}
targets: {keyFile: %q}
%s`, each.kind, each.name, url, host, host, keyFile, each.settings))
		run := func(now *testing.T) *child {
			now.Helper()
			process := start(t, each.name, binaries.Path(each.name), "--config", config)
			awaitReady(now, process, host+":8080")
			return process
		}
		s.services[each.name] = &service{child: run(t), run: run}
	}
	s.GRPC = s.Network.IP(hostSession) + ":9090"
}

// Kill ends a service of FourProcesses with SIGKILL.
func (s *System) Kill(name string) { s.services[name].kill() }

// StartAgain starts a service that was killed, and waits until it is ready.
func (s *System) StartAgain(t *testing.T, name string) {
	t.Helper()
	killed := s.services[name]
	killed.child = killed.run(t)
}

// Write writes a manifest and waits until it is in force.
func (s *System) Write(t *testing.T, name, text string) {
	t.Helper()
	mark := s.applier.mark()
	s.write(t, name, text)
	s.applier.await(t, mark, "configuration published")
}

// WriteRefused writes a manifest that is wrong and waits until the reason is
// told in one line with the words.
func (s *System) WriteRefused(t *testing.T, name, text string, words ...string) {
	t.Helper()
	mark := s.applier.mark()
	s.write(t, name, text)
	s.applier.await(t, mark, append([]string{"manifest refused", name}, words...)...)
}

// write replaces the file in one step, so that no half of it is ever read.
func (s *System) write(t *testing.T, name, text string) {
	t.Helper()
	text = os.Expand(text, func(variable string) string {
		if variable == "DOMAIN" {
			return s.Domain
		}
		return "$" + variable
	})
	path := filepath.Join(s.manifests, name)
	writeFile(t, path+".new", text)
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// awaitReady asks /readyz until it says yes.
func awaitReady(t *testing.T, process *child, admin string) {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	client := &http.Client{Timeout: time.Second}
	for {
		response, err := client.Get("http://" + admin + "/readyz")
		if err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case <-again.C:
		case <-process.exited:
			t.Fatalf("%s ended before it was ready", process.name)
		case <-deadline.C:
			t.Fatalf("%s is not ready after %s", process.name, patience)
		}
	}
}
